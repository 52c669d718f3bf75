"""The physics of a city: traffic against kinematic wave theory, and balances of vehicles, heat and water."""

import math

import numpy as np
import pytest

from twins.physics import LIBRARY, Model, beginning, defaults
from twins.physics.street import CELLS, Joints, Street


def _chain(n: int) -> Street:
    return Street(Joints(np.arange(n - 1), np.arange(1, n), np.ones(n - 1)))


def _set(model: Model, what: str, array: np.ndarray, **values: float) -> np.ndarray:
    names = [each.name for each in getattr(model, what)]
    for name, value in values.items():
        array[names.index(name)] = value
    return array


def _row(model: Model, what: str, array: np.ndarray, name: str) -> np.ndarray:
    return array[[each.name for each in getattr(model, what)].index(name)][0]


def _driven(model: Model, n: int, inputs: np.ndarray, parameters: np.ndarray, seconds: int, dt: float = 1.0, t: float = 0.0):
    state = beginning(model, parameters)
    for k in range(round(seconds / dt)):
        state, outputs = model.advance(state, inputs, parameters, t + (k + 1) * dt, dt, np.zeros((model.noises, 1, n)))
    return state, outputs


def _streets(n: int, arriving: float) -> tuple[Street, np.ndarray, np.ndarray]:
    model = _chain(n)
    inputs = defaults(model.inputs, 1, n)
    parameters = _set(model, "parameters", defaults(model.parameters, 1, n), length=6 * 50 / 3.6, phase=-1, demand=0.0)
    _set(model, "inputs", inputs, main_green=0.5, cycle=0.0)
    inputs[[each.name for each in model.inputs].index("extra_demand"), 0, 0] = arriving
    return model, inputs, parameters


def test_the_tail_of_a_queue_runs_back_as_fast_as_kinematic_wave_theory_says() -> None:
    n, q = 20, 0.25
    model, inputs, parameters = _streets(n, q)
    state, _ = _driven(model, n, inputs, parameters, 300)
    parameters[[each.name for each in model.parameters].index("open"), 0, n - 1] = 0.0  # nobody enters the last one any more
    for k in range(400):
        state, _ = model.advance(state, inputs, parameters, 301.0 + k, 1.0, np.zeros((1, 1, n)))
    density = state[:CELLS, 0].T.ravel()[: (n - 1) * CELLS] / (50 / 3.6)
    free, jam = q / (50 / 3.6), 0.13
    tail = (n - 1) * CELLS * 50 / 3.6 - q / (jam - free) * 400  # Rankine and Hugoniot: q₂ − q₁ over k₂ − k₁
    at = (np.arange(len(density)) + 0.5) * 50 / 3.6
    assert density[at < tail - 30] == pytest.approx(free, abs=0.002)
    assert density[at > tail + 30] == pytest.approx(jam, abs=0.002)
    assert (density < (free + jam) / 2).sum() * 50 / 3.6 == pytest.approx(tail, abs=15)  # to one cell


def test_what_a_red_light_costs_is_what_deterministic_queueing_says() -> None:
    model, inputs, parameters = _streets(6, 0.2)
    phase = [each.name for each in model.parameters].index("phase")
    parameters[phase, 0, 3] = 0.0
    _set(model, "inputs", inputs, cycle=80.0, main_green=0.65, lost_time=4.0)  # 48 s of green, 32 s of red
    state, lost = beginning(model, parameters), 0.0
    for k in range(1, 1_201):
        state, outputs = model.advance(state, inputs, parameters, float(k), 1.0, np.zeros((1, 1, 6)))
        lost += _row(model, "outputs", outputs, "delayed").sum() if k > 400 else 0.0
    v, w = 50 / 3.6, 20 / 3.6
    s = v * w / (v + w) * 0.13
    assert lost / 10 == pytest.approx(32**2 * 0.2 * s / (2 * (s - 0.2)), rel=0.05)  # vehicle seconds a cycle


def test_no_vehicle_is_lost_in_a_network_with_turns_closures_and_coarse_steps() -> None:
    rng = np.random.default_rng(4)
    n = 24
    pairs = [(i, j) for i in range(n) for j in rng.choice(n, 3, replace=False) if i != j]
    sources, targets = np.array(pairs).T
    model = Street(Joints(sources, targets, rng.uniform(0.1, 0.32, len(pairs))))
    parameters = _set(model, "parameters", defaults(model.parameters, 2, n), demand=0.4, phase=0.0, capacity_drop=0.1)
    parameters[[each.name for each in model.parameters].index("open"), :, :3] = 0.0
    inputs = _set(model, "inputs", defaults(model.inputs, 2, n), cycle=80.0, main_green=0.5)
    state = beginning(model, parameters)
    for k in range(200):
        state, out = model.advance(state, inputs, parameters, 30_000.0 + 5 * k, 5.0, rng.standard_normal((1, 2, n)))
    told = {each.name: row for each, row in zip(model.outputs, out, strict=True)}
    inside = told["vehicles"].sum(axis=1)
    assert inside.min() > 100
    assert told["entered"].sum(axis=1) - told["left"].sum(axis=1) == pytest.approx(inside, rel=1e-9)
    assert state[:CELLS].min() > -1e-9


@pytest.mark.parametrize("name", ["heat-plant", "water-tower"])
def test_heat_and_water_that_go_in_come_out_or_are_there(name: str) -> None:
    model = LIBRARY[name]()
    given = {"heat": 2e6, "heat_flow": 2e6 / 4_180 / 30} if name == "heat-plant" else {"inlet": 0.012}
    inputs = _set(model, "inputs", defaults(model.inputs, 1, 1), **given)
    parameters = defaults(model.parameters, 1, 1)
    before = beginning(model, parameters)
    state, out = _driven(model, 1, inputs, parameters, 24 * 3_600, 10.0)
    told = {each.name: float(row[0, 0]) for each, row in zip(model.outputs, out, strict=True)}
    if name == "heat-plant":
        warmer = 40_000 * 4_180 * float((state[:2] - before[:2]).sum())
        assert told["produced"] == pytest.approx(told["delivered"] + told["lost"] + warmer, rel=1e-6)
        assert told["supply_temperature"] == pytest.approx(350, abs=3)
    else:
        assert told["pumped"] == pytest.approx(told["given"] + told["spilt"] + 70 * (told["level"] - 4.4), rel=1e-9)
        assert 2.5 < told["level"] < 6


def test_street_air_is_worse_where_traffic_crawls_and_the_wind_sleeps() -> None:
    model = LIBRARY["canyon"]()
    parameters = defaults(model.parameters, 1, 3)
    inputs = defaults(model.inputs, 1, 3)
    for name, values in {"nox": [0.0, 0.2, 0.2], "travelled": [0.0, 100, 100], "wind_speed": [4, 4, 0.5]}.items():
        inputs[[each.name for each in model.inputs].index(name), 0] = values
    _, out = _driven(model, 3, inputs, parameters, 7_200, 10.0)
    nothing, windy, still = _row(model, "outputs", out, "nitrogen_dioxide") * 1e9
    assert 5 < nothing < 25 < windy < still < 200
    assert (_row(model, "outputs", out, "nitrogen_oxides") >= _row(model, "outputs", out, "nitrogen_dioxide")).all()


def test_lamps_are_lit_from_dusk_to_dawn_of_the_place() -> None:
    model = LIBRARY["street-lighting"]()
    parameters, inputs = defaults(model.parameters, 1, 1), defaults(model.inputs, 1, 1)
    midsummer = 1_718_928_000  # 2024-06-21, 00:00 UTC
    heights = []
    for minute in range(0, 1_440, 2):
        _, out = model.advance(
            beginning(model, parameters), inputs, parameters, midsummer + 60.0 * minute, 1.0, np.zeros((0, 1, 1))
        )
        heights.append(math.degrees(_row(model, "outputs", out, "sun_height")[0]))
    assert max(heights) == pytest.approx(90 - 52 + 23.44, abs=0.3)
    assert min(heights) == pytest.approx(-(90 - 52) + 23.44, abs=0.3)
    assert np.argmax(heights) * 2 == pytest.approx(11 * 60 + 42 + 2, abs=4)  # 4.4° E, and the sun is two minutes late

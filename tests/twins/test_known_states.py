"""What an estimator knows of states: neither more nor less than was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twins import InputError
from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.estimator import FOLLOWERS, parts_of
from twins.estimation.following import Following
from twins.estimation.inputs import Inputs
from twins.estimation.traces import Traces
from twins.estimation.update import mixed, updated
from twins.package.loader import load
from twins.physics import Variable
from twins.simulation.band import band

START = 1_700_000_000 * SECOND
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
STATES = (
    "felt_wind", "rotor_speed", "shaft_twist", "tower_position", "tower_speed", "jitter", "gearbox_oil_temperature",
    "gearbox_bearing_temperature", "generator_winding_temperature", "converter_temperature",
)  # fmt: skip


@pytest.fixture(scope="module")
def farm():
    return load(NORTH_RIDGE)


def test_that_chance_never_passes_for_knowledge():
    rng = np.random.default_rng(1)
    x, noise = rng.standard_normal((1, FOLLOWERS, 200)), np.full((1, 200), 0.5)
    for _ in range(100):
        own = rng.standard_normal((1, FOLLOWERS, 200))
        x, _, _ = updated(x, x[:0], own, rng.standard_normal((1, 200)), noise, noise)
    assert 0.95 < np.sqrt(x.var(axis=1, ddof=1).mean()) < 1.1  # where each is drawn by itself too, 0.76


def test_that_mixed_members_have_the_same_mean_and_covariance_and_none_stands_far_out():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, FOLLOWERS, 5)) * 0.1
    x[:, 7] += 2.0
    after = mixed(x, rng.standard_normal((40, FOLLOWERS)))
    np.testing.assert_allclose(after.mean(axis=1), x.mean(axis=1), atol=1e-12)
    for i in range(5):
        np.testing.assert_allclose(np.cov(after[:, :, i]), np.cov(x[:, :, i]), atol=1e-12)
    farthest = np.abs(after - after.mean(axis=1, keepdims=True)).max(axis=1) / after.std(axis=1)
    assert farthest.max() < 5
    assert (np.abs(x - x.mean(axis=1, keepdims=True)).max(axis=1) / x.std(axis=1)).min() > 6


def path_of(parts, seconds=400, members=200, phase=0.3):
    """(second, member): means over each second of what a signal does that was measured once in it, given in so many parts."""
    rng = np.random.default_rng(3)
    traces, inputs = Traces(1), Inputs([Variable("wind", "m/s", 8.0, -1e9, 1e9)], members, 1)
    measured, found = np.cumsum(rng.standard_normal(seconds + 3)), []
    at, turn, h = np.array([0]), np.zeros(1), SECOND // parts
    for k in range(seconds):
        source = np.array([START + round((k + 1 + phase) * SECOND)])
        traces.take(measured[k + 1 : k + 2], source)
        inputs.learn(measured[k + 1 : k + 2], source)
        of_parts = []
        for part in range(parts):
            start = START + k * SECOND + part * h
            mean = traces.mean(at, start, start + h, turn)
            given = inputs.given(mean, traces.knots(at, start, start + h), start + h, h / SECOND)
            of_parts.append(given[0] - mean[0])
        found.append(np.mean(of_parts, axis=0))
    return np.array(found[100:])


def test_that_a_signal_goes_its_own_way_between_samples_as_far_in_short_steps_as_in_long_ones():
    long, short = path_of(1), path_of(4)
    a, b = 0.3, 0.7  # of two bridges it sees the one's tail and the other's head
    area = [x**3 / 3 - x**4 / 4 for x in (a, b)]
    np.testing.assert_allclose(long.var(), sum(area), rtol=0.12)
    np.testing.assert_allclose(short.var(), sum(area), rtol=0.12)
    both = (long[1:] * long[:-1]).mean(), (short[1:] * short[:-1]).mean()
    np.testing.assert_allclose(both, (a * b / 2) ** 2, rtol=0.25)


def test_that_a_signal_wanders_on_while_nothing_comes():
    inputs = Inputs([Variable("wind", "m/s", 8.0, -1e9, 1e9)], 400, 1)
    for k in range(60):
        inputs.learn(np.array([k % 2]), np.array([START + k * SECOND]))
        given = inputs.given(np.zeros(1), np.array([[1.0], [0.0], [1.0]]), k, 1.0)
    near = given.std()
    none = np.array([[np.nan], [np.nan], [np.inf]])
    for k in range(60, 85):
        given = inputs.given(np.zeros(1), none, k, 1.0)
    np.testing.assert_allclose(near, np.sqrt(1 / 12), rtol=0.1)
    np.testing.assert_allclose(given.std(), np.sqrt(24.33), rtol=0.1)


def test_that_the_truth_of_all_states_is_within_their_intervals(farm):
    plant = Plant(farm, START, 11)
    following = Following(farm, plant.instruments.channels)
    truth, held = {}, {name: [] for name in STATES}
    for second in range(1, 420):
        following.take(plant.run_to(START + second * SECOND))
        truth[plant.time] = {group.name: group.state.copy() for group in plant._models.groups}
        for estimator in following.until(START + second * SECOND):
            if second > 180 and second % 6 == 0:
                group, _ = estimator.models.of("T01")
                true = truth[estimator.time][group.name][:, 0]
                low, high = band(group.state[:, :FOLLOWERS], axis=1)[[0, -1]]
                for row, state in enumerate(group.model.states):
                    if state.name in held:
                        held[state.name].extend(((true >= low) & (true <= high))[row].tolist())
    found = {name: np.mean(each) for name, each in held.items()}
    assert min(found.values()) > 0.75, found
    assert 0.86 < np.mean(list(found.values())) < 0.99, found


def test_that_models_step_as_their_package_says(farm):
    turbine = farm.assets["T01"]

    def with_step(step):
        model = {**turbine.model, "estimate": {**turbine.model["estimate"], "step": step}}
        return replace(farm, assets={"T01": replace(turbine, model=model)})

    assert parts_of(farm, SECOND) == 4
    assert parts_of(farm, 2 * SECOND) == 8
    assert parts_of(farm, 8 * SECOND) == 16  # no more than that
    assert parts_of(farm, 10 * SECOND) == 1  # nothing quick is followed any more
    assert parts_of(with_step("1 s"), SECOND) == 1
    assert parts_of(with_step("300 ms"), SECOND) == 2  # three would not make a second
    for step in ("5 s", "1 ms", "soon"):
        with pytest.raises(InputError, match=f"T01: estimate: step: “{step}” is not from 10 ms to 1 s"):
            parts_of(with_step(step), SECOND)

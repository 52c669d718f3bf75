"""The estimator follows a plant whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.estimator import FOLLOWERS, Estimator, Reading
from twins.estimation.update import updated
from twins.package.loader import load
from twins.physics import Profile
from twins.simulation.faults import Injection, injections

START = 1_700_000_000 * SECOND
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"


@pytest.fixture(scope="module")
def farm():
    return load(NORTH_RIDGE)


@dataclass
class Followed:
    """An emulated plant and the estimator that sees nothing but its samples."""

    twin: object
    faults: tuple = ()
    seed: int = 3
    estimator: Estimator = field(init=False)

    def __post_init__(self):
        self.plant = Plant(self.twin, START, self.seed, self.faults)
        self.estimator = Estimator(self.twin, START)
        self.place = {tag.path: i for i, tag in enumerate(self.estimator.wanted)}
        self.values = np.full(len(self.place), np.nan)
        self.source = np.full(len(self.place), -(2**62), np.int64)
        self.seconds = 0

    def run(self, seconds, spoil=lambda path, value: value):
        for _ in range(seconds):
            self.seconds += 1
            self.take(self.plant.run_to(START + self.seconds * SECOND), spoil)
            if self.seconds > 1:
                self.estimator.step(Reading(self.values.copy(), self.source.copy()))

    def take(self, samples, spoil):
        for row in range(len(samples)):
            channel = samples.channels[samples.channel[row]]
            i = self.place.get(channel.path, -1)
            if i >= 0:
                bits = samples.bits[row : row + 1]
                value = float(bits.view(np.float64)[0]) if channel.kind.value == "number" else float(bits[0])
                self.values[i] = spoil(channel.path, value)
                self.source[i] = samples.source[row]

    def told(self):
        return dict(zip(self.estimator.tells, self.estimator.told().tolist(), strict=True))

    def interval(self, path):
        told = self.told()
        return told[f"{path}.p05"], told[f"{path}.p95"]


def step_of(parameter, to, at=0.0, asset="T01"):
    return Injection("changed", asset, START + int(at * SECOND), Profile("step", to=to), parameter=parameter, model=asset)


def test_that_intervals_of_a_linear_update_are_those_of_a_kalman_filter():
    rng, members, instances = np.random.default_rng(1), 400, 300
    truth = rng.standard_normal((2, instances)) * np.array([[2.0], [1.0]])
    x = rng.standard_normal((2, members, instances)) * np.array([[[2.0]], [[1.0]]])
    measured = (truth.sum(axis=0) + 0.5 * rng.standard_normal(instances))[None]
    noise = np.full((1, instances), 0.25)
    drawn, slow, found = updated(x, x[:0], x.sum(axis=0)[None], measured, noise, noise)
    total = 4 + 1 + 0.25
    assert found.used.mean() > 0.99
    np.testing.assert_allclose(drawn.std(axis=1).mean(axis=1) ** 2, [4 - 16 / total, 1 - 1 / total], rtol=0.08)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    inside = ((truth >= low) & (truth <= high)).mean()
    assert 0.85 < inside < 0.95
    assert not len(slow)


def test_that_what_is_unrelated_is_hardly_touched():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20, FOLLOWERS, 50))
    own = rng.standard_normal((1, FOLLOWERS, 50))
    noise = np.full((1, 50), 0.1)
    drawn, _, _ = updated(x, x[:0], own, np.full((1, 50), 2.0), noise, noise)
    assert np.abs(drawn - x).mean() < 0.15


def test_that_beyond_the_gate_nothing_changes():
    x = np.random.default_rng(3).standard_normal((1, FOLLOWERS, 1))
    noise = np.full((1, 1), 0.1)
    drawn, _, found = updated(x, x[:0], x, np.array([[50.0]]), noise, noise)
    assert not found.used.any()
    assert (drawn == x).all()


def test_that_a_sound_plant_is_as_expected_and_its_parameters_are_within_their_intervals(farm):
    followed = Followed(farm)
    followed.run(420)
    residuals = {path: value for path, value in followed.told().items() if path.endswith(".residual")}
    assert len(residuals) == 44
    assert np.median(np.abs(list(residuals.values()))) < 1.5
    held = 0
    for each in followed.estimator.parameters:
        low, high = np.quantile(each.members, [0.05, 0.95], axis=0)
        true = np.array([each.group.parameters[each._row, FOLLOWERS, leeway.instance] for leeway in each.leeways])
        held += int(((true >= low) & (true <= high)).sum())
    assert held >= 12  # of 16 at 90 %: fewer have a chance of 1 in 150


@pytest.mark.parametrize(("parameter", "to"), [("gearbox_cooling", 0.95), ("gearbox_bearing_friction", 1.05)])
def test_that_a_change_of_five_percent_is_found(farm, parameter, to):
    followed = Followed(farm, (step_of(parameter, to, at=200),))
    followed.run(520)
    low, high = followed.interval(f"T01.{parameter}")
    assert low <= to <= high
    assert not low <= 1.0 <= high


def test_that_a_lost_cooler_is_found_although_it_is_far_from_what_was_thought(farm):
    followed = Followed(farm, tuple(injections(["T01.gearbox_cooling_loss@200s"], farm, START)))
    followed.run(500)
    assert followed.interval("T01.gearbox_cooling")[1] < 0.1
    assert followed.told()["T01.gearbox_oil_temperature.residual"] > 10
    assert abs(followed.told()["T02.gearbox_oil_temperature.residual"]) < 5


def test_that_bad_stuck_and_missing_sensors_spoil_nothing_else(farm):
    followed = Followed(farm)
    followed.run(200)

    def spoil(path, value):
        if path == "T01.gearbox_oil_temperature":
            return value + 15.0  # a jump to where it can't be
        if path == "T01.generator_winding_temperature":
            return 55.0  # stuck
        return np.nan if path.startswith("T02.") else value

    followed.run(120, spoil)
    told = followed.told()
    assert told["T01.gearbox_oil_temperature.residual"] > 10
    assert np.isnan(told["T02.power.residual"])
    assert abs(told["T01.power.residual"]) < 4
    low, high = followed.interval("T01.gearbox_cooling")
    assert low < 1.0 < high
    followed.run(120)
    told = followed.told()
    assert abs(told["T02.power.residual"]) < 6
    assert abs(told["T01.gearbox_oil_temperature.residual"]) < 6


def test_that_the_same_readings_give_the_same_bits(farm):
    one, other = Followed(farm), Followed(farm)
    one.run(40)
    other.run(40)
    assert one.estimator.told().tobytes() == other.estimator.told().tobytes()

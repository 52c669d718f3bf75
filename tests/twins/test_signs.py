"""What stands out of an asset: what all of a kin share does not, and neither does what a tag's last digit hides."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from twins.asset import Tag
from twins.clock import SECOND
from twins.prognosis.prediction import KIN
from twins.prognosis.recognition.kin import Kin
from twins.prognosis.recognition.signs import Signs
from twins.prognosis.recognition.speaking import Oddity

ASSETS = ("A", "B", "C", "D")
TAGS = [Tag(f"{asset}.heat", unit="degC", range=(0.0, 100.0), period_ns=SECOND, decimals=1) for asset in ASSETS]


class Estimator:
    """As far as signs look at one: four thermometers, judged, no parameters."""

    def __init__(self):
        self.wanted, self.parameters = TAGS, ()
        self.judged = [SimpleNamespace(tag=tag) for tag in TAGS]
        self.step_ns = 5 * SECOND
        self.residual, self.spread, self.scatter = np.zeros(4), np.ones(4), np.full(4, 0.1)
        self.expected = np.full(4, np.nan)
        self.read, self.time = SimpleNamespace(values=np.full(4, 40.0), source=np.zeros(4)), 0

    def step(self, values, residual):
        self.time += 5 * SECOND
        self.read.values, self.read.source = values, np.full(4, float(self.time))
        self.residual = residual


def looked_on(hours, value_of, residual=(0.0, 0.0, 0.0, 0.0)):
    """The signs by name, each (asset,), after so long."""
    estimator = Estimator()
    signs = Signs(Kin("kiln", ASSETS, ("heat",), ("hot",)), estimator)
    for k in range(round(hours * 720)):
        estimator.step(value_of(k), np.array(residual))
        signs.see(estimator)
    return dict(zip(signs.names, signs.table(estimator).T, strict=True))


def test_that_what_all_of_a_kin_share_is_nobody_s_and_what_one_has_alone_is_its_own():
    shared = looked_on(0.3, lambda k: np.full(4, 40.0), (3.0, 3.1, 2.9, 3.0))
    assert np.abs(shared["heat residual for longer"]).max() < 0.2
    alone = looked_on(0.3, lambda k: np.full(4, 40.0), (3.0, 3.0, 9.0, 3.0))
    told = alone["heat residual for longer"]
    assert told[2] > 4
    assert np.abs(told[[0, 1, 3]]).max() < 0.1


def test_that_what_is_apart_from_its_kin_is_told_with_theirs():
    estimator = Estimator()
    signs = Signs(Kin("kiln", ASSETS, ("heat",), ("hot",)), estimator)
    for _ in range(300):
        estimator.step(np.array([40.0, 40.2, 46.0, 40.1]), np.zeros(4))
        signs.see(estimator)
    value = signs.table(estimator)[2, signs.names.index("heat apart")]
    told = signs.evidence(2, Oddity("heat", "apart", value, 9.0), estimator)
    assert (told.tag, told.measured, told.says, told.residual) == ("C.heat", 46.0, KIN, 9.0)
    assert told.expected == pytest.approx(40.1, abs=0.05)


@pytest.mark.parametrize(
    ("seen", "kin", "low"), [(20.0, 350.0, 0.0), (340.0, 10.0, 0.0), (-170.0, 175.0, -180.0), (7.0, -7.0, -1080.0)]
)
def test_that_a_direction_is_told_beside_its_kin_s_the_short_way_round(seen, kin, low):
    span = 360.0 if low > -1000 else 2160.0
    tags = [Tag(f"{asset}.heat", unit="deg", range=(low, low + span), period_ns=SECOND, decimals=1) for asset in ASSETS]
    estimator = Estimator()
    estimator.wanted, estimator.judged = tags, [SimpleNamespace(tag=tag) for tag in tags]
    signs = Signs(Kin("kiln", ASSETS, ("heat",), ("hot",)), estimator)
    for _ in range(300):
        estimator.step(np.array([kin, kin, seen, kin]), np.zeros(4))
        signs.see(estimator)
    value = signs.table(estimator)[2, signs.names.index("heat apart")]
    told = signs.evidence(2, Oddity("heat", "apart", value, 9.0), estimator)
    assert (told.measured, told.expected) == (seen, pytest.approx(kin, abs=0.2))


def test_that_a_kin_of_which_too_few_are_heard_is_no_measure():
    heard = looked_on(0.3, lambda k: np.array([40.0, 46.0, np.nan, np.nan]))
    assert not heard["heat apart"].any()


def test_that_rare_steps_of_the_last_digit_never_come_to_look_rough():
    rng = np.random.default_rng(1)
    level = 40.0 + 0.1 * (rng.random((9_000, 4)) < 0.02)
    told = [looked_on(hours, lambda k: level[k])["heat rough"] for hours in (1, 4, 12)]
    assert np.abs(told).max() < 1.5, "it was 8, and called a loose contact, after half a day"
    loose = level + np.array([0, 3.0, 0, 0]) * rng.standard_normal((9_000, 1)) * (np.arange(9_000)[:, None] > 8_500)
    assert looked_on(12, lambda k: loose[k])["heat rough"][1] > 5


def test_that_nobody_is_silent_because_steps_are_long():
    told = []
    for seconds in (1, 20):
        estimator = Estimator()
        estimator.step_ns = seconds * SECOND
        signs = Signs(Kin("kiln", ASSETS, ("heat",), ("hot",)), estimator)
        estimator.step(np.full(4, 40.0), np.zeros(4))
        estimator.read.source = estimator.time + estimator.step_ns - np.array([0.0, 0.5, 1.0, 60.0]) * SECOND
        signs.see(estimator)
        told.append(signs.table(estimator)[:, signs.names.index("silent")])
    np.testing.assert_allclose(told[0], told[1])
    assert told[0][3] > told[0][2] + 3


def test_that_what_was_to_stand_still_is_not_stuck():
    estimator = Estimator()
    signs = Signs(Kin("kiln", ASSETS, ("heat",), ("hot",)), estimator)
    for k in range(200):
        going, turning = 40 + 0.02 * k, 40 + 0.02 * min(k, 100)  # B is stuck, C stands where it was to stand, D goes on
        later = turning if k < 195 else turning + 0.02  # and follows a little later
        estimator.expected = np.array([going, going, later, going])
        estimator.step(np.round([going, min(going, 42.0), turning, going], 2), np.zeros(4))
        signs.see(estimator)
    still = signs.table(estimator)[:, signs.names.index("heat still")]
    assert still[1] > 4
    assert still[[0, 3]].max() < 0.1
    assert still[2] < 2.5

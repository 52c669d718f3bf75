"""Faults that a package declares are foreseen, explained, decided about, and over when they are mended."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from tests.twins.test_estimation import NORTH_RIDGE, START, Followed
from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.following import Following
from twins.package.loader import load
from twins.prognosis.calls import Calls
from twins.prognosis.foreseeing import LEARNT, Foreseeing
from twins.prognosis.maintenance import as_csv, work_list
from twins.prognosis.outlook import Outlook
from twins.prognosis.prediction import Life, Prediction, deadline, event_of, prediction_in, span
from twins.prognosis.recognition.model_file import NAME
from twins.prognosis.track_record import calibration, coverage, outcomes
from twins.record import Channel, Intention, IntentionKind, Samples, Standing
from twins.simulation.faults import injections


@pytest.fixture(scope="module")
def farm():
    """North Ridge that has learnt nothing of its faults: they are told by the estimator alone."""
    twin = load(NORTH_RIDGE)
    return replace(twin, files={name: twin.files[name] for name in twin.files if name != NAME})


class Watched(Followed):
    """Each step is shown to a foresight, too."""

    def foresee(self, seconds, foreseeing):
        events = []
        for _ in range(seconds):
            self.run(1)
            if self.seconds > 1:
                events += foreseeing.see(self.estimator, self.estimator.time)
        return events


@pytest.fixture(scope="module")
def lost_cooler(farm):
    """T02 loses its gearbox cooler at 120 s."""
    watched = Watched(farm, tuple(injections(["T02.gearbox_cooling_loss@120s"], farm, START)), seed=4)
    foreseeing = Foreseeing(farm, version="abc")
    return watched, foreseeing, watched.foresee(330, foreseeing)


def test_that_a_lost_cooler_is_called_by_its_name_with_its_evidence(lost_cooler):
    _, _, events = lost_cooler
    assert {event.key for event in events} == {"T02.gearbox_cooling_loss"}
    made = prediction_in(events[0])
    assert made.label == "Gearbox oil cooling lost"
    assert made.time - START < 300 * SECOND
    assert made.probability >= 0.8
    assert made.evidence[0].tag in ("T02.gearbox_oil_temperature", "T02.gearbox_bearing_temperature")
    assert made.evidence[0].measured > made.evidence[0].expected
    assert made.action
    assert made.version == "abc"


def test_that_what_is_left_is_told_with_an_interval_and_is_before_the_trip(lost_cooler):
    _, _, events = lost_cooler
    lives = [prediction_in(event).life for event in events if prediction_in(event).life is not None]
    assert lives
    assert (lives[0].tag, lives[0].limit) == ("T02.gearbox_oil_temperature", "high_high")
    assert 0 < lives[0].low <= lives[0].middle < 600


def test_that_a_deadline_is_counted_from_the_first_call_and_what_is_overdue_stays_so():
    day, t = 86_400.0, START
    life = Life("T02.x", "high_high", 80.0, 60.0, 90.0, 120.0, 1.0, 3_000.0)
    made = lambda due: Prediction(t, "T02", "f", "F", 0.9, (1, 1, 1), t, deadline=due)  # noqa: E731
    first = deadline(3 * day, None, t, t, None)
    assert first == t + 3 * round(day) * SECOND
    later = t + 300 * SECOND
    assert deadline(3 * day, None, t, later, made(first)) == first, "to say it anew puts nothing off"
    soon = deadline(3 * day, life, t, later, made(first))
    assert soon == later + 60 * SECOND
    assert deadline(3 * day, None, t, soon + SECOND, made(soon)) == soon, "the limit is passed: overdue"
    assert deadline(3 * day, None, t, later + SECOND, made(soon)) == first, "nothing is left of the limit: by when it was first"


def test_that_an_outlook_that_did_not_come_true_is_refuted_and_says_nothing(lost_cooler):
    watched, foreseeing, _ = lost_cooler
    outlook = Outlook(foreseeing._twin, watched.estimator, foreseeing._lately)
    while not outlook.done:
        outlook.go_on()
    k = next(i for i, each in enumerate(outlook._limits) if each[1].path == "T02.gearbox_oil_temperature")
    estimator = watched.estimator
    if estimator.models.values()[outlook._rows[k], :16].mean() >= outlook._value[k, 0]:
        pytest.fail("the oil is past its limit already: another seed")
    assert outlook.life_of("T02", estimator) is not None
    outlook._passed[k] = -1.0  # all courses had it passed a second before this one began
    others = [i for i, each in enumerate(outlook._limits) if each[1].asset == "T02" and i != k]
    outlook._passed[others] = np.nan
    assert outlook.refuted("T02", estimator)
    assert outlook.life_of("T02", estimator) is None


def test_that_nothing_is_said_of_what_is_left_of_an_asset_that_was_lost_a_moment_ago(farm):
    watched = Watched(farm, (), seed=4)
    foreseeing = Foreseeing(farm)
    watched.foresee(120, foreseeing)
    instances = len(watched.estimator.parameters[0].group.instances)
    for each in watched.estimator.parameters:
        each.reopen(np.eye(instances)[1] * 3.0, watched.estimator.time)  # T02
    outlook = Outlook(farm, watched.estimator, foreseeing._lately)
    while not outlook.done:
        outlook.go_on()
    scattered = [k for k, each in enumerate(outlook._limits) if each[1].asset == "T02" and np.isfinite(outlook._passed[k]).any()]
    assert scattered, "some of its members run hot at once"
    assert outlook.life_of("T02", watched.estimator) is None
    assert not outlook.refuted("T02", watched.estimator)
    watched.run(130)
    assert outlook.refuted("T02", watched.estimator), "by now it is known: another outlook is due"


def test_that_a_prediction_reads_back_as_it_was_made(lost_cooler):
    _, foreseeing, events = lost_cooler
    again = Calls(Standing().after(events).values())
    assert again.standing.keys() == foreseeing.calls.standing.keys()
    (key,) = again.standing
    assert again.standing[key].probability == pytest.approx(foreseeing.calls.standing[key].probability, abs=1e-3)


def test_that_a_verdict_is_kept_and_needs_a_name_and_to_dismiss_a_reason(lost_cooler):
    _, foreseeing, _ = lost_cooler

    def says(verdict, by="MO", why="", key="T02.gearbox_cooling_loss"):
        return foreseeing.calls.judge(Intention(IntentionKind.JUDGE, by, START, key, why, {"verdict": verdict}), START)

    assert "name" in says("acknowledged", by=" ").data["reason"]
    assert "why" in says("dismissed").data["reason"]
    assert "one of" in says("ignored").data["reason"]
    assert "no prediction" in says("acknowledged", key="T01.nothing").data["reason"]
    said = says("planned", why="Crew comes on Friday")
    assert (said.stands, said.data["state"], said.data["by"], said.data["why"]) == (True, "planned", "MO", "Crew comes on Friday")
    assert next(iter(foreseeing.calls.standing.values())).verdict == "planned"


def test_that_nothing_is_called_on_a_sound_plant(farm):
    watched = Watched(farm, seed=6)
    assert watched.foresee(300, Foreseeing(farm)) == []


def test_that_a_fault_that_is_mended_is_over(farm):
    watched = Watched(farm, tuple(injections(["T03.generator_cooling_loss@120s"], farm, START)), seed=4)
    foreseeing = Foreseeing(farm)
    assert watched.foresee(300, foreseeing)
    group, i = watched.plant._models.of("T03")
    watched.plant._models._broken.clear()
    group.parameters[group.row("parameters", "generator_cooling"), :, i] = 1.0
    events = watched.foresee(600, foreseeing)
    assert not events[-1].stands
    assert events[-1].data["message"].endswith("no longer foreseen")


def test_that_spans_are_told_in_the_largest_fitting_unit():
    assert [span(each) for each in (None, 42, 600, 10_800, 864_000)] == ["long", "42 s", "10 min", "3 h", "10 d"]


class Recorded:
    """A record in which T02's oil passes 80 °C so many seconds after START."""

    def __init__(self, events, at):
        self._events, self._at = events, at

    def events(self, start, end, kinds=None):
        return self._events

    def between(self, start, end, paths=None):
        times = np.arange(START, START + 3_600 * SECOND, SECOND)
        times = times[(times >= start) & (times < end)]
        values = np.where(times >= START + self._at * SECOND, 81.0, 70.0)
        return Samples.numbers(Channel("T02.gearbox_oil_temperature", unit="degC"), times, values)


@pytest.mark.parametrize(("at", "actual", "held"), [(900, 600, True), (2_000, 1_700, False), (9_999, None, False)])
def test_that_the_track_record_tells_what_came_of_what_was_said(lost_cooler, at, actual, held):
    _, _, events = lost_cooler
    made = prediction_in(events[0])
    life = Life("T02.gearbox_oil_temperature", "high_high", 80.0, 300.0, 600.0, 900.0, 1.0, 3_000.0)
    said = event_of(replace(made, time=START + 300 * SECOND, life=life))
    found = list(outcomes(Recorded([said], at), START, START + 3_600 * SECOND))
    assert (found[0].actual, found[0].held) == (actual, held)
    assert coverage(found) == float(held)
    assert calibration(found)[1] == (0.5, float(actual == 600))


def test_that_the_maintenance_list_is_by_deadline_without_what_was_dismissed(lost_cooler):
    _, _, events = lost_cooler
    made = prediction_in(events[0])
    others = [
        replace(made, fault="a", deadline=made.deadline - SECOND, label="=1+1"),
        replace(made, fault="b", verdict="dismissed"),
    ]
    text = as_csv(work_list([event_of(each) for each in (made, *others)]))
    told = list(csv.DictReader(text.splitlines()))
    assert [row["fault"] for row in told] == ["a", "gearbox_cooling_loss"]
    assert told[0]["label"] == "'=1+1"
    assert float(told[1]["risk_h"]) == pytest.approx(made.probability * 48, abs=0.1)


def test_that_the_farm_calls_what_is_wrong_with_an_instrument_and_a_line_by_what_it_has_learnt():
    twin = load(NORTH_RIDGE)
    faults = ["T02.sensor_stuck@180s", "T03.communication_loss@180s"]
    plant = Plant(twin, START, 11, injections(faults, twin, START))
    following, foreseeing = Following(twin, plant.instruments.channels), Foreseeing(twin)  # as a station has them
    made = []
    for second in range(1, 360):
        now = START + second * SECOND
        following.take(plant.run_to(now))
        for estimator in following.until(now):
            made += [prediction_in(event) for event in foreseeing.see(estimator, now)]
    assert {each.key for each in made} == {"T02.sensor_stuck", "T03.communication_loss"}
    assert {each.model for each in made} == {LEARNT}
    assert made[0].severity == pytest.approx((0.05, 0.5, 0.95))  # how severe it is can't be told

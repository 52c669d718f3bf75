"""Alarms: raised, acknowledged, returned, shelved, latched, as ISA-18.2 wants them, however what comes in is cut up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twins.alarms import AlarmState, Batch, Rules, fold, operate, restored
from twins.asset import Alarm, Asset, AssetKind, Condition, Limits, Tag, TagKind, Twin
from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Intention, IntentionKind, Quality, Samples

HOT = "T01.oil/high"


def tag(path: str, **more) -> Tag:
    return Tag(path, range=(0.0, 100.0), period_ns=SECOND, **more)


def twin_of(tags: list[Tag], alarms: list[Alarm]) -> Twin:
    assets = {
        "": Asset("", "Farm", AssetKind.SYSTEM),
        "T01": Asset("T01", "T01", AssetKind.COMPONENT, tags=tuple(t.path for t in tags)),
    }
    return Twin("farm", "Farm", AssetKind.SYSTEM, assets, {t.path: t for t in tags}, alarms={a.key: a for a in alarms})


def high(**more) -> Alarm:
    return Alarm(HOT, "T01", Condition.HIGH, "T01.oil", 75.0, message="Oil hot", **more)


class Shift:
    """A farm at a desk: says values, lets time pass, remembers what the alarms said."""

    def __init__(self, *alarms: Alarm, tags=("T01.oil",), links=()):
        declared = [each if isinstance(each, Tag) else tag(each, limits=Limits(high=75.0, high_high=80.0)) for each in tags]
        self.rules = Rules.of(twin_of(declared, list(alarms)), links)
        self.state = AlarmState.initial(self.rules)
        self.now, self.events = 0, []

    def says(self, *values, tag="T01.oil", quality=0, after=SECOND):
        self.now += after
        place = self.rules.places[tag]
        sources = self.now + np.arange(len(values))
        batch = Batch(
            np.full(len(values), place, np.int32), np.array(values, float), np.full(len(values), quality, np.uint8), sources
        )
        return self._take(fold(self.rules, self.state, batch, self.now))

    def waits(self, ns, links=None):
        self.now += ns
        return self._take(fold(self.rules, self.state, Batch.empty(), self.now, links))

    def wants(self, kind, subject=HOT, why="", **data):
        intention = Intention(kind, "MO", self.now, subject, why, data)
        return self._take(operate(self.rules, self.state, intention, self.now))

    def _take(self, result):
        self.state, events = result
        self.events += events
        return [event.data["state"] for event in events]


def test_that_a_value_above_its_limit_raises_and_one_below_the_deadband_returns():
    shift = Shift(high(deadband=2.0))
    assert shift.says(74.9, 75.0) == []
    assert shift.says(75.1) == ["unacknowledged"]
    assert shift.events[-1].data["value"] == 75.1
    assert shift.says(74.0, 73.1) == [], "inside the deadband it is still there"
    assert shift.says(73.0) == ["returned_unacknowledged"]
    assert shift.events[-1].stands
    assert shift.wants(IntentionKind.ACKNOWLEDGE) == ["normal"]
    assert not shift.events[-1].stands


def test_that_an_acknowledged_alarm_ends_when_it_returns_and_says_who_acknowledged():
    shift = Shift(high())
    shift.says(90.0)
    assert shift.wants(IntentionKind.ACKNOWLEDGE) == ["acknowledged"]
    assert shift.events[-1].data["by"] == "MO"
    assert shift.wants(IntentionKind.ACKNOWLEDGE) == ["refused"]
    assert shift.says(50.0) == ["normal"]


def test_that_every_sample_counts_also_a_spike_inside_one_batch():
    shift = Shift(high())
    assert shift.says(50.0, 90.0, 50.0, 91.0) == ["unacknowledged", "returned_unacknowledged", "unacknowledged"]


def test_that_a_bad_value_neither_raises_nor_clears_and_an_uncertain_one_only_raises():
    shift = Shift(high())
    assert shift.says(90.0, quality=Quality.BAD) == []
    assert shift.says(90.0, quality=Quality.UNCERTAIN) == ["unacknowledged"]
    assert shift.says(10.0, quality=Quality.BAD) == []
    assert shift.says(10.0, quality=Quality.UNCERTAIN) == []
    assert shift.says(10.0) == ["returned_unacknowledged"]


def test_that_delays_hold_back_what_is_short():
    shift = Shift(high(on_delay_ns=5 * SECOND, off_delay_ns=3 * SECOND))
    assert shift.says(90.0) == []
    assert shift.says(50.0, after=4 * SECOND) == []
    assert shift.says(90.0) == []
    assert shift.waits(5 * SECOND) == ["unacknowledged"]
    assert shift.says(50.0) == []
    assert shift.says(90.0) == []
    assert shift.says(50.0) == []
    assert shift.waits(3 * SECOND) == ["returned_unacknowledged"]


def test_that_a_latched_alarm_stays_until_it_is_reset():
    shift = Shift(high(latching=True))
    shift.says(90.0)
    assert shift.wants(IntentionKind.RESET) == ["refused"]
    shift.wants(IntentionKind.ACKNOWLEDGE)
    assert shift.says(50.0) == ["latched"]
    assert shift.wants(IntentionKind.RESET) == ["normal"]


def test_that_shelving_needs_a_reason_has_an_end_and_ends_unacknowledged():
    shift = Shift(high())
    shift.says(90.0)
    shift.wants(IntentionKind.ACKNOWLEDGE)
    assert shift.wants(IntentionKind.SHELVE) == ["refused"]
    assert shift.wants(IntentionKind.SHELVE, why="sensor is being changed", duration_ns=10 * 3600 * SECOND) == ["refused"]
    assert shift.wants(IntentionKind.SHELVE, why="sensor is being changed") == ["shelved"]
    assert shift.says(90.0, after=14 * MINUTE) == []
    assert shift.says(90.0, after=MINUTE) == ["ended", "unacknowledged"]


def test_that_many_are_acknowledged_at_once():
    shift = Shift(high(), Alarm("T01.oil/high_high", "T01", Condition.HIGH_HIGH, "T01.oil", 80.0))
    shift.says(90.0)
    assert shift.wants(IntentionKind.ACKNOWLEDGE, "", keys=[HOT, "T01.oil/high_high"]) == ["acknowledged"] * 2


def test_that_a_limit_is_changed_in_order_and_within_its_range_and_given_back():
    shift = Shift(high(), Alarm("T01.oil/high_high", "T01", Condition.HIGH_HIGH, "T01.oil", 80.0))
    assert shift.wants(IntentionKind.LIMIT, value=70.0) == ["refused"], "without a reason"
    assert shift.wants(IntentionKind.LIMIT, value=85.0, why="try") == ["refused"]
    assert "high_high" in shift.events[-1].data["reason"]
    assert shift.wants(IntentionKind.LIMIT, value=-1.0, why="try") == ["refused"]
    assert shift.wants(IntentionKind.LIMIT, value=70.0, why="a hot day") == ["changed"]
    assert shift.says(72.0) == ["unacknowledged"]
    assert shift.wants(IntentionKind.LIMIT, value=None, why="over") == ["restored"]
    assert shift.says(72.0) == ["returned_unacknowledged"]


def test_that_deviation_rate_and_state_are_judged():
    state = Tag("T01.state", TagKind.ENUMERATION, values=("stopped", "fault"))
    due = tag("T01.due")
    shift = Shift(
        Alarm("T01/off", "T01", Condition.DEVIATION, "T01.oil", 5.0, reference="T01.due"),
        Alarm("T01/fast", "T01", Condition.RATE, "T01.oil", 10.0, per_ns=MINUTE),
        Alarm("T01/fault", "T01", Condition.STATE, "T01.state", expression="state == fault"),
        tags=(tag("T01.oil"), due, state),
    )
    shift.says(50.0, tag="T01.due")
    assert shift.says(52.0) == []
    assert shift.says(56.0) == ["unacknowledged"], "6 from what is due"
    assert shift.says(50.0) == ["returned_unacknowledged"]
    assert [e.key for e in shift.events] == ["T01/off", "T01/off"]
    assert shift.says(54.0, after=20 * SECOND) == []
    assert shift.says(54.9, after=20 * SECOND) == []
    shift.says(66.0, after=20 * SECOND)
    assert shift.events[-1].key == "T01/fast"
    assert shift.says(1, tag="T01.state") == ["unacknowledged"]
    assert shift.says(0, 1, 0, tag="T01.state") == ["returned_unacknowledged", "unacknowledged", "returned_unacknowledged"]


def test_that_a_silent_asset_is_told_and_a_dead_link_says_it_for_all():
    shift = Shift(links=("mqtt",))
    shift.waits(SECOND, {"mqtt": True})
    shift.says(50.0)
    assert shift.waits(4 * SECOND, {"mqtt": True}) == []
    shift.waits(2 * SECOND, {"mqtt": True})
    assert shift.events[-1].key == "T01/no_data"
    shift.says(50.0)
    assert shift.waits(SECOND, {"mqtt": False}) == ["unacknowledged"]
    assert shift.events[-1].key == "link/mqtt"
    assert shift.waits(30 * SECOND, {"mqtt": False}) == []
    shift.waits(SECOND, {"mqtt": True})
    assert shift.waits(4 * SECOND, {"mqtt": True}) == [], "the link just came back"


def test_that_alarms_and_shelvings_stand_again_after_a_restart():
    shift = Shift(high(), Alarm("T01.oil/high_high", "T01", Condition.HIGH_HIGH, "T01.oil", 80.0))
    shift.says(90.0)
    shift.wants(IntentionKind.ACKNOWLEDGE)
    shift.wants(IntentionKind.SHELVE, "T01.oil/high_high", "why not")
    record = MemoryRecording()
    record.append(Samples.numbers(Channel("T01.oil", period_ns=SECOND), shift.now, 90.0), shift.events)
    state, events = restored(shift.rules, record.at(shift.now + SECOND), shift.now + SECOND)
    assert events == ()
    for column in ("standing", "raw", "raised", "shelved_until", "limit", "value"):
        assert np.array_equal(getattr(state, column), getattr(shift.state, column)), column
    other = Rules.of(twin_of([tag("T01.oil")], []))
    _, events = restored(other, record.at(shift.now + SECOND), shift.now + SECOND)
    assert sorted((e.key, e.stands) for e in events) == [(HOT, False), ("T01.oil/high_high", False)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([50.0, 74.0, 76.0, 81.0, 90.0]), st.sampled_from([0, 0, 0, 1, 2]))), st.data())
def test_that_batches_give_what_single_samples_give(samples, data):
    alarms = (high(deadband=2.0), Alarm("T01.oil/high_high", "T01", Condition.HIGH_HIGH, "T01.oil", 80.0))
    one_by_one, cut_up = Shift(*alarms), Shift(*alarms)
    for value, quality in samples:
        one_by_one.says(value, quality=quality, after=0)
    place, left = one_by_one.rules.places["T01.oil"], list(samples)
    while left:
        n = data.draw(st.integers(1, len(left)))
        values, qualities = zip(*left[:n], strict=True)
        batch = Batch(np.full(n, place, np.int32), np.array(values), np.array(qualities, np.uint8), np.zeros(n, np.int64))
        cut_up.state, events = fold(cut_up.rules, cut_up.state, batch, 0)
        cut_up.events += events
        del left[:n]

    def told(shift, key):
        return [(e.data["state"], e.data["value"]) for e in shift.events if e.key == key]

    assert [told(cut_up, alarm.key) for alarm in alarms] == [told(one_by_one, alarm.key) for alarm in alarms]


def test_that_ten_thousand_alarms_are_folded_quickly_and_none_is_lost():
    tags = [tag(f"T01.t{i}") for i in range(10_000)]
    alarms = [Alarm(f"{t.path}/high", "T01", Condition.HIGH, t.path, 75.0) for t in tags]
    rules = Rules.of(twin_of(tags, alarms))
    places = np.arange(10_000, dtype=np.int32)
    batch = Batch(places, np.full(10_000, 90.0), np.zeros(10_000, np.uint8), np.zeros(10_000, np.int64))
    state, events = fold(rules, AlarmState.initial(rules), batch, SECOND)
    assert len({event.key for event in events}) == 10_000
    assert fold(rules, state, batch, 2 * SECOND)[1] == ()


@pytest.mark.parametrize("key", ["T01.oil/low", ""])
def test_that_an_unknown_alarm_is_refused_by_name(key):
    shift = Shift(high())
    assert shift.wants(IntentionKind.ACKNOWLEDGE, key) == ["refused"]
    assert f"“{key}”" in shift.events[-1].data["reason"]

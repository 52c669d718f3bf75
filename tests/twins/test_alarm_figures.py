"""The figures of an alarm system, on shifts whose figures can be counted on fingers."""

from __future__ import annotations

from twins.alarms.figures import figures
from twins.clock import DAY, HOUR, MINUTE, SECOND
from twins.record import Event, EventKind


def alarm(time, key="a", state="unacknowledged", **more):
    return Event(time, EventKind.ALARM, "T01", key, state != "normal", {"state": state, "priority": "medium", **more})


def test_that_a_quiet_hour_is_counted():
    told = figures([alarm(0), alarm(MINUTE, state="acknowledged", by="MO"), alarm(30 * MINUTE, "b", priority="high")], 0, HOUR)
    assert (told.raised, told.peak_10_min, told.flood_percent, told.floods) == (2, 1, 0.0, ())
    assert round(told.per_10_min, 3) == 0.333
    assert told.priorities == {"medium": 50.0, "high": 50.0}


def test_that_a_flood_begins_above_ten_and_ends_below_five_and_names_the_first():
    events = [alarm(MINUTE + i * SECOND, f"k{i}") for i in range(40)] + [alarm(40 * MINUTE, "late")]
    told = figures(events, 0, HOUR)
    assert [(flood.first, flood.count) for flood in told.floods] == [("k0", 40)]
    assert told.floods[0].start == MINUTE
    assert 10 * MINUTE <= told.floods[0].end - told.floods[0].start <= 12 * MINUTE
    assert told.peak_10_min == 40


def test_that_ten_in_ten_minutes_are_no_flood():
    assert figures([alarm(i * SECOND, f"k{i}") for i in range(10)], 0, HOUR).floods == ()


def test_that_what_stands_for_a_day_and_what_chatters_are_named():
    events = [alarm(0, "old")]
    events += [alarm(i * 10 * SECOND, "flicker", "normal" if i % 2 else "unacknowledged") for i in range(6)]
    told = figures(sorted(events, key=lambda e: e.time), 0, 2 * DAY)
    assert told.standing_over_24_h == ("old",)
    assert told.chattering == ("flicker",)
    assert told.worst[0] == ("flicker", 3)


def test_that_the_end_of_a_shelving_is_no_new_alarm():
    assert figures([alarm(0), alarm(MINUTE, shelving_ended=True)], 0, HOUR).raised == 1

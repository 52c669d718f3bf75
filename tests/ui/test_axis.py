"""The time axis: round local instants at every size, and on the days that have 23 or 25 hours."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.clock import DAY, HOUR, MINUTE, SECOND, parse_time, to_datetime
from ui.axis import context, offset_label, stamp, step_for, ticks

PARIS = ZoneInfo("Europe/Paris")
MILLI = SECOND // 1000


def at(text: str) -> int:
    return parse_time(text, PARIS)


def labels(start: str, span: int, room: int) -> list[str]:
    return [tick.label for tick in ticks(at(start), at(start) + span, room, PARIS)]


@pytest.mark.parametrize(
    ("start", "span", "room", "first"),
    [
        ("2014-06-10T09:40", 365 * DAY, 12, ["Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "2015"]),
        ("2014-06-10T09:40", 9 * DAY, 10, ["11 Jun", "12 Jun", "13 Jun"]),
        ("2014-06-10T22:40", 5 * HOUR, 10, ["23:00", "23:30", "11 Jun", "00:30"]),
        ("2014-06-10T09:40", 3 * MINUTE, 6, ["09:40", "09:40:30", "09:41"]),
        ("2014-06-10T09:40:00", SECOND, 5, ["09:40:00", ".200", ".400"]),
        ("2014-06-10T09:40:00.5", MILLI, 5, [".500000", ".500200"]),
    ],
)
def test_that_ticks_are_round_at_every_size(start, span, room, first):
    got = labels(start, span, room)
    assert [label.removesuffix(":00") if first[0] == "09:40" and label.count(":") == 2 else label for label in got][
        : len(first)
    ] == first


def test_that_a_larger_unit_beginning_is_major_and_says_which():
    majors = [tick.label for tick in ticks(at("2014-12-31T20:00"), at("2015-01-01T04:00"), 8, PARIS) if tick.major]
    assert majors == ["1 Jan"]


def test_that_the_hour_that_comes_twice_has_two_ticks_and_the_one_that_is_left_out_none():
    autumn = labels("2014-10-26T00:00", 6 * HOUR, 6)
    assert autumn.count("02:00") == 2
    spring = labels("2014-03-30T00:00", 6 * HOUR, 6)
    assert "02:00" not in spring
    assert {"01:00", "03:00", "04:00"} <= set(spring)


def test_that_days_begin_at_local_midnight_on_both_sides_of_a_clock_change():
    found = ticks(at("2014-10-24T12:00"), at("2014-10-29T12:00"), 6, PARIS)
    assert [to_datetime(tick.t, PARIS).strftime("%d %H:%M") for tick in found] == [f"{d} 00:00" for d in range(25, 30)]


def test_that_a_zone_with_a_quarter_hour_has_round_local_hours():
    kathmandu = ZoneInfo("Asia/Kathmandu")
    start = parse_time("2014-06-10T09:40", kathmandu)
    for span in (8 * HOUR, 40 * MINUTE):
        assert all(to_datetime(tick.t, kathmandu).minute % 5 == 0 for tick in ticks(start, start + span, 8, kathmandu))


def test_that_the_labels_leave_the_date_to_the_context():
    assert context(at("2014-06-10T09:40"), HOUR, PARIS) == "10 Jun 2014"
    assert context(at("2014-06-10T09:40"), 2 * DAY, PARIS) == "2014"
    assert context(at("2014-06-10T09:40"), 1000, PARIS) == "10 Jun 2014 09:40:00"


def test_that_a_stamp_has_as_many_decimals_as_can_be_told_apart():
    t = at("2014-06-10T09:40:01.123456")
    assert stamp(t, PARIS, MINUTE) == "2014-06-10 09:40:01"
    assert stamp(t, PARIS, MILLI) == "2014-06-10 09:40:01.123"
    assert stamp(t, PARIS, 500) == "2014-06-10 09:40:01.123456000"
    assert offset_label(t, PARIS) == "UTC+02:00"


@given(st.integers(0, 2 * 10**18), st.integers(MILLI, 4000 * DAY), st.integers(2, 20))
def test_that_ticks_ascend_inside_the_stretch_and_do_not_crowd(start, span, room):
    found = [tick.t for tick in ticks(start, start + span, room, PARIS)]
    assert found == sorted(set(found))
    assert all(start <= t <= start + span for t in found)
    assert len(found) <= 1.3 * room + 3
    assert step_for(span // room) * 21 // 20 >= span // room

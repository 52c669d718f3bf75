"""Stamps are read exactly, and local hours that came twice or never are told."""

# ruff: noqa: DTZ001 — local times without a zone are what is tried here

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.clock import HOUR, MINUTE, from_datetime, parse_time
from twins.historian.localtime import place_local
from twins.historian.stamps import pattern_of, read_stamps

PARIS = ZoneInfo("Europe/Paris")


def local(*texts):
    return read_stamps(pa.array(texts), "iso8601").time


def places(n):
    return np.zeros(n, np.int32)


@given(
    st.datetimes(datetime(1750, 1, 1), datetime(2190, 1, 1)),
    st.integers(0, 999_999_999),
    st.sampled_from(["Z", "+01:00", "-0530", "+14"]),
)
def test_that_iso_stamps_are_exact_to_the_nanosecond(moment, ns, offset):
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{ns:09d}{offset}"
    read = read_stamps(pa.array([text]), "iso8601")
    assert read.valid.all()
    assert read.exact.all()
    assert int(read.time[0]) == parse_time(text)


def test_that_the_iso_forms_people_write_are_all_understood():
    forms = [
        "2014-03-01T12:30:00Z",
        "2014-03-01 12:30:00+00:00",
        "20140301T123000Z",
        "2014-03-01T12:30Z",
        " 2014-03-01 12:30:00,000Z ",
    ]
    assert set(read_stamps(pa.array(forms), "iso8601").time.tolist()) == {parse_time("2014-03-01T12:30:00Z")}


def test_that_what_is_no_time_is_not_valid():
    wrong = [
        "",
        None,
        "soon",
        "2014-02-29T00:00:00",
        "2014-13-01",
        "2014-01-01T25:00",
        "2014-01-01T10:60",
        "2014-01-01T10:00:00+9",
    ]
    assert not read_stamps(pa.array(wrong), "iso8601").valid.any()


def test_that_midnight_may_be_written_as_twenty_four():
    assert local("2014-02-28T24:00:00").tolist() == local("2014-03-01T00:00:00").tolist()


@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))
def test_that_strptime_formats_agree_with_strptime(moment):
    for form in ("%d %m %Y %H:%M", "%d.%b.%y %I:%M:%S %p", "%A, %d %B %Y %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%j %H", "%m/%d/%y %H:%M"):
        text = moment.strftime(form)
        expected = from_datetime(datetime.strptime(text, form).replace(tzinfo=UTC))
        read = read_stamps(pa.array([text]), form)
        assert read.valid.all(), (text, form)
        assert int(read.time[0]) == expected, (text, form)


@pytest.mark.parametrize(
    ("form", "told"),
    [("%Q", "“%Q” can't be read"), ("dd.mm.yyyy", "is no time format"), ("%d.%m %H", "says no year"), ("%Y %Y", "twice")],
)
def test_that_a_format_that_cannot_be_read_is_refused_with_what_can(form, told):
    with pytest.raises(ValueError, match=told):
        pattern_of(form)


def test_that_epochs_keep_every_decimal():
    texts = pa.array(["1388534400.123456789", "-1.5", "1388534400", "later"])
    read = read_stamps(texts, "epoch_s")
    assert read.time.tolist()[:3] == [1388534400123456789, -1500000000, 1388534400000000000]
    assert read.valid.tolist() == [True, True, True, False]
    assert read_stamps(pa.array([1388534400123]), "epoch_ms").time.tolist() == [1388534400123000000]
    assert read_stamps(pa.array([0.25, float("nan"), None]), "epoch_s").valid.tolist() == [True, False, False]


def test_that_arrow_timestamps_of_any_resolution_are_taken_as_they_are():
    for unit in ("s", "ms", "us", "ns"):
        naive = read_stamps(pa.array([datetime(2014, 1, 1)], pa.timestamp(unit)), "iso8601")
        zoned = read_stamps(pa.array([datetime(2014, 1, 1)], pa.timestamp(unit, "Europe/Paris")), "iso8601")
        assert naive.time.tolist() == zoned.time.tolist() == [parse_time("2014-01-01T00:00:00Z")]
        assert (naive.exact.tolist(), zoned.exact.tolist()) == ([False], [True])


def test_that_a_stamp_beyond_the_reach_of_nanoseconds_is_not_valid():
    assert not read_stamps(pa.array([10**12], pa.timestamp("s")), "iso8601").valid.any()


@given(st.datetimes(datetime(1980, 1, 1), datetime(2035, 1, 1)))
def test_that_local_times_are_placed_as_the_first_that_python_knows(moment):
    placed = place_local(np.array([from_datetime(moment.replace(tzinfo=UTC))]), places(1), PARIS)
    assert int(placed.time[0]) == from_datetime(moment.replace(tzinfo=PARIS))
    first, second = moment.replace(tzinfo=PARIS), moment.replace(tzinfo=PARIS, fold=1)
    there_and_back = first.astimezone(UTC).astimezone(PARIS).replace(tzinfo=None)
    assert bool(placed.nonexistent[0]) == (there_and_back != moment)
    assert bool(placed.ambiguous[0]) == (first.utcoffset() != second.utcoffset() and there_and_back == moment)


def _autumn_night():
    """Every ten minutes of the night the clocks went back, as UTC and as the wall clock showed it."""
    start = datetime(2014, 10, 25, 23, 30, tzinfo=UTC)
    utc = [start + timedelta(minutes=10 * i) for i in range(24)]
    wall = [from_datetime(moment.astimezone(PARIS).replace(tzinfo=UTC)) for moment in utc]
    return np.array([from_datetime(moment) for moment in utc]), np.array(wall)


def test_that_a_doubled_hour_is_told_apart_where_the_rows_go_back_in_time():
    utc, wall = _autumn_night()
    placed = place_local(wall, places(len(wall)), PARIS)
    assert placed.time.tolist() == utc.tolist()
    assert int(placed.ambiguous.sum()) == 12


def test_that_a_doubled_hour_written_newest_first_is_told_apart_too():
    utc, wall = _autumn_night()
    assert place_local(wall[::-1], places(len(wall)), PARIS).time.tolist() == utc[::-1].tolist()


def test_that_the_rows_of_two_assets_do_not_disturb_each_other():
    utc, wall = _autumn_night()
    interleaved = np.repeat(wall, 2)
    placed = place_local(interleaved, np.tile([0, 1], len(wall)), PARIS)
    assert placed.time.tolist() == np.repeat(utc, 2).tolist()


def test_that_a_doubled_hour_whose_order_shows_nothing_is_the_first():
    _, wall = _autumn_night()
    once = np.unique(wall)
    placed = place_local(once, places(len(once)), PARIS)
    assert int(placed.ambiguous.sum()) == 6
    assert placed.time[placed.ambiguous].tolist() == [t - 2 * HOUR for t in once[placed.ambiguous].tolist()]
    shuffled = np.random.default_rng(5).permutation(wall)
    in_disorder = place_local(shuffled, places(len(shuffled)), PARIS)
    assert in_disorder.time[in_disorder.ambiguous].tolist() == [t - 2 * HOUR for t in shuffled[in_disorder.ambiguous].tolist()]


def test_that_an_hour_that_never_was_keeps_the_offset_from_before_the_change():
    times = local("2014-03-30T01:50:00", "2014-03-30T02:30:00", "2014-03-30T03:00:00")
    placed = place_local(times, places(3), PARIS)
    assert placed.nonexistent.tolist() == [False, True, False]
    assert placed.time.tolist() == [parse_time(f"2014-03-30T{hm}:00Z") for hm in ("00:50", "01:30", "01:00")]


def test_that_a_zone_with_half_hour_changes_is_placed_too():
    zone = ZoneInfo("Australia/Lord_Howe")
    times = local("2014-04-06T01:45:00", "2014-04-06T01:55:00", "2014-04-06T01:45:00", "2014-04-06T02:05:00")
    placed = place_local(times, places(4), zone)
    assert placed.ambiguous.tolist() == [True, True, True, False]
    assert int(placed.time[2] - placed.time[0]) == 30 * MINUTE


def test_that_a_hundred_thousand_stamps_are_read():
    texts = pa.array([f"2014-01-01T00:00:{i % 60:02d}.{i:09d}+01:00" for i in range(100_000)])
    read = read_stamps(texts, "iso8601")
    place_local(read.time, places(len(texts)), PARIS)
    assert read.valid.all()

"""A record of days: a file a day, each of which opens alone, all of which read as one."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import numpy as np
import pytest

from twins.asset import TagKind
from twins.clock import DAY, HOUR, MINUTE, SECOND, parse_time
from twins.historian.days import Days, open_record
from twins.historian.evidence import cut, verify
from twins.historian.file import RecordingFile
from twins.historian.memory import MemoryRecording
from twins.historian.place import days_of
from twins.historian.record import Record
from twins.historian.recording import RecordingError
from twins.historian.schema import is_sealed
from twins.record import Channel, Event, EventKind, Samples

T0 = parse_time("2026-11-27T20:00:00Z")
POWER = Channel("T01.power", unit="kW", period_ns=HOUR)
STATE = Channel("T01.state", TagKind.ENUMERATION, values=("off", "on"))
WORDS = Channel("T01.words", TagKind.TEXT)


def hours(record, n=60, late=True):
    """So many hours of a plant: a value an hour, a word a day, an alarm that stands over midnight, a late sample."""
    oracle = MemoryRecording()
    for hour in range(n):
        now = T0 + hour * HOUR
        record.roll_if_due(now)
        parts = [Samples.numbers(POWER, now, float(hour)), Samples.numbers(STATE, now, hour % 2)]
        if hour % 24 == 0:
            parts.append(Samples.of_texts(WORDS, now, [f"day {hour // 24}"]))
        if late and hour % 7 == 6:
            parts.append(Samples.numbers(POWER, now - 6 * HOUR + MINUTE, 1000.0 + hour, arrival=now))
        events = [Event(now, EventKind.ALARM, "T01", "hot", True, {"state": "unacknowledged"})] if hour == 2 else []
        events += [Event(now, EventKind.NOTE, "T01", data={"text": f"hour {hour}"})]
        batch = Samples.join(parts)
        record.append(batch, events, desk=hour)
        oracle.append(batch, events)
    return oracle


@pytest.fixture(params=["file", "folder"])
def place(request, tmp_path):
    return tmp_path / ("plant.twin-recording" if request.param == "file" else "plant")


@pytest.fixture
def record(place):
    made = Record.open(place, b"package", "farm", T0)
    yield made
    made.close()


def test_that_a_day_is_a_file_and_the_days_before_are_sealed_and_hashed(record, place):
    hours(record)
    days = days_of(place)
    assert len(days) == 4
    assert [is_sealed(path) for path in days] == [True, True, True, False]
    assert all(verify(path).ok for path in days)
    for before, after in pairwise(days):
        with RecordingFile.open(after) as file:
            assert file.meta["previous"] == before.name
            assert file.meta["previous_sha256"] == hashlib.sha256(before.read_bytes()).hexdigest()


def test_that_all_days_read_as_one(record, place):
    oracle = hours(record)
    with open_record(place) as days:
        assert isinstance(days, Days)
        assert days.span() == oracle.span()
        for t in range(T0 - HOUR, T0 + 62 * HOUR, 20 * MINUTE):
            for hindsight in (False, True):
                same(days.at(t, hindsight), oracle.at(t, hindsight), (t, hindsight))
        start, end = T0 + 2 * HOUR, T0 + 50 * HOUR
        mine, its = days.between(start, end), oracle.between(start, end)
        assert [mine.value(i) for i in range(len(mine))] == [its.value(i) for i in range(len(its))]
        assert [e.data for e in days.events(start, end)] == [e.data for e in oracle.events(start, end)]
        for width in (5, 1000):
            one, other = days.trend("T01.power", start, end, width), oracle.trend("T01.power", start, end, width)
            assert np.array_equal(one.t, other.t)
            assert np.array_equal(one.mean, other.mean)
        assert len(days.tail().samples) == len(oracle.tail().samples)
        assert sum(len(part) for _, part in days.pieces(-(2**62), 2**62, 1000)) == len(oracle.tail().samples)


def same(mine, its, what):
    for path in ("T01.power", "T01.state", "T01.words"):
        one, other = mine.reading(path), its.reading(path)
        assert (one.value, one.source, one.quality) == (other.value, other.source, other.quality), (path, what)
    assert dict(mine.standing) == dict(its.standing), what


def test_that_each_day_opens_alone_with_what_was_known_and_stood(record, place):
    hours(record)
    with RecordingFile.open(days_of(place)[1]) as alone:
        snapshot = alone.at(alone.begins)
        assert snapshot.reading("T01.words").value == "day 0"
        assert (EventKind.ALARM, "hot") in snapshot.standing


def test_that_a_reader_that_is_open_notices_the_next_day_and_tails_over_midnight(record, place):
    hours(record, 3)
    with open_record(place) as days:
        position, seen = days.tail().position, 0
        for hour in range(3, 9):
            now = T0 + hour * HOUR
            record.roll_if_due(now)
            record.append(Samples.numbers(POWER, now, float(hour)))
            tail = days.tail(position)
            position, seen = tail.position, seen + len(tail.samples)
            assert days.at(now).reading("T01.power").value == hour
        assert seen == 6
    assert len(days_of(place)) == 2


def test_that_a_restart_goes_on_where_it_was_also_after_a_kill_in_the_middle_of_the_night(record, place):
    hours(record, 10)
    record.close()
    again = Record.open(place, b"package", "farm", T0 + 11 * HOUR)
    assert again.desk_position == 9
    assert again.last_time == T0 + 9 * HOUR
    again.append(Samples.numbers(POWER, T0 + 11 * HOUR, 11.0))
    again.close()
    newest = days_of(place)[-1]
    from twins.historian.evidence import seal

    seal(newest)  # killed after the sealing and before the next day was there
    later = Record.open(place, b"package", "farm", T0 + 30 * HOUR)
    assert later.at(T0 + 30 * HOUR).reading("T01.power").value == 11.0
    later.close()
    assert len(days_of(place)) == 3


def test_that_counters_are_known_after_a_restart_and_over_midnight(record, place):
    hours(record, 2, late=False)
    record.note_counters({"T01.power": 2})
    record.append(Samples.numbers(POWER, T0 + 2 * HOUR, 2.0), [Event(T0, EventKind.GAP, data={"tags": {"T01.power": 5}})])
    assert record.counters() == ({"T01.power": 2}, {"T01.power": 6})
    record.roll_if_due(T0 + 5 * HOUR)
    last, since = record.counters()
    assert (last["T01.power"], since) == (8, {})


def test_that_another_twins_record_and_evidence_are_refused_by_name(record, place, tmp_path):
    with pytest.raises(RecordingError, match="is the record of “farm”, not of “city”"):
        Record.open(place, b"", "city", T0)
    from twins.historian.evidence import seal

    sealed = tmp_path / "evidence.twin-recording"
    RecordingFile.create(sealed, b"", "farm", T0).close()
    seal(sealed)
    with pytest.raises(RecordingError, match="sealed evidence"):
        Record.open(sealed, b"", "farm", T0)


def test_that_a_day_that_was_moved_away_is_a_hole(record, place):
    hours(record)
    gone = days_of(place)[1]
    gone.unlink()
    with open_record(place) as days:
        begin = parse_time("2026-11-28T00:00:00Z")
        assert len(days.between(begin, begin + DAY, ["T01.power"])) <= 4, "late samples that the next day heard of"
        assert days.at(T0 + 55 * HOUR).reading("T01.power").value == 55.0


def test_that_imported_history_is_gone_on_from(tmp_path):
    path = tmp_path / "history.twin-recording"
    with RecordingFile.create(path, b"package", "farm", 0) as file:
        file.append(Samples.numbers(POWER, T0 - 90 * DAY, 1.0))
    record = Record.open(path, b"package", "farm", T0)
    record.append(Samples.numbers(POWER, T0, 2.0))
    record.roll_if_due(T0 + 5 * HOUR)
    record.append(Samples.numbers(POWER, T0 + 5 * HOUR, 3.0))
    record.close()
    with open_record(path) as days:
        assert [days.between(0, 2**62).value(i) for i in range(3)] == [1.0, 2.0, 3.0]
        assert days.span() == (T0 - 90 * DAY, T0 + 5 * HOUR)


def test_that_the_command_line_reads_all_days(record, place):
    import subprocess
    import sys
    from pathlib import Path

    hours(record, 30)
    main = Path(__file__).parents[2] / "main.py"
    told = subprocess.run([sys.executable, main, "info", place, "--json"], capture_output=True, text=True, check=True)
    info = json.loads(told.stdout)
    assert info["samples"] == 30 * 2 + 2 + 4
    told = subprocess.run([sys.executable, main, "verify", place, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["ok"]
    assert SECOND


def test_that_a_stretch_over_midnight_is_cut_out_whole(record, place, tmp_path):
    oracle = hours(record)
    start, end = T0 + 2 * HOUR, T0 + 30 * HOUR
    with open_record(place) as days:
        cut(days, start, end, tmp_path / "incident.twin-recording")
    with RecordingFile.open(tmp_path / "incident.twin-recording") as incident:
        assert verify(incident.path).ok
        for t in range(start, end, 20 * MINUTE):
            same(incident.at(t), oracle.at(t), t)
        assert len(incident.between(start, end)) == len(oracle.between(start, end))
        mine, its = incident.events(start, end), oracle.events(start, end)
        assert [event.data for event in mine] == [event.data for event in its]

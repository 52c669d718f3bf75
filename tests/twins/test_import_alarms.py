"""A list of alarms becomes events that stand and fall as its rows say."""

from __future__ import annotations

import pytest

from twins.asset import Asset, AssetKind, Twin
from twins.clock import MINUTE, format_time, parse_time
from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import mapping_of
from twins.record import EventKind

T0 = parse_time("2015-11-01T00:00:00Z")
MAPPING = """
time: { format: iso8601 }
asset: { column: unit, map: { 7: P1 } }
alarms: { code: code, on: from, off: to, message: text, priority: { column: class, map: { A: high }, always: low } }
"""


@pytest.fixture
def bring(tmp_path):
    twin = Twin("skid", "Skid", AssetKind.SYSTEM, {path: Asset(path, path, AssetKind.SYSTEM) for path in ("", "P1")}, {})

    def bringing(*rows, mapping=MAPPING):
        lines = [
            ",".join((unit, code, *(stamp(t) for t in times), "oil, hot".join('""'), kind)) for unit, code, *times, kind in rows
        ]
        source = tmp_path / "alarms.csv"
        source.write_text("unit,code,from,to,text,class\n" + "\n".join(lines) + "\n")
        return import_history(twin, b"zip", source, mapping_of(mapping), tmp_path / "out.twin-recording")

    bringing.target = tmp_path / "out.twin-recording"
    return bringing


def stamp(minute):
    return minute if isinstance(minute, str) else format_time(T0 + minute * MINUTE)


def standing(path, minute):
    with RecordingFile.open(path) as recording:
        return [event.key for event in recording.at(T0 + minute * MINUTE).standing.of(EventKind.ALARM)]


def test_that_an_alarm_stands_from_on_to_off_with_all_that_is_known_of_it(bring):
    report = bring(("7", "93", 5, 10, "A"))
    assert [standing(bring.target, minute) for minute in (4, 5, 9, 10)] == [[], ["P1/code-93"], ["P1/code-93"], []]
    with RecordingFile.open(bring.target) as recording:
        on, off = recording.events(0, 2**62, [EventKind.ALARM])
    assert on.data == {"state": "unacknowledged", "priority": "high", "message": "oil, hot", "code": "93"}
    assert off.data["state"] == "normal"
    assert (on.subject, on.stands, off.stands) == ("P1", True, False)
    assert (report.alarms, report.first, report.last) == (2, T0 + 5 * MINUTE, T0 + 10 * MINUTE)


def test_that_an_alarm_without_an_end_still_stands(bring):
    bring(("7", "93", 5, "", "B"))
    assert standing(bring.target, 10_000) == ["P1/code-93"]


def test_that_an_alarm_that_ends_and_begins_at_one_instant_stands(bring):
    bring(("7", "1", 10, 15, "A"), ("7", "1", 5, 10, "A"))
    assert [standing(bring.target, minute) for minute in (9, 10, 14, 15)] == [["P1/code-1"]] * 3 + [[]]


def test_that_an_alarm_of_no_length_is_seen_and_gone(bring):
    assert bring(("7", "1", 5, 5, "A")).alarms == 2
    assert standing(bring.target, 5) == []


def test_that_overlapping_rows_of_one_alarm_stand_until_the_last_ends(bring):
    report = bring(("7", "1", 5, 20, "A"), ("7", "1", 10, 15, "A"))
    assert [standing(bring.target, minute) for minute in (12, 17, 20)] == [["P1/code-1"], ["P1/code-1"], []]
    assert report.rejected == {"overlapping_alarm": 1}
    again = bring(("7", "1", 5, 20, "A"), ("7", "1", 10, 15, "A"))
    assert again.alarms == 0
    assert again.rejected["duplicate"] == 2


def test_that_rows_that_cannot_be_are_counted(bring):
    report = bring(
        ("7", "1", 5, 3, "A"), ("8", "1", 5, 6, "A"), ("7", "1", "soon", 6, "A"), ("7", "2", 5, 6, "A"), ("7", "2", 5, 6, "A")
    )
    assert report.rejected == {"bad_time": 1, "duplicate": 1, "off_before_on": 1, "unknown_asset": 1}
    assert report.alarms == 2

"""The replay of an imported alarm shows the same minute the same way twice."""

from __future__ import annotations

import numpy as np
import pytest

from twins.asset import TagKind
from twins.clock import MINUTE, SECOND, parse_time
from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import mapping_of
from twins.package.opening import OpenPackage
from twins.record import Channel, EventKind, Samples

ALARMS = """turbine,code,from,until,text
R1,93,2015-11-01 00:03:00,2015-11-01 00:05:30,Gearbox oil hot
R2,12,2015-11-01 00:04:00,2015-11-01 00:09:00,Yaw limit
R1,93,2015-11-01 00:05:40,2015-11-01 00:08:00,Gearbox oil hot
"""
MAPPING = """
time: { format: "%Y-%m-%d %H:%M:%S", timezone: UTC }
asset: { column: turbine, map: { R1: T01, R2: T02 } }
alarms: { code: code, on: from, off: until, message: text, priority: high }
"""
START = parse_time("2015-11-01T00:00:00Z")


@pytest.fixture
def recording(tmp_path, north_ridge):
    package = OpenPackage.at(north_ridge)
    source, path = tmp_path / "alarms.csv", tmp_path / "alarms.twin-recording"
    source.write_text(ALARMS)
    import_history(package.twin, package.zipped(), source, mapping_of(MAPPING), path)
    with RecordingFile.open(path, write=True) as file:
        t = START + np.arange(600) * SECOND
        file.append(Samples.numbers(Channel("T01.gearbox_oil_temperature", TagKind.NUMBER, "degC", SECOND), t, 60 + t % 7))
    return path


def replayed(place, shown, qtbot):
    """Seeks through a minute and notes what the window was shown."""
    seen = []
    for t in range(START + 5 * MINUTE, START + 6 * MINUTE, 10 * SECOND):
        place.timeline.seek(t)
        qtbot.waitUntil(lambda t=t: bool(shown) and shown[-1].time == t, timeout=60_000)
        snapshot = shown[-1]
        alarms = [(e.time, e.key, e.data["state"], e.data["priority"]) for e in snapshot.standing.of(EventKind.ALARM)]
        seen.append((t, alarms, snapshot.reading("T01.gearbox_oil_temperature")))
    return seen


def test_that_the_same_minute_is_shown_the_same_way_twice(recording, open_window, listen, north_ridge, qtbot):
    place = open_window(north_ridge, recording)
    shown = listen(place)
    first = replayed(place, shown, qtbot)
    place.timeline.seek(place.timeline.end)
    again = replayed(place, shown, qtbot)
    assert first == again
    standing = [len(alarms) for _, alarms, _ in first]
    assert standing == [2, 2, 2, 1, 2, 2]  # the gearbox alarm goes at 5:30 and is back at 5:40


def test_that_nothing_later_leaks_into_the_replay(recording):
    with RecordingFile.open(recording) as file:
        assert not file.at(START + 2 * MINUTE).standing.of(EventKind.ALARM)
        (alarm,) = file.at(START + 3 * MINUTE).standing.of(EventKind.ALARM)
        assert (alarm.subject, alarm.data["message"]) == ("T01", "Gearbox oil hot")
        assert not file.at(START + 20 * MINUTE).standing.of(EventKind.ALARM)

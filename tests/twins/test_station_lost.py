"""A station that no longer says anything: nothing it said may be shown as current, then or now."""

from __future__ import annotations

import numpy as np
import pytest

from twins.clock import SECOND
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Event, EventKind, Quality, Reason, Samples


def record(rate: float = 1.0) -> MemoryRecording:
    recording = MemoryRecording()
    beat = Event(10 * SECOND, EventKind.HEARTBEAT, "", "station", True, {"clock": {"epoch": 0, "since": 0, "rate": rate}})
    recording.append(Samples.numbers(Channel("T01.power", period_ns=60 * SECOND), 10 * SECOND, 7.0), [beat])
    return recording


def test_that_a_value_counts_while_the_station_beats():
    assert record().at(12 * SECOND).reading("T01.power").sound


@pytest.mark.parametrize(("rate", "after"), [(1.0, 3), (60.0, 180)])
def test_that_nothing_counts_three_seconds_after_the_last_beat(rate, after):
    snapshot = record(rate).at((10 + after) * SECOND)
    reading = snapshot.reading("T01.power")
    assert snapshot.station_lost
    assert (reading.quality, reading.reason) == (Quality.BAD, Reason.STATION_LOST)
    assert reading.value == 7.0, "the last value is still told, as lost"
    assert np.array_equal(snapshot.written, [0]), "what was recorded stays what it was"


def test_that_hindsight_knows_better():
    assert record().at(60 * SECOND, hindsight=True).reading("T01.power").quality is Quality.GOOD

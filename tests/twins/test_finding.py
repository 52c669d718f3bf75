"""Which station is meant: the one of a twin, where there is one; never one of several."""

from __future__ import annotations

import contextlib
import os

import pytest

from twins import InputError
from twins.historian.lock import Lock
from twins.station import finding
from twins.station.finding import Running, announced, record_of


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "notice_board", lambda: tmp_path / "stations")
    with contextlib.ExitStack() as held:

        def begins(name, broker):
            record = tmp_path / f"{name}.twin-recording"
            lock = Lock.beside(record)
            lock.hold("a test's station")
            held.callback(lock.close)
            held.enter_context(announced(Running("farm", str(record), broker, os.getpid())))
            return record

        yield begins


def test_that_the_only_station_of_a_twin_is_found(runs):
    assert record_of("farm") is None
    record = runs("one", "mqtt://127.0.0.1:1883")
    assert record_of("farm") == record
    assert record_of("other") is None


def test_that_of_two_stations_none_is_taken_unless_it_is_named(runs):
    one, other = runs("one", "mqtt://127.0.0.1:1883"), runs("other", "mqtt://127.0.0.1:1884")
    with pytest.raises(InputError, match="2 stations run for farm here; name the record") as told:
        record_of("farm")
    assert str(one) in str(told.value)
    assert str(other) in str(told.value)
    assert record_of("farm", "mqtt://127.0.0.1:1884") == other
    assert record_of("farm", "mqtt://127.0.0.1:1885") is None

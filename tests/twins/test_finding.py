"""Which station is meant: the one of a twin, where there is one; never one of several."""

from __future__ import annotations

import contextlib
import os

import pytest

from twins import InputError
from twins.historian.lock import Lock
from twins.package.archive import zipped
from twins.record import Intention, IntentionKind
from twins.station import finding
from twins.station.asking import ask
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


def test_that_a_station_is_found_by_the_folder_of_its_package_or_a_zip_of_it(runs, tmp_path):
    package = tmp_path / "packages" / "mine"
    package.mkdir(parents=True)
    (package / "twin.yaml").write_text("twin: { id: farm, name: Farm, kind: system }\n", "utf-8")
    packed = tmp_path / "mine.zip"
    packed.write_bytes(zipped(package))
    assert record_of(str(package)) is None
    record = runs("one", "mqtt://127.0.0.1:1883")
    for place in (package, package / "twin.yaml", packed):
        assert record_of(str(place)) == record


def test_that_of_a_package_without_a_station_is_said_how_one_is_started(tmp_path):
    (tmp_path / "twin.yaml").write_text("twin: { id: farm, name: Farm, kind: system }\n", "utf-8")
    with pytest.raises(InputError) as refused:
        ask(tmp_path, Intention(IntentionKind.NOTE, "Ada"), lambda event: None)
    assert str(refused.value) == f"no station of {tmp_path} runs here; start one with: record {tmp_path} --to FILE"

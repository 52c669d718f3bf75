"""A plant and its station without a wire: the same again, its faults alarmed, and nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.rig import main_py, sensors_package
from twins import InputError
from twins.checking import check, check_models
from twins.clock import HOUR, MINUTE, SECOND, parse_time
from twins.historian.file import RecordingFile
from twins.record import EventKind
from twins.station.unwired import emulated

LINE = Path(__file__).parents[2] / "resources" / "twins" / "production-line"
START = parse_time("2026-01-05T06:00:00Z")


@pytest.fixture
def package(tmp_path):
    return sensors_package(tmp_path / "rig", assets=2, tags=2)


def _told(file):
    with RecordingFile.open(file) as recording:
        samples = recording.between(START, START + HOUR)
        events = recording.events(START, START + HOUR)
    facts = [(samples.channels[c].path, s, b) for c, s, b in zip(samples.channel, samples.source, samples.bits, strict=True)]
    return facts, events


def test_that_the_same_plant_is_recorded_the_same_way_and_set_points_are_drawn_anew(tmp_path):
    files = [tmp_path / f"{k}.twin-recording" for k in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        emulated(LINE, file, START, 3 * MINUTE, seed, (), {"ANDON.line_speed": (90.0, 110.0)}, MINUTE, 200.0)
    (facts, _), (again, _), (other, _) = map(_told, files)
    assert facts == again != other
    assert len({bits for path, _, bits in facts if path == "ANDON.line_speed"}) == 3
    assert len([path for path, *_ in facts if path == "M1.power"]) == 180


def test_that_what_is_told_many_times_a_second_keeps_its_times(tmp_path):
    emulated(LINE.parent / "heart", tmp_path / "run.twin-recording", START, 6 * SECOND)
    with RecordingFile.open(tmp_path / "run.twin-recording") as recording:
        samples = recording.between(START, START + HOUR, ["H.aortic_pressure"])
    assert len(samples) > 100
    assert set(np.diff(samples.source).tolist()) == {SECOND // 25}
    assert (samples.arrival - samples.source).max() < SECOND // 10


def test_that_what_is_cancelled_or_can_not_be_had_leaves_nothing(package, tmp_path):
    file = tmp_path / "run.twin-recording"
    for refused in (
        {"cancelled": lambda: True},
        {"package": LINE, "conditions": {"ANDON.line_speed": (400.0, 500.0)}},
        {"conditions": {"S1.nothing": (1.0, 2.0)}},
        {"faults": ("S1.nothing@1min",)},
    ):
        with pytest.raises(InputError):
            emulated(**{"package": package, "to": file, "start": START, "length": HOUR, **refused})
    assert [each.name for each in tmp_path.iterdir()] == ["rig"]
    assert main_py("emulate", str(package)).returncode == 1


def test_that_the_station_beside_it_says_what_it_always_says(package, tmp_path):
    emulated(package, tmp_path / "run.twin-recording", START, MINUTE)
    kinds = {event.kind for event in _told(tmp_path / "run.twin-recording")[1]}
    assert {EventKind.STATION, EventKind.LINK, EventKind.HEARTBEAT} <= kinds


def test_that_what_check_calls_a_fault_is_not_run_but_refused_in_its_words(tmp_path):
    """A misspelt output would else wander about by itself, as if it had been measured."""
    package, to = tmp_path / "heart", tmp_path / "run.twin-recording"
    shutil.copytree(LINE.parent / "heart", package)
    file = package / "types" / "heart.yaml"
    file.write_text(
        file.read_text("utf-8").replace("aorta_systolic", "aorta_systole").replace("aorta_mean", "aorta_men"), "utf-8"
    )
    first, *others = check(package)
    assert "the model has no output “aorta_men” — did you mean “aorta_mean”?" in str(first)

    said = f"twindeck: {package} has a fault: {first}; there are {len(others)} more, “check {package}” lists them\n"
    for order in (("emulate", "--broker", "mqtt://127.0.0.1:1"), ("emulate", "--to", str(to)), ("simulate", "--to", str(to))):
        told = main_py(order[0], str(package), *order[1:])
        assert (told.returncode, told.stderr) == (1, said)
    assert not to.exists()


def test_that_a_fault_beside_the_models_keeps_no_what_if_from_running(tmp_path):
    package = tmp_path / "line"
    shutil.copytree(LINE, package)
    tour = package / "tour.yaml"
    tour.write_text(tour.read_text("utf-8").replace("viewpoint: Andon board", "viewpoint: Andon bord", 1), "utf-8")
    assert check(package)
    assert check_models(package) == []

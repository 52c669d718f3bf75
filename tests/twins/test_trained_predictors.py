"""A predictor is learnt from a twin's own recording, written down with its card, and finds what is not as it was."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twins import InputError
from twins.checking import check
from twins.clock import MINUTE, SECOND
from twins.emulator.plant import Plant
from twins.historian.days import open_record
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.loader import load
from twins.prognosis.prediction import predictions_in
from twins.prognosis.predictors.replaying import predicted
from twins.prognosis.predictors.training import line_of, taught
from twins.record import Event, EventKind
from twins.simulation.faults import injections

START = 1_700_000_000 * SECOND
MAIN = Path(__file__).parents[2] / "main.py"
SKID = Path(__file__).parent / "skid"


def recorded(package, file, minutes, seed, faults=(), events=()):
    """An emulated plant whose pumps are set to another speed every two minutes, recorded."""
    twin, rng = load(package), np.random.default_rng(seed)
    plant = Plant(twin, START, seed, tuple(injections(list(faults), twin, START)))
    with contextlib.closing(RecordingFile.create(file, zipped(package), twin.id, START, simulated=True)) as record:
        for minute in range(2, minutes + 1, 2):
            for pump in ("P1", "P2"):
                plant.set(f"{pump}.speed_setpoint", rng.uniform(2_200, 2_800))
            record.append(plant.run_to(START + minute * MINUTE), list(events) if minute == 2 else [])
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("trained")
    shutil.copytree(SKID, place / "skid")
    pump = place / "skid" / "types" / "machines.yaml"
    pump.write_text(pump.read_text().replace("over: 2 h", "over: 2 min"))
    stood = Event(START + MINUTE, EventKind.ALARM, "P1.flow", "P1.flow/low", True, {"state": "unacknowledged"})
    gone = replace(stood, time=START + 5 * MINUTE, stands=False, data={"state": "normal"})
    recorded(place / "skid", place / "sound.twin-recording", 60, 1, events=(stood, gone))
    return place


def run(*arguments):
    return subprocess.run([sys.executable, str(MAIN), *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def trained(folder):
    asked = ("train", folder / "skid", folder / "sound.twin-recording", "--predictor", "as-it-was", "--type", "pump")
    ran = run(*asked, "--step", "5 s", "--condition", "speed", "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_that_what_was_learnt_is_a_sound_part_of_the_package_with_a_card(folder, trained):
    assert check(folder / "skid") == []
    assert {Path(file).name for file in trained["files"]} == {
        "as-it-was.yaml", "as-it-was.md", "as-it-was.P1.npz", "as-it-was.P2.npz"
    }  # fmt: skip
    card = (folder / "skid" / "predictors" / "as-it-was.md").read_text()
    for words in (
        "SHA-256",
        "false alarm a month",
        "held back",
        "`bearing_temperature`",
        "doesn't know",
        "extrapolated, not shown",
    ):
        assert words in card
    assert run("card", folder / "skid", "as-it-was").stdout.strip() == card.strip()


def test_that_rows_with_a_standing_alarm_are_not_learnt_from(trained):
    clean = {each["asset"]: (each["rows"], each["clean"]) for each in trained["assets"]}
    assert clean["P2"][0] - clean["P2"][1] == 0
    assert clean["P1"][0] - clean["P1"][1] == pytest.approx((4 * 60) / 5 + 10, abs=2)


def test_that_the_same_record_gives_the_same_files(folder, trained):
    before = {Path(file).name: Path(file).read_bytes() for file in trained["files"]}
    (folder / "again").mkdir(exist_ok=True)
    run("train", folder / "skid", folder / "sound.twin-recording", "--predictor", "as-it-was", "--type", "pump",
        "--step", "5 s", "--condition", "speed", "--to", folder / "again")  # fmt: skip
    assert {file.name: file.read_bytes() for file in (folder / "again").iterdir()} == before


def test_that_a_bearing_that_wears_is_found_with_its_tag_and_a_sound_pump_is_not_accused(folder, trained):
    file = recorded(folder / "skid", folder / "worn.twin-recording", 40, 7, ["P1.worn_bearing@600s"])
    with contextlib.closing(open_record(file)) as record:
        start, end = record.span()
        events = predicted(load(folder / "skid"), record, start, end + 1, folder / "told.twin-recording")
    assert {event.key for event in events} == {"P1.as-it-was"}
    made = next(predictions_in(events))
    assert made.evidence[0].tag == "P1.bearing_temperature"
    assert made.evidence[0].measured > made.evidence[0].expected
    assert START + 600 * SECOND < made.since <= made.time
    with contextlib.closing(open_record(folder / "told.twin-recording")) as record:
        assert [e.key for e in record.at(end).standing.of(EventKind.PREDICTION)] == ["P1.as-it-was"]
        assert record.at(made.time - SECOND).standing.of(EventKind.PREDICTION) == ()


def test_that_outside_the_taught_range_of_a_condition_there_is_no_verdict(folder):
    with contextlib.closing(open_record(folder / "sound.twin-recording")) as record:
        start, end = record.span()
        (found,) = taught(load(folder / "skid"), record, ["P2"], start, end, 5 * SECOND, conditions=["speed"])
    from twins.prognosis.anomaly import Detector

    detector, names = Detector(found.learnt), (*found.learnt.channels.sensors, *found.learnt.channels.conditions)
    middle = np.array([np.mean(found.ranges[name]) for name in names])
    assert detector.update(middle).known
    assert not detector.update(np.where(np.array(names) == "speed", 2 * middle, middle)).known


def test_that_too_little_is_refused_with_what_to_do(folder):
    with contextlib.closing(open_record(folder / "sound.twin-recording")) as record:
        start = record.span()[0]
        with pytest.raises(InputError, match="too few to learn from; record 200 or more"):
            taught(load(folder / "skid"), record, ["P1"], start, start + 10 * MINUTE, 10 * SECOND)


def test_that_a_line_is_passed_as_seldom_as_was_asked_for():
    rng = np.random.default_rng(1)
    peaks = rng.gumbel(0.8, 0.1, 400)
    line = line_of(peaks, 1e-3)
    assert (rng.gumbel(0.8, 0.1, 1_000_000) > line).mean() == pytest.approx(1e-3, rel=0.4)


def test_that_a_damaged_model_is_refused(folder, trained, tmp_path):
    shutil.copytree(folder / "skid", tmp_path / "skid")
    file = tmp_path / "skid" / "predictors" / "as-it-was.P1.npz"
    file.write_bytes(file.read_bytes()[:-60])
    (fault,) = check(tmp_path / "skid")
    assert (fault.file, fault.line > 0, "as-it-was.P1.npz" in fault.message) == ("predictors/as-it-was.yaml", True, True)

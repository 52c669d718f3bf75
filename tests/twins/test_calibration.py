"""Parameters are fitted to a plant whose truth is known, proposed, approved and rolled back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twins.checking import check
from twins.clock import MINUTE, SECOND
from twins.emulator.plant import Plant
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.loader import load
from twins.physics import Profile
from twins.simulation.faults import Injection

START = 1_700_000_000 * SECOND
MAIN = Path(__file__).parents[2] / "main.py"
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"


def run(*words):
    return subprocess.run([sys.executable, MAIN, *map(str, words)], capture_output=True, text=True, check=False)


def other(parameter, to):
    return Injection("changed", "T01", START, Profile("step", to=to), parameter=parameter, model="T01")


@pytest.fixture(scope="module")
def proposed(farm, tmp_path_factory):
    """A plant whose T01 loses more and heats more than its package says, and the proposal that comes of it."""
    folder = tmp_path_factory.mktemp("calibrated")
    raw, place = folder / "raw.twin-recording", folder / "proposal.json"
    plant = Plant(farm, START, 4, (other("drivetrain_efficiency", 0.90), other("gearbox_heat", 57_200.0)))
    with RecordingFile.create(raw, zipped(NORTH_RIDGE), farm.id, START, simulated=True) as file:
        for minute in range(1, 31):
            file.append(plant.run_to(START + minute * MINUTE))
    named = [
        word for each in ("drivetrain_efficiency", "gearbox_heat", "bearing_life") for word in ("--parameter", f"T01.{each}")
    ]
    done = run("calibrate", NORTH_RIDGE, "--from", raw, *named, "--to", place, "--json")
    assert done.returncode == 0, done.stderr
    return raw, place, json.loads(done.stdout)


@pytest.fixture
def package(tmp_path):
    return Path(shutil.copytree(NORTH_RIDGE, tmp_path / "farm"))


def test_that_changed_parameters_are_found(proposed):
    found = {each["parameter"]: each for each in proposed[2]["parameters"]}
    for name, true in (("drivetrain_efficiency", 0.90), ("gearbox_heat", 57_200.0)):
        each = found[f"T01.{name}"]
        assert each["identified"]
        assert abs(each["after"] - true) < 0.015 * true  # over 22 minutes its own interval may be narrower: docs/calibration.md
        assert abs(each["after"] - true) < 0.4 * abs(each["before"] - true)
        assert not each["low"] <= each["before"] <= each["high"]


def test_that_the_error_on_the_stretch_that_was_kept_back_falls(proposed):
    outputs = {each["tag"]: each["held_out"] for each in proposed[2]["outputs"]}
    for tag in ("T01.power", "T01.gearbox_oil_temperature"):
        assert outputs[tag]["after"]["mae"] < 0.8 * outputs[tag]["before"]["mae"]


def test_that_what_the_data_do_not_tell_is_said_to_be_so_and_stays(proposed):
    each = next(p for p in proposed[2]["parameters"] if p["parameter"] == "T01.bearing_life")
    assert not each["identified"]
    assert each["after"] == each["before"]


def test_that_a_proposal_is_approved_once_and_rolled_back(proposed, package):
    _, place, told = proposed
    done = run("approve", package, place, "--by", "A. Engineer", "--why", "measured after service", "--json")
    assert done.returncode == 0, done.stderr
    twin = load(package)
    after = next(p["after"] for p in told["parameters"] if p["parameter"] == "T01.drivetrain_efficiency")
    assert twin.assets["T01"].model["parameters"]["drivetrain_efficiency"] == pytest.approx(after)
    assert "drivetrain_efficiency" not in twin.assets["T02"].model["parameters"]
    assert twin.model_version.number == 1 == json.loads(done.stdout)["model_version"]
    assert check(package) == []
    again = run("approve", package, place, "--by", "A", "--why", "B")
    assert (again.returncode, again.stdout) == (1, "")
    assert "was made for version 0" in again.stderr
    assert run("rollback", package, "--by", "A. Engineer", "--why", "the meter was wrong").returncode == 0
    assert load(package).model_version.number == 0
    history = (package / "calibration.yaml").read_text()
    assert "measured after service" in history
    assert "the meter was wrong" in history


def test_that_a_recording_names_the_version_of_its_models(proposed, package, tmp_path):
    raw, place, _ = proposed
    run("approve", package, place, "--by", "A", "--why", "B")
    with RecordingFile.create(tmp_path / "new.twin-recording", zipped(package), "north-ridge", START):
        pass
    told = [json.loads(run("info", each, "--json").stdout)["model_version"] for each in (raw, tmp_path / "new.twin-recording")]
    assert told == ["0", str(load(package).model_version)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 1}', "\x00", '{"form": NaN}'])
def test_that_what_is_no_proposal_changes_nothing(package, tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    done = run("approve", package, tmp_path / "bad.json", "--by", "A", "--why", "B")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is no proposal" in done.stderr
    assert not (package / "calibration.yaml").exists()


def test_that_a_proposal_for_another_package_is_refused(proposed, package):
    (package / "README.md").write_text("another one")
    done = run("approve", package, proposed[1], "--by", "A", "--why", "B")
    assert done.returncode == 1
    assert "another package" in done.stderr

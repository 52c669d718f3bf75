"""Parameters are fitted to a plant whose truth is known, proposed, approved and rolled back."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.rig import wait_until
from twins import InputError
from twins.checking import check
from twins.clock import DAY, MINUTE, SECOND, parse_time
from twins.emulator.plant import Plant
from twins.estimation.calibration import Question, calibrated, knobs_asked
from twins.estimation.drift import drifts
from twins.estimation.fitting import Unknown, fitted
from twins.estimation.stepped import stepped
from twins.historian.days import open_record
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.calibration import CalibrationForm
from twins.package.loader import load
from twins.package.revising import approve
from twins.physics import Profile
from twins.simulation.faults import Injection
from twins.station.recalibrating import Recalibrating

START = 1_700_000_000 * SECOND
WEEKS = parse_time("2014-03-01T00:00:00Z")
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
    done = run("calibrate", NORTH_RIDGE, "--from", raw, *named, "--step", "10 s", "--to", place, "--json")
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
        assert abs(each["after"] - true) < 0.015 * true
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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told["parameters"][0].update(after=0.5), "this is outside its own interval"),
        (lambda told: told["parameters"][0].update(low=2.0), "this is outside its own interval"),
        (lambda told: told["parameters"][0].pop("high"), "this is outside its own interval"),
        (lambda told: told.update(outputs=[]), "tells no error on a stretch that was kept back"),
    ],
)
def test_that_a_proposal_that_was_changed_by_hand_is_refused(proposed, package, tmp_path, change, said):
    told = json.loads(proposed[1].read_text())
    told["parameters"].sort(key=lambda each: not each["identified"])
    change(told)
    (tmp_path / "changed.json").write_text(json.dumps(told))
    done = run("approve", package, tmp_path / "changed.json", "--by", "A", "--why", "B")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr
    assert not (package / "calibration.yaml").exists()


def test_that_a_name_that_would_paint_the_terminal_is_refused(proposed, package):
    done = run("approve", package, proposed[1], "--by", "m\x1b[31me", "--why", "B")
    assert done.returncode == 1
    assert "can't be shown" in done.stderr
    assert "\x1b" not in done.stderr


def test_that_a_proposal_for_another_package_is_refused(proposed, package):
    (package / "README.md").write_text("another one")
    done = run("approve", package, proposed[1], "--by", "A", "--why", "B")
    assert done.returncode == 1
    assert "another package" in done.stderr


def test_that_a_zipped_package_is_approved_into_and_rolled_back_whole(proposed, tmp_path):
    whole = tmp_path / "farm.zip"
    whole.write_bytes(zipped(NORTH_RIDGE))
    done = run("approve", whole, proposed[1], "--by", "A", "--why", "B")
    assert done.returncode == 0, done.stderr
    assert load(whole).model_version.number == 1
    assert check(whole) == []
    assert [path.name for path in tmp_path.iterdir()] == ["farm.zip"]
    assert run("rollback", whole, "--by", "A", "--why", "C").returncode == 0
    assert load(whole).model_version.number == 0


def test_that_a_drifted_model_is_told_by_what_was_approved(proposed, package, tmp_path):
    raw, _, told = proposed
    power = next(each for each in told["outputs"] if each["tag"] == "T01.power")
    power["held_out"]["after"]["mae"] /= 10
    (tmp_path / "better.json").write_text(json.dumps(told))
    assert run("approve", package, tmp_path / "better.json", "--by", "A", "--why", "B").returncode == 0
    found = {
        e["tag"]: e for e in json.loads(run("drift", package, "--from", raw, "--last", "10 min", "--json").stdout)["outputs"]
    }
    assert found["T01.power"]["drifted"]
    assert found["T01.power"]["now"] > 5 * found["T01.power"]["approved"]
    assert not found["T01.gearbox_oil_temperature"]["drifted"]
    assert len(found["T01.power"]["course"]) > 5


def test_that_versions_are_told_with_who_and_why(proposed, package):
    run("approve", package, proposed[1], "--by", "A. Engineer", "--why", "after service")
    run("rollback", package, "--by", "B. Engineer", "--why", "the meter was wrong")
    told = json.loads(run("versions", package, "--json").stdout)
    assert told["in_force"] == 0
    assert [(e["change"], e["before"], e["after"], e["by"]) for e in told["changes"]] == [
        ("approved", 0, 1, "A. Engineer"),
        ("rolled back", 1, 0, "B. Engineer"),
    ]
    assert told["versions"][0]["data"]["errors"]["T01.power"]["mae"] > 0


def test_that_a_changed_calibration_is_found_beside_the_work_and_another_package_is_refused(package):
    with contextlib.closing(Recalibrating(package, zipped(package), every=0.05)) as watch:
        approve(package, {"T01": {"drivetrain_efficiency": 0.91}}, {}, "A", "B")
        found = wait_until(watch.take)
        assert found.twin.model_version.number == 1
        assert found.twin.assets["T01"].model["parameters"]["drivetrain_efficiency"] == 0.91
        (package / "README.md").write_text("another one")
        approve(package, {"T01": {"drivetrain_efficiency": 0.92}}, {}, "A", "B")
        found = wait_until(watch.take)
        assert found.twin is None
        assert "start the station again" in found.why


def test_that_errors_which_last_widen_an_interval():
    """A line through noise: the true slope lies within the interval about as often as it says, however long errors last."""
    rng = np.random.default_rng(1)
    x = np.linspace(0.0, 1.0, 200)
    for lasts, least in ((0.0, 0.8), (0.9, 0.7)):
        held = 0
        for _ in range(60):
            noise = np.zeros(len(x))
            for k in range(1, len(x)):
                noise[k] = lasts * noise[k - 1] + np.sqrt(1 - lasts**2) * rng.standard_normal()
            found = fitted(
                [Unknown(0.0, -100.0, 100.0, 1.0, 50.0)], lambda points: (points[:, 0] * (x - 0.5)[:, None])[None],
                (2.0 * (x - 0.5) + noise)[None], np.array([0.01]), np.arange(len(x)) * 12 // len(x),
            )  # fmt: skip
            held += found.low[0] <= 2.0 <= found.high[0]
        assert held / 60 >= least


def test_that_data_which_say_nothing_of_any_parameter_leave_all_as_they_stood():
    found = fitted(
        [Unknown(3.0, -10.0, 10.0, 1.0, 2.0), Unknown(5.0, -10.0, 10.0, 1.0, 2.0)],
        lambda points: 1e-6 * (points.sum(axis=1) * np.ones((60, 1)))[None], np.random.default_rng(1).normal(0, 1, (1, 60)),
        np.array([0.01]), np.arange(60) * 12 // 60,
    )  # fmt: skip
    assert found.value.tolist() == [3.0, 5.0]
    assert not found.identified.any()
    assert np.all(found.deviation > 1.0)


@pytest.mark.sample_data
def test_that_drift_is_told_where_nothing_was_ever_calibrated_or_measured(farm, real_year):
    with open_record(real_year) as record:
        found = list(drifts(farm, record, CalibrationForm(in_force=0), WEEKS, WEEKS + 2 * DAY))
        assert {each.asset for each in found} >= {"T01", "T02"}
        assert all(each.approved is None and not each.drifted for each in found)


@pytest.mark.sample_data
def test_that_a_calibrated_turbine_is_no_worse_than_its_power_curve(farm, real_year):
    """Fitted on two weeks of real data, judged on the one after, beside the method of bins."""
    with open_record(real_year) as record:
        asked = Question(
            WEEKS, WEEKS + 14 * DAY, (WEEKS + 14 * DAY, WEEKS + 21 * DAY), ("T01",),
            ("T01.anemometer_at_*", "T01.anemometer_vane_*"), ("power",), "power > 0 kW and pitch_angle < 20 deg",
        )  # fmt: skip
        found = calibrated(farm, record, asked).outputs[0]
        tags = [farm.tags[f"T01.{name}"] for name in ("wind_speed", "power", "pitch_angle")]
        wind, power, pitch = stepped(record, tags, WEEKS, WEEKS + 21 * DAY, 10 * MINUTE).mean.values()
    before, after = found.held_out
    known = np.isfinite(wind) & (power > 0) & (pitch < 20)
    fit, there = known & (np.arange(len(wind)) < 14 * 144), known & (np.arange(len(wind)) >= 14 * 144)
    bins = np.floor(wind / 0.5 + 0.5)
    middles = [(wind[fit & (bins == k)].mean(), power[fit & (bins == k)].mean()) for k in np.unique(bins[fit])]
    curve = np.interp(wind, *np.array(middles).T)
    assert after.mae < 0.9 * np.abs(curve - power)[there].mean()
    assert after.mae < 0.6 * before.mae


def test_that_what_is_counted_is_not_fitted():
    line = load(Path(__file__).parents[2] / "resources" / "twins" / "production-line")
    buffer = next(path for path, asset in line.assets.items() if "capacity" in asset.model.get("parameters", {}))
    with pytest.raises(InputError, match=f"{buffer}.capacity is counted"):
        knobs_asked(line, buffer, [f"{buffer}.capacity"])
    with pytest.raises(InputError, match="no parameter to be calibrated"):
        knobs_asked(line, buffer, [f"{buffer}.capac*"])

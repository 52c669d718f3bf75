"""Faults by name: learnt by rehearsal, recognised in a plant that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twins import InputError
from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.following import Following
from twins.package.loader import load
from twins.prognosis.foreseeing import LEARNT, Foreseeing
from twins.prognosis.prediction import SILENT, prediction_in
from twins.prognosis.recognition.kin import Kin
from twins.prognosis.recognition.lesson import Lesson
from twins.prognosis.recognition.model_file import NAME, read, recogniser_of
from twins.prognosis.recognition.recogniser import learnt_from
from twins.prognosis.recognition.trial import trial
from twins.record import Channel, Channels
from twins.simulation.faults import injections

MAIN = Path(__file__).parents[2] / "main.py"
START = 1_800_000_000 * SECOND
TWIN = """
twin: { id: pumps, name: Three pumps, kind: system }
assets:
  - { id: P1, type: pump, at: { x: 0, y: 0 } }
  - { id: P2, type: pump, at: { x: 3, y: 0 } }
  - { id: P3, type: pump, at: { x: 6, y: 0 } }
"""
PUMP = """
types:
  pump:
    kind: component
    tags:
      speed: { unit: rpm, range: [0, 3600], period: 1s }
      flow: { unit: m^3/h, range: [0, 60], period: 1s, decimals: 2 }
      power: { unit: kW, range: [0, 10], period: 1s, decimals: 3 }
      bearing_temperature: { unit: degC, range: [0, 120], period: 1s }
    model:
      physics: centrifugal-pump
      parameters: { bearing_time_constant: 20 s }
      estimate:
        expects: [flow, power, bearing_temperature]
        parameters: { friction: { spread: 0.2, over: 6 h } }
    faults:
      bearing_wear: { parameter: friction, profile: ramp, to: 3, over: 20 s, action: Grease it, within: 2 d }
      thermometer_loose: { tag: bearing_temperature, profile: noise, amplitude: 4 K }
      nothing_heard: { profile: drop }
"""


@pytest.fixture(scope="module")
def learnt_pumps(tmp_path_factory):
    """A package that has learnt how its faults look, and what the command said of it."""
    folder = tmp_path_factory.mktemp("pumps")
    (folder / "types").mkdir()
    (folder / "twin.yaml").write_text(TWIN)
    (folder / "types" / "pump.yaml").write_text(PUMP)
    done = subprocess.run(
        [sys.executable, MAIN, "rehearse", folder, "--runs", "4", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def called(twin, faults, seconds=240):
    """By asset the faults that were called, and the last prediction of each."""
    plant = Plant(twin, START, 99, injections(faults, twin, START))
    following, foreseeing = Following(twin, plant.instruments.channels), Foreseeing(twin)
    found = {}
    for second in range(1, seconds):
        now = START + second * SECOND
        following.take(plant.run_to(now))
        for estimator in following.until(now):
            for event in foreseeing.see(estimator, now):
                found.setdefault(event.subject, {})[event.data["fault"]] = event
    return found


def test_that_faults_of_machine_instrument_and_line_are_called_by_the_names_they_were_learnt_by(learnt_pumps):
    folder, _ = learnt_pumps
    found = called(load(folder), ["P1.bearing_wear@100", "P2.thermometer_loose@100", "P3.nothing_heard@100"], 400)
    assert {asset: list(names) for asset, names in found.items()} == {
        "P1": ["bearing_wear"], "P2": ["thermometer_loose"], "P3": ["nothing_heard"],
    }  # fmt: skip
    wear = found["P1"]["bearing_wear"]
    assert wear.data["model"] == LEARNT
    assert wear.data["action"] == "Grease it"
    assert wear.data["severity"][1] == pytest.approx(1.0, abs=0.35)
    loose, silent = (prediction_in(found[asset][name]) for asset, name in (("P2", "thermometer_loose"), ("P3", "nothing_heard")))
    assert loose.evidence[0].tag == "P2.bearing_temperature"
    assert [each.says for each in silent.evidence] == [SILENT]


def test_that_nothing_is_called_where_nothing_is_wrong(learnt_pumps):
    assert called(load(learnt_pumps[0]), []) == {}


def test_that_the_command_says_how_well_runs_it_had_not_seen_were_told(learnt_pumps):
    folder, told = learnt_pumps
    called_as = told["trial"]["pump"]["called"]
    assert called_as["bearing_wear"]["bearing_wear"] > 0.9
    assert called_as["sound"].get("nothing", 0) > 0.97
    assert Path(told["model"]) == folder / NAME


def test_that_a_package_that_is_another_by_now_is_told_to_learn_again_and_followed_on(learnt_pumps):
    twin = load(learnt_pumps[0])
    other = {path: replace(asset, faults={"bearing_wear": asset.faults["bearing_wear"]}) if asset.faults else asset
             for path, asset in twin.assets.items()}  # fmt: skip
    plant = Plant(twin, START, 99)
    following, foreseeing = Following(twin, plant.instruments.channels), Foreseeing(replace(twin, assets=other))
    following.take(plant.run_to(START + 10 * SECOND))
    for estimator in following.until(START + 10 * SECOND):
        foreseeing.see(estimator, estimator.time)
    assert "other tags or faults than were learnt" in foreseeing.refusal
    assert foreseeing.health


def test_that_a_damaged_file_of_it_is_refused_in_one_sentence(learnt_pumps):
    content = (learnt_pumps[0] / NAME).read_bytes()
    rng = np.random.default_rng(3)
    for damaged in (b"", content[: len(content) // 2], rng.bytes(4_000), content.replace(b"model.json", b"trap.json!")):
        with pytest.raises(InputError, match="rehearse") as refusal:
            read(damaged)
        assert "\n" not in str(refusal.value)
    for _ in range(30):
        spoilt = bytearray(content)
        spoilt[rng.integers(len(content))] ^= 1 << rng.integers(8)
        try:
            read(bytes(spoilt))
        except InputError as refusal:
            assert NAME in str(refusal)


def test_that_a_package_that_learnt_nothing_has_no_recogniser(farm):
    assert recogniser_of(replace(farm, files={})) is None


def test_that_runs_are_split_and_never_looks():
    """Where each run has a sign of its own, looks of the same run would tell everything, and other runs nothing."""
    rng = np.random.default_rng(1)
    run = np.repeat(np.arange(40), 25)
    fault = rng.integers(0, 2, 40)[run]
    lesson = Lesson(Kin("thing", ("A",), ("x",), ("broken",)), ("sign",), run[:, None].astype(float), fault, run, run)
    tried = trial(lesson)
    assert tried.matrix[1, 1] < 0.9
    assert learnt_from(lesson).probabilities(lesson.signs)[fault == 1].mean() > 0.9


def test_that_where_some_tags_are_not_measured_nothing_is_thought_and_nothing_refused(learnt_pumps):
    twin = load(learnt_pumps[0])
    plant = Plant(twin, START, 99)
    fewer = Channels(Channel("") if each.path.endswith(".flow") else each for each in plant.instruments.channels)
    following, foreseeing = Following(twin, fewer), Foreseeing(twin)
    told = plant.run_to(START + 10 * SECOND)
    following.take(replace(told, channels=fewer))
    for estimator in following.until(START + 10 * SECOND):
        foreseeing.see(estimator, estimator.time)
    assert not foreseeing.refusal
    assert foreseeing.health

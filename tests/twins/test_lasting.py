"""How long an asset lasts is learnt from lives that ended in the twin's own record, and told of those that go on."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twins.checking import check
from twins.clock import HOUR, MINUTE, SECOND
from twins.historian.days import open_record
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.loader import load
from twins.prognosis.prediction import predictions_in
from twins.prognosis.predictors.replaying import predicted
from twins.record import Channel, Samples

START = 1_700_000_000 * SECOND
MAIN = Path(__file__).parents[2] / "main.py"
TWIN = """
twin: { id: skid, name: Pump skid }
types:
  pump:
    kind: component
    tags:
      power: { unit: kW, range: [0, 20], quantity: power, period: 1 min }
      bearing_temperature: { unit: degC, range: [0, 160], period: 1 min }
      vibration_rms: { unit: mm/s, range: [0, 30], period: 1 min }
assets: [{ id: P1, type: pump }, { id: P2, type: pump }]
"""
FAILED = "bearing_temperature > 95 degC"


def lives(lengths, seed):
    """(minute,) of each tag: the hotter and rougher the nearer the end, then three minutes of failure, then new again."""
    rng = np.random.default_rng(seed)
    told = []
    for n in lengths:
        worn = (np.arange(n) / n) ** 2
        run = np.stack([10 + rng.standard_normal(n), 50 + 40 * worn + rng.standard_normal(n), 2 + 6 * worn + 0.3 * rng.random(n)])
        told += [run, np.tile([[10.0], [120.0], [9.0]], 3)]
    return np.concatenate(told, axis=1)


def recorded(package, place, of):
    twin = load(package)
    with contextlib.closing(RecordingFile.create(place, zipped(package), twin.id, START, simulated=True)) as file:
        for path, values in of.items():
            t = START + np.arange(1, values.shape[1] + 1) * MINUTE
            names = ("power", "bearing_temperature", "vibration_rms")
            file.append(
                Samples.join(
                    [Samples.numbers(Channel.of(twin.tags[f"{path}.{n}"]), t, row) for n, row in zip(names, values, strict=True)]
                )
            )
    return place


def train(package, record, *more):
    words = ("train", package, record, "--predictor", "bearing-life", "--type", "pump", "--step", "1 min", *more)
    return subprocess.run([sys.executable, MAIN, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lasting")
    package = folder / "skid"
    package.mkdir()
    (package / "twin.yaml").write_text(TWIN)
    rng = np.random.default_rng(1)
    of = {path: lives(rng.integers(60, 150, 5), seed) for seed, path in enumerate(("P1", "P2"))}
    record = recorded(package, folder / "failed.twin-recording", of)
    done = train(package, record, "--failed", FAILED, "--ahead", "20 min", "--json")
    assert done.returncode == 0, done.stderr
    return package, json.loads(done.stdout)


def test_that_lives_are_found_learnt_and_written_as_a_sound_part_of_the_package(learnt):
    package, told = learnt
    assert told["units"] == 10
    assert 60 * 60 <= told["lives"][0] <= told["lives"][2] <= 150 * 60
    assert {"bearing_temperature", "vibration_rms"} <= set(told["sensors"])
    assert check(package) == []
    assert "Remaining useful life: model card" in (package / "predictors" / "bearing-life.md").read_text()


def test_that_a_life_is_told_with_its_interval_and_evidence_and_ends_with_a_repair(learnt, tmp_path):
    package, _ = learnt
    of = {"P1": np.concatenate([lives([100], 7), lives([300], 8)[:, :60]], axis=1), "P2": lives([300], 9)[:, :140]}
    with contextlib.closing(open_record(recorded(package, tmp_path / "new.twin-recording", of))) as record:
        start, end = record.span()
        events = predicted(load(package), record, start, end + 1)
    assert {event.key for event in events} == {"P1.bearing-life"}
    made = next(predictions_in(events))
    left = START + 100 * MINUTE - made.time
    assert 5 * MINUTE < left < 40 * MINUTE
    assert made.life is not None
    assert made.life.low * SECOND <= left <= (made.life.high or 1e9) * SECOND
    assert made.evidence[0].tag in ("P1.bearing_temperature", "P1.vibration_rms")
    over = next(event for event in events if event.data["state"] == "over")
    assert START + 100 * MINUTE < over.time < START + 2 * HOUR


@pytest.mark.parametrize(
    ("failed", "said"), [("bearing_temperature > 150 degC", "0 lives"), ("nothing > 3", "“nothing” is no tag")]
)
def test_that_what_tells_no_life_is_refused_in_one_sentence(learnt, tmp_path, failed, said):
    package, _ = learnt
    record = recorded(package, tmp_path / "one.twin-recording", {"P1": lives([60], 1), "P2": lives([60], 2)})
    done = train(package, record, "--failed", failed, "--to", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr

"""What a calibrated model leaves out of an output is learnt where other weeks confirm it, approved, and told from then on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twins import InputError
from twins.checking import check
from twins.clock import MINUTE, SECOND
from twins.emulator.plant import Plant
from twins.estimation.calibration import Question, calibrated
from twins.estimation.correcting import Beside, found_of
from twins.estimation.proposal import approved, proposal
from twins.historian.days import open_record
from twins.historian.file import RecordingFile
from twins.package.archive import files_of, zipped
from twins.package.loader import load
from twins.package.revising import calibration_in, history, roll_back
from twins.simulation.ensemble import Ensemble

START = 1_700_000_000 * SECOND
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
POWER = {
    "unit": "kW", "said": [0.0, 2000.0], "most": 50.0, "mode": "producing",
    "tables": [
        {"over": "nacelle_direction", "unit": "deg", "turns": True, "at": [0.0, 180.0], "add": [[0.0, 0.0], [0.0, 30.0]]},
        {"over": "air_temperature", "unit": "degC", "at": [0.0, 20.0], "add": [[5.0, 5.0], [5.0, 5.0]]},
    ],
}  # fmt: skip


def with_correction(twin, written):
    model = {**twin.assets["T01"].model, "corrections": {"power": written}}
    return replace(twin, assets={**twin.assets, "T01": replace(twin.assets["T01"], model=model)})


def powers(twin, steps=20):
    """(step, [T01, T02]) in kW, and where the nacelle of T01 faces, in degrees."""
    models = Ensemble(twin, START, SECOND, seed=3)
    told = []
    for _ in range(steps):
        models.advance()
        group, i = models.of("T01")
        row, faces = group.row("outputs", "power"), group.row("outputs", "nacelle_direction")
        told.append([*(group.outputs[row, 0, i : i + 2] / 1000), np.degrees(group.outputs[faces, 0, i])])
    return np.array(told)


def test_that_a_correction_is_added_to_its_own_asset_alone_and_closes_over_a_direction(farm):
    plain, other = powers(farm), powers(with_correction(farm, POWER))
    there = 1 - np.abs(np.mod(plain[:, 2], 360) - 180) / 180
    assert other[:, 0] - plain[:, 0] == pytest.approx(5 + 30 * there * np.clip(plain[:, 0] / 2000, 0, 1), abs=0.01)
    assert (other[:, 1] == plain[:, 1]).all()


def test_that_no_more_than_was_approved_is_added_and_nothing_in_another_mode(farm):
    bounded = powers(with_correction(farm, {**POWER, "most": 2.0}))
    assert bounded[:, 0] - powers(farm)[:, 0] == pytest.approx(2.0)
    assert (powers(with_correction(farm, {**POWER, "mode": "stopped"})) == powers(farm)).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "asleep"}, {"most": 0.0}, {"said": [1.0, 1.0]}, {"unit": "degC"}, {"tables": []},
        {"tables": [{**POWER["tables"][1], "over": "nothing"}]},
        {"tables": [{**POWER["tables"][1], "add": [[1.0, float("nan")]] * 2}]},
    ],
)  # fmt: skip
def test_that_a_wrong_correction_is_refused_in_one_sentence(farm, wrong):
    with pytest.raises(InputError, match=r"T01: .*calibrate again") as refused:
        Ensemble(with_correction(farm, {**POWER, **wrong}), START, SECOND)
    assert "\n" not in str(refused.value)


def test_that_what_is_left_out_is_learnt_and_noise_is_left_alone():
    rng = np.random.default_rng(1)
    said, faces, warm = rng.uniform(0, 2000, 4_000), rng.uniform(0, 360, 4_000), rng.uniform(0, 20, 4_000)
    beside = [Beside("nacelle_direction", "deg", True, faces), Beside("air_temperature", "degC", False, warm)]
    left_out = 40 * said / 2000 * np.cos(np.radians(faces)) + 10 * (warm > 10)
    found = found_of(said, beside, left_out + 10 * rng.standard_normal(4_000))
    assert found is not None
    assert found.after < 0.5 * found.before
    assert [table.add.shape for table in found.tables] == [(8, 12), (8, 8)]
    for seed in range(3):
        noise = np.random.default_rng(seed).standard_normal(4_000)
        assert (one := found_of(said, beside, noise)) is None or one.after > 0.99 * one.before


@pytest.fixture(scope="module")
def proposed(farm, tmp_path_factory):
    """A plant whose T01 makes more power than its model knows of, and the proposal that comes of it."""
    folder = tmp_path_factory.mktemp("corrected")
    package, raw = Path(shutil.copytree(NORTH_RIDGE, folder / "farm")), folder / "raw.twin-recording"
    plant = Plant(
        with_correction(farm, {**POWER, "tables": [{**POWER["tables"][1], "add": [[20.0, 20.0], [60.0, 60.0]]}]}), START, 4
    )
    with RecordingFile.create(raw, zipped(package), farm.id, START, simulated=True) as file:
        for minute in range(1, 14):
            file.append(plant.run_to(START + minute * MINUTE))
    end, kept = START + 10 * MINUTE, START + 13 * MINUTE
    asked = Question(START, end, (end, kept), ("T01",), ("T01.gearbox_heat",), ("power",), step=SECOND, correct=True)
    with open_record(raw) as record:
        told = proposal(calibrated(load(package), record, asked), load(package), package, raw)
    (folder / "proposal.json").write_text(json.dumps(told))
    return package, folder / "proposal.json", told


def test_that_an_output_correction_is_proposed_approved_and_rolled_back(proposed):
    package, place, told = proposed
    each, power = told["corrections"][0], told["outputs"][0]
    assert (each["asset"], each["output"], each["written"]["mode"]) == ("T01", "power", "producing")
    assert power["held_out"]["after"]["mae"] < 0.7 * power["held_out"]["before"]["mae"]
    plain = powers(load(package))
    approved(package, load(package), place, "A. Engineer", "weeks of record")
    assert check(package) == []
    assert load(package).model_version.number == 1
    assert history(calibration_in(files_of(package)))["versions"][0]["corrections"] == ["T01.power"]
    assert (powers(load(package)) - plain)[:, 0].mean() > 10
    roll_back(package, "A. Engineer", "the meter was wrong")
    assert (powers(load(package)) == plain).all()


def test_that_a_proposal_whose_correction_fits_no_output_changes_nothing(proposed, tmp_path):
    package, _, told = proposed
    package = Path(shutil.copytree(package, tmp_path / "farm"))
    for wrong in ({"output": "nothing"}, {"asset": "T09"}, {"written": {**POWER, "most": -1.0}}):
        (tmp_path / "bad.json").write_text(json.dumps({**told, "corrections": [{**told["corrections"][0], **wrong}]}))
        with pytest.raises(InputError) as refused:
            approved(package, load(package), tmp_path / "bad.json", "A", "B")
        assert "\n" not in str(refused.value)
        assert load(package).model_version.number == 0

"""The heart's package: sound, alive, alarmed where it should be, and moved the way physiology says."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.rig import main_py
from twins.alarms import AlarmState, Batch, Rules, fold
from twins.checking import check
from twins.clock import SECOND, parse_time
from twins.emulator import Plant, injections
from twins.package.archive import zipped
from twins.package.loader import load
from twins.record import Quality
from twins.simulation.ensemble import Ensemble

START = parse_time("2026-03-01T06:00:00Z")
ALARMED = {
    "aortic_stenosis": "H.aortic_gradient/high_high",
    "heart_failure": "H.ejection_fraction/low",
    "hypertension": "H.mean_arterial_pressure/high",
    "mitral_leak": "H.regurgitant_fraction/high",
    "haemorrhage": "H.blood_volume/low",
    "atrial_fibrillation": "H.irregularity/high",
}


@pytest.fixture(scope="module")
def folder(request):
    return request.config.rootpath / "resources" / "twins" / "heart"


@pytest.fixture(scope="module")
def twin(folder):
    return load(folder)


@pytest.fixture(scope="module")
def courses(twin):
    """75 s of a sound heart, one member, of each fault in full, and of one with a drug; (path → (second, member)), alarms by
    member."""
    names = ("", *ALARMED, "drug")
    models = Ensemble(twin, START, SECOND, members=len(names))
    group, i = models.of("H")
    for k, name in enumerate(ALARMED, 1):
        injection = injections([f"H.{name}"], twin, START)[0]
        row = group.row("parameters", injection.parameter)
        values = group.parameters[row, :, i].copy()
        values[k] = injection.profile.to
        models.change(group, row, i, values)
    models.set("H.vasodilator_rate", np.array([0.0] * (len(names) - 1) + [250.0]))
    rules = Rules.of(twin)
    states, alarms = [AlarmState.initial(rules) for _ in names], [set() for _ in names]
    watched = [(rules.places[tag.path], j) for j, tag in enumerate(models.tags) if tag.path in rules.places]
    told = []
    for _ in range(75):
        models.advance()
        told.append(models.told())
        for k in range(len(names)):
            values = np.array([told[-1][j, k] for _, j in watched])
            batch = Batch(
                np.array([place for place, _ in watched], np.int32),
                values,
                np.zeros(len(values), np.uint8),
                np.full(len(values), models.time),
            )
            states[k], events = fold(rules, states[k], batch, models.time)
            alarms[k] |= {event.key for event in events}
    stacked = np.stack(told)
    return {tag.path: stacked[:, j] for j, tag in enumerate(models.tags)}, dict(zip(names, alarms, strict=True))


def test_that_the_package_is_sound_and_says_what_it_is_not(folder, twin):
    assert check(folder) == []
    assert twin.notice == "Not a medical device. For research and education."
    assert len(zipped(folder)) < 250_000


def test_that_what_is_told_of_an_instant_says_what_it_is_not(folder, tmp_path):
    record = tmp_path / "h.twin-recording"
    assert not main_py("emulate", str(folder), "--to", str(record), "--for", "3 s").returncode
    told = main_py("state", str(record), "--json")
    assert json.loads(told.stdout)["notice"] == "Not a medical device. For research and education."
    assert "Not a medical device" in main_py("state", str(record)).stdout.splitlines()[-1]


def test_that_a_sound_heart_alarms_nobody(courses):
    assert courses[1][""] == set()


@pytest.mark.parametrize("fault", ALARMED)
def test_that_every_fault_is_alarmed(courses, fault):
    assert ALARMED[fault] in courses[1][fault]


@pytest.mark.parametrize(
    ("fault", "tag", "way"),
    [
        ("aortic_stenosis", "stroke_work", 1), ("aortic_stenosis", "stroke_volume", -1),
        ("aortic_stenosis", "left_ventricle_systolic", 1),
        ("mitral_leak", "left_atrium_mean", 1), ("mitral_leak", "cardiac_output", -1), ("mitral_leak", "ejection_fraction", 1),
        ("heart_failure", "left_atrium_mean", 1), ("hypertension", "stroke_volume", -1),
        ("haemorrhage", "central_venous_pressure", -1),
        ("atrial_fibrillation", "cardiac_output", -1),
    ],
)  # fmt: skip
def test_that_a_fault_moves_what_it_is_known_to_move(courses, fault, tag, way):
    last = courses[0][f"H.{tag}"][-20:].mean(axis=0)
    assert way * (last[1 + list(ALARMED).index(fault)] - last[0]) > 0.02 * abs(last[0])


@pytest.mark.parametrize(
    ("tag", "way"), [("mean_arterial_pressure", -1), ("stroke_work", -1), ("cardiac_output", 1), ("ejection_fraction", 1)]
)
def test_that_a_vasodilator_lowers_pressure_and_work_and_raises_output(courses, tag, way):
    last = courses[0][f"H.{tag}"][-1]
    assert way * (last[-1] - last[0]) > 0.03 * last[0]


def test_that_the_emulator_tells_every_tag_and_no_nan(twin):
    samples = Plant(twin, START).run_to(START + 20 * SECOND)
    assert {channel.path for channel in samples.channels} == {tag.path for tag in twin.tags.values() if not tag.computed}
    assert np.all(samples.quality & 0b11 == Quality.GOOD)
    place = samples.channels.place["H.left_ventricle_volume"]
    volume = samples.bits[samples.channel == place].view(np.float64)
    assert len(volume) in (500, 501)
    assert 45 < volume.min() < 60 < 115 < volume.max() < 140
    waves = samples.waveforms
    assert len(waves) in (20, 21)
    assert max(wave.values.max() for wave in waves) == pytest.approx(1.15, abs=0.1)


def test_that_a_model_without_its_circuit_is_a_fault_with_its_line(folder, tmp_path):
    import shutil

    broken = tmp_path / "heart"
    shutil.copytree(folder, broken)
    (broken / "models" / "heart.yaml").unlink()
    faults = check(broken)
    assert any("models/heart.yaml" in fault.message and fault.line > 1 for fault in faults)
    shutil.copy(folder / "models" / "heart.yaml", broken / "models" / "heart.yaml")
    text = (broken / "models" / "heart.yaml").read_text().replace("to: left_atrium, resistance", "to: lung, resistance")
    (broken / "models" / "heart.yaml").write_text(text)
    assert [fault for fault in check(broken) if "lung" in fault.message]


def test_that_resistance_and_strength_are_found_again_from_what_was_measured(twin):
    """A person's pressures, made with a known truth; Gauss's method over three members personalises the model."""
    names = ("systolic_pressure", "diastolic_pressure", "mean_arterial_pressure", "ejection_fraction")
    plain = replace(twin, tags={path: replace(tag, decimals=8) for path, tag in twin.tags.items()})
    models = Ensemble(plain, START, SECOND, members=3, still=True)
    group, i = models.of("H")
    rows = [group.row("parameters", name) for name in ("arterioles_resistance", "left_ventricle_contractility")]
    usual = group.parameters[rows, 0, i]
    places = [[tag.path for tag in models.tags].index(f"H.{name}") for name in names]

    def told(points):
        for row, values in zip(rows, (points * usual).T, strict=True):
            models.change(group, row, i, values)
        for _ in range(16):
            models.advance()
        return models.told()[places]

    truth, x, step = np.array([1.25, 0.7]), np.ones(2), 0.02
    measured = told(np.tile(truth, (3, 1)))[:, 0]
    for _ in range(5):
        found = told(x + step * np.array([[0, 0], [1, 0], [0, 1]]))
        slopes = (found[:, 1:] - found[:, :1]) / step / measured[:, None]
        x = x + np.linalg.lstsq(slopes, (measured - found[:, 0]) / measured, rcond=None)[0]
    np.testing.assert_allclose(x, truth, rtol=0.01)

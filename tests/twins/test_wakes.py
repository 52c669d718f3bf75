"""Wakes: the wind is slower behind a rotor, less so beside it, and a yawed rotor's wake goes aside."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from twins.emulator import Plant
from twins.package.loader import load
from twins.physics import Maker, defaults, rows
from twins.physics.floris_wakes import FlorisWakes
from twins.physics.wakes import Wakes
from twins.simulation.ensemble import Ensemble

MODEL = Wakes()


def deficits(x, y, yaw=0.0, ct=0.8, radius=63.0, blows=270.0, model=MODEL):
    """Of places x, y (m) behind the first one's rotor."""
    inputs, parameters = defaults(MODEL.inputs, 1, len(x)), defaults(MODEL.parameters, 1, len(x))
    p, u = rows(MODEL.parameters, parameters), rows(MODEL.inputs, inputs)
    p["x"][0], p["y"][0], p["rotor_radius"][:] = x, y, radius
    u["wind_direction"][:] = math.radians(blows)
    u["ct"][0, 0], u["yaw_error"][0, 0] = ct, math.radians(yaw)
    state = np.zeros((0, 1, len(x)))
    return model.advance(state, inputs, parameters, 0.0, 1.0, state)[1][1, 0]


def test_that_the_wind_is_slower_behind_and_recovers():
    behind = deficits([0, 630, 1_260, 2_520, -630], [0] * 5)
    assert behind[0] == behind[4] == 0
    assert 0.2 < behind[1] < 0.45
    assert behind[1] > behind[2] > behind[3] > 0.02
    beside = deficits([0, 630, 630], [0, 0, 126])
    assert beside[2] < beside[1] / 3
    assert deficits([0, 630], [0, 0], blows=90.0)[1] == 0


def test_that_a_yawed_wake_goes_aside():
    left, right = deficits([0, 882, 882], [0, 60, -60], yaw=25)[1:]
    other = deficits([0, 882, 882], [0, 60, -60], yaw=-25)[1:]
    assert abs(left - right) > 0.05
    assert np.allclose([left, right], other[::-1])


def test_that_turbines_of_a_farm_stand_in_each_others_wakes(north_ridge):
    plant = Plant(load(north_ridge), 0)
    plant.run_to(30 * 10**9)
    assert 0.3 < plant.output("T01", "ct") < 1.0


def test_that_a_library_in_its_place_tells_the_same_wakes():
    """FLORIS averages over a rotor's disc, ours takes its middle: they agree within some hundredths, and bend alike."""
    theirs = FlorisWakes()
    for x in (500.0, 800.0, 1_500.0):
        ours, other = (deficits([0, x], [0, 0], model=model)[1] for model in (MODEL, theirs))
        assert abs(ours - other) < 0.07, x
    ours, other = (deficits([0, 882, 882], [0, 60, -60], yaw=25, model=model)[1:] for model in (MODEL, theirs))
    assert np.sign(ours[0] - ours[1]) == np.sign(other[0] - other[1])


def test_that_a_farm_runs_in_the_library_s_wakes(north_ridge):
    farm = load(north_ridge)
    models = {**farm.environment["models"], "wakes": {"physics": "wakes-floris"}}
    ensemble = Ensemble(replace(farm, environment={**farm.environment, "models": models}), 0, 60 * 10**9)
    for _ in range(3):
        ensemble.advance()
    told = dict(zip((tag.path for tag in ensemble.tags), ensemble.told()[:, 0], strict=True))
    assert all(0 < told[f"T0{k}.power"] <= 2_050 for k in (1, 2, 3, 4))


def test_that_a_library_that_isn_t_there_is_named(north_ridge, monkeypatch):
    monkeypatch.setattr("twins.physics.making.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="run “pip install floris”"):
        Maker({}).model({"physics": "wakes-floris"})

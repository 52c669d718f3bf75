"""Wakes: the wind is slower behind a rotor, less so beside it, and a yawed rotor's wake goes aside."""

from __future__ import annotations

import math

import numpy as np

from twins.emulator import Plant
from twins.package.loader import load
from twins.physics import defaults, rows
from twins.physics.wakes import Wakes

MODEL = Wakes()


def deficits(x, y, yaw=0.0, ct=0.8, radius=63.0, blows=270.0):
    """Of places x, y (m) behind the first one's rotor."""
    inputs, parameters = defaults(MODEL.inputs, 1, len(x)), defaults(MODEL.parameters, 1, len(x))
    p, u = rows(MODEL.parameters, parameters), rows(MODEL.inputs, inputs)
    p["x"][0], p["y"][0], p["rotor_radius"][:] = x, y, radius
    u["wind_direction"][:] = math.radians(blows)
    u["ct"][0, 0], u["yaw_error"][0, 0] = ct, math.radians(yaw)
    state = np.zeros((0, 1, len(x)))
    return MODEL.advance(state, inputs, parameters, 0.0, 1.0, state)[1][1, 0]


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

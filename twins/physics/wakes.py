"""Wakes across a farm: behind a rotor the wind is slower, in a Gaussian shape that widens and, behind a yawed rotor, bends aside.

Deficit: Bastankhah & Porté-Agel, “A new analytical model for wind-turbine wakes”, Renewable Energy 70 (2014); growth with the
turbulence: Niayifar & Porté-Agel, Energies 9 (2016); deflection: Jiménez et al., Wind Energy 13 (2010); several wakes by
the root of the sum of their squares.
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, rows, stacked

_BEND = 0.05  # Jiménez's growth of a deflected wake
_MOST = 4_000_000  # pairs of turbines that are reckoned with at once


class Wakes:
    """Instances are the places where something stands; a place without a rotor has no wake, yet stands in those of others.

    What the rotors do is taken from the step before: a wake needs a minute to arrive anyhow.
    """

    parameters = (
        Variable("x", "m"),  # east
        Variable("y", "m"),  # north
        Variable("rotor_radius", "m", 1.0, 0.01, 500.0),
        Variable("turbulence", "", 0.085, 0.0, 1.0),
        Variable("strength", "", 1.0, 0.0, 2.0),  # 0: no wakes
    )
    states: tuple[Variable, ...] = ()
    inputs = (
        Variable("wind_speed", "m/s", 8.0),
        Variable("wind_direction", "rad", math.radians(240)),
        Variable("ct", returned=True),
        Variable("yaw_error", "rad", returned=True),
    )
    outputs = (Variable("wind_speed", "m/s"), Variable("wake_deficit"))
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p = rows(self.inputs, inputs), rows(self.parameters, parameters)
        u |= {name: np.nan_to_num(u[name]) for name in ("ct", "yaw_error")}  # a rotor that nothing is known of has no wake
        members, n = u["wind_speed"].shape
        piece = max(1, _MOST // max(n * n, 1))
        deficit = np.concatenate([
            _deficit({k: v[first : first + piece] for k, v in u.items()}, {k: v[first : first + piece] for k, v in p.items()})
            for first in range(0, members, piece)
        ])  # fmt: skip
        told = {"wind_speed": u["wind_speed"] * (1 - deficit), "wake_deficit": deficit}
        return state, stacked(self.outputs, told, (members, n))


def _deficit(u: dict[str, Array], p: dict[str, Array]) -> Array:
    """(member, place): the share of the wind that wakes take. Each pair is [.., place in the wake, rotor that makes it]."""
    blows = u["wind_direction"][:, None, :]  # where it comes from, at the rotor
    east, north = (p[axis][:, :, None] - p[axis][:, None, :] for axis in ("x", "y"))
    behind = -(east * np.sin(blows) + north * np.cos(blows))
    aside = east * np.cos(blows) - north * np.sin(blows)
    ct, yaw = np.clip(u["ct"], 0.0, 0.96)[:, None, :], u["yaw_error"][:, None, :]
    across = 2 * p["rotor_radius"][:, None, :]  # diameters
    x = np.maximum(behind / across, 0.1)
    root = np.sqrt(1 - ct)
    growth = 0.38 * p["turbulence"][:, None, :] + 0.004
    width = growth * x + 0.2 * np.sqrt((1 + root) / (2 * root))  # σ / D
    centre = 1 - np.sqrt(np.maximum(1 - ct / (8 * width**2), 0.0))
    off = aside / across - _bent(ct, yaw, x)
    share = centre * np.exp(-(off**2) / (2 * width**2)) * (behind > 0.5 * across)
    summed: Array = np.sqrt(np.sum(share**2, axis=2))
    return np.minimum(p["strength"] * summed, 0.95)


def _bent(ct: Array, yaw: Array, x: Array) -> Array:
    """How far a yawed rotor's wake has gone aside at x diameters, in diameters."""
    skew = np.cos(yaw) ** 2 * np.sin(yaw) * ct / 2
    wide = 2 * _BEND * x + 1
    there = skew * (15 * wide**4 + skew**2) / (30 * _BEND * wide**5)
    return there - skew * (15 + skew**2) / (30 * _BEND)

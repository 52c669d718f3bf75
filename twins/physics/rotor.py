"""A rotor as a table: torque and thrust over tip-speed ratio and pitch, laid out once and looked up at each step."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twins.physics.blade import Blade, generic_blade
from twins.physics.blade_element import BladeElements
from twins.physics.model import Array

_RATIOS = np.arange(0.0, 18.01, 0.25)
_FINE = np.radians(np.arange(-8.0, 30.01, 1.0))  # pitches in steps of 1° …
_COARSE = np.radians(np.arange(33.0, 90.01, 3.0))  # … and of 3°, where a rotor only spins up or stands
_PITCHES = np.concatenate([_FINE, _COARSE])
_LEAST = 0.5  # m/s: in less wind the tip-speed ratio is reckoned with this
_NEARLY = 0.9995


class Best(NamedTuple):
    """Where a rotor takes most of the wind's power, at one pitch."""

    ratio: float
    power: float  # Cp


class Rotor:
    """Lengths in m, the precone in rad. Without a blade a generic one is taken that suits the radius."""

    def __init__(
        self, radius: float = 41.0, hub_radius: float = 1.2, blades: int = 3, precone: float = 0.0, blade: Blade | None = None
    ) -> None:
        self.radius = radius * math.cos(precone)  # that it sweeps
        self._given = blade or generic_blade(radius, hub_radius, blades), radius, hub_radius, blades, precone

    @cached_property
    def _elements(self) -> BladeElements:
        return BladeElements(*self._given)

    @cached_property
    def _cells(self) -> Array:
        """(8, cell): of each cell of the table the corner, the steps along, across and both, of torque and of thrust."""
        table = np.stack(self._elements.coefficients(_RATIOS[:, None], _PITCHES[None, :]))
        corner, along, across = table[:, :-1, :-1], np.diff(table, axis=2)[:, :-1], np.diff(table, axis=1)[:, :, :-1]
        return np.stack([corner, along, across, np.diff(np.diff(table, axis=1), axis=2)], axis=1).reshape(8, -1)

    def coefficients(self, ratio: Array, pitch: Array) -> tuple[Array, Array]:
        """(torque, thrust) coefficients between the table's points; beyond its edges those of the edge."""
        at, along, across = _cell_of(ratio, pitch)
        t0, t1, t2, t3, u0, u1, u2, u3 = self._cells.take(at, axis=1)
        both = across * along
        return t0 + along * t1 + across * t2 + both * t3, u0 + along * u1 + across * u2 + both * u3

    def pull(self, wind: Array, omega: Array, pitch: Array, density: Array) -> tuple[Array, Array]:
        """Torque (N·m) and thrust (N) of a wind (m/s) that blows straight onto the rotor."""
        speed = np.maximum(wind, _LEAST)
        torque, thrust = self.coefficients(omega * self.radius / speed, pitch)
        push = 0.5 * density * math.pi * self.radius**2 * speed**2
        return torque * push * self.radius, thrust * push

    def torque(self, wind: Array, omega: Array, pitch: Array, density: Array) -> Array:
        """The torque of `pull` alone."""
        speed = np.maximum(wind, _LEAST)
        at, along, across = _cell_of(omega * self.radius / speed, pitch)
        t0, t1, t2, t3 = self._cells[:4].take(at, axis=1)
        push = 0.5 * density * math.pi * self.radius**2 * speed**2
        return (t0 + along * t1 + across * (t2 + along * t3)) * push * self.radius

    def best(self, pitch: float) -> Best:
        """The lowest tip-speed ratio that comes within 0.05 % of the largest power coefficient: the peak is flat, and a slower
        rotor is quieter and strains less for the same power."""
        pitch = round(pitch, 6)
        if pitch not in self._found:
            ratios = np.arange(2.0, 16.0, 0.01)
            torque, _ = self._elements.coefficients(ratios[::20], np.full(len(ratios[::20]), pitch))
            power = ratios * _smooth(ratios[::20], torque, ratios)
            first = int(np.argmax(power >= _NEARLY * power.max()))
            self._found[pitch] = Best(float(ratios[first]), float(power[first]))
        return self._found[pitch]

    @cached_property
    def _found(self) -> dict[float, Best]:
        return {}


def _cell_of(ratio: Array, pitch: Array) -> tuple[NDArray[np.intp], Array, Array]:
    """The cell of the table, and how far along it and across it; what is no number has some place, too."""
    x = np.fmin(np.fmax(ratio * 4, 0.0), len(_RATIOS) - 1.001)
    degrees = np.degrees(pitch)
    y = np.fmin(np.fmax(np.minimum(degrees + 8, 38 + (degrees - 30) / 3), 0.0), len(_PITCHES) - 1.001)
    i, j = x.astype(np.intp), y.astype(np.intp)
    return i * (len(_PITCHES) - 1) + j, y - j, x - i


def _smooth(x: Array, y: Array, at: Array) -> Array:
    """Catmull and Rom's cubic through evenly spaced points."""
    step = x[1] - x[0]
    place = np.clip((at - x[0]) / step, 0.0, len(x) - 1.001)
    i = place.astype(np.intp)
    t = place - i
    p0, p1, p2, p3 = (y[np.clip(i + k, 0, len(y) - 1)] for k in (-1, 0, 1, 2))
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)

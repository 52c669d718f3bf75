"""Blade-element momentum theory: what a steady wind does to a rotor of given blades, at any tip-speed ratio and pitch.

The equations and their solution by one bracketed root for each blade element, which always converges, are those of Ning,
“A simple solution method for the blade element momentum equations with guaranteed convergence”, Wind Energy 17 (2014), with
Prandtl's losses at tip and root and Buhl's correction for high induction (NREL/TP-500-36834). Blades are rigid.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from twins.physics.blade import Blade
from twins.physics.model import Array, Truths

ELEMENTS = 20
_CLOSE = 1e-6  # rad: how near to 0 an inflow angle is sought
_ANGLES = np.radians(np.arange(-180.0, 180.125, 0.25))  # polars are laid out on these
_STEP = float(_ANGLES[1] - _ANGLES[0])
_ROUNDS, _PRECISE = 60, 1e-7


class BladeElements:
    """A rotor in an even wind, in elements that are finer towards the tip. Lengths in m, the precone in rad."""

    def __init__(self, blade: Blade, rotor_radius: float, hub_radius: float, blades: int, precone: float) -> None:
        edges = hub_radius + (rotor_radius - hub_radius) * np.sin(np.linspace(0, math.pi / 2, ELEMENTS + 1))
        self.cone, self.blades = math.cos(precone), blades
        self.radius, self.span = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        self.twist = np.interp(self.radius, blade.radius, blade.twist)
        self.chord = np.interp(self.radius, blade.radius, blade.chord)
        self.solidity = blades * self.chord / (2 * math.pi * self.radius * self.cone)
        self.swept = rotor_radius * self.cone
        self._to_tip = blades / 2 * (rotor_radius - self.radius) / self.radius
        self._to_hub = blades / 2 * (self.radius - hub_radius) / hub_radius
        self._cl, self._cd = _blended(blade, self.radius)

    def coefficients(self, ratio: Array, pitch: Array) -> tuple[Array, Array]:
        """(torque, thrust) coefficients, shaped like `ratio` and `pitch` (rad): Q / (½ρπR³V²) and T / (½ρπR²V²), with R the
        radius that the coned rotor sweeps. The power coefficient is the torque's times the tip-speed ratio.
        Below a ratio of 0.2, where induction by swirl has no meaning, those of 0.2."""
        ratio, pitch = (each[..., None] for each in np.broadcast_arrays(np.maximum(ratio, 0.2), pitch))
        flow = _Flow(self, self.cone, ratio * self.radius * self.cone / self.swept, self.twist + pitch)
        normal, turning = flow.loads(flow.angle())
        torque = self.blades * (turning * self.radius * self.cone * self.span).sum(axis=-1)
        thrust = self.blades * (normal * self.cone * self.span).sum(axis=-1)
        return torque / (math.pi * self.swept**3), thrust / (math.pi * self.swept**2)

    def lift_and_drag(self, alpha: Array) -> tuple[Array, Array]:
        """Of each element (last axis) at its angle of attack, rad."""
        place = ((alpha + math.pi) % (2 * math.pi)) / _STEP
        low = np.minimum(place.astype(np.intp), len(_ANGLES) - 2)
        share, flat = place - low, low + np.arange(len(self.radius)) * len(_ANGLES)
        cl, cd = self._cl.ravel(), self._cd.ravel()
        return cl[flat] * (1 - share) + cl[flat + 1] * share, cd[flat] * (1 - share) + cd[flat + 1] * share

    def losses(self, slope: Array) -> Array:
        """Prandtl's factor F for tip and root; `slope` is the sine of the inflow angle."""
        steep = np.maximum(np.abs(slope), 1e-9)
        return np.maximum(
            (2 / math.pi) ** 2 * np.arccos(np.exp(-self._to_tip / steep)) * np.arccos(np.exp(-self._to_hub / steep)), 1e-6
        )


class _Balance(NamedTuple):
    """What follows from an inflow angle: its sine and cosine, Prandtl's F, the forces' coefficients, Ning's k and k'."""

    slope: Array
    along: Array
    loss: Array
    across: Array
    turning: Array
    k: Array
    k_turn: Array


class _Flow(NamedTuple):
    """The inflow of every element: wind across (`axial`) and blade speed along (`tangential`), as shares of the wind speed."""

    rotor: BladeElements
    axial: float
    tangential: Array
    setting: Array  # twist + pitch, rad

    def angle(self) -> Array:
        """The inflow angle (rad) that balances momentum and lift: it is bracketed first, then the bracket is narrowed."""
        low, high = self._brackets()
        at_low, at_high = self.imbalance(low), self.imbalance(high)
        middle = low
        for k in range(_ROUNDS):
            slope = at_high - at_low
            chord = high - at_high * (high - low) / np.where(slope == 0, 1.0, slope)
            inside = (chord > low) & (chord < high) & (k % 4 != 3)  # every fourth halves, so that it ends in any case
            middle = np.where(inside, chord, (low + high) / 2)
            at = self.imbalance(middle)
            if float(np.minimum(np.abs(at), high - low).max()) < _PRECISE:
                break
            upper = (at > 0) == (at_high > 0)
            # the end that stays counts half (Illinois), else the chord creeps
            at_low, at_high = np.where(upper, at_low * 0.5, at), np.where(upper, at, at_high * 0.5)
            low, high = np.where(upper, low, middle), np.where(upper, middle, high)
        return middle

    def _brackets(self) -> tuple[Array, Array]:
        """Windmilling first, then the propeller brake, then a flow that comes from behind."""
        full = np.zeros_like(self.tangential + self.setting)
        windmill, brake = (_CLOSE, math.pi / 2), (-math.pi / 4, -_CLOSE)
        first, second = (self._turns(full + low, full + high) for low, high in (windmill, brake))
        low = np.where(first, windmill[0], np.where(second, brake[0], math.pi / 2))
        high = np.where(first, windmill[1], np.where(second, brake[1], math.pi - _CLOSE))
        return low, high

    def _turns(self, low: Array, high: Array) -> Truths:
        return (self.imbalance(low) > 0) != (self.imbalance(high) > 0)

    def imbalance(self, phi: Array) -> Array:
        """Ning's residual, multiplied by the blade speed so that a standing rotor has one too; 0 where all is in balance."""
        b = self._balance(phi)
        kept = np.where(phi > 0, 1 / np.maximum(1 - induction(b.k, b.loss), 1e-9), 1 - b.k)
        return b.slope * self.tangential * kept - self.axial * b.along * (1 - b.k_turn)

    def loads(self, phi: Array) -> tuple[Array, Array]:
        """Forces across and along the rotor's plane for each metre of blade, over ½ρV²; in m."""
        b = self._balance(phi)
        a = np.where(phi > 0, induction(b.k, b.loss), b.k / np.minimum(b.k - 1, -1e-9))
        a_turn = b.k_turn / np.where(np.abs(1 - b.k_turn) < 1e-9, 1e-9, 1 - b.k_turn)
        speed = (self.axial * (1 - a)) ** 2 + (self.tangential * (1 + a_turn)) ** 2
        return speed * self.rotor.chord * b.across, speed * self.rotor.chord * b.turning

    def _balance(self, phi: Array) -> _Balance:
        slope, along = np.sin(phi), np.cos(phi)
        along = np.where(np.abs(along) < 1e-12, 1e-12, along)
        cl, cd = self.rotor.lift_and_drag(phi - self.setting)
        across, turning, loss = cl * along + cd * slope, cl * slope - cd * along, self.rotor.losses(slope)
        share = self.rotor.solidity / (4 * loss * slope)
        return _Balance(slope, along, loss, across, turning, share * across / slope, share * turning / along)


def induction(k: Array, loss: Array) -> Array:
    """The axial induction factor of a windmill: momentum theory up to k = 2/3, Buhl's parabola above."""
    below = k / np.where(k > -0.999, 1 + k, 0.001)
    g1, g3 = 2 * loss * k - (10 / 9 - loss), 2 * loss * k - (25 / 9 - 2 * loss)
    root = np.sqrt(np.maximum(2 * loss * k - loss * (4 / 3 - loss), 1e-12))
    flat = np.abs(g3) < 1e-6
    above = np.where(flat, 1 - 1 / (2 * root), (g1 - root) / np.where(flat, 1.0, g3))
    return np.where(k <= 2 / 3, below, above)


def _blended(blade: Blade, radius: Array) -> tuple[Array, Array]:
    """cl and cd of each element over `_ANGLES`: between two stations the airfoils are mixed by distance."""
    places = np.interp(radius, blade.radius, np.arange(len(blade.radius)))
    low = np.minimum(places.astype(np.intp), len(blade.radius) - 2)
    share = (places - low)[:, None]
    laid = {id(polar): [np.interp(_ANGLES, polar.alpha, each) for each in (polar.cl, polar.cd)] for polar in blade.polars}
    stations = np.array([laid[id(polar)] for polar in blade.polars])  # (station, cl or cd, angle)
    mixed = stations[low] * (1 - share[:, :, None]) + stations[low + 1] * share[:, :, None]
    return np.ascontiguousarray(mixed[:, 0]), np.ascontiguousarray(mixed[:, 1])

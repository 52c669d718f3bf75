"""The nacelle transfer function: how much wind there is in front of a rotor whose anemometer stands behind it.

IEC 61400-12-2 has it as a table over the wind that is read, with straight lines between; so it is here. Before that a reading is
set right by three more such tables: for how far the wind stands aside, by its direction and by the vane, as the blades' wake
swirls one way round and both instruments stand in it; and for how warm, so how thin, the air is. Where the nacelle faces counts
by two harmonics: what the wind comes over differs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from twins.physics.model import Array, Rows, Variable

KNOTS = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 15.0)  # m/s that are read
ASIDE = (-16.0, -8.0, -4.0, 0.0, 4.0, 8.0, 16.0)  # deg; + from the right
WARM = (0.0, 10.0, 20.0, 30.0)  # °C
_FURTHEST = 3.0  # m/s
_MOST = 0.25  # of a reading
_C = 273.15


def _shares(word: str, knots: Sequence[float], usual: float) -> dict[float, Variable]:
    return {
        knot: Variable(f"anemometer_{word}_{'minus_' if knot < 0 else ''}{abs(knot):g}", "", 0.0, -_MOST, _MOST)
        for knot in knots
        if knot != usual
    }


AT_KNOTS = tuple(Variable(f"anemometer_at_{knot:g}", "m/s", 0.0, -_FURTHEST, _FURTHEST) for knot in KNOTS)
"""Each: so much more wind there is than is read, where that much is read; beyond the ends as at the ends."""

_BY_ASIDE, _BY_VANE = _shares("aside", ASIDE, 0.0), _shares("vane", ASIDE, 0.0)
_BY_WARMTH = _shares("warm", WARM, 10.0)

SECTORS = tuple(Variable(f"anemometer_{word}", "", 0.0, -_MOST, _MOST) for word in ("north", "east", "north_south", "diagonal"))
"""Shares of the reading: times cos d, sin d, cos 2d, sin 2d, d being where the nacelle faces."""

TRANSFER = (*_BY_ASIDE.values(), *_BY_VANE.values(), *_BY_WARMTH.values(), *SECTORS, *AT_KNOTS)
"""Of the first three tables each: so much more wind, as a share of the reading, than straight ahead, or at 10 °C."""


def free_wind(u: Rows, nacelle_direction: Array, p: Rows) -> Array:
    """m/s, from what the anemometer reads."""
    aside = (u["wind_direction"] - nacelle_direction + math.pi) % (2 * math.pi) - math.pi
    share = _table(_BY_ASIDE, ASIDE, p, np.degrees(aside)) + _table(_BY_VANE, ASIDE, p, np.degrees(u["vane"]))
    share = share + _faced(nacelle_direction, p)
    read = u["wind_speed"] * (1 + share + _table(_BY_WARMTH, WARM, p, u["air_temperature"] - _C))
    beside = np.stack([p[variable.name] for variable in AT_KNOTS])
    return np.maximum(read + _between(beside, KNOTS, read), 0.0) if beside.any() else np.maximum(read, 0.0)


def _faced(direction: Array, p: Rows) -> Array | float:
    shares = [p[each.name] for each in SECTORS]
    if not any(share.any() for share in shares):
        return 0.0
    turns = (np.cos(direction), np.sin(direction), np.cos(2 * direction), np.sin(2 * direction))
    return np.asarray(sum(share * turn for share, turn in zip(shares, turns, strict=True)))


def _table(variables: Mapping[float, Variable], knots: Sequence[float], p: Rows, at: Array) -> Array | float:
    if not any(p[each.name].any() for each in variables.values()):
        return 0.0
    nothing = np.zeros_like(next(iter(p.values())))
    return _between(np.stack([p[variables[k].name] if k in variables else nothing for k in knots]), knots, at)


def _between(values: Array, knots: Sequence[float], x: Array) -> Array:
    """(knot, …) on straight lines between the knots at (…)."""
    at = np.interp(x, knots, np.arange(len(knots), dtype=float))
    low = np.minimum(at.astype(np.intp), len(knots) - 2)
    below, above = (np.take_along_axis(values, low[None] + k, axis=0)[0] for k in (0, 1))
    found: Array = below + (at - low) * (above - below)
    return found

"""The nacelle transfer function: how much wind there is in front of a rotor whose anemometer stands behind it.

IEC 61400-12-2 has it as a table over the wind that is read, with straight lines between; so it is here. Before that a reading is
set right for flow that comes from the side, as the blades' wake swirls one way round, and for the density of the air.
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable

KNOTS = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 15.0)  # m/s that are read
_FURTHEST = 3.0  # m/s
_AIR_GAS, _AIR = 287.05, 1.225  # J/(kg·K), kg/m³

AT_KNOTS = tuple(Variable(f"anemometer_at_{knot:g}", "m/s", 0.0, -_FURTHEST, _FURTHEST) for knot in KNOTS)
"""Each: so much more wind there is than is read, where that much is read; beyond the ends as at the ends."""

TRANSFER = (
    Variable("anemometer_skew", "", 0.0, -1.0, 1.0),  # so much more wind, as a share, for each rad that it comes from the right
    Variable("anemometer_density", "", 0.0, -2.0, 2.0),  # wind = reading · (density / 1.225 kg/m³) to this power
    *AT_KNOTS,
)


def free_wind(u: Rows, nacelle_direction: Array, p: Rows) -> Array:
    """m/s, from what the anemometer reads."""
    read = u["wind_speed"]
    if p["anemometer_skew"].any() or p["anemometer_density"].any():
        aside = (u["wind_direction"] - nacelle_direction + math.pi) % (2 * math.pi) - math.pi
        density = u["air_pressure"] / (_AIR_GAS * u["air_temperature"]) / _AIR
        read = read * (1 + p["anemometer_skew"] * aside) * density ** p["anemometer_density"]
    beside = np.stack([p[variable.name] for variable in AT_KNOTS])
    return np.maximum(read + _between(beside, read), 0.0) if beside.any() else np.maximum(read, 0.0)


def _between(beside: Array, read: Array) -> Array:
    """(knot, …) on straight lines between the knots at (…)."""
    at = np.interp(read, KNOTS, np.arange(len(KNOTS), dtype=float))
    low = np.minimum(at.astype(np.intp), len(KNOTS) - 2)
    below, above = (np.take_along_axis(beside, low[None] + k, axis=0)[0] for k in (0, 1))
    found: Array = below + (at - low) * (above - below)
    return found

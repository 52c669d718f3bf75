"""The nacelle transfer function: how much wind there is in front of a rotor whose anemometer stands behind it.

IEC 61400-12-2 has it as a table over the wind that is read, with straight lines between; so it is here.
"""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, Variable

KNOTS = (3.0, 5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 15.0)  # m/s that are read
_FURTHEST = 3.0

TRANSFER = tuple(Variable(f"anemometer_at_{knot:g}", "m/s", 0.0, -_FURTHEST, _FURTHEST) for knot in KNOTS)
"""Each: so much more wind there is than is read, where that much is read; beyond the ends as at the ends."""


def free_wind(read: Array, p: Rows) -> Array:
    """m/s, from what the anemometer reads."""
    beside = np.stack([p[variable.name] for variable in TRANSFER])
    if not beside.any():
        return read
    at = np.interp(read, KNOTS, np.arange(len(KNOTS), dtype=float))
    low = np.minimum(at.astype(np.intp), len(KNOTS) - 2)
    part = at - low
    below = np.take_along_axis(beside, low[None], axis=0)[0]
    above = np.take_along_axis(beside, low[None] + 1, axis=0)[0]
    return np.maximum(read + below + part * (above - below), 0.0)

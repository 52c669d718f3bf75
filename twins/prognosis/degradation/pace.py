"""What no history tells: ageing that changes its pace at some time ahead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CHANGING = 0.35  # share whose pace changes once, as at a battery's knee or when a load changes
WHEN = 0.6  # the mean time to it, in lengths of the history
FASTER, SPREAD = 0.4, 0.7  # of the logarithm of the factor: rather faster than slower


def changing(rng: np.random.Generator, trend: Array, u: Array) -> Array:
    """(M, K): for some, time runs faster or slower from some time on; a level without a trend stays without."""
    members = len(trend)
    when = u[0] + WHEN * rng.exponential(size=members)
    factor = np.exp(FASTER + SPREAD * rng.standard_normal(members))
    changed = trend.copy()
    for i in np.flatnonzero(rng.random(members) < CHANGING):
        pace = np.minimum(u + (factor[i] - 1) * np.maximum(u - when[i], 0.0), u[-1])
        changed[i] = np.interp(pace, u, trend[i])
    return changed

"""What no history tells: ageing that stops accelerating, or changes its pace, at some time ahead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEADY = 0.5  # share of members that go on at the present rate at most: damped trends forecast best (Gardner 2006)
CHANGING = 0.35  # share whose pace changes once, as at a battery's knee or when a load changes
WHEN = 0.6  # the mean time to it, in lengths of the history
FASTER, SPREAD = 0.4, 0.7  # of the logarithm of the factor: rather faster than slower
_NEAR = 1.03  # the present rate is that over the next 3 % of the history's length


def damped(rng: np.random.Generator, trend: Array, u: Array) -> Array:
    """(M, K) at the scaled times `u` (K,) ahead: half of the trends don't outrun their tangent at u = 1."""
    k = int(np.searchsorted(u, _NEAR))
    rate = (trend[:, k] - trend[:, 0]) / (u[k] - u[0])
    tangent = trend[:, :1] + rate[:, None] * (u - u[0])
    steady = rng.random(len(trend)) < STEADY
    return np.where(steady[:, None], np.minimum(trend, tangent), trend)


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

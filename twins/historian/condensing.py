"""Condensing: of a curve that is finer than what is wanted of it, the highest, lowest or mean value of each stretch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
WAYS = {"max": np.maximum, "min": np.minimum, "mean": np.add}
_WHOLE = 0.9  # of the fullest stretch's values: less is a part of one


def condensed(
    time: Int64, values: NDArray[np.float64], good: NDArray[np.bool_], over: int, way: str
) -> tuple[NDArray[np.intp], Int64, NDArray[np.float64], NDArray[np.bool_]]:
    """(place of its first value, its beginning in ns, its value, whether it is a part only) of each stretch of `over` ns that
    holds a value that is `good`; stretches begin at whole multiples of `over`."""
    places = np.flatnonzero(good)
    places = places[np.argsort(time[places], kind="stable")]
    begins, first, counts = np.unique(time[places] // over * over, return_index=True, return_counts=True)
    if not len(begins):
        return places, begins, np.zeros(0), np.zeros(0, bool)
    found = WAYS[way].reduceat(values[places], first) / (counts if way == "mean" else 1)
    return places[first], begins, found, counts < _WHOLE * counts.max()

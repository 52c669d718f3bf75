"""A unit's history: one value a time, in order, thinned so that the newest is kept finest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twins import InputError

Array = NDArray[np.float64]
LEAST = 5  # distinct times: a trend, its noise and its bend can't be told apart from fewer
MOST = 110  # points that are fitted; more only cost time
_LARGEST = 1e290
_LATEST = 40  # of them, those that are kept as they are


@dataclass(frozen=True, slots=True)
class History:
    """`time` (n,) ascending, `value` (n,), `count` (n,): how many readings each stands for."""

    time: Array
    value: Array
    count: Array

    def __len__(self) -> int:
        return len(self.time)


def history_of(time: Array, value: Array) -> History:
    """The median reading of each time; rows without a time or a value are passed over. Raises InputError."""
    known = np.isfinite(time) & np.isfinite(value)
    times, place = np.unique(time[known], return_inverse=True)
    if len(times) < LEAST:
        raise InputError(f"a trend needs readings at {LEAST} times or more, and there are {len(times)}; give a longer history")
    if not np.isfinite(times[-1] - times[0]) or np.abs(value[known]).max() > _LARGEST:
        raise InputError("times or values are too large to be reckoned with; give them in larger units")
    order = np.lexsort((value[known], place))
    first = np.searchsorted(place[order], np.arange(len(times)))
    count = np.diff([*first, len(order)])
    sorted_values = value[known][order]
    low, high = sorted_values[first + (count - 1) // 2], sorted_values[first + count // 2]
    return History(times, low / 2 + high / 2, np.ones(len(times)))


def disputed(time: Array, value: Array) -> float:
    """The share of the n rows whose time has another value too; of those with a time and a value."""
    known = np.isfinite(time) & np.isfinite(value)
    if not known.any():
        return 0.0
    _, place = np.unique(time[known], return_inverse=True)
    least, most = np.full(place.max() + 1, np.inf), np.full(place.max() + 1, -np.inf)
    np.minimum.at(least, place, value[known])
    np.maximum.at(most, place, value[known])
    return float((least < most)[place].mean())


def without_spikes(history: History, limit: float = 6.0) -> History:
    """Single readings far from both their neighbours' line become it (Hampel's identifier); the last two are kept."""
    value = history.value.copy()
    around = _running_median(value, 5)
    off = np.abs(value - around)
    usual = 1.4826 * np.median(off[off > 0]) if (off > 0).any() else 0.0
    spikes = off > limit * max(usual, 1.4826 * float(np.median(np.abs(np.diff(value)))))
    spikes[:1], spikes[-2:] = False, False
    value[spikes] = around[spikes]
    return History(history.time, value, history.count)


def thinned(history: History, most: int = MOST) -> History:
    """At most about `most` points: the latest as they are, older ones as medians of ever longer stretches."""
    n = len(history)
    if n <= most:
        return history
    edges = _edges(n, most)
    parts = [slice(a, b) for a, b in pairwise(edges)]
    return History(
        np.array([np.median(history.time[part]) for part in parts]),
        np.array([np.median(history.value[part]) for part in parts]),
        np.array([float(part.stop - part.start) for part in parts]),
    )


def _edges(n: int, most: int) -> list[int]:
    """Places where stretches begin, from 0 to n; their lengths grow with age by one ratio."""
    from scipy.optimize import brentq

    older, stretches = n - _LATEST, most - _LATEST
    steps = np.arange(1, stretches + 1)
    ratio = float(brentq(lambda r: float(np.sum(r**steps)) - older, 1.0, 2.0)) if older > stretches else 1.0
    ages = _LATEST + np.round(np.cumsum(ratio**steps) / np.sum(ratio**steps) * older).astype(int)
    return sorted({0, *(n - int(age) for age in ages), *range(n - _LATEST, n + 1)})


def _running_median(value: Array, width: int) -> Array:
    half = width // 2
    padded = np.pad(value, half, mode="reflect", reflect_type="odd")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)

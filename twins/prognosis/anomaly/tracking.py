"""How far each channel is from where it is expected: smoothed for shifts, row by row for jumps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.table import Array

LATELY = 0.1  # of a smoothing's weight: how fast one that wanders follows, or faster where clean rows are few
LATE = 1.5  # smoothings: the expectation learns from rows so long ago, so that a shift is seen before it is learnt
FARTHEST = 6.0  # spreads: a longer step from row to row counts as one of these
NEAR = 4.0  # spreads: what lies farther counts as lying there, in what is smoothed (Huber, 1964), so that one row can't tip it


class Tracker:
    """The smoothed value and the expectation of k channels, each a mean over its past that forgets exponentially.

    A channel that keeps its level expects it, and follows only where nothing is in doubt; one that wanders expects to be
    where it was lately, whatever happened, and so knows nothing of its level but sees when it moves as it never did.
    """

    def __init__(self, wanders: NDArray[np.bool_], smoothing: int, memory: int) -> None:
        self.wanders, self._smoothing = wanders, smoothing
        self._pace = np.where(wanders, max(2.0 / memory, LATELY / smoothing), 1.0 / memory)
        self._late = np.full((max(1, int(LATE * smoothing)), len(wanders)), np.nan)
        self.begin(np.full(len(wanders), np.nan), np.zeros(len(wanders)))

    def begin(self, expected: Array, unrest: Array) -> None:
        """From now on, from these expectations (k,), NaN: what is seen first; and from this step (k,) from row to row."""
        self.expected, self._smooth, self.unrest = expected.copy(), expected.copy(), unrest.copy()
        self._last = np.full(len(expected), np.nan)
        self._late[:] = np.nan
        self._count, self._new = 0, bool(np.isnan(expected).any())

    def step(self, values: Array, doubtful: Array) -> tuple[Array, Array, Array]:
        """Shift, jump and unrest (k,) after the next values (k,), NaN: missing; a shift over `doubtful` is not learnt from."""
        seen = np.isfinite(values)
        if self._new:
            self._meet(values, seen)
        jump = values - np.where(self.wanders, self._smooth, self.expected)
        near = np.minimum(np.maximum(values, self.expected - NEAR), self.expected + NEAR)
        self._smooth += np.where(seen, near - self._smooth, 0.0) / self._smoothing
        shift = self._smooth - self.expected
        place = self._count % len(self._late)
        step = self._pace * (self._late[place] - self.expected)
        self.expected += np.where((step == step) & (self.wanders | (np.abs(shift) < doubtful)), step, 0.0)
        self._late[place] = near
        self._count += 1
        moved = np.minimum(np.abs(values - self._last), FARTHEST)
        self.unrest += np.where(moved == moved, moved - self.unrest, 0.0) / self._smoothing
        self._last = values
        return shift, jump, self.unrest

    def _meet(self, values: Array, seen: NDArray[np.bool_]) -> None:
        first = seen & np.isnan(self.expected)
        self.expected[first] = self._smooth[first] = values[first]
        self._new = bool(np.isnan(self.expected).any())


def before(tracker: Tracker, series: Array) -> Array:
    """(k,): what was to be expected before the first of the clean (n, k) values; they are walked backwards."""
    sure = np.full(series.shape[1], np.inf)
    tracker.begin(np.nan_to_num(np.nanmedian(series[len(series) // 2 :], axis=0)), np.zeros(len(sure)))
    for values in series[::-1]:
        tracker.step(values, sure)
    return tracker.expected.copy()


def walked(
    tracker: Tracker, series: Array, start: Array, calm: Array, cancelled: Callable[[], bool]
) -> tuple[Array, Array, Array]:
    """Shifts, jumps and unrests (n, k) of clean values, all learnt from; NaN where a value is missing."""
    sure = np.full(series.shape[1], np.inf)
    found = np.empty((3, *series.shape))
    tracker.begin(start, calm)
    for i, values in enumerate(series):
        found[0, i], found[1, i], found[2, i] = tracker.step(values, sure)
        if i % 4096 == 0 and cancelled():
            raise InputError("stopped before all was learnt; nothing was judged")
    found[:, ~np.isfinite(series)] = np.nan
    return found[0], found[1], found[2]


def calm(series: Array) -> Array:
    """(k,): the mean step from row to row of clean (n, k) values."""
    return np.nan_to_num(np.nanmean(np.minimum(np.abs(np.diff(series, axis=0)), FARTHEST), axis=0))

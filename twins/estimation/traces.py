"""Traces: the last samples of each tag, so that what happened between them can be told once the next has come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.clock import SECOND
from twins.physics import Array
from twins.record.samples import Int64

_KEPT = 4
_POINTS = 9
_NEVER = -(2**62)


class Traces:
    """Of n tags, the newest first; values in the tags' units, NaN where nothing good came."""

    def __init__(self, n: int) -> None:
        self._source: Int64 = np.full((_KEPT, n), _NEVER, np.int64)
        self._values: Array = np.full((_KEPT, n), np.nan)

    def take(self, values: Array, source: Int64) -> None:
        """The newest of each tag by now; what is bad is no sample."""
        new = (source > self._source[0]) & np.isfinite(values)
        self._source[1:, new], self._values[1:, new] = self._source[:-1, new], self._values[:-1, new]
        self._source[0, new], self._values[0, new] = source[new], values[new]

    def at(self, t: int) -> tuple[Array, Int64]:
        """(value, source) last at or before an instant, ns."""
        rank = np.argmax(self._source <= t, axis=0)  # the newest first; 0 also where none is
        column = np.arange(self._source.shape[1])
        value, source = self._values[rank, column], self._source[rank, column]
        none = (source > t) | (source == _NEVER)
        return np.where(none, np.nan, value), np.where(none, _NEVER, source)

    def mean(self, places: NDArray[np.intp], start: int, end: int, turn: Array) -> Array:
        """(place,): of the straight lines between samples, over (start, end]; before the first and after the last it holds.
        `turn` is a full turn of what is an angle, else 0."""
        source, values = self._source[:, places], self._values[:, places]
        values = _unwound(np.where(np.isnan(values), values[0], values), turn)
        at = start + (np.arange(_POINTS) + 0.5) / _POINTS * (end - start)
        return np.array([np.interp(at, source[::-1, i], values[::-1, i]).mean() for i in range(len(places))])

    def knots(self, places: NDArray[np.intp], start: int, end: int) -> Array:
        """(3, place): s from `start` to the first sample in (start, end] and from the last of them to `end`, NaN where there is
        none; and from `end` to the next, infinite where none is known."""
        source = self._source[:, places]
        within = (source > start) & (source <= end)
        first = np.where(within, (source - start) / SECOND, np.inf).min(axis=0)
        last = np.where(within, (end - source) / SECOND, np.inf).min(axis=0)
        following = np.where(source > end, (source - end) / SECOND, np.inf).min(axis=0)
        return np.stack([*np.where(np.isinf(first), np.nan, [first, last]), following])

    def held(self) -> tuple[Int64, Array]:
        """All of it."""
        return self._source, self._values


def _unwound(values: Array, turn: Array) -> Array:
    """Angles without jumps from one sample to the next."""
    off = np.diff(values, axis=0)
    around = np.where(turn > 0, np.round(off / np.where(turn > 0, turn, 1.0)) * turn, 0.0)
    return np.concatenate([values[:1], values[1:] - np.cumsum(around, axis=0)])

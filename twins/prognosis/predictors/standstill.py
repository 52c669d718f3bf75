"""Standing still: a sensor that tells the same again and again, as it never did while all was well, though others move."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from twins.physics import Array

FEWEST = 60  # rows
TIMES = 3.0  # as long as it ever stood


def longest(rows: Array) -> tuple[int, ...]:
    """Of each of (n, p): how many rows in a row it told what it had told before, at most."""
    run, most = np.zeros(rows.shape[1], int), np.zeros(rows.shape[1], int)
    for before, now in pairwise(rows):
        run = np.where(now == before, run + 1, 0)
        most = np.maximum(most, run)
    return tuple(most.tolist())


class Standstill:
    """Row by row; `stood` is the longest that each of p sensors stood while it was taught, `spread` (p,) how far each is moved
    by all that happened then. Of none nothing is told."""

    def __init__(self, stood: Sequence[int] = (), spread: Array | None = None) -> None:
        p = len(stood)
        self._limit = np.maximum(FEWEST, TIMES * np.array(stood, float))
        self._spread = np.ones(p) if spread is None else spread
        self._run, self._last = np.zeros(p, int), np.full(p, np.nan)
        self._low, self._high = np.full((p, p), np.nan), np.full((p, p), np.nan)  # of each, since each began to stand

    def see(self, row: Array) -> tuple[int, float, int]:
        """The sensor that stands the longest for its kind, what share that is of too long, and the rows that it has stood.

        Unless most of the others have moved by their spread meanwhile it is the plant that stands: then the share is 0.
        """
        p = len(self._run)
        if not p:
            return -1, 0.0, 0
        now = row[:p]
        stands = now == self._last
        self._run, self._last = np.where(stands, self._run + 1, 0), now.copy()
        self._low = np.where(stands[:, None], np.fmin(self._low, now), now)
        self._high = np.where(stands[:, None], np.fmax(self._high, now), now)
        worst = int(np.argmax(self._run / self._limit))
        moved = int((self._high[worst] - self._low[worst] >= self._spread).sum())
        share = float(self._run[worst] / self._limit[worst]) if 2 * moved > p - 1 else 0.0
        return worst, share, int(self._run[worst])

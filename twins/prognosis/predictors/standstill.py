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
    """Row by row; `stood` is the longest that each of p sensors stood while it was taught. Of none nothing is told."""

    def __init__(self, stood: Sequence[int] = ()) -> None:
        self._limit = np.maximum(FEWEST, TIMES * np.array(stood, float))
        self._run = np.zeros(len(stood), int)
        self._last = np.full(len(stood), np.nan)

    def see(self, row: Array) -> tuple[int, float, int]:
        """The sensor that stands the longest for its kind, what share that is of too long, and the rows that it has stood.

        While most of them stand it is the plant that does: then the share is 0.
        """
        if not len(self._run):
            return -1, 0.0, 0
        now = row[: len(self._run)]
        self._run = np.where(now == self._last, self._run + 1, 0)
        self._last = now.copy()
        worst = int(np.argmax(self._run / self._limit))
        moving = int((self._run < FEWEST // 2).sum())
        share = float(self._run[worst] / self._limit[worst]) if 2 * moving > len(self._run) else 0.0
        return worst, share, int(self._run[worst])

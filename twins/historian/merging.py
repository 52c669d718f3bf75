"""Merging: of several values for one tag and time the same is kept once, and others are in conflict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Merged:
    """Which of n new values are kept, in order of time and then of row; the rest are duplicates."""

    kept: NDArray[np.intp]
    doubtful: NDArray[np.bool_]  # of the kept: another value stands at the same time
    conflicts: NDArray[np.intp]  # of the n: kept beside an earlier one
    duplicates: NDArray[np.intp]  # of the n: dropped


def merge(time: Int64, values: Int64, held_time: Int64, held_values: Int64) -> Merged:
    """New values of one tag in the file's order against each other, and against what the recording holds already.

    Of equal values at one time the last row stays, so that the one shown is the file's last word; what is held wins over
    all, so that the same file twice adds nothing. `values` are bit patterns that are equal where the values are.
    """
    n = len(time)
    all_time = np.concatenate([time, held_time])
    all_values = np.concatenate([values, held_values])
    number = np.arange(len(all_time))  # held ones come after the new ones: they are the last of their equals
    order = np.lexsort((number, all_values, all_time))
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(all_time[order]) != 0) | (all_values[order][1:] != all_values[order][:-1])
    dropped = order[~last]
    # A held value may stand twice in the recording itself: that is nobody's duplicate here.
    duplicates = np.sort(dropped[dropped < n])
    stays = np.ones(len(all_time), bool)
    stays[dropped] = False
    left = np.flatnonzero(stays)
    rank = np.where(left < n, left + 1, 0)  # held before new
    left = left[np.lexsort((rank, all_time[left]))]
    same = np.zeros(len(left), bool)
    same[1:] = np.diff(all_time[left]) == 0
    shared = same.copy()
    shared[:-1] |= same[1:]
    new = left < n
    return Merged(left[new], shared[new], left[new & same], duplicates)

"""Gaps: the stretches without a sample, and a count of time that leaves them out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Gaps:
    """Stretches [start, end) in ns UTC, kept in order and merged where they touch."""

    def __init__(self, starts: ArrayLike = (), ends: ArrayLike = ()) -> None:
        pairs = sorted(zip(np.asarray(starts, np.int64).tolist(), np.asarray(ends, np.int64).tolist(), strict=True))
        merged: list[list[int]] = []
        for start, end in pairs:
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            elif start < end:
                merged.append([start, end])
        self.starts: NDArray[np.int64] = np.array([s for s, _ in merged], np.int64)
        self.ends: NDArray[np.int64] = np.array([e for _, e in merged], np.int64)
        self._lost = np.concatenate(([0], np.cumsum(self.ends - self.starts))).astype(np.int64)
        self._at = self.starts - self._lost[:-1]  # where each gap is squeezed to

    def squeeze(self, t: int) -> int:
        """Time → time without gaps; all of a gap falls on its start."""
        i = int(np.searchsorted(self.starts, t, "right"))
        inside = max(0, int(self.ends[i - 1]) - t) if i else 0
        return t - int(self._lost[i]) + inside

    def stretch(self, squeezed: int, forward: bool) -> int:
        """The way back; at a gap, its end when going forward and its start when going backward."""
        return squeezed + int(self._lost[int(np.searchsorted(self._at, squeezed, "right" if forward else "left"))])

"""Draws by number: what a station draws for its n-th operation depends on its key and on n alone.

So a run has the same parts at the same instants however its time is cut into steps and its members into chunks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twins.physics.model import Array, Truths

CYCLE, FAILS, WHEN, REPAIR, JAMS, JAM, BAD, FOUND, LOST, REWORK, LEAD, SHAKES = range(12)  # what is drawn
FIXED, LOGNORMAL, EXPONENTIAL = range(3)  # laws of times

_KINDS = 12
_GOLDEN, _ONE, _TWO = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_AWAY = [np.uint64(shift) for shift in (30, 27, 31, 12)]
_EACH = np.arange(2 * _KINDS, dtype=np.uint64) * _GOLDEN


class Draws:
    """All that may be drawn for one operation each of n stations, `key` and `number` (n,); key 0 is of a run without noise."""

    def __init__(self, key: Array, number: Array) -> None:
        self._noisy = key > 0
        self._begin = _mixed(key.astype(np.uint64)) + number.astype(np.uint64) * (_GOLDEN << np.uint64(5))

    def uniform(self, what: int) -> Array:
        """In (0, 1); a half without noise. Steele, Lea & Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014."""
        bits = _mixed(self._begin + _EACH[what]) >> _AWAY[3]
        return np.where(self._noisy, (bits.astype(np.float64) + 0.5) * 2.0**-52, 0.5)

    def normal(self, what: int) -> Array:
        """Standard normals, by Box and Muller; 0 without noise."""
        radius = np.sqrt(-2 * np.log(self.uniform(what)))
        return np.where(self._noisy, radius * np.cos(2 * math.pi * self.uniform(what + _KINDS)), 0.0)

    def lasting(self, what: int, mean: Array, spread: Array, law: Array | float = LOGNORMAL) -> Array:
        """Times of that `mean`; `spread` is deviation / mean where the law is lognormal. The mean itself without noise."""
        width = np.log1p(spread**2)
        share = np.exp(np.sqrt(width) * self.normal(what) - width / 2 * self._noisy)
        if np.any(law != LOGNORMAL):
            exponential = np.where(self._noisy, -np.log(self.uniform(what)), 1.0)
            share = np.where(law == EXPONENTIAL, exponential, np.where(law == FIXED, 1.0, share))
        return mean * share

    def happens(self, what: int, chance: Array) -> Truths:
        """What has that chance; without noise nothing does that is less than likely."""
        return self.uniform(what) < np.where(self._noisy, chance, np.where(chance > 0.5, 1.0, 0.0))


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> _AWAY[0])) * _ONE
    x = (x ^ (x >> _AWAY[1])) * _TWO
    return x ^ (x >> _AWAY[2])

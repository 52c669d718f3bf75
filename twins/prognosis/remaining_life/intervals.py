"""Honest intervals: how far off predictions of this size were for units that had been held back (conformal, by unit)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.prognosis.remaining_life.fleet import Array, Whole

COVERED = 0.9
KNOTS = 15
SHARE = 0.2  # of the held-back predictions are near enough to a knot to speak for it
SURE = 20  # units, below which the tails are those of Student's t


@dataclass(frozen=True, slots=True)
class Intervals:
    """At predictions of `knots`, the truth lay from `below` under to `above` over them, in nine of ten units."""

    knots: Array  # (k,) ascending
    below: Array  # (k,) ≥ 0
    above: Array  # (k,) ≥ 0

    def around(self, told: Array, most: float) -> tuple[Array, Array]:
        """Low and high (n,), within 0 … most."""
        low = told - np.interp(told, self.knots, self.below)
        high = told + np.interp(told, self.knots, self.above)
        return np.clip(low, 0.0, most), np.clip(high, 0.0, most)


def calibrated(told: Array, truth: Array, unit: Whole) -> Intervals:
    """From m held-back predictions; each unit counts once."""
    shares = np.linspace(0.02, 0.98, KNOTS)
    knots = np.maximum.accumulate(np.quantile(told, shares))
    count = np.bincount(unit)[unit]
    sides = np.array([_tails(np.abs(told - knot), truth - told, 1.0 / count, unit) for knot in knots])
    return Intervals(knots + 1e-9 * np.arange(KNOTS), np.maximum(-sides[:, 0], 0.0), np.maximum(sides[:, 1], 0.0))


def _tails(far: Array, off: Array, weight: Array, unit: Whole) -> tuple[float, float]:
    """The 5 % and 95 % of what is near, with the place that conformal prediction keeps for the unit to come."""
    width = max(float(np.quantile(far, SHARE)), 1e-12)
    near = far <= width
    units = len(np.unique(unit[near]))
    order = np.argsort(off[near])
    sorted_off, mass = off[near][order], np.cumsum(weight[near][order] / weight[near].sum())
    miss = (1 - COVERED) / 2 - (1 + COVERED) / 2 / max(units, 1)
    low = sorted_off[np.searchsorted(mass, max(miss, 0.0))]
    high = sorted_off[np.minimum(np.searchsorted(mass, 1 - max(miss, 0.0)), len(mass) - 1)]
    if units >= SURE:
        return float(low), float(high)
    wide = _student(off[near], weight[near], units)
    return min(float(low), -wide), max(float(high), wide)


def _student(off: Array, weight: Array, units: int) -> float:
    from scipy.stats import t

    size = float(np.sqrt(np.average(off**2, weights=weight)))
    return float(t.ppf((1 + COVERED) / 2, max(units - 1, 1)) * size * np.sqrt(1 + 1 / max(units, 1)))

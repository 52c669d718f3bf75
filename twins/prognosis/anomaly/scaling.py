"""A sensor's own measure: where it lies, how far it spreads, and whether it keeps a level at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.anomaly.operating_point import limit
from twins.prognosis.table import Array

NORMAL_90 = 1.6449  # 90 % of a normal variable's absolute values lie below it
STILL = 0.8  # of the rows are like the row before
OUTLIER = 8.0  # spreads
ENOUGH = 50  # means, for a test of these
DICKEY_FULLER = (-2.86, -3.34, -3.74, -4.10, -4.42, -4.71)  # below it a unit root is rejected (5 %, MacKinnon, 1991)


def centre_and_scale(rows: Array) -> tuple[Array, Array]:
    """(p,) each: median and spread of (n, p) clean rows; outliers don't matter, nor does a sensor that mostly stands still."""
    centre = np.nanmedian(rows, axis=0)
    away = np.abs(rows - centre)
    scale = 1.4826 * np.nanmedian(away, axis=0)
    usual = np.nanquantile(away, 0.9, axis=0) / NORMAL_90
    rare = np.nanmax(away, axis=0)
    scale = np.where(scale > 0.3 * usual, scale, usual)
    return centre, np.where(scale > 0, scale, rare)


def spread(deviations: Array) -> Array:
    """(k,) of (n, k) deviations around zero: as of a normal variable with their 90 %, so that one row in twenty may be bad."""
    return np.nanquantile(np.abs(deviations), 0.9, axis=0) / NORMAL_90


def stands_still(series: Array) -> NDArray[np.bool_]:
    """(k,): whether (n, k) series hardly ever move from row to row, like a count or a switch."""
    return np.nanmean(np.diff(series, axis=0) == 0, axis=0) > STILL


def line(deviations: Array, rarely: float, degrees: float, tail: bool) -> Array:
    """(k,): what deviations (n, k) exceed with probability `rarely`: Student's, or with `tail` theirs, if that is heavier."""
    normal = spread(deviations) * limit(rarely, degrees)
    return np.maximum(normal, _reach(deviations, rarely)) if tail else normal


def _reach(deviations: Array, rarely: float) -> Array:
    """Peaks over a threshold (Pickands, 1975): beyond the 98 % an exponential tail, between the bounded and the heavy.

    Its mean excess is told by the median one, and what lies far out counts as lying less far: outliers don't matter.
    """
    away = np.minimum(np.abs(deviations), OUTLIER * np.maximum(spread(deviations), 1.0))
    begins, half = np.nanquantile(away, (0.98, 0.99), axis=0)
    return begins + (half - begins) / np.log(2) * np.log(max(0.02 / rarely, 1.0))


def wanders(series: Array, block: int, explained_by: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(k,): whether (n, k) series keep no level, by the augmented Dickey–Fuller test (Said and Dickey, 1984).

    What is left of a sensor after it was fitted to m others (`explained_by`, 0 for the sensor alone) looks level too easily,
    and needs more (Engle and Granger, 1987). Noise hides a slow walk from the test, so where there are enough means over
    `block` rows, these are asked too.
    """
    blocks = len(series) // block
    found = []
    for column, others in zip(series.T, explained_by, strict=True):
        filled = _filled(column)
        means = filled[: blocks * block].reshape(blocks, block).mean(axis=1)
        found.append(_unit_root(filled, others) or (blocks >= ENOUGH and _unit_root(means, others)))
    return np.array(found, dtype=bool)


def _unit_root(series: Array, others: int) -> bool:
    lags = int(4 * (len(series) / 100) ** 0.25)  # Schwert (1989)
    steps = np.diff(series)
    n = len(steps) - lags
    if n < 3 * (lags + 2) or not np.ptp(steps):
        return False
    known = np.column_stack([series[lags:-1], np.ones(n), *(steps[lags - k : -k] for k in range(1, lags + 1))])
    coefficients = np.linalg.lstsq(known, steps[lags:], rcond=None)[0]
    rest = steps[lags:] - known @ coefficients
    variance = float(rest @ rest) / (n - known.shape[1]) * float(np.linalg.pinv(known.T @ known)[0, 0])
    critical = DICKEY_FULLER[min(others, len(DICKEY_FULLER) - 1)]
    return bool(coefficients[0] > critical * np.sqrt(max(variance, 0.0)))


def _filled(series: Array) -> Array:
    """Gaps hold the value before them."""
    last = np.maximum.accumulate(np.where(np.isfinite(series), np.arange(len(series)), 0))
    return np.nan_to_num(series[last])

"""A sensor's own measure: where it lies, how far it spreads, and whether it keeps a level at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.table import Array

NORMAL_90 = 1.6449  # 90 % and 99 % of a normal variable's absolute values lie below these
NORMAL_99 = 2.5758
OUTLIER = 8.0  # spreads
DICKEY_FULLER = -2.86  # 5 %: below it a unit root is rejected, with a constant and many rows


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
    """(k,) of (n, k) deviations around zero: as of a normal variable with their 90 %, so that one row in twenty may be bad.

    Of a channel that mostly stands still it is the farthest that it went.
    """
    away = np.abs(deviations)
    usual = np.nanquantile(away, 0.9, axis=0) / NORMAL_90
    return np.where(usual > 0, usual, np.nanmax(away, axis=0))


def tail_spread(deviations: Array) -> Array:
    """(k,): as `spread`, wider where the tails are heavier than the normal's; of what lies far out, how far doesn't matter."""
    tail = np.nanquantile(np.minimum(np.abs(deviations), OUTLIER), 0.99, axis=0) / NORMAL_99
    return np.maximum(spread(deviations), tail)


def wanders(series: Array) -> NDArray[np.bool_]:
    """(k,): whether (n, k) series keep no level, by the augmented Dickey–Fuller test (Said and Dickey, 1984)."""
    return np.array([_unit_root(_filled(series[:, k])) for k in range(series.shape[1])], dtype=bool)


def _unit_root(series: Array) -> bool:
    lags = int(4 * (len(series) / 100) ** 0.25)  # Schwert (1989)
    steps = np.diff(series)
    n = len(steps) - lags
    if n < 3 * (lags + 2) or not np.ptp(steps):
        return False
    known = np.column_stack([series[lags:-1], np.ones(n), *(steps[lags - k : -k] for k in range(1, lags + 1))])
    coefficients = np.linalg.lstsq(known, steps[lags:], rcond=None)[0]
    rest = steps[lags:] - known @ coefficients
    variance = float(rest @ rest) / (n - known.shape[1]) * float(np.linalg.pinv(known.T @ known)[0, 0])
    return bool(coefficients[0] > DICKEY_FULLER * np.sqrt(max(variance, 0.0)))


def _filled(series: Array) -> Array:
    """Gaps hold the value before them."""
    last = np.maximum.accumulate(np.where(np.isfinite(series), np.arange(len(series)), 0))
    return np.nan_to_num(series[last])

"""What clean rows teach: each channel's measure, its memory, its usual deviations, and the range of the conditions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.anomaly import scaling
from twins.prognosis.anomaly.channels import Channels, channels_of
from twins.prognosis.anomaly.operating_point import degrees, limit
from twins.prognosis.anomaly.sensors import FEWEST
from twins.prognosis.anomaly.tracking import NEAR, Tracker, before, calm, walked
from twins.prognosis.table import Array

SMOOTHING = 30  # rows: a shift is seen in the mean of about so many
FALSE_ALARMS = 0.01
MARGIN = 0.05  # of a condition's clean range, that it may be left by
LEAST = 1e-6  # of a sensor's spread: a deviation that is none


@dataclass(frozen=True, slots=True)
class Learnt:
    """All that is known of clean rows; k channels, c conditions."""

    channels: Channels
    low: Array  # (c,): below it a condition is unknown land
    high: Array  # (c,)
    wanders: NDArray[np.bool_]  # (k,): keeps no level
    shift: Array  # (k,): the usual deviation of the smoothed channel from its expectation
    jump: Array  # (k,): the deviation of a single row at which the line is drawn
    calm: Array  # (k,): the mean step from row to row
    unrest: Array  # (k,): the usual deviation of its smoothed size from that
    start: Array  # (k,): the expectation before the first clean row
    level: Array  # (k,): and after the last
    smoothing: int  # rows
    memory: int  # rows
    shift_limit: float  # usual deviations at which the line is drawn
    false_alarms: float
    rows: int


def learn(
    rows: Array,
    sensors: tuple[str, ...],
    conditions: tuple[str, ...] = (),
    false_alarms: float = FALSE_ALARMS,
    smoothing: int = SMOOTHING,
    cancelled: Callable[[], bool] = lambda: False,
) -> Learnt:
    """From clean rows (n, p + c): sensors first, then conditions; NaN where missing. Raises InputError."""
    n, p = len(rows), len(sensors)
    if n < FEWEST:
        raise InputError(f"{n} clean rows are too few to learn from; give at least {FEWEST}")
    if not 0 < false_alarms < 0.5:
        raise InputError("the wanted false-alarm rate must lie between 0 and 50 %; write it like 1% or 0.01")
    smoothing, memory = max(1, min(smoothing, n // 13)), max(n // 2, 2)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # of columns without numbers
        channels = channels_of(rows, sensors, conditions)
        k = len(channels.owner)
        series = np.stack([channels.values(row) for row in rows])
        tracker = Tracker(scaling.wanders(np.clip(series, -NEAR, NEAR), smoothing), smoothing, memory)
        start = before(tracker, series)
        calmness = calm(series)
        shifts, jumps, unrests = walked(tracker, series, start, calmness, cancelled)
        settled = slice(min(smoothing // 2, n // 4), None)
        shift = np.maximum(np.nan_to_num(scaling.spread(shifts[settled])), LEAST)
        jump = np.maximum(np.nan_to_num(scaling.reach(jumps[settled], false_alarms / k)), LEAST)
        unrest = np.maximum(np.nan_to_num(scaling.spread(unrests[settled] - calmness)), LEAST)
        low, high = _range(rows[:, p:])
    return Learnt(
        channels,
        low,
        high,
        tracker.wanders,
        shift,
        jump,
        calmness,
        unrest,
        start,
        tracker.expected.copy(),
        smoothing,
        memory,
        limit(false_alarms, k, degrees(n, smoothing)),
        false_alarms,
        n,
    )


def _range(conditions: Array) -> tuple[Array, Array]:
    if not conditions.shape[1]:
        return np.empty(0), np.empty(0)
    low, high = np.nanmin(conditions, axis=0), np.nanmax(conditions, axis=0)
    return low - MARGIN * (high - low), high + MARGIN * (high - low)

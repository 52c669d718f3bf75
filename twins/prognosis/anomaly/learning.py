"""What clean rows teach: each channel's measure, its memory, its usual deviations, and the range of the conditions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.anomaly import scaling
from twins.prognosis.anomaly.channels import EXACT, Channels, channels_of
from twins.prognosis.anomaly.operating_point import degrees
from twins.prognosis.anomaly.sensors import FEWEST
from twins.prognosis.anomaly.tracking import NEAR, Tracker, before, calm, walked
from twins.prognosis.table import Array

SMOOTHING = 30  # rows: a shift is seen in the mean of about so many
FALSE_ALARMS = 0.01
WAYS = 2  # in which a channel can deviate: over many rows or in one; the wanted rate is shared out among them
MARGIN = 0.05  # of a condition's clean range, that it may be left by
FEWEST_MEANS = 13  # that fewer clean rows are smoothed into, so that their spread can be told
SEEN = 0.75  # of how far a smoothed value can be: a line beyond it would never be crossed
SELDOM = 1.5  # times as far as it did: how far what hardly ever moves may
LEAST = 1e-6  # of a sensor's spread: a deviation that is none


@dataclass(frozen=True, slots=True)
class Learnt:
    """All that is known of clean rows; k channels, c conditions."""

    channels: Channels
    low: Array  # (c,): below it a condition is unknown land
    high: Array  # (c,)
    wanders: NDArray[np.bool_]  # (k,): keeps no level
    shift: Array  # (k,): the deviation of the smoothed channel from its expectation at which the line is drawn
    jump: Array  # (k,): that of a single row
    unrest: Array  # (k,): and that of the smoothed step from row to row
    calm: Array  # (k,): from its mean
    start: Array  # (k,): the expectation before the first clean row
    level: Array  # (k,): and after the last
    smoothing: int  # rows
    memory: int  # rows
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
    _refuse(len(rows), false_alarms)
    smoothing, memory = max(1, min(smoothing, len(rows) // FEWEST_MEANS)), max(len(rows) // 2, 2)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # of columns without numbers
        channels = channels_of(rows, sensors, conditions)
        series = np.stack([channels.values(row) for row in rows])
        others = np.count_nonzero(channels.mixing, axis=1) - 1
        wanders = scaling.wanders(np.clip(series, -NEAR, NEAR), smoothing, others)
        tracker = Tracker(wanders, smoothing, memory)
        rarely = false_alarms / (WAYS * len(channels.owner))
        least = np.where(channels.own, LEAST, np.where(_exact(series), 1.0, EXACT))
        lines = _lines(series, tracker, rarely, smoothing, least, cancelled)
        low, high = _range(rows[:, len(sensors) :])
    return Learnt(
        channels=channels,
        low=low,
        high=high,
        wanders=wanders,
        level=tracker.expected.copy(),
        smoothing=smoothing,
        memory=memory,
        false_alarms=false_alarms,
        rows=len(rows),
        **lines,
    )


def _refuse(rows: int, false_alarms: float) -> None:
    if rows < FEWEST:
        raise InputError(f"{rows} clean rows are too few to learn from; give at least {FEWEST}")
    if not 0 < false_alarms < 0.5:
        raise InputError("the wanted false-alarm rate must lie between 0 and 50 %; write it like 1% or 0.01")


def _exact(series: Array) -> NDArray[np.bool_]:
    """(k,): which relations hold closer than they are trusted; a deviation of what they are trusted to is none."""
    return scaling.spread(series - np.nanmedian(series, axis=0)) < 1 - EXACT


def _lines(
    series: Array, tracker: Tracker, rarely: float, smoothing: int, least: Array, cancelled: Callable[[], bool]
) -> dict[str, Array]:
    """shift, jump, unrest, calm and start of clean values (n, k); each is judged by those before it, as later ones will be."""
    start, mean_step = before(tracker, series), calm(series)
    walk = walked(tracker, series, start, mean_step, cancelled)
    shifts, jumps, unrests = (each[len(series) // (2 * FEWEST_MEANS) :] for each in walk)
    sure = degrees(len(series), smoothing)
    lines = {
        "shift": scaling.line(shifts, rarely, sure, tail=len(series) >= scaling.ENOUGH * smoothing),
        "jump": scaling.line(jumps, rarely, len(series), tail=True),
        "unrest": scaling.line(unrests - mean_step, rarely, sure, tail=False),
    }
    lines["shift"] = np.minimum(lines["shift"], SEEN * NEAR)
    if (still := scaling.stands_still(series)).any():
        farthest = {"shift": shifts, "jump": jumps, "unrest": unrests - mean_step}
        lines = {name: np.where(still, SELDOM * np.nanmax(np.abs(farthest[name]), axis=0), each) for name, each in lines.items()}
    return {name: np.maximum(np.nan_to_num(each), least) for name, each in lines.items()} | {"calm": mean_step, "start": start}


def _range(conditions: Array) -> tuple[Array, Array]:
    if not conditions.shape[1]:
        return np.empty(0), np.empty(0)
    low, high = np.nanmin(conditions, axis=0), np.nanmax(conditions, axis=0)
    return low - MARGIN * (high - low), high + MARGIN * (high - low)

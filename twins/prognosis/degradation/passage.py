"""When one unit's level passes a threshold, foreseen from its own history as a distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.degradation.averaging import Averaged, Cancelled, Told, averaged
from twins.prognosis.degradation.first_passage import FAR
from twins.prognosis.degradation.history import History, history_of, thinned, without_spikes

Array = NDArray[np.float64]


def _unheard(done: float, what: str) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Span:
    """The median and the 90 % interval; None where it lies beyond what is looked ahead."""

    median: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Fan:
    """Quantiles of the level from the last reading on, (m,) each."""

    time: Array
    p05: Array
    p50: Array
    p95: Array


@dataclass(frozen=True, slots=True)
class Passage:
    """When a threshold is passed: times in those of the history, `chance` by the `horizon`."""

    at: float
    value: float
    threshold: float
    direction: str
    crossing: Span
    remaining: Span
    chance: float
    horizon: float
    weights: tuple[tuple[str, float], ...]
    path: Fan | None
    since: float | None
    sentence: str


def foreseen(
    time: Array,
    value: Array,
    threshold: float,
    direction: str = "",
    seed: int = 1,
    told: Told = _unheard,
    cancelled: Cancelled = _never,
) -> Passage:
    """`time`, `value` (n,) in any order, NaN for gaps; `direction`: rising, falling or as the history says. Raises InputError."""
    if not np.isfinite(threshold):
        raise InputError(f"the threshold {threshold} is not a finite number; give one like 1.4")
    history = without_spikes(history_of(time, value))
    way = direction or _direction(history.value, threshold)
    rising = 1.0 if way == "rising" else -1.0
    now = float(np.median(history.value[-3:]))
    if rising * (now - threshold) >= 0:
        return _passed(history, threshold, way, now)
    found = averaged(thinned(history), threshold, rising, seed, told, cancelled)
    return _told(history, threshold, way, found)


def written(value: float, apart: float) -> str:
    """A number with as many decimals as tell a thousandth of what matters here: a history's length, the way to a threshold."""
    if not 0 < apart < np.inf or abs(value) >= 1e17:
        return f"{value:.6g}"
    text = f"{value:.{min(max(3 - int(np.floor(np.log10(apart))), 0), 15)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _direction(value: Array, threshold: float) -> str:
    """From the side where the unit began; where it began on the threshold, the way it went."""
    start, end = float(np.median(value[:3])), float(np.median(value[-3:]))
    if value[:3].min() <= threshold <= value[:3].max():
        return "rising" if end >= start else "falling"
    return "rising" if start < threshold else "falling"


def _passed(history: History, threshold: float, way: str, now: float) -> Passage:
    rising = 1.0 if way == "rising" else -1.0
    smooth = np.array([np.median(history.value[max(i - 2, 0) : i + 1]) for i in range(len(history))])
    before = np.flatnonzero(rising * (smooth - threshold) < 0)
    since = float(history.time[before[-1] + 1 if len(before) else 0])
    at = float(history.time[-1])
    sentence = f"the threshold {threshold:.12g} was passed at {written(since, at - float(history.time[0]))}"
    span, left = Span(since, since, since), Span(0.0, 0.0, 0.0)
    return Passage(at, now, threshold, way, span, left, 1.0, at, (), None, since, sentence)


def _told(history: History, threshold: float, way: str, found: Averaged) -> Passage:
    first, at = float(history.time[0]), float(history.time[-1])
    length = at - first
    spans = _span(found.passed)
    crossing = Span(*(None if u is None else first + u * length for u in spans))
    remaining = Span(*(None if u is None else (u - 1) * length for u in spans))
    chance = float(np.isfinite(found.passed).mean())
    fan = Fan(first + found.u * length, *found.fan)
    horizon = at + FAR * length
    return Passage(
        at,
        found.level,
        threshold,
        way,
        crossing,
        remaining,
        chance,
        horizon,
        found.weights,
        fan,
        None,
        _sentence(found, spans, chance),
    )


def _span(passed: Array) -> tuple[float | None, float | None, float | None]:
    ordered = np.sort(passed)
    picked = [ordered[min(int(q * len(ordered)), len(ordered) - 1)] for q in (0.5, 0.05, 0.95)]
    median, low, high = (float(u) if np.isfinite(u) else None for u in picked)
    return median, low, high


def _sentence(found: Averaged, spans: tuple[float | None, float | None, float | None], chance: float) -> str:
    if spans[0] is not None:
        return f"{found.weights[0][0]} weighs most"
    away = dict(found.weights).get("receding", 0.0)
    what = "the level goes away from the threshold" if away > 0.5 else "no trend towards the threshold yet"
    return f"{what}; it is passed with a probability of {chance:.0%} within {FAR:g} times the history's length"

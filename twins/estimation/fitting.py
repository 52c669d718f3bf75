"""Fitting: parameters that bring what a model tells to what was measured, how sure they are, and which the data say nothing of.

Robust least squares (Huber's smooth loss) by a trust region within bounds, with what was thought before as one more measurement.
An output weighs by what of its errors the parameters could not explain for it alone, and by how many of its steps stand for
themselves: errors last, and so many tell no more than one (autocorrelation time: Geyer 1992, doi:10.1214/ss/1177011137). The
interval is that of an M-estimator, H⁻¹ S H⁻¹ (Liang & Zeger 1986, doi:10.1093/biomet/73.1.13). S is the larger of two: the sum
over blocks of time of the outer products of their scores; and what is left of each output's errors times how long it lasts, which
knows what doesn't change within a short record. An offset of each output is added, as large as an instrument's least deviation,
the same throughout: no record tells that from the parameters. Student's t has as many degrees of freedom as blocks less one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.physics import Array

Predict = Callable[[Array], Array]  # (candidate, parameter) → (output, step, candidate)
Truths = NDArray[np.bool_]

LEVEL = 0.90  # of an interval
_STEP = 0.1  # scales: how far candidates are apart that tell a slope
_ROUNDS = 3  # each knows better how large errors are, and how long they last
_EVALUATIONS = 20
_CLEAN = 3.0  # deviations that count in how long errors last
_KNOWN = 0.5  # of what was thought before: a deviation above that is no news


@dataclass(frozen=True, slots=True)
class Unknown:
    """One parameter: where it stands, how far it may go, about how far one would look (`scale`) and what was thought before
    of how far off it may be (`prior`, one deviation)."""

    value: float
    low: float
    high: float
    scale: float
    prior: float


@dataclass(frozen=True, slots=True)
class Fit:
    """`value`, `deviation` (parameter,), `low`, `high` their interval; `identified` those of which the data tell. Others stand
    as they stood."""

    value: Array
    deviation: Array
    low: Array
    high: Array
    identified: Truths
    blocks: int


def candidates_for(n: int) -> int:
    """How many a fit of n parameters asks for at once."""
    return n + 1


def fitted(unknowns: list[Unknown], predict: Predict, measured: Array, least: Array, blocks: NDArray[np.int64]) -> Fit:
    """`measured` (output, step), NaN where not judged; `least` (output,) the deviation that an instrument has at least; `blocks`
    (step,) the number of the block each step belongs to."""
    start, scale, prior = np.array([[each.value, each.scale, each.prior] for each in unknowns]).T
    low, high = np.array([[each.low, each.high] for each in unknowns]).T
    slopes = _Slopes(predict, start, scale, high)
    bounds = (low - start) / scale, (high - start) / scale
    free, z = np.ones(len(unknowns), bool), np.zeros(len(unknowns))
    found: list[_Found] = []
    while free.any():
        found.append(_found(slopes, free, z, bounds, scale / prior, measured, least, blocks, 1 if found else _ROUNDS))
        z, told = found[-1].z, _telling(found[-1], _KNOWN * (prior / scale)[free])
        if told.all():
            break
        free[np.flatnonzero(free)[~told]] = False
    deviation = found[0].deviation * scale
    if free.any():
        deviation[free] = found[-1].deviation * scale[free]
    value = np.where(free, start + z * scale, start)
    reach = found[-1].reach * deviation
    return Fit(value, deviation, np.maximum(value - reach, low), np.minimum(value + reach, high), free, found[-1].blocks)


@dataclass(frozen=True, slots=True)
class _Found:
    """`z` (parameter,) in scales; `precision`, `spread` (free, free) of the sandwich."""

    z: Array
    precision: Array
    spread: Array
    blocks: int

    @property
    def deviation(self) -> Array:
        """(free,) in scales."""
        return _deviation(self.precision, self.spread)

    @property
    def reach(self) -> float:
        """How many deviations an interval reaches."""
        from scipy.stats import t as student

        return float(student.ppf((1 + LEVEL) / 2, max(self.blocks - 1, 1)))


def _telling(found: _Found, limit: Array) -> Truths:
    """Of the free ones, those of which the data tell: the worst is left out as long as there is one, as then others tell more."""
    told = np.ones(len(limit), bool)
    while told.any():
        at = np.ix_(told, told)
        ratio = _deviation(found.precision[at], found.spread[at]) / limit[told]
        if ratio.max() <= 1:
            break
        told[np.flatnonzero(told)[int(np.argmax(ratio))]] = False
    return told


def _deviation(precision: Array, spread: Array) -> Array:
    inverse = np.linalg.pinv(precision, hermitian=True)
    return np.asarray(np.sqrt(np.maximum(np.diag(inverse @ spread @ inverse), np.diag(inverse))))


def _found(
    slopes: _Slopes, free: Truths, near: Array, bounds: tuple[Array, Array], thought: Array,
    measured: Array, least: Array, blocks: NDArray[np.int64], rounds: int,
) -> _Found:  # fmt: skip
    """`thought`: how many deviations of what was thought before a scale is."""
    from scipy.optimize import least_squares

    z, prior = near.copy(), np.diag(thought[free])
    (low, high), judged = (bound[free] for bound in bounds), np.isfinite(measured)
    z[~free] = 0.0

    def whole(some: Array) -> Array:
        made = z.copy()
        made[free] = some
        return made

    rows = np.flatnonzero(judged)
    for _ in range(rounds):
        told, turned = slopes.at(z, free)
        noise = _noise(told - measured, turned, judged, least)

        def off(some: Array, noise: Array = noise) -> Array:
            made = (slopes.at(whole(some), free)[0] - measured) / noise[:, None]
            return np.nan_to_num(made.ravel()[rows])

        def turn(some: Array, noise: Array = noise) -> Array:
            made = slopes.at(whole(some), free)[1] / noise[:, None, None]
            return np.nan_to_num(made.reshape(-1, int(free.sum()))[rows])

        ended = least_squares(
            lambda some, off=off: np.concatenate([off(some), prior @ some]),
            np.clip(z[free], low + 1e-6, high - 1e-6),
            lambda some, turn=turn: np.concatenate([turn(some), prior]),
            (low, high), loss="soft_l1", x_scale="jac", max_nfev=_EVALUATIONS, xtol=1e-3, ftol=5e-4,
        )  # fmt: skip
        z = whole(ended.x)
    return _Found(
        z,
        *_sandwich(
            off(z[free]), turn(z[free]), rows // len(blocks), np.tile(blocks, len(measured))[rows], least / noise, prior**2
        ),
    )


class _Slopes:
    """What is predicted and its slopes, both from one population of candidates; of the last point asked for it is remembered."""

    def __init__(self, predict: Predict, start: Array, scale: Array, high: Array) -> None:
        self._predict, self._start, self._scale, self._high = predict, start, scale, high
        self._known: dict[bytes, tuple[Array, Array]] = {}

    def at(self, z: Array, free: Truths) -> tuple[Array, Array]:
        """((output, step), (output, step, free parameter))."""
        if (key := z.tobytes() + free.tobytes()) not in self._known:
            self._known = {key: self._of(z, np.flatnonzero(free))}
        return self._known[key]

    def _of(self, z: Array, free: NDArray[np.intp]) -> tuple[Array, Array]:
        value, n = self._start + z * self._scale, len(free)
        aside = np.where(value + _STEP * self._scale <= self._high, _STEP, -_STEP)[free]
        points = np.tile(value, (n + 1, 1))
        points[np.arange(n) + 1, free] += aside * self._scale[free]
        told = self._predict(points)
        return told[..., 0], (told[..., 1:] - told[..., :1]) / aside


def _noise(off: Array, slope: Array, judged: Truths, least: Array) -> Array:
    """(output,): how far each is off, robustly, beside what parameters explain of it alone; of a step that stands for itself."""
    found = []
    for row, own, known, floor in zip(off, slope, judged & np.isfinite(off), least, strict=True):
        own = np.nan_to_num(own[known])
        left = row[known] - own @ (np.linalg.pinv(own.T @ own, hermitian=True) @ (own.T @ row[known]))
        spread = 1.4826 * float(np.median(np.abs(left))) if known.any() else 1.0
        spread = max(spread, float(floor), 1e-12)
        found.append(spread * np.sqrt(_lasting(np.clip(left / spread, -_CLEAN, _CLEAN))))
    return np.array(found)


def _lasting(off: Array) -> float:
    """Steps that an error lasts: 1 + 2·Σ of its autocorrelation about 0, as long as pairs of it add up to something."""
    n = len(off)
    if n < 4 or not off.any():
        return 1.0
    power = np.abs(np.fft.rfft(off, 2 * n)) ** 2
    correlation = np.fft.irfft(power)[:n] / np.arange(n, 0, -1)
    two = (correlation / correlation[0])[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = int(np.argmax(two <= 0)) if (two <= 0).any() else len(two)
    return float(np.clip(2 * two[:ends].sum() - 1, 1.0, n))


def _sandwich(
    r: Array, slope: Array, outputs: NDArray[np.intp], blocks: NDArray[np.int64], beside: Array, prior: Array
) -> tuple[Array, Array, int]:
    """Precision and spread of what a fit found, and from how many blocks; `beside` (output,): how far each may be off."""
    weight, curve = 1 / np.sqrt(1 + r**2), (1 + r**2) ** -1.5
    known, place = np.unique(blocks, return_inverse=True)
    scores, lasting = np.zeros((len(known), slope.shape[1])), np.zeros((slope.shape[1], slope.shape[1]))
    np.add.at(scores, place, slope * (weight * r)[:, None])
    for each in np.unique(outputs):
        score, own = (weight * r)[outputs == each], slope[outputs == each]
        lasting += float((score**2).mean()) * _lasting(score) * own.T @ own
    spread = scores.T @ scores * len(known) / max(len(known) - 1, 1)
    spread = np.where(np.trace(spread) >= np.trace(lasting), spread, lasting)
    for each in np.unique(outputs):
        shift = beside[each] * (slope * curve[:, None])[outputs == each].sum(axis=0)
        spread = spread + np.outer(shift, shift)
    return (slope * curve[:, None]).T @ slope + prior, spread + prior, len(known)

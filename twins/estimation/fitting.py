"""Fitting: parameters that bring what a model tells to what was measured, how sure they are, and which the data say nothing of.

Robust least squares (Huber's smooth loss) by a trust region within bounds. What a model leaves out, and an instrument's error,
last: all steps of a `spell` (a day, or a short record as a whole) share an offset that is not known, as large as the instrument's
least deviation. Residuals are freed of it as far as they tell of it: of m steps with variance 1 and offsets of variance c², a
share 1 − (1 + m·c²)^−½ of their mean is taken off (the square root of a compound-symmetric covariance's inverse). The interval is
that of an M-estimator whose errors hang together within blocks of time: H⁻¹ S H⁻¹, S being the sum over blocks of the outer
products of their scores (Liang & Zeger 1986, doi:10.1093/biomet/73.1.13), with Student's t of as many degrees of freedom as there
are blocks less one; never less than what the offsets alone leave open, H⁻¹.
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
_ROUNDS = 2  # the second knows how large errors are
_EVALUATIONS = 20
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


def fitted(
    unknowns: list[Unknown], predict: Predict, measured: Array, least: Array, blocks: NDArray[np.int64], spells: NDArray[np.int64]
) -> Fit:
    """`measured` (output, step), NaN where not judged; `least` (output,) the deviation that an instrument has at least; `blocks`
    and `spells` (step,) the numbers of the block and of the spell each step belongs to."""
    start, scale, prior = np.array([[each.value, each.scale, each.prior] for each in unknowns]).T
    low, high = np.array([[each.low, each.high] for each in unknowns]).T
    slopes = _Slopes(predict, start, scale, high)
    bounds = (low - start) / scale, (high - start) / scale
    free, z = np.ones(len(unknowns), bool), np.zeros(len(unknowns))
    found: list[_Found] = []
    while free.any():
        found.append(_found(slopes, free, z, bounds, scale / prior, measured, least, blocks, spells, 1 if found else _ROUNDS))
        z, told = found[-1].z, _telling(found[-1], _KNOWN * (prior / scale)[free])
        if told.all():
            break
        free[np.flatnonzero(free)[~told]] = False
    deviation = found[0].deviation * scale
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
    measured: Array, least: Array, blocks: NDArray[np.int64], spells: NDArray[np.int64], rounds: int,
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

    for _ in range(rounds):
        told = slopes.at(z, free)[0]
        noise = _noise(measured - told, judged, least)
        offsets = _Offsets(judged & np.isfinite(told), spells, least / noise)

        def off(some: Array, noise: Array = noise, offsets: _Offsets = offsets) -> Array:
            return offsets.less((slopes.at(whole(some), free)[0] - measured) / noise[:, None])

        def turn(some: Array, noise: Array = noise, offsets: _Offsets = offsets) -> Array:
            return offsets.less(slopes.at(whole(some), free)[1] / noise[:, None, None])

        ended = least_squares(
            lambda some, off=off: np.concatenate([off(some), prior @ some]),
            np.clip(z[free], low + 1e-6, high - 1e-6),
            lambda some, turn=turn: np.concatenate([turn(some), prior]),
            (low, high), loss="soft_l1", x_scale="jac", max_nfev=_EVALUATIONS, xtol=1e-3, ftol=5e-4,
        )  # fmt: skip
        z = whole(ended.x)
    return _Found(z, *_sandwich(off(z[free]), turn(z[free]), np.tile(blocks, len(measured))[offsets.rows], prior**2))


class _Offsets:
    """What is judged at all, (output, step), and the offset that each output has over a spell, `size` (output,) in deviations."""

    def __init__(self, judged: Truths, spells: NDArray[np.int64], size: Array) -> None:
        self.rows = np.flatnonzero(judged)
        output, step = np.divmod(self.rows, judged.shape[1])
        _, self._group = np.unique(np.stack([output, spells[step]]), axis=1, return_inverse=True)
        self._group = self._group.ravel()
        self._count = np.bincount(self._group).astype(float)
        size_of = np.zeros(len(self._count))
        size_of[self._group] = size[output]
        self._share = 1 - 1 / np.sqrt(1 + self._count * size_of**2)

    def less(self, values: Array) -> Array:
        """(output, step, …) → (row, …) of what is judged, with that share of each group's mean taken off; unknown is 0."""
        flat = np.nan_to_num(values.reshape(-1, *values.shape[2:])[self.rows])
        total = np.zeros((len(self._count), *flat.shape[1:]))
        np.add.at(total, self._group, flat)
        mean = (total.T * self._share / self._count).T
        made: Array = flat - mean[self._group]
        return made


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


def _noise(off: Array, judged: Truths, least: Array) -> Array:
    """(output,): how far it usually is from what was measured, robustly, about its middle."""
    found = []
    for row, known, floor in zip(off, judged & np.isfinite(off), least, strict=True):
        some = row[known]
        spread = 1.4826 * float(np.median(np.abs(some - np.median(some)))) if len(some) else 1.0
        found.append(max(spread, float(floor), 1e-12))
    return np.array(found)


def _sandwich(r: Array, slope: Array, blocks: NDArray[np.int64], prior: Array) -> tuple[Array, Array, int]:
    """Precision and spread of what a fit found, and from how many blocks."""
    weight, curve = 1 / np.sqrt(1 + r**2), (1 + r**2) ** -1.5
    known, place = np.unique(blocks, return_inverse=True)
    each = slope * (weight * r)[:, None]
    scores = np.zeros((len(known), slope.shape[1]))
    np.add.at(scores, place, each)
    spread, plain = scores.T @ scores * len(known) / max(len(known) - 1, 1), each.T @ each
    spread = np.where(np.trace(spread) >= np.trace(plain), spread, plain)
    return (slope * curve[:, None]).T @ slope + prior, spread + prior, len(known)

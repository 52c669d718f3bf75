"""Fitting: parameters that bring what a model tells to what was measured, how sure they are, and which the data say nothing of.

Robust least squares (Huber's smooth loss) by a trust region within bounds. The interval is that of an M-estimator whose
errors hang together within blocks of time: H⁻¹ S H⁻¹, S being the sum over blocks of the outer products of their scores
(Liang & Zeger 1986, doi:10.1093/biomet/73.1.13), with Student's t of as many degrees of freedom as there are blocks less one.
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
_EVALUATIONS = 8
_KNOWN = 0.5  # of what was thought before: a deviation above that is no news
_ALIKE = 1e-9


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
    return 2 * n + 1


def fitted(unknowns: list[Unknown], predict: Predict, measured: Array, least: Array, blocks: NDArray[np.int64]) -> Fit:
    """`measured` (output, step), NaN where not judged; `least` (output,) the deviation that an instrument has at least; `blocks`
    (step,) the number of the block each step belongs to."""
    free = np.ones(len(unknowns), bool)
    first: Fit | None = None
    while True:
        fit = _fitted(unknowns, free, predict, measured, least, blocks)
        first = first or fit
        doubtful = free & (fit.deviation > _KNOWN * np.array([each.prior for each in unknowns]))
        if not doubtful.any():
            break
        ratio = np.where(doubtful, fit.deviation / np.array([each.prior for each in unknowns]), -1.0)
        free[int(np.argmax(ratio))] = False
        if not free.any():
            break
    start = np.array([each.value for each in unknowns])

    def pick(one: Array, other: Array) -> Array:
        return np.where(free, one, other)

    low, high = np.array([[each.low, each.high] for each in unknowns]).T
    return Fit(
        pick(fit.value, start), pick(fit.deviation, first.deviation),
        np.maximum(pick(fit.low, start - (first.value - first.low)), low),
        np.minimum(pick(fit.high, start + (first.high - first.value)), high), free, fit.blocks,
    )  # fmt: skip


def _fitted(
    unknowns: list[Unknown], free: Truths, predict: Predict, measured: Array, least: Array, blocks: NDArray[np.int64]
) -> Fit:
    from scipy.optimize import least_squares
    from scipy.stats import t as student

    start = np.array([each.value for each in unknowns])
    scale = np.array([each.scale for each in unknowns])
    low, high = ((np.array([[each.low, each.high] for each in unknowns]).T) - start) / scale
    if not free.any():
        return Fit(start, np.full(len(start), np.inf), low * scale + start, high * scale + start, free, 0)
    slopes = _Slopes(predict, start, scale, free, low, high)
    z, noise = np.zeros(int(free.sum())), np.ones(len(measured))
    judged = np.isfinite(measured)
    for _ in range(_ROUNDS):
        noise = _noise(measured - slopes.at(z)[0], judged, least)

        def residual(z: Array, noise: Array = noise) -> Array:
            off = np.where(judged, (slopes.at(z)[0] - measured) / noise[:, None], 0.0)
            return np.nan_to_num(off).ravel()

        def slope(z: Array, noise: Array = noise) -> Array:
            made = np.where(judged[..., None], slopes.at(z)[1] / noise[:, None, None], 0.0)
            return np.nan_to_num(made).reshape(-1, len(z))

        inside = np.clip(z, low[free] + 1e-6, high[free] - 1e-6)
        found = least_squares(residual, inside, slope, (low[free], high[free]), loss="soft_l1", x_scale="jac",
                              max_nfev=_EVALUATIONS, xtol=1e-3, ftol=1e-4)  # fmt: skip
        z = found.x
    covariance, count = _covariance(residual(z), slope(z), np.tile(blocks, len(measured)), judged.ravel())
    deviation = np.full(len(start), 0.0)
    deviation[free] = np.sqrt(np.diag(covariance)) * scale[free]
    value = start.copy()
    value[free] += z * scale[free]
    reach = float(student.ppf((1 + LEVEL) / 2, max(count - 1, 1))) * deviation
    return Fit(value, deviation, value - reach, value + reach, free, count)


class _Slopes:
    """What is predicted and its slopes, both from one population of candidates; of the last point asked for it is remembered."""

    def __init__(self, predict: Predict, start: Array, scale: Array, free: Truths, low: Array, high: Array) -> None:
        self._predict, self._start, self._scale = predict, start, scale
        self._free, self._low, self._high = np.flatnonzero(free), low[free], high[free]
        self._known: dict[bytes, tuple[Array, Array]] = {}

    def at(self, z: Array) -> tuple[Array, Array]:
        """((output, step), (output, step, parameter))."""
        if (key := z.tobytes()) not in self._known:
            self._known = {key: self._of(z)}
        return self._known[key]

    def _of(self, z: Array) -> tuple[Array, Array]:
        n = len(z)
        up, down = np.minimum(z + _STEP, self._high), np.maximum(z - _STEP, self._low)
        points = np.tile(z, (2 * n + 1, 1))
        points[np.arange(n) + 1, np.arange(n)] = up
        points[np.arange(n) + n + 1, np.arange(n)] = down
        whole = np.tile(self._start, (len(points), 1))
        whole[:, self._free] += points * self._scale[self._free]
        told = self._predict(whole)
        return told[..., 0], (told[..., 1 : n + 1] - told[..., n + 1 :]) / (up - down)


def _noise(off: Array, judged: Truths, least: Array) -> Array:
    """(output,): how far it usually is from what was measured, robustly, about its middle."""
    found = []
    for row, known, floor in zip(off, judged & np.isfinite(off), least, strict=True):
        some = row[known]
        spread = 1.4826 * float(np.median(np.abs(some - np.median(some)))) if len(some) else 1.0
        found.append(max(spread, float(floor), 1e-12))
    return np.array(found)


def _covariance(r: Array, slope: Array, blocks: NDArray[np.int64], judged: Truths) -> tuple[Array, int]:
    r, slope, blocks = r[judged], slope[judged], blocks[judged]
    weight, curve = 1 / np.sqrt(1 + r**2), (1 + r**2) ** -1.5
    known, place = np.unique(blocks, return_inverse=True)
    scores = np.zeros((len(known), slope.shape[1]))
    np.add.at(scores, place, slope * (weight * r)[:, None])
    size = np.sqrt((slope**2).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    hessian = (slope * curve[:, None]).T @ slope / np.outer(size, size)
    values, vectors = np.linalg.eigh(hessian)
    inverse = vectors @ np.diag(1 / np.maximum(values, _ALIKE)) @ vectors.T / np.outer(size, size)
    spread = scores.T @ scores * len(known) / max(len(known) - 1, 1)
    plain = (slope * (weight * r)[:, None]).T @ (slope * (weight * r)[:, None])
    spread = np.where(np.trace(spread) >= np.trace(plain), spread, plain)
    covariance = inverse @ spread @ inverse
    nothing = (slope**2).sum(axis=0) == 0
    covariance[nothing, nothing] = 1e12
    return covariance, len(known)

"""Ordinary differential equations, many at once: each column takes the steps that its own error allows.

Columns don't know each other, so a result has the same bits whatever else is computed beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twins.physics.model import Array

Rates = Callable[[Array, Array], Array]  # (state (k, n), what is given (m, n)) → d state / dt

_MOST = 10_000  # rounds
_SHRINK, _GROW, _SAFE = 0.2, 2.0, 0.8


def integrated(
    rates: Rates, state: Array, given: Array, dt: float, scale: Array, tolerance: float = 1e-3, first: float = math.inf
) -> Array:
    """The state (k, n) after `dt`, what is `given` (m, n) being held.

    `scale` (k, 1) or (k, n) says what is large for each row, inf where none is controlled: a step's error stays below
    `tolerance` of it. `first` is the step (s) that is tried first. A column that comes to no end, or whose rates are not
    finite, is NaN.
    """
    after, left, step = state.copy(), np.full(state.shape[1], dt), np.full(state.shape[1], min(dt, first))
    scale = np.broadcast_to(scale, state.shape)
    watched = np.flatnonzero(np.isfinite(scale).any(axis=1))
    fair = 1 / (scale[watched] * tolerance * math.sqrt(len(state)))
    active = np.arange(state.shape[1])
    y, u, rate = after.copy(), given, rates(after, given)
    for _ in range(_MOST):
        h = np.minimum(step, left)
        new, last, error = _stepped(rates, y, u, rate, h, watched)
        error *= fair
        off = np.sqrt((error * error).sum(axis=0))
        good = off <= 1.0
        with np.errstate(divide="ignore"):
            step = h * np.minimum(np.maximum(_SAFE * off ** (-1 / 3), _SHRINK), _GROW)
        step[~np.isfinite(off)] *= _SHRINK
        if good.all():
            y, rate, left = new, last, left - h
        else:
            np.copyto(y, new, where=good)
            np.copyto(rate, last, where=good)
            left = np.where(good, left - h, left)
        gone = (left <= dt * 1e-12) | ~(step >= dt * 1e-9)
        if gone.any():
            after[:, active[gone]] = np.where(left[gone] <= dt * 1e-12, y[:, gone], np.nan)
            stay = np.flatnonzero(~gone)
            active, left, step, fair = active[stay], left[stay], step[stay], fair[:, stay]
            y, u, rate = y[:, stay], u[:, stay], rate[:, stay]
        if not len(active):
            return after
    after[:, active] = np.nan
    return after


def _stepped(
    rates: Rates, y: Array, given: Array, first: Array, h: Array, watched: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """One step of every column: the new state, its rates, and the error of the rows that are watched.

    Bogacki & Shampine, Applied Mathematics Letters 2 (1989): order 3, its error by the embedded order 2. Rates have corners
    (limits of drives, modes), where a higher order gains nothing.
    """
    second = rates(y + (h / 2) * first, given)
    third = rates(y + (0.75 * h) * second, given)
    new = y + (h / 9) * (2 * first + 3 * second + 4 * third)
    last = rates(new, given)
    one, two, three, four = (each[watched] for each in (first, second, third, last))
    return new, last, (h / 72) * (6 * two + 8 * three - 5 * one - 9 * four)

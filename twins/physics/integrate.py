"""Ordinary differential equations, many at once: each column takes the steps that its own error allows.

Columns don't know each other, so a result has the same bits whatever else is computed beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twins.physics.model import Array

Rates = Callable[[Array, Array], Array]  # (state (k, n), what is given (m, n)) → d state / dt

# Dormand & Prince, J. Comp. Appl. Math. 6 (1980): order 5, its error by the embedded order 4
_A = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_MOST = 10_000  # rounds
_SHRINK, _GROW, _SAFE = 0.2, 6.0, 0.9


def integrated(rates: Rates, state: Array, given: Array, dt: float, scale: Array, tolerance: float = 1e-4) -> Array:
    """The state (k, n) after `dt`, what is `given` (m, n) being held.

    `scale` (k, 1) or (k, n) says what is large for each row: a step's error stays below `tolerance` of it. A column that comes to
    no end, or whose rates are not finite, is NaN.
    """
    after, left, step = state.copy(), np.full(state.shape[1], dt), np.full(state.shape[1], dt)
    scale = np.broadcast_to(scale, state.shape)
    active = np.arange(state.shape[1])
    y, u, s, first = after, given, scale, rates(after, given)
    for _ in range(_MOST):
        h = np.minimum(step, left)
        new, last, error = _stepped(rates, y, u, first, h)
        off = np.sqrt(np.mean((error / s) ** 2, axis=0)) / tolerance
        good = off <= 1.0
        with np.errstate(divide="ignore"):
            step = h * np.clip(_SAFE * off**-0.2, _SHRINK, _GROW)
        step = np.where(np.isfinite(off), step, h * _SHRINK)
        y, first = np.where(good, new, y), np.where(good, last, first)
        left = np.where(good, left - h, left)
        gone = (left <= dt * 1e-12) | (step < dt * 1e-9)
        if gone.any():
            after[:, active[gone]] = np.where(left[gone] <= dt * 1e-12, y[:, gone], np.nan)
            stay = ~gone
            active, left, step = active[stay], left[stay], step[stay]
            y, u, s, first = y[:, stay], u[:, stay], s[:, stay], first[:, stay]
        if not len(active):
            return after
    after[:, active] = np.nan
    return after


def _stepped(rates: Rates, y: Array, given: Array, first: Array, h: Array) -> tuple[Array, Array, Array]:
    """One step of every column: the new state, its rates, and the step's error."""
    k = [first]
    new = y
    for row in _A:
        new = y + h * sum(a * each for a, each in zip(row, k, strict=True) if a)
        k.append(rates(new, given))
    return new, k[-1], h * sum(e * each for e, each in zip(_ERROR, k, strict=True) if e)

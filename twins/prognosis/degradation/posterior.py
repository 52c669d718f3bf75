"""What a history says of shapes and noises: conjugate regression over a grid of both, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.degradation.history import History
from twins.prognosis.degradation.models import TERMS, Shape, shapes
from twins.prognosis.degradation.scales import Scale

Array = NDArray[np.float64]
_A0 = 1.0  # of the inverse gamma prior of the noise's variance: as good as two readings


@dataclass(frozen=True, slots=True)
class Noise:
    """Variances in those of one reading's own noise, per step between readings.

    `wander`: of the level, a Wiener process, for good; `bump`: of deviations that heal (an Ornstein-Uhlenbeck process) within
    about `healing`, in scaled time; `turn`: of the rate (an integrated Wiener process over the history).
    """

    wander: float
    bump: float
    healing: float
    turn: float
    prior: float


def noises(step: float) -> list[Noise]:
    """The grid; `step` is the usual one between readings in scaled time."""
    wanders = ((0.0, 0.3), (0.003, 0.15), (0.03, 0.2), (0.3, 0.15), (3.0, 0.1), (30.0, 0.1))
    bumps = [(0.0, 1.0, 0.4), *((v, h * step, 0.1) for v in (1.0, 6.0, 36.0) for h in (3.0, 10.0))]
    turns = ((0.0, 0.6), (4.0, 0.2), (60.0, 0.2))
    return [
        Noise(wander / step, bump, healing, turn, p1 * p2 * p3)
        for (wander, p1), (bump, healing, p2), (turn, p3) in product(wanders, bumps, turns)
    ]


def wiener(s: Array, u: Array) -> Array:
    """Covariance of a Wiener process from 0."""
    return np.minimum(s, u)


def turning(s: Array, u: Array) -> Array:
    """Covariance of an integrated Wiener process from 0."""
    low, high = np.minimum(s, u), np.maximum(s, u)
    return np.asarray(low**2 * (3 * high - low) / 6)


def covariance(noise: Noise, u: Array, count: Array) -> Array:
    """(n, n), in variances of one reading's noise; a stretch's median is surer than a reading, but not endlessly."""
    s, t = u[:, None], u[None, :]
    own = np.diag(1 / np.minimum(count, 10.0))
    healing = noise.bump * np.exp(-np.abs(s - t) / noise.healing)
    return np.asarray(own + healing + noise.wander * wiener(s, t) + noise.turn * turning(s, t))


@dataclass(frozen=True, slots=True)
class Fit:
    """For one noise and all S shapes: `evidence` (S,) logarithms, `mean` (S, 3), `root` (S, 3, 3) with root rootᵀ the
    covariance over σ², and σ² ~ inverse gamma (`a`, `b` (S,)); `lower` (n, n) is the noise's Cholesky factor."""

    evidence: Array
    mean: Array
    root: Array
    a: float
    b: Array
    lower: Array


def fitted(noise: Noise, u: Array, count: Array, value: Array, basis: Array, spread: float, b0: float) -> Fit:
    """`value` (n,), `basis` (S, n, 3); terms ~ N(0, spread²·σ²), σ² ~ inverse gamma(1, b0)."""
    from scipy.linalg import cholesky, solve_triangular
    from scipy.special import gammaln

    n, shapes = len(u), len(basis)
    lower = cholesky(covariance(noise, u, count), lower=True)
    stacked = np.concatenate([value[:, None], basis.transpose(1, 0, 2).reshape(n, -1)], axis=1)
    white = solve_triangular(lower, stacked, lower=True, check_finite=False)
    y, x = white[:, 0], white[:, 1:].reshape(n, shapes, TERMS).transpose(1, 0, 2)
    precision = x.transpose(0, 2, 1) @ x + np.eye(TERMS) / spread**2
    root = np.linalg.inv(np.linalg.cholesky(precision)).transpose(0, 2, 1)
    xy = np.einsum("snk,n->sk", x, y)
    mean = np.einsum("skj,slj,sl->sk", root, root, xy)
    a = _A0 + n / 2
    b = b0 + np.maximum(y @ y - np.einsum("sk,sk->s", mean, xy), 0.0) / 2
    evidence = (
        np.log(np.abs(np.diagonal(root, axis1=1, axis2=2))).sum(axis=1)
        - TERMS * np.log(spread)
        - np.log(np.diag(lower)).sum()
        + _A0 * np.log(b0)
        - a * np.log(b)
        + gammaln(a)
        - gammaln(_A0)
        - n / 2 * np.log(2 * np.pi)
    )
    return Fit(evidence, mean, root, a, b, lower)


def chance_of_growth(fit: Fit, terms: Array, sign: Array) -> Array:
    """(S,): how probable it is that the terms in use grow as they must, twice for each term since half the prior is lost.

    `terms` (S,) 0, 1 or 2; several terms are taken as independent.
    """
    from scipy.special import stdtr

    variance = np.einsum("skj,skj->sk", fit.root, fit.root) * (fit.b / fit.a)[:, None]
    grows = stdtr(2 * fit.a, sign * fit.mean[:, 1:] / np.sqrt(variance[:, 1:]))
    used = (np.arange(1, TERMS)[None, :] <= terms[:, None]) & (sign != 0)
    return np.asarray(np.where(used, 2 * grows, 1.0).prod(axis=1))


@dataclass(frozen=True, slots=True)
class Group:
    """All shapes and noises on one scale: history `u`, `z` (n,), `bases` (S, n, 3), `signs` (S,), a fit for each of J noises, and
    (J, S) the logarithm of the `evidence` and the chance that the terms are `growing`, over the prior's."""

    scale: Scale
    u: Array
    z: Array
    shapes: list[Shape]
    noises: list[Noise]
    bases: Array
    signs: Array
    fits: list[Fit]
    evidence: Array
    growing: Array


def group_of(history: History, u: Array, scale: Scale, step: float) -> Group:
    """The posterior on one scale."""
    grid = noises(step)
    z = scale.seen(history.value)
    mine = shapes(scale.power, step)
    bases = np.stack([shape.basis(u) for shape in mine])
    used = np.array([shape.terms(u).shape[1] for shape in mine])
    signs = np.array([shape.sign for shape in mine])
    usual = max(float(np.median(np.abs(np.diff(z)))) / 0.954, 1e-3)
    fits = [fitted(noise, u, history.count, z, bases, 2.0 / usual, usual**2 / 2) for noise in grid]
    evidence = np.stack([fit.evidence for fit in fits]) + scale.density(history.value)
    growing = np.stack([chance_of_growth(fit, used, signs) for fit in fits])
    return Group(scale, u, z, mine, grid, bases, signs, fits, evidence, growing)

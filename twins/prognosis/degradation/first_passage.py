"""When the level first passes the threshold: members of the posterior run into the future."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.degradation.models import TERMS
from twins.prognosis.degradation.posterior import Fit, Group, Noise, turning

Array = NDArray[np.float64]
FAR = 20.0  # how far ahead is looked, in lengths of the history
STEPS = 240
_STATES = 4  # wander, bump, turned level, turned rate


@dataclass(frozen=True, slots=True)
class Members:
    """What the future of M members starts from: `trend` (M, K) at the times ahead, the scale `sigma` (M,) of their noise, its
    states at u = 1 (M, 4), what it is made of (M, 4): wander, bump, healing, turn; and the `group` (M,) they are of."""

    trend: Array
    sigma: Array
    states: Array
    noise: Array
    group: NDArray[np.int64]


def drawn(rng: np.random.Generator, group: Group, place: int, j: int, chosen: NDArray[np.int64], future: Array) -> Members:
    """Members of noise `j`, one for each of the `chosen` shapes (M,), with their trends at the scaled times `future` (K,)."""
    fit, noise = group.fits[j], group.noises[j]
    sigma = np.sqrt(fit.b[chosen] / rng.gamma(fit.a, size=len(chosen)))
    terms = _terms(rng, fit, chosen, sigma, group.signs[chosen])
    residual = group.z - np.einsum("mnk,mk->mn", group.bases[chosen], terms)
    trend = np.empty((len(chosen), len(future)))
    for index in np.unique(chosen):
        mine = chosen == index
        trend[mine] = terms[mine] @ group.shapes[index].basis(future).T
    made_of = np.tile([noise.wander, noise.bump, noise.healing, noise.turn], (len(chosen), 1))
    states = _states(rng, fit, noise, group.u, residual, sigma)
    return Members(trend, sigma, states, made_of, np.full(len(chosen), place))


def joined(parts: list[Members]) -> Members:
    """All members in one."""
    names = ("trend", "sigma", "states", "noise", "group")
    return Members(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _terms(rng: np.random.Generator, fit: Fit, chosen: NDArray[np.int64], sigma: Array, signs: Array) -> Array:
    """Draws until the terms grow as they must; what never does is laid on the border."""
    terms = np.empty((len(chosen), TERMS))
    left = np.arange(len(chosen))
    for _ in range(60):
        normal = rng.standard_normal((len(left), TERMS))
        of = chosen[left]
        terms[left] = fit.mean[of] + sigma[left, None] * np.einsum("mkj,mj->mk", fit.root[of], normal)
        left = left[(signs[left] * terms[left, 1:] < 0).any(axis=1)]
        if not len(left):
            break
    wrong = signs * terms[:, 1:] < 0
    terms[:, 1:][wrong] = 0.0
    return terms


def _states(rng: np.random.Generator, fit: Fit, noise: Noise, u: Array, residual: Array, sigma: Array) -> Array:
    """(M, 4) at u = 1, given all residuals (M, n)."""
    from scipy.linalg import solve_triangular

    with_data = np.stack(
        [
            noise.wander * u,
            noise.bump * np.exp((u - 1) / noise.healing),
            noise.turn * turning(u, np.ones(1)),
            noise.turn * u**2 / 2,
        ]
    )
    alone = np.diag([noise.wander, noise.bump, noise.turn / 3, noise.turn])
    alone[2, 3] = alone[3, 2] = noise.turn / 2
    white = solve_triangular(fit.lower, np.concatenate([with_data, residual]).T, lower=True, check_finite=False).T
    mean = white[_STATES:] @ white[:_STATES].T
    left = alone - white[:_STATES] @ white[:_STATES].T
    values, vectors = np.linalg.eigh(left)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(mean + sigma[:, None] * (rng.standard_normal(mean.shape) @ root.T))


def ahead(step: float) -> Array:
    """(STEPS,): scaled times from now on, ever farther apart."""
    return np.concatenate([[1.0], 1.0 + np.geomspace(min(step, 0.1) / 2, FAR, STEPS - 1)])


def run_on(rng: np.random.Generator, members: Members, u: Array) -> Array:
    """Levels (M, K) at the scaled times `u` (K,): trend, wander and turns of the rate.

    Deviations that heal and the noise of single readings pass no threshold; they only blur what is known of the level now.
    """
    wander, _, _, turn = members.noise.T
    walk, _, level, rate = members.states.T.copy()
    levels = np.empty_like(members.trend)
    for k, du in enumerate(np.diff(u, prepend=u[0])):
        a, c, d = members.sigma * rng.standard_normal((3, len(walk)))
        walk = walk + np.sqrt(wander * du) * a
        turned = np.sqrt(turn * du)
        level = level + rate * du + turned * du * (c / 2 + d / np.sqrt(12))
        rate = rate + turned * c
        levels[:, k] = members.trend[:, k] + walk + level
    return np.clip(levels, -1e6, 1e6)


def passed_at(rng: np.random.Generator, levels: Array, u: Array, threshold: Array, rough: Array) -> Array:
    """(M,): when levels (M, K) first reach `threshold` (M,), infinite where they don't.

    `rough` (M,) is the variance of the wander in a unit of scaled time: between two points of a Wiener process below the
    threshold by c and d it is touched with probability exp(−2 c d / variance).
    """
    short = threshold[:, None] - levels
    reached = short <= 0
    before, after = np.maximum(short[:, :-1], 0), np.maximum(short[:, 1:], 0)
    variance = rough[:, None] * np.diff(u)[None, :]
    touched = rng.random(before.shape) < np.exp(-2 * before * after / np.maximum(variance, 1e-300))
    ends = np.concatenate([reached[:, :1], reached[:, 1:] | (touched & (variance > 0))], axis=1)
    k = np.argmax(ends, axis=1)
    rows = np.arange(len(levels))
    earlier, now = np.maximum(k - 1, 0), k
    c, d = short[rows, earlier], short[rows, now]
    part = np.where(d < 0, c / np.maximum(c - d, 1e-300), 0.5)
    when = u[earlier] + np.clip(part, 0, 1) * (u[now] - u[earlier])
    return np.where(ends.any(axis=1), np.where(k == 0, u[0], when), np.inf)

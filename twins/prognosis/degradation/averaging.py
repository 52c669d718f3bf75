"""Shapes and noises averaged by what they say of the unit's own history, and run into the future together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.degradation.first_passage import Members, ahead, drawn, joined, passed_at, run_on
from twins.prognosis.degradation.history import History
from twins.prognosis.degradation.pace import changing
from twins.prognosis.degradation.posterior import Group, group_of
from twins.prognosis.degradation.scales import scales

Array = NDArray[np.float64]
Told = Callable[[float, str], None]
Cancelled = Callable[[], bool]
MEMBERS = 3000
TEMPER = 0.5  # evidence counts by this power, since none of the shapes is the truth (Miller and Dunson 2019)
STILL = 8.0  # a level that neither grows nor wanders is about as probable, beforehand, as all that grow
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Averaged:
    """`level` now; `passed` (M,) in scaled time; the fan's times `u` (m,) and quantiles (3, m); families with their weights."""

    level: float
    passed: Array
    u: Array
    fan: Array
    weights: tuple[tuple[str, float], ...]


def averaged(history: History, threshold: float, rising: float, seed: int, told: Told, cancelled: Cancelled) -> Averaged:
    """The future of a history whose newest level is short of the threshold. Raises InputError where it is cancelled."""
    from threadpoolctl import threadpool_limits

    u = (history.time - history.time[0]) / (history.time[-1] - history.time[0])
    step = max(float(np.median(np.diff(u)[-20:])), 1e-6)
    with threadpool_limits(1):  # the matrices are small: more threads only wait for each other
        groups: list[Group] = []
        for scale in scales(history.value, threshold, rising):
            told(0.15 * len(groups), "weighing")
            groups.append(group_of(history, u, scale, step))
            if cancelled():
                raise InputError("cancelled; there is no answer")
        told(0.6, "running on")
        return _run(np.random.default_rng(seed), groups, threshold, ahead(step))


def _run(rng: np.random.Generator, groups: list[Group], threshold: float, future: Array) -> Averaged:
    weights = _weights(groups)
    members = joined(_drawn(rng, groups, weights, future))
    members = replace(members, trend=changing(rng, members.trend, future))
    levels = run_on(rng, members, future)
    ends = np.array([group.scale.seen(np.array(threshold)) for group in groups])[members.group]
    passed = passed_at(rng, levels, future, ends, members.sigma**2 * members.noise[:, 0])
    for place, group in enumerate(groups):
        mine = members.group == place
        levels[mine] = group.scale.back(levels[mine])
    return _summed(future, levels, passed, _by_family(groups, weights))


def _weights(groups: list[Group]) -> list[Array]:
    """(J, S) of each group, 1 in sum.

    Whether there is growth at all is judged by the whole evidence, which growth by its root: none of the shapes is the truth.
    """
    shares = [_share(group) for group in groups]
    evidence = [group.evidence + np.log(np.maximum(group.growing, 1e-12)) for group in groups]
    towards = [np.array([shape.grows for shape in group.shapes]) for group in groups]
    weights = [np.zeros_like(each) for each in evidence]
    chances = np.array([_whole(evidence, shares, towards, way, 1.0) for way in (False, True)])
    chances = np.exp(chances - chances.max())
    for way, chance in zip((False, True), chances / chances.sum(), strict=True):
        whole = _whole(evidence, shares, towards, way, TEMPER)
        for weight, each, share, mine in zip(weights, evidence, shares, towards, strict=True):
            mask = mine == way
            weight[:, mask] = chance * share[:, mask] * np.exp(TEMPER * each[:, mask] - whole)
    return weights


def _share(group: Group) -> Array:
    """(J, S): the prior."""
    still = np.outer([n.wander + n.turn == 0 for n in group.noises], [not s.grows for s in group.shapes])
    share = np.outer([n.prior for n in group.noises], [s.prior for s in group.shapes])
    return np.asarray(np.where(still, STILL * share, share))


def _whole(evidence: list[Array], shares: list[Array], towards: list[Array], way: bool, power: float) -> float:
    """The logarithm of what all cells with growth, or all without, weigh together."""
    parts = [
        np.log(share[:, t == way]) + power * each[:, t == way] for each, share, t in zip(evidence, shares, towards, strict=True)
    ]
    logs = np.concatenate([part.ravel() for part in parts])
    return float(np.logaddexp.reduce(logs)) if len(logs) else -np.inf


def _drawn(rng: np.random.Generator, groups: list[Group], weights: list[Array], future: Array) -> list[Members]:
    """Systematic resampling: MEMBERS cells of noise and shape, each as often as it weighs."""
    whole = np.cumsum(np.concatenate([each.ravel() for each in weights]))
    places = (np.arange(MEMBERS) + rng.random()) / MEMBERS * whole[-1]
    picked = np.minimum(np.searchsorted(whole, places), len(whole) - 1)
    parts, base = [], 0
    for place, group in enumerate(groups):
        for j in range(len(group.noises)):
            chosen = picked[(picked >= base) & (picked < base + len(group.shapes))] - base
            base += len(group.shapes)
            if len(chosen):
                parts.append(drawn(rng, group, place, j, chosen, future))
    return parts


def _by_family(groups: list[Group], weights: list[Array]) -> dict[str, float]:
    family: dict[str, float] = {}
    for group, weight in zip(groups, weights, strict=True):
        for shape, share in zip(group.shapes, weight.sum(axis=0), strict=True):
            family[shape.family] = family.get(shape.family, 0.0) + float(share)
    return family


def _summed(future: Array, levels: Array, passed: Array, family: dict[str, float]) -> Averaged:
    ordered = np.sort(passed)
    end = float(ordered[int(0.95 * len(ordered))])
    end = end if np.isfinite(end) else 3.0
    shown = np.linspace(1.0, min(max(1 + 1.1 * (end - 1), 1.02), future[-1]), _SHOWN)
    quantiles = np.quantile(levels, [0.05, 0.5, 0.95], axis=0)
    fan = np.stack([np.interp(shown, future, row) for row in quantiles])
    ranked = sorted(family.items(), key=lambda each: -each[1])
    return Averaged(float(np.median(levels[:, 0])), passed, shown, fan, tuple(ranked))

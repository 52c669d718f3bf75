"""Shapes and noises averaged by what they say of the unit's own history, and run into the future together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.degradation.first_passage import ahead, drawn, passed_at, run_on
from twins.prognosis.degradation.history import History
from twins.prognosis.degradation.models import Shape, shapes
from twins.prognosis.degradation.posterior import Fit, Noise, chance_of_growth, fitted, noises

Array = NDArray[np.float64]
Told = Callable[[float, str], None]
Cancelled = Callable[[], bool]
MEMBERS = 3000
TEMPER = 0.5  # evidence counts by this power, since none of the shapes is the truth (Miller and Dunson 2019)
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Averaged:
    """`level` now; `passed` (M,) in scaled time; the fan's times `u` (m,) and quantiles (3, m); families with their weights."""

    level: float
    passed: Array
    u: Array
    fan: Array
    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """A level seen as z, 0 at the first reading and rising towards the threshold: of the value, or of its logarithm."""

    origin: float
    unit: float
    logarithmic: bool

    def seen(self, value: Array) -> Array:
        """z of values (…)."""
        bare = np.log(value) if self.logarithmic else value
        return np.asarray((bare - self.origin) / self.unit)

    def back(self, z: Array) -> Array:
        """The values (…) of z."""
        bare = self.origin + self.unit * z
        return np.asarray(np.exp(np.clip(bare, -700, 700)) if self.logarithmic else bare)

    def density(self, value: Array) -> float:
        """Log of dz/dvalue, summed over the values: makes evidence on both scales comparable."""
        return float(-len(value) * np.log(abs(self.unit)) - (np.log(value).sum() if self.logarithmic else 0.0))


def averaged(history: History, threshold: float, rising: float, seed: int, told: Told, cancelled: Cancelled) -> Averaged:
    """The future of a history whose newest level is short of the threshold."""
    u = (history.time - history.time[0]) / (history.time[-1] - history.time[0])
    step = float(np.median(np.diff(u)[-20:]))
    positive = bool(threshold > 0 and (history.value > 0).all())
    all_shapes = shapes(positive)
    grid = noises(max(step, 1e-6))
    scales = [_scale(history.value, threshold, rising, False)]
    if positive:
        scales.append(_scale(history.value, threshold, rising, True))
    groups = []
    for scale in scales:
        mine = [shape for shape in all_shapes if shape.logarithmic == scale.logarithmic]
        groups.append((scale, mine, *_weighed(history, u, scale, mine, grid)))
    logs = np.concatenate([logs.ravel() for _, _, _, logs in groups])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    rng = np.random.default_rng(seed)
    picked = _picked(rng, weights)
    return _run(rng, history, threshold, u, ahead(step), groups, grid, weights, picked)


def _scale(value: Array, threshold: float, rising: float, logarithmic: bool) -> Scale:
    bare, end = (np.log(value), float(np.log(threshold))) if logarithmic else (value, threshold)
    origin = float(np.median(bare[:3]))
    unit = float(np.subtract(*np.percentile(bare, [97, 3])))
    least = 1e-3 * abs(end - float(bare[-1]))
    return Scale(origin, rising * max(unit, least, 1e-300), logarithmic)


def _weighed(history: History, u: Array, scale: Scale, mine: list[Shape], grid: list[Noise]) -> tuple[list[Fit], Array]:
    """Fits (one a noise) and the logarithms of the weights (J, S)."""
    z = scale.seen(history.value)
    bases = np.stack([shape.basis(u) for shape in mine])
    usual = max(float(np.median(np.abs(np.diff(z)))) / 0.954, 1e-3)
    fits = [fitted(noise, u, history.count, z, bases, 2.0 / usual, usual**2 / 2) for noise in grid]
    used = np.array([shape.terms(u).shape[1] for shape in mine])
    signs = np.array([shape.sign for shape in mine])
    density = scale.density(history.value)
    logs = [
        TEMPER * (fit.evidence + density + np.log(np.maximum(chance_of_growth(fit, used, signs), 1e-12)))
        + np.log(noise.prior)
        + np.log([shape.prior for shape in mine])
        for fit, noise in zip(fits, grid, strict=True)
    ]
    return fits, np.stack(logs)


def _picked(rng: np.random.Generator, weights: Array) -> NDArray[np.int64]:
    """Systematic resampling: MEMBERS cells, each as often as it weighs."""
    places = (np.arange(MEMBERS) + rng.random()) / MEMBERS
    return np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1)


def _run(rng, history, threshold, u, future, groups, grid, weights, picked) -> Averaged:  # type: ignore[no-untyped-def]
    levels, passed, base = [], [], 0
    family: dict[str, float] = {}
    for scale, mine, fits, logs in groups:
        z = scale.seen(history.value)
        bases = np.stack([shape.basis(u) for shape in mine])
        signs = np.array([shape.sign for shape in mine])
        end = float(scale.seen(np.array([threshold]))[0])
        share = weights[base : base + logs.size].reshape(logs.shape)
        for index, shape in enumerate(mine):
            family[shape.family] = family.get(shape.family, 0.0) + float(share[:, index].sum())
        for j, noise in enumerate(grid):
            start = base + j * len(mine)
            chosen = picked[(picked >= start) & (picked < start + len(mine))] - start
            if len(chosen):
                members = drawn(rng, fits[j], noise, u, z, bases, chosen, signs)
                z_levels = run_on(rng, members, noise, mine, future)
                passed.append(passed_at(rng, z_levels, future, np.full(len(chosen), end), members.sigma**2 * noise.wander))
                levels.append(scale.back(z_levels))
        base += logs.size
    return _summed(future, np.concatenate(levels), np.concatenate(passed), family)


def _summed(future: Array, levels: Array, passed: Array, family: dict[str, float]) -> Averaged:
    ordered = np.sort(passed)
    end = float(ordered[int(0.95 * len(ordered))])
    end = end if np.isfinite(end) else 3.0
    shown = np.linspace(1.0, min(max(1 + 1.1 * (end - 1), 1.02), future[-1]), _SHOWN)
    quantiles = np.quantile(levels, [0.05, 0.5, 0.95], axis=0)
    fan = np.stack([np.interp(shown, future, row) for row in quantiles])
    ranked = sorted(family.items(), key=lambda each: -each[1])
    return Averaged(float(np.median(levels[:, 0])), passed, shown, fan, tuple(ranked))

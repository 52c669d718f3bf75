"""Health axes: what the sensors say together, each on the scale of its regime, in a few directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.remaining_life.fleet import Array, Fleet, Whole
from twins.prognosis.remaining_life.regimes import Regimes

MARGIN = 0.25  # of its range beyond what was seen before a sensor counts as outside
STAGES = 20  # of a life, over which noise is averaged before a sensor's relation to life is judged
WIDE = 3.0  # ratio of a sensor's extremes from which its logarithm is what counts
RELATED = 0.1  # least correlation with remaining life
AXES = 3  # one towards failure, the others where the sensors vary most
RIDGE = 0.1  # of the sensors' variance, shared by the units that were learnt from


@dataclass(frozen=True, slots=True)
class Scales:
    """Mean and spread of s sensors in each of k regimes, and the range of the scaled values."""

    kept: tuple[int, ...]  # columns of the fleet
    logged: Whole  # (s,): 1 where the logarithm is taken
    mean: Array  # (k, s)
    spread: Array  # (k, s)
    low: Array  # (s,)
    high: Array  # (s,)

    def scaled(self, values: Array, labels: Whole) -> tuple[Array, NDArray[np.bool_]]:
        """(n, s) held within the margin of what was seen, zero where nothing is known; and which were outside (n, s)."""
        known = (_logged(values[:, self.kept], self.logged) - self.mean[labels]) / self.spread[labels]
        room = MARGIN * (self.high - self.low)
        outside = (known < self.low - room) | (known > self.high + room)
        return np.nan_to_num(np.clip(known, self.low - room, self.high + room)), outside


def scales_of(fleet: Fleet, regimes: Regimes, kept: tuple[int, ...]) -> Scales:
    """From training units."""
    labels, _ = regimes.labels(fleet.values)
    found = [np.flatnonzero(labels == k) if (labels == k).any() else np.arange(len(labels)) for k in range(len(regimes))]
    values = fleet.values[:, kept]
    logged = _over_decades(values, found)
    values = _logged(values, logged)
    mean, spread = (np.stack(part) for part in zip(*(_moments(values[rows]) for rows in found), strict=True))
    known = np.nan_to_num((values - mean[labels]) / spread[labels])
    return Scales(kept, logged, mean, spread, known.min(axis=0), known.max(axis=0))


def _over_decades(values: Array, regimes: list[Whole]) -> Whole:
    """1 for sensors that are never negative or zero and span a wide ratio within most regimes, like a vibration."""
    least, most = (
        np.stack([extreme(np.where(np.isfinite(values[rows]), values[rows], 1.0), axis=0) for rows in regimes])
        for extreme in (np.min, np.max)
    )
    return ((least > 0).all(axis=0) & ((most > WIDE * least).mean(axis=0) > 0.5)).astype(int)


def _logged(values: Array, logged: Whole) -> Array:
    return np.where(logged == 1, np.log(np.where(np.isnan(values), np.nan, np.maximum(values, 1e-300))), values)


def _moments(values: Array) -> tuple[Array, Array]:
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / count)
    return mean, np.where(spread > 1e-9 * np.maximum(np.abs(mean), 1e-300), spread, 1.0)


def chosen(fleet: Fleet, regimes: Regimes, cap: float | None) -> tuple[tuple[int, ...], dict[str, str]]:
    """The sensors that move with remaining life, and why each of the others is left out."""
    varied = [i for i in range(len(fleet.sensors)) if i not in regimes.columns and _varies(fleet.values[:, i])]
    dropped = {name: "never changes" for i, name in enumerate(fleet.sensors) if i not in varied}
    dropped |= {fleet.sensors[i]: "a setting: it tells the regime" for i in regimes.columns}
    if not varied:
        return (), dropped
    scales = scales_of(fleet, regimes, tuple(varied))
    scaled, _ = scales.scaled(fleet.values, regimes.labels(fleet.values)[0])
    strength = np.abs(_relation(fleet, scaled, cap))
    least = min(RELATED, 0.5 * strength.max())
    dropped |= {
        fleet.sensors[i]: "hardly moves with remaining life" for i, value in zip(varied, strength, strict=True) if value < least
    }
    return tuple(i for i, value in zip(varied, strength, strict=True) if value >= least), dropped


def _varies(values: Array) -> bool:
    known = values[np.isfinite(values)]
    return len(known) > 1 and bool(np.ptp(known) > 1e-9 * max(np.abs(known).max(), 1e-300))


def _relation(fleet: Fleet, scaled: Array, cap: float | None) -> Array:
    """Correlation with remaining life of means over stages of each life (s,)."""
    share = fleet.ages / np.maximum(fleet.lives, 1e-300)[fleet.owner]
    stage = fleet.owner * STAGES + np.minimum((share * STAGES).astype(int), STAGES - 1)
    at = np.flatnonzero(np.diff(stage, prepend=-1))
    count = np.diff([*at, len(stage)])
    means = np.add.reduceat(scaled, at) / count[:, None]
    left = np.add.reduceat(fleet.remaining(cap), at) / count
    means, left = means - means.mean(axis=0), left - left.mean()
    size = np.sqrt((means**2).sum(axis=0) * (left**2).sum())
    return np.where(size > 0, left @ means / np.where(size > 0, size, 1.0), 0.0)


def axes_of(scaled: Array, remaining: Array, units: int) -> Array:
    """(s, axes): the direction in which remaining life falls (ridge), then the principal components; each of unit spread."""
    centred, left = scaled - scaled.mean(axis=0), remaining - remaining.mean()
    size, s = len(scaled), scaled.shape[1]
    covariance = centred.T @ centred / size
    ridge = RIDGE / units * np.trace(covariance) / s + 1e-12
    towards = -np.linalg.solve(covariance + ridge * np.eye(s), centred.T @ left / size)
    components = np.linalg.eigh(covariance)[1][:, ::-1][:, : min(AXES, s) - 1]
    components *= np.sign(components.sum(axis=0)) + (components.sum(axis=0) == 0)
    axes = np.column_stack([towards, components])
    spread = np.sqrt(np.einsum("sa,st,ta->a", axes, covariance, axes))
    return axes / np.maximum(spread, 1e-12)

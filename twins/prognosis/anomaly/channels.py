"""The channels that are watched: sensors in their own measure, and what their relations to the others leave of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.anomaly.relations import relations
from twins.prognosis.anomaly.scaling import centre_and_scale, spread
from twins.prognosis.table import Array

HINGES = (0.2, 0.4, 0.6, 0.8)  # quantiles of a condition at which what depends on it may bend
EXACT = 0.05  # of a sensor's spread: a relation is never trusted farther
BEYOND = 1e9  # spreads: what lies farther, lies there


@dataclass(frozen=True, slots=True)
class Channels:
    """p sensors and c conditions become k channels, each a sum of q = p + 5c scaled columns and hinges."""

    sensors: tuple[str, ...]
    conditions: tuple[str, ...]
    centre: Array  # (p + c,)
    scale: Array  # (p + c,)
    hinges: Array  # (c, 4), in scaled units
    mixing: Array  # (k, q)
    owner: NDArray[np.int64]  # (k,): the sensor that a channel tells of
    own: NDArray[np.bool_]  # (k,): whether it is the sensor alone

    def values(self, row: Array) -> Array:
        """(k,) of a row (p + c,); NaN where a column that matters is."""
        wide = self.widened(np.minimum(np.maximum((row - self.centre) / self.scale, -BEYOND), BEYOND))
        if len(self.owner) == len(self.sensors) and self.own.all():
            return wide[self.owner]
        missing = np.isnan(wide)
        if not missing.any():
            return (self.mixing * wide).sum(axis=1)
        wide[missing] = 0.0
        values = (self.mixing * wide).sum(axis=1)
        values[(self.mixing[:, missing] != 0).any(axis=1)] = np.nan
        return values

    def widened(self, scaled: Array) -> Array:
        """(q,) or (n, q): the columns, and how far each condition is beyond each of its hinges."""
        if not self.conditions:
            return scaled
        conditions = scaled[..., len(self.sensors) :]
        beyond = np.maximum(conditions[..., None] - self.hinges, 0.0)
        return np.concatenate([scaled, beyond.reshape(*scaled.shape[:-1], -1)], axis=-1)


def channels_of(rows: Array, sensors: tuple[str, ...], conditions: tuple[str, ...]) -> Channels:
    """Of clean rows (n, p + c). A sensor whose relation to the conditions is known is watched by that relation alone."""
    p = len(sensors)
    centre, scale = centre_and_scale(rows)
    scale = np.where(scale > 0, scale, 1.0)  # a condition that never moved explains nothing, but its range is known
    scaled = np.clip((rows - centre) / scale, -BEYOND, BEYOND)
    hinges = np.nanquantile(scaled[:, p:], HINGES, axis=0).T.reshape(len(conditions), len(HINGES))
    plain = np.eye(p, scaled.shape[1] + hinges.size)
    bare = Channels(sensors, conditions, centre, scale, hinges, plain, np.arange(p), np.ones(p, bool))
    wide = bare.widened(scaled)
    found, known = relations(wide, p)
    found /= np.maximum(spread(_around(wide @ found.T)), EXACT)[:, None]
    kept = np.arange(p) if not conditions else np.setdiff1d(np.arange(p), known)
    mixing, owner = np.concatenate([plain[kept], found]), np.concatenate([kept, known])
    return Channels(sensors, conditions, centre, scale, hinges, mixing, owner, np.arange(len(owner)) < len(kept))


def _around(values: Array) -> Array:
    return values - np.nanmedian(values, axis=0)

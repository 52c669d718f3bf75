"""Memory: what a unit's history has come to at each instant, on several scales of time, from the past alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.prognosis.remaining_life.fleet import Array, Fleet

SPANS = (1 / 40, 1 / 20, 1 / 10, 1 / 4, np.inf)  # of a typical life; the last is the mean since the beginning


def spans_of(fleet: Fleet) -> Array:
    """Time constants for units like these, in their unit of time, none shorter than a usual step."""
    steps = np.diff(fleet.times)[np.diff(fleet.owner) == 0]
    return np.maximum(np.array(SPANS) * np.median(fleet.lives), np.median(steps))


@dataclass(frozen=True, slots=True)
class Before:
    """What is taken to have been before the first row of each unit: the mean of c columns on each span, and what it weighs."""

    means: Array  # (units, spans, c)
    weights: Array  # (units, spans): in rows; 0 where the history is whole

    def along(self, axes: Array) -> Before:
        """The same of sums of the columns; `axes` (c, sums)."""
        return Before(self.means @ axes, self.weights)


def remembered(fleet: Fleet, values: Array, spans: Array, before: Before | None = None) -> Array:
    """A level and how it has been changing: the fastest exponential mean, and the differences between successive ones.

    `values` (n, c) → (n, spans, c). A row weighs exp(−age of the row / span), whatever the steps between rows.
    """
    means = np.empty((len(values), len(spans), values.shape[1]))
    order = np.argsort(-fleet.lengths, kind="stable")
    lengths, starts = fleet.lengths[order], fleet.starts[:-1][order]
    decay = np.exp(-np.diff(fleet.times, prepend=fleet.times[0])[:, None] / spans)
    weight = np.zeros((len(order), len(spans), 1)) if before is None else before.weights[order][:, :, None]
    total = np.zeros((len(order), len(spans), values.shape[1])) if before is None else before.means[order] * weight
    for step in range(int(lengths[0])):
        live = int(np.searchsorted(-lengths, -step))  # units that have such a row
        rows = starts[:live] + step
        kept = decay[rows][:, :, None] if step else 1.0
        total[:live] = total[:live] * kept + values[rows][:, None, :]
        weight[:live] = weight[:live] * kept + 1.0
        means[rows] = total[:live] / weight[:live]
    return np.concatenate([means[:, :1], means[:, :-1] - means[:, 1:]], axis=1)


def features(fleet: Fleet, values: Array, spans: Array, before: Before | None = None) -> Array:
    """(n, 1 + spans × c): the age, then what is remembered of each column of `values`."""
    return np.column_stack([fleet.ages, remembered(fleet, values, spans, before).reshape(len(values), -1)])

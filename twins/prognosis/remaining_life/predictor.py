"""From histories to remaining life: regimes, scales, health axes, memory, learners and the weight of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from twins.prognosis.remaining_life.fleet import Array, Fleet, Whole
from twins.prognosis.remaining_life.health import Scales, axes_of, chosen, scales_of
from twins.prognosis.remaining_life.learners import Learners, taught
from twins.prognosis.remaining_life.memory import Before, features, spans_of
from twins.prognosis.remaining_life.regimes import Regimes

MOST_ROWS = 60_000  # to learn from


@dataclass(frozen=True, slots=True)
class Predictor:
    """What was learnt from one set of units; all times in the table's unit."""

    cap: float | None
    longest: float  # life of a training unit
    regimes: Regimes
    scales: Scales
    axes: Array  # (s, axes)
    spans: Array  # (spans,)
    centre: Array  # (features,)
    spread: Array  # (features,)
    learners: Learners
    weights: dict[str, float]

    @property
    def most(self) -> float:
        """No longer life is ever told."""
        return self.longest if self.cap is None else self.cap

    def scaled(self, fleet: Fleet) -> tuple[Array, Array]:
        """Sensors on the scale of their regime (n, s), and how far outside all that was seen each row is: > 1 is outside.

        A row most of whose sensors are unknown is outside too.
        """
        labels, far = self.regimes.labels(fleet.values)
        scaled, outside = self.scales.scaled(fleet.values, labels)
        unknown = np.isnan(fleet.values[:, self.scales.kept]).mean(axis=1) > 0.5
        return scaled, np.where(outside.any(axis=1) | unknown, np.inf, far)

    def features(self, fleet: Fleet, scaled: Array, before: Before | None = None) -> Array:
        """(n, features), standardised; an age beyond all that was seen counts as the greatest seen."""
        told = features(fleet, scaled @ self.axes, self.spans, before and before.along(self.axes))
        told[:, 0] = np.minimum(told[:, 0], self.longest)
        return (told - self.centre) / self.spread

    def each(self, fleet: Fleet) -> dict[str, Array]:
        """What every learner says at every row (n,), from the rows before it alone."""
        return self._each(self.features(fleet, self.scaled(fleet)[0]))

    def _each(self, asked: Array) -> dict[str, Array]:
        return {name: np.clip(told * self.most / 2, 0.0, self.most) for name, told in self.learners.each(asked).items()}

    def of_features(self, asked: Array) -> Array:
        """Remaining life (n,)."""
        told = self._each(asked)
        return np.sum([self.weights[name] * told[name] for name in told], axis=0)


def learnt(fleet: Fleet, regimes: Regimes, cap: float | None, seed: int, pause: Callable[[], None]) -> Predictor:
    """From units that ran to failure; every learner counts alike until `weights` are replaced."""
    kept = chosen(fleet, regimes, cap)[0] or tuple(range(len(fleet.sensors)))
    scales, spans = scales_of(fleet, regimes, kept), spans_of(fleet)
    scaled, _ = scales.scaled(fleet.values, regimes.labels(fleet.values)[0])
    left = fleet.remaining(cap)
    axes = axes_of(scaled, left, len(fleet.units))
    asked = features(fleet, scaled @ axes, spans)
    centre, spread = asked.mean(axis=0), asked.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    rows = _thinned(fleet)
    longest = float(fleet.lives.max())
    most = longest if cap is None else cap
    learners = taught(((asked - centre) / spread)[rows], left[rows] / (most / 2), len(fleet.units), seed, pause)
    alike = {field.name: 1 / 3 for field in fields(learners)}
    return Predictor(cap, longest, regimes, scales, axes, spans, centre, spread, learners, alike)


def _thinned(fleet: Fleet) -> Whole:
    """Rows to learn from: all, or evenly fewer."""
    return np.linspace(0, len(fleet.times) - 1, min(len(fleet.times), MOST_ROWS)).round().astype(int)

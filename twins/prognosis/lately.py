"""Lately: what drove the models in the last minutes, and so how it may go on: about its mean, as lively as it was."""

from __future__ import annotations

import numpy as np

from twins.clock import MINUTE, SECOND
from twins.estimation.estimator import FOLLOWERS, Estimator
from twins.physics import Array, keyed_generator
from twins.simulation.ensemble import Ensemble

_OVER = 10 * MINUTE / SECOND
_KEPT = 60.0  # s: the correlation time of what wind does within minutes
_FARTHEST = 2.0  # deviations; a gust does not last

Place = tuple[int, int]  # group, row of its inputs


class Lately:
    """Inputs of models that an estimator drives, in SI: the mean of each and its deviation (instance,). Directions, which go
    round, stay as they are.
    """

    def __init__(self) -> None:
        self._seen = 0.0
        self._mean: dict[Place, Array] = {}
        self._variance: dict[Place, Array] = {}

    def see(self, estimator: Estimator) -> None:
        """After each of its steps."""
        dt = estimator.step_ns / SECOND
        self._seen += dt
        share = dt / min(self._seen, max(_OVER, dt))
        for place, value in _given(estimator.models):
            mean = self._mean.setdefault(place, value.copy())
            off = np.where(np.isfinite(value - mean), value - mean, 0.0)
            self._mean[place] = np.where(np.isfinite(mean), mean + share * off, value)
            before = self._variance.setdefault(place, np.zeros_like(value))
            self._variance[place] = before + share * (off**2 - before)

    def courses(self, estimator: Estimator, members: int) -> Courses:
        """How it may go on from now."""
        return Courses(
            dict(self._mean), {k: np.sqrt(v) for k, v in self._variance.items()}, dict(_given(estimator.models)), members
        )


class Courses:
    """Of each member one: an Ornstein–Uhlenbeck process about the mean of lately, which begins as things are now."""

    def __init__(self, mean: dict[Place, Array], deviation: dict[Place, Array], now: dict[Place, Array], members: int) -> None:
        self._mean, self._deviation, self._now, self._members = mean, deviation, now, members
        off = {k: (value - mean[k]) / np.maximum(deviation[k], 1e-12) for k, value in now.items() if k in mean}
        self._off = {k: np.tile(np.clip(each, -_FARTHEST, _FARTHEST), (members, 1)) for k, each in off.items()}

    def drive(self, models: Ensemble, dt: float) -> None:
        """Gives `models` what they are driven by in a step of `dt` seconds that begins now."""
        kept = np.exp(-dt / _KEPT)
        for (k, row), off in self._off.items():
            group, place = models.groups[k], (k, row)
            variable = group.model.inputs[row]
            if variable.unit == "rad":
                group.forced[row] = np.tile(self._now[place], (self._members, 1))
                continue
            noise = keyed_generator(models.seed, f"course {k} {row}", models.time).standard_normal(off.shape)
            self._off[place] = off = kept * off + np.sqrt(1 - kept**2) * noise
            group.forced[row] = np.clip(self._mean[place] + self._deviation[place] * off, variable.low, variable.high)


def _given(models: Ensemble) -> list[tuple[Place, Array]]:
    """(place, (instance,)): what those that follow are driven by on the average; NaN where a model takes it from another."""
    return [
        ((k, row), given[:FOLLOWERS].mean(axis=0))
        for k, group in enumerate(models.groups)
        if not group.surrounds
        for row, given in group.forced.items()
    ]

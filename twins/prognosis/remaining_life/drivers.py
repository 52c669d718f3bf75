"""Drivers: which sensors moved a prediction, told by putting the fleet's usual course in the place of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.prognosis.remaining_life.fleet import Array, Fleet
from twins.prognosis.remaining_life.memory import Before, remembered
from twins.prognosis.remaining_life.predictor import Predictor

AGES = 25  # stages of age at which the usual is known
ASKED = 200  # units at most
NAMED = 4
FELT = 0.005  # of the longest life, below which a sensor moved nothing


@dataclass(frozen=True, slots=True)
class Usual:
    """What the fleet's sensors have usually come to at an age: medians over units."""

    ages: Array  # (a,)
    sensors: Array  # (a, spans, s)

    def at(self, age: float) -> Array:
        """(spans, s)."""
        return self.sensors[np.abs(self.ages - age).argmin()]

    def before(self, fleet: Fleet, spans: Array) -> Before:
        """The usual in place of what a table doesn't hold: from a unit's birth to its first row, in steps as in the table."""
        first = fleet.ages[fleet.starts[:-1]]
        steps = np.diff(fleet.times)[np.diff(fleet.owner) == 0]
        step = float(np.median(steps)) if len(steps) else float(spans[0])
        known = np.stack([self.at(age) for age in first])
        means = np.concatenate([known[:, :1], known[:, :1] - np.cumsum(known[:, 1:], axis=1)], axis=1)
        rows = np.floor(first / step + 1e-9)[:, None]
        with np.errstate(invalid="ignore"):
            weights = np.where(np.isinf(spans), rows, np.expm1(-rows * step / spans) / np.expm1(-step / spans))
        return Before(means, weights)


def usual_of(fleet: Fleet, predictor: Predictor) -> Usual:
    """At ages that most of the units reached."""
    fleet = fleet.of(np.unique(np.linspace(0, len(fleet.units) - 1, ASKED).astype(int)))
    known = remembered(fleet, predictor.scaled(fleet)[0], predictor.spans)
    ages = np.linspace(0.0, np.quantile(fleet.lives, 0.9), AGES)
    medians = []
    for age in ages:
        old = np.flatnonzero(fleet.lives >= age)
        rows = [fleet.starts[i] + np.searchsorted(fleet.ages[fleet.starts[i] : fleet.starts[i + 1]], age) for i in old]
        medians.append(np.median(known[rows], axis=0))
    return Usual(ages, np.stack(medians))


@dataclass(frozen=True, slots=True)
class Driver:
    """How far a sensor moved the prediction, and where it stands against the fleet's usual of that age."""

    sensor: str
    effect: float  # in units of time: less than zero shortens
    direction: str  # higher or lower than usual
    size: float  # in spreads of the sensor


def drivers(predictor: Predictor, usual: Usual, fleet: Fleet, scaled: Array, asked: Array, before: Before) -> list[list[Driver]]:
    """Of each unit at its last row. `asked` (n, features) as the predictor has them."""
    known = remembered(fleet, scaled, predictor.spans, before)[fleet.last]
    told = predictor.of_features(asked[fleet.last])
    silent = np.isnan(fleet.values[fleet.last][:, list(predictor.scales.kept)])  # never told anything, so that it moves nothing
    return [
        _of_unit(
            predictor, fleet, np.where(silent[i], 0.0, known[i] - usual.at(float(fleet.ages[row]))), asked[row], float(told[i])
        )
        for i, row in enumerate(fleet.last)
    ]


def _of_unit(predictor: Predictor, fleet: Fleet, unusual: Array, asked: Array, told: float) -> list[Driver]:
    """Features are linear in the sensors, so a sensor's part is taken out exactly."""
    share = unusual.T[:, :, None] * predictor.axes[:, None, :]  # (s, spans, axes)
    without = np.repeat(asked[None], len(share), axis=0)
    without[:, 1:] -= share.reshape(len(share), -1) / predictor.spread[1:]
    effects = told - predictor.of_features(without)
    largest = np.argsort(-np.abs(effects), kind="stable")[:NAMED]
    names = [fleet.sensors[i] for i in predictor.scales.kept]
    return [
        Driver(names[i], float(effects[i]), "higher" if unusual[0, i] > 0 else "lower", float(unusual[0, i]))
        for i in largest
        if abs(effects[i]) >= FELT * predictor.most
    ]

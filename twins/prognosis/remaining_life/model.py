"""A model of remaining life: trained on units that failed, asked of units that still run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twins import InputError
from twins.prognosis.remaining_life.crossvalidation import TELLING, Trial, refuse_if, rmse, score, tried, weighed
from twins.prognosis.remaining_life.drivers import Usual, usual_of
from twins.prognosis.remaining_life.fleet import Fleet, Layout
from twins.prognosis.remaining_life.health import chosen
from twins.prognosis.remaining_life.intervals import Intervals, calibrated
from twins.prognosis.remaining_life.lifetime import Clock, clock_of
from twins.prognosis.remaining_life.predictor import Predictor, learnt
from twins.prognosis.remaining_life.regimes import regimes_of

SHORTEST = 5  # rows of a unit that can be learnt from
VERSION = 1  # of what a model is; another can't be read
Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """All that is needed to tell the remaining life of units like those it was trained on."""

    layout: Layout
    sensors: tuple[str, ...]  # that a table must have
    predictor: Predictor
    usual: Usual
    intervals: Intervals
    card: Card
    clock: Clock = field(default_factory=Clock)


def trained(
    fleet: Fleet,
    layout: Layout,
    cap: float | None,
    tell: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> Model:
    """Raises InputError where there is too little to learn from; CancelledError where it was asked to stop."""
    from threadpoolctl import threadpool_limits

    usable = _usable(fleet)
    with threadpool_limits(1):  # several threads gain nothing on matrices this small
        regimes = regimes_of(usable)
        kept, dropped = chosen(usable, regimes, cap)
        if not kept:
            raise InputError("no sensor of the table ever changes, so nothing can be learnt; choose other columns")

        def learn(units: Fleet, seed: int) -> Predictor:
            return learnt(units, regimes, cap, seed, lambda: refuse_if(cancelled))

        trial = tried(
            usable, cap, lambda units, seed: learn(units, seed).each, lambda done, now: tell(0.9 * done, now), cancelled
        )
        tell(0.9, "all units")
        predictor = replace(learn(usable, 0), weights=weighed(trial))
    intervals = calibrated(trial.blended(predictor.weights), trial.truth, trial.unit)
    too_short = len(fleet.units) - len(usable.units)
    card = _card(usable, predictor, {**fleet.unused, **dropped}) | {
        "too_short": too_short,
        "cross_validation": _figures(trial, predictor),
    }
    return Model(layout, fleet.sensors, predictor, usual_of(usable, predictor), intervals, card, clock_of(usable))


def _card(fleet: Fleet, predictor: Predictor, dropped: dict[str, str]) -> Card:
    regimes, lives = predictor.regimes, fleet.lives
    return {
        "version": VERSION,
        **dict.fromkeys(("file", "sha256", "date"), ""),
        "units": len(fleet.units),
        "rows": len(fleet.times),
        "left_out": fleet.left_out,
        "filled": fleet.filled,
        "cap": predictor.cap,
        "lives": [float(lives.min()), float(np.median(lives)), float(lives.max())],
        "sensors": [fleet.sensors[i] for i in predictor.scales.kept],
        "dropped": dropped,
        "regimes": len(regimes),
        "settings": [fleet.sensors[i] for i in regimes.columns],
        "centres": regimes.centres.tolist(),
        "weights": predictor.weights,
    }


def _usable(fleet: Fleet) -> Fleet:
    """Without units that are too short to be learnt from."""
    long = np.flatnonzero((fleet.lengths >= SHORTEST) & (fleet.lives > 0))
    if len(long) < 2:
        found = f"only one unit of at least {SHORTEST} rows" if len(long) else f"no unit of at least {SHORTEST} rows"
        raise InputError(f"there is {found}; remaining life is learnt from at least two units that ran to failure")
    return fleet if len(long) == len(fleet.units) else replace(fleet.of(long), filled=fleet.filled, left_out=fleet.left_out)


def _figures(trial: Trial, predictor: Predictor) -> dict[str, Any]:
    """Each instant counts alike; the intervals are those of other units than the one asked."""
    told = trial.blended(predictor.weights)
    low, high = np.empty((2, len(told)))
    for part in np.array_split(np.unique(trial.unit), min(10, len(np.unique(trial.unit)))):
        held = np.isin(trial.unit, part)
        others = calibrated(told[~held], trial.truth[~held], trial.unit[~held])
        low[held], high[held] = others.around(told[held], predictor.most)
    off, covered = told - trial.truth, (low <= trial.truth) & (trial.truth <= high)
    return {
        "questions": len(told),
        "rmse": rmse(off),
        "rmse_usual": rmse(trial.usual - trial.truth),
        "score_per_unit": score(off) if score(off) < TELLING else None,
        "bias": float(off.mean()),
        "coverage": float(covered.mean()),
        "coverage_by_thirds": [float(covered[third].mean()) for third in np.array_split(np.argsort(told, kind="stable"), 3)],
        "mean_width": float(np.mean(high - low)),
        "each": {name: rmse(answer - trial.truth) for name, answer in trial.told.items()},
    }

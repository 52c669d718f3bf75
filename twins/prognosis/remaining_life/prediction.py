"""A prediction: how long a unit will last from its last row on, how sure that is, and what moved it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.remaining_life.drivers import Driver, drivers
from twins.prognosis.remaining_life.fleet import Array, Fleet
from twins.prognosis.remaining_life.model import Model

ROWS_AT_ONCE = 100_000
LATE = 2.0  # shortest memories after the beginning of a life, from which what a unit remembers isn't its life
RECENT = 5  # rows, of which more than half outside make a unit one that the model does not know


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one unit at its last row, in the table's unit of time."""

    unit: str
    at: float | str  # a date where the table has dates
    rul: float
    low: float
    high: float
    open: bool  # it may well live longer than `high`: the model tells no more than that
    outside: bool  # it runs where no training unit ran, or its rows begin late in its life; the interval then says “don't know”
    drivers: list[Driver]


def predicted(model: Model, fleet: Fleet) -> list[Prediction]:
    """Of every unit."""
    part = np.cumsum(fleet.lengths) // ROWS_AT_ONCE
    groups = [np.flatnonzero(part == i) for i in np.unique(part)]
    return [each for places in groups for each in _predicted(model, fleet.of(places))]


def _predicted(model: Model, fleet: Fleet) -> list[Prediction]:
    predictor, fleet = model.predictor, model.clock.aged(fleet)
    scaled, far = predictor.scaled(fleet)
    before = model.usual.before(fleet, predictor.spans)
    asked = predictor.features(fleet, scaled, before)
    rul = predictor.of_features(asked[fleet.last])
    outside = _outside(fleet, far) | model.clock.late(fleet, LATE * predictor.spans[0])
    low, high = model.intervals.around(rul, predictor.most)
    low, high = np.where(outside, 0.0, low), np.where(outside, predictor.most, high)
    reasons = drivers(predictor, model.usual, fleet, scaled, asked, before)
    beyond = high >= predictor.most * (1 - 1e-9)
    ends = fleet.ends or tuple(fleet.times[fleet.last].tolist())
    return [
        Prediction(unit, ends[i], float(rul[i]), float(low[i]), float(high[i]), bool(beyond[i]), bool(outside[i]), reasons[i])
        for i, unit in enumerate(fleet.units)
    ]


def _outside(fleet: Fleet, far: Array) -> NDArray[np.bool_]:
    """Units most of whose recent rows lie outside (units,)."""
    recent = [far[max(start, end - RECENT) : end] for start, end in zip(fleet.starts[:-1], fleet.starts[1:], strict=True)]
    return np.array([np.mean(rows > 1) > 0.5 for rows in recent])

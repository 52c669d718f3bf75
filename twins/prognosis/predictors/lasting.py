"""Lasting: how long an asset will, by what was learnt of lives in the twin's own record that ended."""

from __future__ import annotations

from collections import deque

import numpy as np

from twins import InputError
from twins.clock import SECOND, parse_duration
from twins.package.predictor_file import RemainingForm
from twins.physics import Array
from twins.prognosis.prediction import Evidence, Life
from twins.prognosis.predictors.declared import Scope, inside
from twins.prognosis.predictors.verdict import Verdict
from twins.prognosis.predictors.where import holds
from twins.prognosis.remaining_life.fleet import Fleet, carried
from twins.prognosis.remaining_life.model import Model
from twins.prognosis.remaining_life.model_file import read
from twins.prognosis.remaining_life.prediction import Prediction as Told
from twins.prognosis.remaining_life.prediction import predicted

_MOST_ROWS = 20_000  # of a life
_OFTEN = 200  # looks in a usual life
_HORIZON = 2.0  # longest lives


class Lasting:
    """See `Kind`. A life begins when it is first seen, or when the condition that ended the one before holds no longer."""

    rows = 1

    def __init__(self, scope: Scope, form: RemainingForm, step_ns: int) -> None:
        """What is wrong is told to the scope."""
        self._scope, self._step = scope, step_ns
        self._model = self._read(form)
        self._failed = [scope.formula(form.failed, path, ("remaining_life", "failed")) for path in scope.assets]
        self._ahead = self._span(form.ahead)
        sensors = self._model.sensors if self._model else ()
        place = ("remaining_life", "file")
        self._columns = [tuple(scope.path(name, path, place) for name in sensors) for path in scope.assets]
        extra = [each.names if each is not None else () for each in self._failed]
        self.names = tuple(tuple(dict.fromkeys([*own, *more])) for own, more in zip(self._columns, extra, strict=True))
        self._lives: list[deque[tuple[int, Array]]] = [deque(maxlen=_MOST_ROWS) for _ in scope.assets]
        usual = float(self._model.card["lives"][1]) if self._model else 0.0
        self._apart = max(round(usual / _OFTEN * SECOND), step_ns)
        self._told: list[tuple[int, Verdict | None]] = [(-(2**62), None)] * len(scope.assets)

    @property
    def remembered(self) -> tuple[tuple[int, str, int], ...]:
        """Its whole life, as far as a restart reads back."""
        back = round(self._model.predictor.longest * SECOND) if self._model else 0
        return tuple((k, path, back) for k, own in enumerate(self._columns) for path in own)

    def seed(self, asset: int, path: str, times: Array, values: Array) -> None:
        """See `Kind`; each tag comes alone."""
        column, life = self._columns[asset].index(path), dict(self._lives[asset])
        for time, value in zip(times.astype(np.int64).tolist(), values.tolist(), strict=True):
            life.setdefault(time, np.full(len(self._columns[asset]), np.nan))[column] = value
        self._lives[asset] = deque(sorted(life.items()), maxlen=_MOST_ROWS)

    def judge(self, time: int, seen: list[Array]) -> list[Verdict | None]:
        """See `Kind`."""
        return [self._judged(k, time, rows[-1]) for k, rows in enumerate(seen)]

    def close(self) -> None:
        """Nothing is held."""

    def _judged(self, k: int, time: int, row: Array) -> Verdict | None:
        failed, life = self._failed[k], self._lives[k]
        if failed is not None and holds(failed, self.names[k], row):
            life.clear()
            self._told[k] = -(2**62), None
            return None
        life.append((time, row[: len(self._columns[k])]))
        if time - self._told[k][0] >= self._apart:
            self._told[k] = time, self._reckoned(k)
            return self._told[k][1]
        before = self._told[k][1]
        return Verdict(before.probability, before.severity, None, before.evidence) if before is not None else None

    def _reckoned(self, k: int) -> Verdict | None:
        assert self._model is not None
        times, rows = zip(*self._lives[k], strict=True)
        values = carried(np.array(rows), np.array([0, len(rows)]))
        if np.isnan(values[-1]).all():
            return None
        name = self._scope.assets[k]
        fleet = Fleet((name,), np.array([0, len(rows)]), np.array(times) / SECOND, self._model.sensors, values, dated=True)
        told = predicted(self._model, fleet)[0]
        if told.outside:
            return None
        longest = self._model.predictor.longest
        high = None if told.open else told.high
        life = Life("", "", 0.0, told.low, told.rul, high, 1.0 if high is not None else 0.95, _HORIZON * longest)
        probability = _chance(told, self._ahead)
        return Verdict(probability, max(0.0, 1 - told.rul / longest), life, self._evidence(k, told, values[-1]))

    def _evidence(self, k: int, told: Told, row: Array) -> tuple[Evidence, ...]:
        """The sensors that moved it, each beside what is usual at that age, in spreads."""
        assert self._model is not None
        found = []
        for each in told.drivers:
            i = self._model.sensors.index(each.sensor)
            path, spread = self._columns[k][i], self._spread(i)
            if np.isfinite(row[i]):
                digits = self._scope.tags[path].decimals + 1
                usual = float(row[i]) - each.size * spread
                found.append(Evidence(path, round(float(row[i]), digits), round(usual, digits), each.size))
        return tuple(found)

    def _spread(self, i: int) -> float:
        """Of a sensor over all that was learnt from; of one whose logarithm counts nothing of use can be said."""
        assert self._model is not None
        scales = self._model.predictor.scales
        at = scales.kept.index(i)
        return 0.0 if scales.logged[at] else float(scales.spread[:, at].mean())

    def _read(self, form: RemainingForm) -> Model | None:
        file = inside(form.file, self._scope.layer)
        if file not in self._scope.twin.files:
            said = f"there is no model {file} in the package"
            self._scope.complain(("remaining_life", "file"), said, "train it again with “train --failed”")
            return None
        try:
            return read(self._scope.twin.files[file], file)
        except InputError as problem:
            message, _, remedy = str(problem).partition("; ")
            self._scope.complain(("remaining_life", "file"), message, remedy or "train it again")
            return None

    def _span(self, text: str) -> float:
        try:
            if (found := parse_duration(text)) > 0:
                return found / SECOND
        except ValueError:
            pass
        self._scope.complain(("remaining_life", "ahead"), f"“{text}” is no time", "write it like 3 d")
        return 1.0


def _chance(told: Told, within: float) -> float:
    """That the life ends in so many s, by straight lines between the quantiles that are told."""
    quantiles = [(0.0, 0.0), (told.low, 0.05), (told.rul, 0.5), *([] if told.open else [(told.high, 0.95)])]
    return float(np.interp(within, [s for s, _ in quantiles], [q for _, q in quantiles]))

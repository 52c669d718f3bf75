"""Trained: what was learnt of each asset's tags from the twin's own record says whether they are as they were."""

from __future__ import annotations

import numpy as np

from twins import InputError
from twins.package.predictor_file import TrainedForm
from twins.physics import Array
from twins.prognosis.anomaly.detector import Detector
from twins.prognosis.anomaly.detector import Verdict as Judged
from twins.prognosis.anomaly.model_file import unpacked
from twins.prognosis.prediction import Evidence
from twins.prognosis.predictors.declared import Scope, inside
from twins.prognosis.predictors.standstill import Standstill
from twins.prognosis.predictors.verdict import Verdict
from twins.prognosis.predictors.where import holds

AT_THE_LINE = 0.8  # the probability that is told where a score stands on its line, from which it is called
_MOST = 5


def probability_of(score: float, line: float) -> float:
    """No share of anything: 0.8 on the line, 0.94 at twice, 0.5 at half of it."""
    return 1 / (1 + (1 / AT_THE_LINE - 1) * (line / max(score, 1e-9)) ** 2)


class Trained:
    """See `Kind`. It judges row by row and remembers; outside what it was taught in it can't tell."""

    rows = 1
    remembered: tuple[tuple[int, str, int], ...] = ()

    def __init__(self, scope: Scope, form: TrainedForm, where: str, step_ns: int) -> None:
        """What is wrong is told to the scope."""
        self._scope, self._step = scope, step_ns
        self._row = [-1] * len(scope.assets)
        self._where = [scope.formula(where, path, ("where",)) if where else None for path in scope.assets]
        own = [scope.layer.local(path) for path in scope.assets]
        for path in form.models.keys() - set(own):
            scope.complain(("trained", "models", path), f"{path} is none of its assets", "write it under assets:, or take it out")
        self._detectors = [self._detector(form, path) for path in own]
        self._line = [form.line.get(path, 1.0) for path in own]
        self._still = [self._standstill(form, k, path) for k, path in enumerate(own)]
        self._columns = [self._paths(k) for k in range(len(scope.assets))]
        extra = [each.names if each is not None else () for each in self._where]
        self.names = tuple(
            tuple(dict.fromkeys([*own, *more])) for own, more in zip(self._columns, extra, strict=True)
        )  # fmt: skip

    def judge(self, time: int, seen: list[Array]) -> list[Verdict | None]:
        """See `Kind`."""
        return [self._judged(k, time, rows[-1]) for k, rows in enumerate(seen)]

    def seed(self, asset: int, path: str, times: Array, values: Array) -> None:
        """Nothing longer is remembered."""

    def close(self) -> None:
        """Nothing is held."""

    def _judged(self, k: int, time: int, row: Array) -> Verdict | None:
        detector, where = self._detectors[k], self._where[k]
        if detector is None or (where is not None and not holds(where, self.names[k], row)):
            return None
        own = row[: len(self._columns[k])]
        self._row[k] += 1
        found, (still, share, stood) = detector.update(own), self._still[k].see(own)
        if not found.known:
            return None
        line, guilty = self._line[k], self._guilty(detector, found)
        score, rows = max(found.score, 0.0), None if found.since is None else self._row[k] - found.since
        if share * line > score:
            score, rows, guilty = share * line, stood, (still,)
        severity = max(0.0, 1 - line / score) if score > 0 else 0.0
        since = None if rows is None else time - rows * self._step
        return Verdict(probability_of(score, line), severity, None, self._evidence(k, detector, own, guilty), since)

    def _guilty(self, detector: Detector, found: Judged) -> tuple[int, ...]:
        return tuple(detector.learnt.channels.sensors.index(name) for name in found.guilty[:_MOST])

    def _evidence(self, k: int, detector: Detector, row: Array, guilty: tuple[int, ...]) -> tuple[Evidence, ...]:
        """Of the guilty sensors, the worst first."""
        expected, off = detector.expected(row)
        told = []
        for i in guilty:
            if np.isfinite(row[i]) and np.isfinite(expected[i]):
                path = self._columns[k][i]
                digits = self._scope.tags[path].decimals + 1
                told.append(Evidence(path, round(float(row[i]), digits), round(float(expected[i]), digits), float(off[i])))
        return tuple(told)

    def _standstill(self, form: TrainedForm, k: int, asset: str) -> Standstill:
        detector, stood = self._detectors[k], form.stood.get(asset, [])
        if detector is not None and stood and len(stood) != len(detector.learnt.channels.sensors):
            self._scope.complain(
                ("trained", "stood", asset), "it isn't one number for each sensor", "train it again: main.py train"
            )
        return Standstill(stood, detector.learnt.channels.scale[: len(stood)]) if detector is not None else Standstill()

    def _detector(self, form: TrainedForm, asset: str) -> Detector | None:
        if asset not in form.models:
            return None
        place, file = ("trained", "models", asset), inside(form.models[asset], self._scope.layer)
        if file not in self._scope.twin.files or not file.endswith(".npz"):
            self._scope.complain(place, f"there is no model {file} in the package", "train it again: main.py train")
            return None
        try:
            return Detector(unpacked(self._scope.twin.files[file], file))
        except InputError as problem:
            message, _, remedy = str(problem).rpartition("; ")
            self._scope.complain(place, message, remedy)
            return None

    def _paths(self, k: int) -> tuple[str, ...]:
        detector, asset = self._detectors[k], self._scope.assets[k]
        if detector is None:
            return ()
        channels = detector.learnt.channels
        return tuple(
            self._scope.path(name, asset, ("trained", "models", asset)) for name in (*channels.sensors, *channels.conditions)
        )

"""A network: an ONNX model of somebody else, run on what was recorded.

It runs in the sandbox: a native reader of foreign files is a risk.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from twins import InputError
from twins.clock import SECOND, parse_duration
from twins.package.predictor_file import OnnxForm
from twins.physics import Array
from twins.prognosis.prediction import Evidence, Life
from twins.prognosis.predictors.binding import Binding, opened, said
from twins.prognosis.predictors.declared import Scope
from twins.prognosis.predictors.verdict import Verdict
from twins.prognosis.predictors.where import holds
from twins.sandbox import SandboxError, Session

_SECONDS = 5.0  # for all assets
_ROUNDING = 1e-4  # by which a probability may be outside 0 to 1


class Network:
    """See `Kind`. Nothing is asked of it while an input is missing."""

    remembered: tuple[tuple[int, str, int], ...] = ()

    def __init__(self, scope: Scope, form: OnnxForm, where: str) -> None:
        """What is wrong is told to the scope."""
        self._scope, self._form = scope, form
        self._binding = Binding(scope, form)
        self._child: Session | None = None
        self._lock, self._closed = threading.Lock(), False  # a station closes while another thread asks
        self._where = [scope.formula(where, path, ("where",)) if where else None for path in scope.assets]
        more = [each.names if each is not None else () for each in self._where]
        self.names = tuple(tuple(dict.fromkeys([*own, *others])) for own, others in zip(self._binding.columns, more, strict=True))
        self.rows = max(each.window for each in form.inputs.values())

    def judge(self, time: int, seen: list[Array]) -> list[Verdict | None]:
        """See `Kind`."""
        asked = [self._question(k, rows) for k, rows in enumerate(seen)]
        questions = [each for each in asked if each is not None]
        answers = iter(self._answers(questions) if questions else ())
        return [None if each is None else self._verdict(k, next(answers), seen[k]) for k, each in enumerate(asked)]

    def seed(self, asset: int, path: str, times: Array, values: Array) -> None:
        """Nothing longer is remembered."""

    def close(self) -> None:
        """Ends the child."""
        self._closed = True
        if self._child is not None:
            self._child.close()

    def _question(self, k: int, rows: Array) -> dict[str, Any] | None:
        """Inputs by name, or None where one is not known."""
        where = self._where[k]
        if where is not None and not holds(where, self.names[k], rows[-1]):
            return None
        told, at = {}, 0
        for name, each in self._form.inputs.items():
            columns = [self.names[k].index(path) for path in self._binding.columns[k][at : at + len(each.tags)]]
            values = rows[-each.window :, columns]
            if len(values) < each.window or not np.isfinite(values).all():
                return None
            factors = np.array(self._binding.units[k][at : at + len(each.tags)])
            values = values * factors[:, 0] + factors[:, 1]
            told[name] = values.reshape(self._binding.shapes[name]).tolist()
            at += len(each.tags)
        return told

    def _answers(self, questions: list[dict[str, Any]]) -> list[list[list[float | None]]]:
        names = list(dict.fromkeys(name for name, _ in self._binding.outputs.values()))
        try:
            told = self._session().ask("run", questions, names, seconds=_SECONDS)["answers"]
        except SandboxError as problem:
            self._forget()
            raise InputError(f"{self._form.file}: {said(problem)}; it was contained") from None
        return [dict(zip(names, answer, strict=True)) for answer in told]  # type: ignore[misc]

    def _verdict(self, k: int, answer: Any, rows: Array) -> Verdict:
        told = {key: self._number(answer[name], name, place) for key, (name, place) in self._binding.outputs.items()}
        probability, severity = told["probability"], told.get("severity", 0.0)
        if not (-_ROUNDING <= probability <= 1 + _ROUNDING and severity >= -_ROUNDING):
            raise InputError(f"{self._form.file}: it tells a probability of {probability:g} and a severity of {severity:g}")
        probability, severity = (min(max(each, 0.0), 1.0) for each in (probability, severity))
        return Verdict(probability, severity, self._life(k, told), self._evidence(k, rows))

    def _number(self, values: list[float | None], name: str, place: int) -> float:
        value = values[place] if place < len(values) else None
        if value is None:
            raise InputError(f"{self._form.file}: its output {name} is no number")
        return value

    def _life(self, k: int, told: Mapping[str, float]) -> Life | None:
        form = self._form.outputs.life
        if form is None:
            return None
        horizon = parse_duration(form.horizon) / SECOND
        factor = parse_duration(f"1 {form.unit}") / SECOND
        left = [told[key] * factor if key in told else None for key in ("low", "life", "high")]
        low, middle, high = (None if s is None or s > horizon else max(s, 0.0) for s in left)
        path = self._binding.life_tags[k]
        tag = self._scope.tags.get(path)
        value = tag.limits.named().get(form.limit or "", 0.0) if tag else 0.0
        share = 1.0 if high is not None else 0.5 if middle is not None else 0.0
        return Life(path, form.limit or "", value, low, middle, high, share, horizon) if share else None

    def _evidence(self, k: int, rows: Array) -> tuple[Evidence, ...]:
        """What it looked at, where it stands, beside where it stood at the beginning of its window."""
        found = []
        for path in dict.fromkeys(self._binding.columns[k]):
            column, tag = rows[:, self.names[k].index(path)], self._scope.tags[path]
            now, usual, spread = float(column[-1]), float(np.nanmean(column)), float(np.nanstd(column)) or 1.0
            digits = tag.decimals + 1
            found.append(Evidence(path, round(now, digits), round(usual, digits), (now - usual) / spread))
        return tuple(sorted(found, key=lambda each: -abs(each.residual))[:5])

    def _session(self) -> Session:
        with self._lock:
            if self._closed:
                raise SandboxError("it was closed")
            if self._child is None:
                self._child = opened(self._binding.content)
            return self._child

    def _forget(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

"""A network: an ONNX model of somebody else, run on what was recorded.

It runs in the sandbox: a native reader of foreign files is a risk.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from twins import InputError
from twins.clock import SECOND, parse_duration
from twins.expression import conversion
from twins.package.predictor_file import OnnxForm
from twins.physics import Array
from twins.prognosis.prediction import Evidence, Life
from twins.prognosis.predictors.declared import Scope, inside
from twins.prognosis.predictors.onnx_child import _ANSWERS, _TYPES
from twins.prognosis.predictors.onnx_file import OnnxError, judge
from twins.prognosis.predictors.verdict import Verdict
from twins.prognosis.predictors.where import holds
from twins.sandbox import SandboxError, Session

_SECONDS = 5.0  # for all assets
_NAMED = re.compile(r"(.+?)(?:\[(\d{1,4})\])?")
_PLACE: tuple[str | int, ...] = ("onnx",)


class Network:
    """See `Kind`. Nothing is asked of it while an input is missing."""

    remembered: tuple[tuple[int, str, int], ...] = ()

    def __init__(self, scope: Scope, form: OnnxForm, where: str) -> None:
        """What is wrong is told to the scope; the model is loaded once to be asked what it takes."""
        self._scope, self._form = scope, form
        self._child: Session | None = None
        self._lock = threading.Lock()  # a station closes while another thread asks
        self._closed = False
        self._where = [scope.formula(where, path, ("where",)) if where else None for path in scope.assets]
        inputs = [[list(self._paths(name, asset)) for name in form.inputs] for asset in scope.assets]
        self._columns = [[path for each in asset for path in each] for asset in inputs]
        extra = [each.names if each is not None else () for each in self._where]
        self.names = tuple(
            tuple(dict.fromkeys([*own, *more])) for own, more in zip(self._columns, extra, strict=True)
        )  # fmt: skip
        self.rows = max(each.window for each in form.inputs.values())
        self._units = [self._conversions(k) for k in range(len(scope.assets))]
        self._content = self._checked()
        self._wanted = list(self._outputs())
        self._shapes: dict[str, list[int]] = {}
        if self._content:
            self._fit()

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
            columns = [self.names[k].index(path) for path in self._columns[k][at : at + len(each.tags)]]
            values = rows[-each.window :, columns]
            if len(values) < each.window or not np.isfinite(values).all():
                return None
            factors = np.array(self._units[k][at : at + len(each.tags)])
            values = values * factors[:, 0] + factors[:, 1]
            told[name] = values.reshape(self._shapes[name]).tolist()
            at += len(each.tags)
        return told

    def _answers(self, questions: list[dict[str, Any]]) -> list[list[list[float | None]]]:
        names = list(dict.fromkeys(name for name, _ in (found for _, found in self._wanted)))
        try:
            told = self._session().ask("run", questions, names, seconds=_SECONDS)["answers"]
        except SandboxError as problem:
            self._forget()
            raise InputError(f"{self._form.file}: {_said(problem)}; it was contained") from None
        return [dict(zip(names, answer, strict=True)) for answer in told]  # type: ignore[misc]

    def _verdict(self, k: int, answer: Any, rows: Array) -> Verdict:
        told = {key: self._number(answer[name], name, place) for key, (name, place) in self._wanted}
        probability, severity = told["probability"], told.get("severity", 0.0)
        if not (0 <= probability <= 1 and severity >= 0):
            raise InputError(f"{self._form.file}: it tells a probability of {probability:g} and a severity of {severity:g}")
        return Verdict(probability, min(severity, 1.0), self._life(told), self._evidence(k, rows))

    def _number(self, values: list[float | None], name: str, place: int) -> float:
        value = values[place] if place < len(values) else None
        if value is None:
            raise InputError(f"{self._form.file}: its output {name} is no number")
        return value

    def _life(self, told: Mapping[str, float]) -> Life | None:
        form = self._form.outputs.life
        if form is None:
            return None
        horizon = parse_duration(form.horizon) / SECOND
        factor = parse_duration(f"1 {form.unit}") / SECOND
        left = [told[key] * factor if key in told else None for key in ("low", "life", "high")]
        low, middle, high = (None if s is None or s > horizon else max(s, 0.0) for s in left)
        tag = self._scope.tags.get(form.tag)
        value = tag.limits.named().get(form.limit or "", 0.0) if tag else 0.0
        share = 1.0 if high is not None else 0.5 if middle is not None else 0.0
        return Life(form.tag, form.limit or "", value, low, middle, high, share, horizon) if share else None

    def _evidence(self, k: int, rows: Array) -> tuple[Evidence, ...]:
        """What it looked at, where it stands, beside where it stood at the beginning of its window."""
        found = []
        for path in dict.fromkeys(self._columns[k]):
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
                self._child = Session(
                    "twins.prognosis.predictors.onnx_child:Runner", "model.onnx", files={"model.onnx": self._content}
                )
            return self._child

    def _forget(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    # what is wrong with it

    def _paths(self, name: str, asset: str) -> Iterator[str]:
        for i, tag in enumerate(self._form.inputs[name].tags):
            yield self._scope.path(tag, asset, ("onnx", "inputs", name, "tags", i))

    def _conversions(self, k: int) -> list[tuple[float, float]]:
        """(factor, offset) from each tag's unit to the one that the model was trained in."""
        found = []
        for name, each in self._form.inputs.items():
            place = ("onnx", "inputs", name, "units")
            if each.units and len(each.units) != len(each.tags):
                self._scope.complain(place, f"{len(each.units)} units for {len(each.tags)} tags", "write one for each tag")
            for i, path in enumerate(self._paths_again(k, name)):
                tag = self._scope.tags.get(path)
                unit = each.units[i] if i < len(each.units) else ""
                try:
                    found.append(conversion(tag.unit, unit) if tag and unit else (1.0, 0.0))
                except ValueError:
                    said = f"{each.tags[i]} is in {tag.unit or 'no unit' if tag else ''}, which is no {unit}"
                    self._scope.complain((*place, i), said, "write a unit of the same kind")
                    found.append((1.0, 0.0))
        return found

    def _paths_again(self, k: int, name: str) -> list[str]:
        at = 0
        for other, each in self._form.inputs.items():
            if other == name:
                return self._columns[k][at : at + len(each.tags)]
            at += len(each.tags)
        return []

    def _checked(self) -> bytes:
        """The file's content, where it may be loaded."""
        file = inside(self._form.file)
        if file not in self._scope.twin.files or not file.endswith(".onnx"):
            self._scope.complain((*_PLACE, "file"), f"there is no model {file} in the package", "put an .onnx beside this file")
            return b""
        content = self._scope.twin.files[file]
        try:
            judge(content)
        except OnnxError as problem:
            self._complain(f"{file} can't be used: {problem}")
            return b""
        return content

    def _fit(self) -> None:
        """What the model says of itself against what is written of it."""
        try:
            told = self._session().ask("describe")
        except SandboxError as problem:
            self._complain(f"{self._form.file} can't be used: {_said(problem)}; export it again")
            return
        finally:
            self._forget()
        known = {each["name"]: each for each in told["inputs"]}
        for name in known.keys() ^ self._form.inputs.keys():
            said = (
                f"the model has no input “{name}”" if name not in known else f"nothing is written of the model's input “{name}”"
            )
            self._scope.complain((*_PLACE, "inputs"), said, f"it has {', '.join(known)}")
        for name, each in self._form.inputs.items():
            if name in known:
                self._fit_input(name, known[name], each.window, len(each.tags))
        outputs = {each["name"]: each for each in told["outputs"]}
        for key, (name, place) in self._wanted:
            where = (*_PLACE, "outputs", *(("life",) if key in ("life", "low", "high") else (key,)))
            if name not in outputs or outputs[name]["type"] not in _ANSWERS:
                self._scope.complain(where, f"the model has no output of numbers “{name}”", f"it has {', '.join(outputs)}")
            elif all(d is not None for d in outputs[name]["shape"]) and place >= np.prod(outputs[name]["shape"], dtype=float):
                self._scope.complain(where, f"the output {name} has no number {place}", "count from 0")

    def _fit_input(self, name: str, told: Mapping[str, Any], window: int, tags: int) -> None:
        place, shape = (*_PLACE, "inputs", name), told["shape"]
        if told["type"] not in _TYPES:
            self._scope.complain(place, f"the input {name} takes {told['type']}", "export it with inputs of float")
            return
        wanted = {3: [1, window, tags], 2: [1, window * tags] if window == 1 or tags == 1 else None, 1: [window * tags]}.get(
            len(shape)
        )
        if wanted is None or any(d is not None and d != w for d, w in zip(shape, wanted, strict=True)):
            due = " × ".join("any" if d is None else str(d) for d in shape) or "one number"
            said = f"the input {name} takes {due}, and {window} steps of {tags} tags are written"
            self._scope.complain(place, said, "write as many tags, and window: the number of steps")
            return
        self._shapes[name] = wanted

    def _outputs(self) -> Iterator[tuple[str, tuple[str, int]]]:
        """(what it tells, (output, place in it))."""
        form = self._form.outputs
        wanted = {"probability": form.probability, "severity": form.severity}
        if form.life is not None:
            wanted |= {"life": form.life.output, "low": form.life.low, "high": form.life.high}
            for text, key in ((f"1 {form.life.unit}", "unit"), (form.life.horizon, "horizon")):
                try:
                    parse_duration(text)
                except ValueError:
                    self._scope.complain(("onnx", "outputs", "life", key), f"“{text}” is no time", "write it like h, or 30 d")
        for key, text in wanted.items():
            found = _NAMED.fullmatch(text)
            if found is not None:
                yield key, (found[1], int(found[2] or 0))

    def _complain(self, sentence: str) -> None:
        message, _, remedy = sentence.rpartition("; ")
        self._scope.complain((*_PLACE, "file"), message or sentence, remedy if message else "export the model again, as one file")


def _said(problem: SandboxError) -> str:
    return re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(problem)).strip().rstrip(".")[:200]

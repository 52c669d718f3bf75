"""A binding: an ONNX model's inputs and outputs, and what a package writes to them; what doesn't fit is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from twins.clock import parse_duration
from twins.expression import conversion
from twins.package.predictor_file import OnnxForm
from twins.prognosis.predictors.declared import Scope, inside
from twins.prognosis.predictors.onnx_child import ANSWERS, TYPES
from twins.prognosis.predictors.onnx_file import OnnxError, judge
from twins.sandbox import SandboxError, Session

_NAMED = re.compile(r"(.+?)(?:\[(\d{1,4})\])?")
_PLACE: tuple[str | int, ...] = ("onnx",)
_ASIDE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : ")


def opened(content: bytes) -> Session:
    """The model in a child of its own. Raises SandboxError."""
    return Session("twins.prognosis.predictors.onnx_child:Runner", "model.onnx", files={"model.onnx": content})


def said(problem: SandboxError) -> str:
    """What went wrong, without the library's own words for it."""
    return _ASIDE.sub("", str(problem)).strip().rstrip(".")[:200]


class Binding:
    """For each asset the tags of each input in turn (`columns`) with (factor, offset) to the unit that the model knows (`units`),
    and the tag whose limit its life is told for; the `shapes` of the inputs; `outputs`: what it tells → (name, place in it).
    `content` is the file, b"" where it is none.
    """

    def __init__(self, scope: Scope, form: OnnxForm) -> None:
        """The model is loaded once, in the sandbox, to be asked what it takes; what is wrong is told to the scope."""
        self._scope, self._form = scope, form
        self._each = [{name: list(self._paths(name, asset)) for name in form.inputs} for asset in scope.assets]
        self.columns = [[path for paths in each.values() for path in paths] for each in self._each]
        self.units = [list(self._conversions(each)) for each in self._each]
        self.outputs = dict(self._named_outputs())
        self.life_tags = [self._life_tag(asset) for asset in scope.assets]
        self.shapes: dict[str, list[int]] = {}
        self.content = self._checked()
        if self.content:
            self._fit()

    def _paths(self, name: str, asset: str) -> Iterator[str]:
        for i, tag in enumerate(self._form.inputs[name].tags):
            yield self._scope.path(tag, asset, ("onnx", "inputs", name, "tags", i))

    def _conversions(self, inputs: Mapping[str, list[str]]) -> Iterator[tuple[float, float]]:
        for name, paths in inputs.items():
            form, place = self._form.inputs[name], ("onnx", "inputs", name, "units")
            if form.units and len(form.units) != len(form.tags):
                self._scope.complain(place, f"{len(form.units)} units for {len(form.tags)} tags", "write one for each tag")
            for i, path in enumerate(paths):
                tag, unit = self._scope.tags.get(path), form.units[i] if i < len(form.units) else ""
                try:
                    yield conversion(tag.unit, unit) if tag is not None and unit else (1.0, 0.0)
                except ValueError as problem:
                    self._scope.complain((*place, i), f"{form.tags[i]}: {problem}", "write a unit of the same kind")

    def _named_outputs(self) -> Iterator[tuple[str, tuple[str, int]]]:
        form = self._form.outputs
        wanted = {"probability": form.probability, "severity": form.severity}
        if form.life is not None:
            wanted |= {"life": form.life.output, "low": form.life.low, "high": form.life.high}
            for text, key in ((f"1 {form.life.unit}", "unit"), (form.life.horizon, "horizon")):
                self._duration(text, key)
        for key, text in wanted.items():
            if (found := _NAMED.fullmatch(text)) is not None:
                yield key, (found[1], int(found[2] or 0))

    def _life_tag(self, asset: str) -> str:
        life = self._form.outputs.life
        return self._scope.path(life.tag, asset, ("onnx", "outputs", "life", "tag")) if life is not None and life.tag else ""

    def _duration(self, text: str, key: str) -> None:
        try:
            parse_duration(text)
        except ValueError:
            self._scope.complain(("onnx", "outputs", "life", key), f"“{text}” is no time", "write it like h, or 30 d")

    def _checked(self) -> bytes:
        """The file's content, where it may be loaded."""
        file = inside(self._form.file, self._scope.layer)
        if file not in self._scope.twin.files or not file.endswith(".onnx"):
            self._scope.complain((*_PLACE, "file"), f"there is no model {file} in the package", "put an .onnx beside this file")
            return b""
        content = self._scope.twin.files[file]
        try:
            judge(content)
        except OnnxError as problem:
            self._refuse(str(problem))
            return b""
        return content

    def _fit(self) -> None:
        """What the model says of itself against what is written of it."""
        try:
            with opened(self.content) as child:
                told = child.ask("describe")
        except SandboxError as problem:
            self._refuse(said(problem))
            return
        known = {each["name"]: each for each in told["inputs"]}
        for name in known.keys() ^ self._form.inputs.keys():
            what = (
                f"the model has no input “{name}”" if name not in known else f"nothing is written of the model's input “{name}”"
            )
            self._scope.complain((*_PLACE, "inputs"), what, f"it has {', '.join(known)}")
        for name in known.keys() & self._form.inputs.keys():
            self._fit_input(name, known[name])
        outputs = {each["name"]: each for each in told["outputs"]}
        for key, (name, place) in self.outputs.items():
            self._fit_output(key, name, place, outputs)

    def _fit_input(self, name: str, told: Mapping[str, Any]) -> None:
        place, shape, form = (*_PLACE, "inputs", name), told["shape"], self._form.inputs[name]
        window, tags = form.window, len(form.tags)
        if told["type"] not in TYPES:
            self._scope.complain(place, f"the input {name} takes {told['type']}", "export it with inputs of float")
            return
        flat = [1, window * tags] if window == 1 or tags == 1 else None
        wanted = {3: [1, window, tags], 2: flat, 1: [window * tags]}.get(len(shape))
        if wanted is None or any(d is not None and d != w for d, w in zip(shape, wanted, strict=True)):
            due = " × ".join("any" if d is None else str(d) for d in shape) or "one number"
            what = f"the input {name} takes {due}, and {window} steps of {tags} tags are written"
            self._scope.complain(place, what, "write as many tags, and window: the number of steps")
            return
        self.shapes[name] = wanted

    def _fit_output(self, key: str, name: str, place: int, outputs: Mapping[str, Mapping[str, Any]]) -> None:
        where = (*_PLACE, "outputs", *(("life",) if key in ("life", "low", "high") else (key,)))
        if name not in outputs or outputs[name]["type"] not in ANSWERS:
            self._scope.complain(where, f"the model has no output of numbers “{name}”", f"it has {', '.join(outputs)}")
            return
        shape = outputs[name]["shape"]
        if None not in shape and place >= np.prod(shape, dtype=float):
            self._scope.complain(where, f"the output {name} has no number {place}", "count from 0")

    def _refuse(self, why: str) -> None:
        message, _, remedy = f"{inside(self._form.file, self._scope.layer)} can't be used: {why}".partition("; ")
        self._scope.complain((*_PLACE, "file"), message, remedy or "export the model again, as one file")

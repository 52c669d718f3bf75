"""Declared predictors: those of a package, made ready for its assets; what is wrong with one is told with its place."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twins import InputError
from twins.asset import Tag, TagKind, Twin
from twins.clock import SECOND, parse_duration
from twins.expression import ExpressionError, Formula, Truth, meaning_of, parse, tag_named
from twins.package.document import Document, Place
from twins.package.fault import Fault
from twins.package.layer import Layer, layers_of
from twins.package.predictor_file import FOLDER, PredictorForm, form_of
from twins.package.words import did_you_mean, spoken
from twins.prognosis.predictors.verdict import Complain, Kind

MODEL = "predictor"
OUTERMOST = Layer()
_LEAST, _MOST = SECOND, 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Predictor:
    """`version` is the hash of all its files; `within` and `downtime` in s."""

    name: str
    form: PredictorForm
    version: str
    assets: tuple[str, ...]
    label: str
    description: str
    action: str
    within: float
    downtime: float
    step_ns: int
    kind: Kind
    layer: Layer = OUTERMOST

    @property
    def model(self) -> str:
        """As it stands in its predictions."""
        return f"{MODEL} {self.name} ({self.form.kind})"


class Scope:
    """The tags of a twin, measured and estimated, as the names in a predictor mean them."""

    def __init__(self, twin: Twin, assets: tuple[str, ...], complain: Complain, layer: Layer = OUTERMOST) -> None:
        self.twin, self.assets, self.complain, self.layer = twin, assets, complain, layer
        self.tags: Mapping[str, Tag] = ChainMap({}, dict(twin.tags), dict(twin.estimated))

    def path(self, name: str, asset: str, place: Place) -> str:
        """The tag that a name means; "" where there is none, which is told."""
        found = tag_named(name, asset, self.twin.assets, self.tags)
        if not found or self.tags[found].kind in (TagKind.TEXT, TagKind.WAVEFORM):
            known = [path.removeprefix(f"{asset}.") for path in self.tags]
            said = f"{asset}: {name} is no number" if found else f"{asset} has no tag “{name}”"
            self.complain(place, said, did_you_mean(name, known) or "write the name of a tag")
            return ""
        return found

    def formula(self, text: str, asset: str, place: Place, unit: str | None = None) -> Formula | None:
        """A condition, or with a unit a number in it; None where it is none, which is told."""
        try:
            expression = parse(text)
            named = {name: tag_named(name, asset, self.twin.assets, self.tags) for name in expression.names()}
            bound = expression.renamed({name: (path,) for name, path in named.items() if path})
            meanings = {path: meaning_of(self.tags[path]) for path in named.values() if path}
            if isinstance(bound.kind(meanings), Truth) != (unit is None):
                raise ExpressionError(1, "this must be a condition" if unit is None else "this must be a number")
            return Formula(bound.root, meanings, unit or "")
        except ExpressionError as problem:
            remedy = problem.remedy or "docs/package.md shows what an expression may hold"
            self.complain(place, f"{asset}: {text!r:.80}, column {problem.column}: {problem.message}", remedy)
            return None


def declared(twin: Twin, only: str = "") -> Iterator[tuple[str, Predictor | None, list[Fault]]]:
    """(name, predictor, faults) of each file, in order; None where it can't be used. Those of a nested twin are called by its
    path before."""
    for layer in layers_of(twin):
        for name, file in layer.room(FOLDER, twin.files):
            if not only or name == only:
                yield name, *_made(twin, file, name.rpartition("/")[2], layer)


def sound(twin: Twin, only: str = "") -> Iterator[Predictor]:
    """Those that can be used. Raises InputError with the first fault of one that can't, or where there is no such."""
    found = list(declared(twin, only))
    if only and not found:
        known = [name for name, *_ in declared(twin)]
        remedy = did_you_mean(only, known) or f"there are {', '.join(known) or 'none: docs/predictors.md shows how to bring one'}"
        raise InputError(f"{twin.name} has no predictor “{only}”; {remedy}")
    for _, made, faults in found:
        if made is None:
            raise InputError(str(faults[0]))
        yield made


def _made(twin: Twin, file: str, name: str, layer: Layer) -> tuple[Predictor | None, list[Fault]]:
    try:
        document, form = form_of(file, twin.files[file])
    except InputError as problem:
        return None, [Fault(file, 0, str(problem), "put the file into the package again")]
    if form is None or document.faults:
        return None, document.faults or [Fault(file, 0, "this is no predictor", "docs/predictors.md shows one")]
    faults: list[Fault] = []

    def complain(place: Place, message: str, remedy: str) -> None:
        faults.append(document.fault(place, message, remedy))

    assets = _assets(twin, form, complain, layer)
    _refuse_a_faults_name(twin, name, assets, complain)
    words = _words(twin, form, assets, complain)
    step = _span(form.every, ("every",), complain)
    kind = _kind(Scope(twin, assets, complain, layer), form, step, document) if assets and not faults else None
    if kind is None or faults:
        if kind is not None:
            kind.close()
        return None, faults
    label = form.label or words.get("label", "") or spoken(name.replace("-", "_"))
    within = _span(form.within or words.get("within") or "30 d", ("within",), complain) / SECOND
    downtime = _span(form.downtime or words.get("downtime") or "1 d", ("downtime",), complain, 0) / SECOND
    made = Predictor(
        name, form, _version(twin, form, file, layer), assets, label, form.description or words.get("description", ""),
        form.action or words.get("action", ""), within, downtime, step, kind, layer,
    )  # fmt: skip
    return (made, faults) if not faults else (None, faults)


def _kind(scope: Scope, form: PredictorForm, step: int, document: Document) -> Kind:
    if form.limits is not None:
        from twins.prognosis.predictors.limits import Limits

        return Limits(scope, form.limits, form.where, step)
    if form.onnx is not None:
        from twins.prognosis.predictors.network import Network

        return Network(scope, form.onnx, form.where)
    if form.remaining_life is not None:
        from twins.prognosis.predictors.lasting import Lasting

        return Lasting(scope, form.remaining_life, step)
    from twins.prognosis.predictors.trained import Trained

    assert form.trained is not None
    return Trained(scope, form.trained, form.where, step)


def _assets(twin: Twin, form: PredictorForm, complain: Complain, layer: Layer) -> tuple[str, ...]:
    if bool(form.type) == bool(form.assets):
        complain((), "it says of nothing that it speaks of it, or twice", "write either type: or assets:")
        return ()
    inside = {layer.local(path): asset for path, asset in twin.assets.items() if twin.means(layer.path, path)}
    for k, path in enumerate(form.assets):
        if path not in inside:
            complain(("assets", k), f"there is no asset “{path}”", did_you_mean(path, inside) or "write the path of an asset")
    if form.assets:
        return tuple(dict.fromkeys(layer.below(path) for path in form.assets if path in inside))
    found = tuple(asset.path for asset in inside.values() if asset.type == form.type and asset.parent != "-")
    if not found:
        known = sorted({asset.type for asset in inside.values() if asset.type})
        complain(
            ("type",), f"no asset is of the type “{form.type}”", did_you_mean(form.type, known) or f"there are {', '.join(known)}"
        )
    return found


def _words(twin: Twin, form: PredictorForm, assets: tuple[str, ...], complain: Complain) -> dict[str, str]:
    """Of the fault that it foresees."""
    if not form.fault or not assets:
        return {}
    faults = twin.assets[assets[0]].faults
    if form.fault not in faults:
        remedy = did_you_mean(form.fault, faults) or (
            f"write one of {', '.join(faults)}" if faults else "write it among the faults of its type; it has none"
        )
        complain(("fault",), f"{assets[0]} has no fault “{form.fault}”", remedy)
        return {}
    return {key: str(value) for key, value in faults[form.fault].items() if value}


def _refuse_a_faults_name(twin: Twin, name: str, assets: tuple[str, ...], complain: Complain) -> None:
    """The estimator speaks of faults by their own names."""
    if any(name in twin.assets[path].faults for path in assets):
        complain((), f"a fault is called {name}, too", f"name the file otherwise, and write fault: {name} in it")


def _span(text: str, place: Place, complain: Complain, least: int = _LEAST) -> int:
    try:
        span = parse_duration(text)
        if span < least or (place == ("every",) and span > _MOST):
            raise ValueError
    except ValueError:
        complain(place, f"“{text}” is no time that can pass here", "write it like 10 s, 3 d")
        return _LEAST
    return span


def _version(twin: Twin, form: PredictorForm, file: str, layer: Layer) -> str:
    """Of the file and what it names."""
    named = [form.limits.table if form.limits else "", form.onnx.file if form.onnx else ""]
    named += list(form.trained.models.values()) if form.trained else []
    named += [form.remaining_life.file] if form.remaining_life else []
    digest = hashlib.sha256(twin.files[file])
    for each in named:
        if each and (found := inside(each, layer)) in twin.files:
            digest.update(twin.files[found])
    return digest.hexdigest()[:12]


def inside(file: str, layer: Layer = OUTERMOST) -> str:
    """Where a file that a predictor names is: beside it."""
    return layer.file(f"{FOLDER}/{file.removeprefix(f'{FOLDER}/')}")

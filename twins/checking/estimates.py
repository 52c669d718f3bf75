"""What is wrong with what is to be estimated: tags that no model tells, parameters that it has not, spreads that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from twins.asset import Asset, Tag, TagKind, Twin, model_step, wandering
from twins.checking.models import of_library
from twins.clock import parse_duration
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.words import did_you_mean
from twins.physics import LIBRARY, CircuitError, DataError, Model, difference, forkable

_NUMBERS = (TagKind.NUMBER, TagKind.INTEGER)


def estimate_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every model that is to be estimated."""
    for asset in twin.assets.values():
        estimate = asset.model.get("estimate")
        if isinstance(estimate, Mapping):
            yield from _of(asset, estimate, twin, made.origins[asset.path])


def _of(asset: Asset, estimate: Mapping[str, object], twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    origin = written(origins, "model", "estimate")
    if not forkable(asset.model):
        yield origin.fault("the state inside such a model can't be estimated", "remove estimate:, or take a model of the library")
        return
    if asset.model.get("physics") not in LIBRARY or asset.model.get("physics") == "signal":
        yield origin.fault("there is no model here that could be estimated", "write physics: beside it")
        return
    try:
        model = of_library(asset.model, twin)
    except (DataError, CircuitError):
        return  # told where the model is
    try:
        model_step(asset)
    except ValueError as problem:
        yield written(origins, "model", "estimate", "step").fault(
            str(problem), "write how short the model's steps are, like 250 ms"
        )
    own = {twin.tags[path].name: twin.tags[path] for path in asset.tags}
    names = estimate.get("expects", ())
    for k, name in enumerate(names if isinstance(names, (list, tuple)) else ()):
        yield from _expected(str(name), own, model, asset, written(origins, "model", "estimate", "expects").at(k))
    for name, each in wandering(asset).items():
        yield from _parameter(name, each, model, written(origins, "model", "estimate", "parameters", name))


def _expected(name: str, own: Mapping[str, Tag], model: Model, asset: Asset, origin: Origin) -> Iterator[Fault]:
    outputs = asset.model.get("outputs")
    told = str(outputs.get(name, name)) if isinstance(outputs, Mapping) else name
    tag = own.get(name)
    if tag is None:
        yield origin.fault(f"expects: there is no tag “{name}” here", did_you_mean(name, own) or "write the name of a tag")
    elif tag.computed or tag.writable or tag.kind not in _NUMBERS:
        yield origin.fault(f"expects: {name} is no measured number", "write the name of a tag that the plant measures")
    elif told not in {variable.name for variable in model.outputs}:
        yield origin.fault(f"expects: the model says nothing of {name}", "take it out, or name its output under outputs:")


def _parameter(name: str, each: Mapping[str, object], model: Model, origin: Origin) -> Iterator[Fault]:
    known = {variable.name: variable for variable in model.parameters}
    if name not in known:
        remedy = did_you_mean(name, known) or f"write one of {', '.join(known)}"
        yield origin.fault(f"the model has no parameter “{name}”", remedy)
        return
    if known[name].whole:
        yield origin.fault(
            f"{name} is counted, so that it can't wander", "take it out; what is counted is written in parameters:"
        )
    for key, meant in (("spread", "how far it may lie from what is written"), ("known_to", "how well it can be known at best")):
        if key in each:
            yield from _deviation(f"{name}: {key}", each[key], known[name].unit, meant, origin.at(key))
    try:
        if parse_duration(str(each.get("over", "1 d"))) <= 0:
            raise ValueError
    except ValueError:
        yield origin.at("over").fault(f"{name}: “{each.get('over')}” is no duration", "write it like 6 h or 1 d")


def _deviation(what: str, written: object, unit: str, meant: str, origin: Origin) -> Iterator[Fault]:
    try:
        if difference(written, unit) <= 0:
            yield origin.fault(f"{what} is above 0", f"write {meant}")
    except ValueError as problem:
        message, _, remedy = str(problem).rpartition("; ")
        yield origin.fault(f"{what}: {message}", remedy)

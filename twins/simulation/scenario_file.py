"""A scenario's file, and what the command line has otherwise: YAML with lines, every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from twins import InputError
from twins.asset import Twin
from twins.package.document import Document, read_document
from twins.package.fault import Fault
from twins.package.layer import Layer, layers_of
from twins.package.schema import Form, Scalar, Text
from twins.package.validation import validated
from twins.package.words import did_you_mean
from twins.physics import named
from twins.simulation.changes import inputs_of, no_model, order_of, parameters_of, series_of, span_of, with_parameter
from twins.simulation.faults import injections
from twins.simulation.scenario import Scenario

Span = Text | int | float  # a bare number is told to lack its unit, rather than to be no text


class OrderForm(Form):
    """A command at its time."""

    at: Span = "0 s"
    tag: Text
    value: Scalar


class ScenarioForm(Form):
    """scenarios/*.yaml."""

    name: Text = ""
    description: Text = ""
    for_: Span = Field(default="", alias="for", description="how long: 6 h")
    step: Span = ""
    spin_up: Span = "30 min"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    weather: Text = Field(
        default="recorded", description="recorded: inputs as they were measured; modelled: as the models make them"
    )
    noise: bool = True
    parameters: Mapping[Text, Scalar] = {}
    inputs: Mapping[Text, Any] = Field(
        default={}, description="T01.wind_speed: 14 m/s; wind_speed: [[0 min, 8 m/s], [10 min, 14 m/s]]"
    )
    commands: list[OrderForm] = Field(default=[])
    faults: list[Text] = Field(default=[])


def read_scenario(path: Path, twin: Twin) -> Scenario:
    """Raises InputError with every fault: file, line, what is wrong, what to write."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {(error.strerror or str(error)).lower()}; check the path") from None
    return scenario_of(content.decode("utf-8", "replace"), twin, str(path))


def scenario_of(text: str, twin: Twin, file: str = "scenario", inside: str = "") -> Scenario:
    """The scenario in a YAML text, for a twin; of a package that is nested in it, `inside` is the asset. Raises InputError."""
    document, layer = read_document(file, text.encode()), Layer(path=inside)
    found, faults = judged(document, twin, layer)
    if faults:
        raise InputError("\n".join(map(str, faults)))
    return replace(found, text=_seen(document.data, layer) if inside else text)


def judged(document: Document, twin: Twin, layer: Layer) -> tuple[Scenario, list[Fault]]:
    """The scenario that a document holds, as far as it is sound, and every fault in it."""
    if not isinstance(document.data, dict):
        due = Fault(
            document.file, 0, "this is no scenario", "write keys like name:, for:, commands:, as docs/simulation.md shows"
        )
        return Scenario(), list(document.faults or [due])
    form, faults = validated(document, ScenarioForm)
    faults, found = [*document.faults, *faults], Scenario()
    for place, change in _read(form, twin, layer) if form is not None else ():
        try:
            found = change(found)
        except (InputError, ValueError) as problem:
            message, _, remedy = str(problem).partition("; ")
            faults.append(document.fault(place, message, remedy or "see docs/simulation.md"))
    return found, faults


def _seen(told: Mapping[str, Any], layer: Layer) -> str:
    """The same scenario with all names as the whole twin has them."""
    import yaml

    made = dict(told)
    for sort in ("parameters", "inputs"):
        made |= {sort: {layer.tag(key): value for key, value in told[sort].items()}} if told.get(sort) else {}
    made |= {"commands": [{**each, "tag": layer.tag(each["tag"])} for each in told["commands"]]} if told.get("commands") else {}
    made |= {"faults": [layer.tag(each) for each in told["faults"]]} if told.get("faults") else {}
    return yaml.safe_dump(made, allow_unicode=True, sort_keys=False)


def packaged(twin: Twin) -> dict[str, tuple[str, str]]:
    """The scenarios of a package and of those nested in it: name → file and the asset that it is seen from. Those of a nested
    twin are called by its path before."""
    return {name: (file, layer.path) for layer in layers_of(twin) for name, file in layer.room("scenarios", twin.files)}


def packaged_scenario(twin: Twin, name: str) -> Scenario:
    """One of those, by its name. Raises InputError, and KeyError where there is none."""
    file, inside = packaged(twin)[name]
    return scenario_of(twin.files[file].decode("utf-8", "replace"), twin, file, inside)


def with_settings(scenario: Scenario, texts: Sequence[str], twin: Twin) -> Scenario:
    """`--set asset.parameter=value`, or a tag or an input in its place. Raises InputError."""
    for text in texts:
        name, given, value = (part.strip() for part in text.partition("="))
        if not given or not name or not value:
            raise InputError(f"--set {text}: write ASSET.PARAMETER=VALUE, like T01.gearbox_cooling=0.2")
        try:
            scenario = _set(scenario, name, _plain(value), twin)
        except (InputError, ValueError) as problem:
            raise InputError(f"--set {text}: {problem}") from None
    return scenario


def _plain(value: str) -> object:
    try:
        return float(value)
    except ValueError:
        return value


def _set(scenario: Scenario, name: str, value: object, twin: Twin) -> Scenario:
    """A parameter, a set-point or an input, whichever there is of that name."""
    tag, (asset, _, word) = twin.tags.get(name), name.rpartition(".")
    if tag is not None and tag.writable:
        order = order_of(0, name, value, twin)
        return replace(scenario, orders=(*scenario.orders, order))
    if named(tuple(parameters_of(twin, asset)), word):
        with_parameter(twin, name, value)
        return replace(scenario, parameters={**scenario.parameters, name: value})
    if any(variable.name == word for variable in inputs_of(twin, asset)):
        return replace(scenario, inputs={**scenario.inputs, (asset, word): series_of(name, value, twin)})
    known = [f"{asset}.{v.name}".lstrip(".") for v in (*parameters_of(twin, asset), *inputs_of(twin, asset))]
    hint = did_you_mean(name, known) or f"there are {', '.join(known[:8])}" if known else no_model(asset, twin)
    raise InputError(f"there is no parameter, input or set-point “{name}”; {hint}".rstrip("; "))


def _read(form: ScenarioForm, twin: Twin, layer: Layer) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """(place in the file, what it changes)."""
    yield ("name",), lambda s: replace(s, name=form.name, description=form.description, seed=form.seed, still=not form.noise)
    yield ("for",), lambda s: replace(s, duration=span_of(form.for_) if form.for_ != "" else 0)
    yield ("step",), lambda s: replace(s, step=span_of(form.step) if form.step != "" else 0)
    yield ("spin_up",), lambda s: replace(s, spin_up=span_of(form.spin_up, least=0))
    yield ("weather",), lambda s: replace(s, recorded=_recorded(form.weather))
    for name, value in form.parameters.items():
        yield ("parameters", name), lambda s, name=name, value=value: _checked_parameter(s, layer.tag(name), value, twin)
    for name, value in form.inputs.items():
        yield ("inputs", name), lambda s, name=name, value=value: _checked_input(s, layer.tag(name), value, twin)
    for k, each in enumerate(form.commands):
        yield (
            ("commands", k),
            lambda s, each=each: replace(
                s, orders=(*s.orders, order_of(span_of(each.at, least=0), layer.tag(each.tag), each.value, twin))
            ),
        )
    for k, text in enumerate(form.faults):
        yield ("faults", k), lambda s, text=text: _checked_fault(s, layer.tag(text), twin)


def _recorded(word: str) -> bool:
    if word not in ("recorded", "modelled"):
        raise ValueError(f"“{word}” is no weather; write recorded or modelled")
    return word == "recorded"


def _checked_parameter(scenario: Scenario, name: str, value: object, twin: Twin) -> Scenario:
    with_parameter(twin, name, value)
    return replace(scenario, parameters={**scenario.parameters, name: value})


def _checked_fault(scenario: Scenario, text: str, twin: Twin) -> Scenario:
    injections([text], twin, 0)
    return replace(scenario, faults=(*scenario.faults, text))


def _checked_input(scenario: Scenario, name: str, value: object, twin: Twin) -> Scenario:
    asset, _, word = name.rpartition(".")
    return replace(scenario, inputs={**scenario.inputs, (asset, word): series_of(name, value, twin)})

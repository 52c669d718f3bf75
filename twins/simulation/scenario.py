"""A scenario: what is to be otherwise, as a file that can be handed on and repeated to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from twins import InputError
from twins.asset import Twin
from twins.clock import MINUTE, parse_duration
from twins.package.document import read_document
from twins.package.fault import Fault
from twins.package.schema import Form, Scalar, Text
from twins.package.validation import validated
from twins.package.words import did_you_mean
from twins.physics import Maker, Variable, modelled, named, quantity, setting

Series = tuple[tuple[int, float], ...]  # (ns from the fork, value), each holding until the next


@dataclass(frozen=True, slots=True)
class Order:
    """A set-point, in the tag's unit, so long after the fork."""

    after: int  # ns
    tag: str
    value: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is otherwise than it was or would be. Inputs are by (asset, name), in SI; asset "" is all that take it."""

    name: str = ""
    description: str = ""
    duration: int = 0  # ns; 0: not said
    step: int = 0  # ns; 0: by the duration
    spin_up: int = 30 * MINUTE  # ns of measurements that the models are driven through before the fork
    seed: int = 1
    recorded: bool = True  # inputs are as they were recorded, as far as the record reaches
    still: bool = False  # without noise
    parameters: Mapping[str, object] = field(default_factory=dict)  # asset.parameter → as it is written
    inputs: Mapping[tuple[str, str], Series] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    faults: tuple[str, ...] = ()  # as --fault takes them
    text: str = ""  # the file it came from

    def varied(self, twin: Twin) -> Twin:
        """The twin with these parameters. Raises InputError."""
        for name, value in self.parameters.items():
            twin = _with_parameter(twin, name, value)
        return twin


class OrderForm(Form):
    """A command at its time."""

    at: Text = "0 s"
    tag: Text
    value: Scalar


class ScenarioForm(Form):
    """scenarios/*.yaml."""

    name: Text = ""
    description: Text = ""
    for_: Text = Field(default="", alias="for", description="how long: 6 h")
    step: Text = ""
    spin_up: Text = "30 min"
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


def scenario_of(text: str, twin: Twin, file: str = "scenario") -> Scenario:
    """The scenario in a YAML text, for a twin. Raises InputError."""
    document = read_document(file, text.encode())
    if not isinstance(document.data, dict):
        due = Fault(file, 0, "this is no scenario", "write keys like name:, for:, parameters:, as docs/simulation.md shows")
        raise InputError("\n".join(map(str, document.faults or [due])))
    form, faults = validated(document, ScenarioForm)
    faults = [*document.faults, *faults]
    found = Scenario(text=text)
    if form is not None:
        for place, change in _read(form, twin):
            try:
                found = change(found)
            except (InputError, ValueError) as problem:
                message, _, remedy = str(problem).partition("; ")
                faults.append(document.fault(place, message, remedy or "see docs/simulation.md"))
    if faults:
        raise InputError("\n".join(map(str, faults)))
    return found


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
        order = _order(0, name, value, twin)
        return replace(scenario, orders=(*scenario.orders, order))
    if named(tuple(_parameters(twin, asset)), word):
        _with_parameter(twin, name, value)
        return replace(scenario, parameters={**scenario.parameters, name: value})
    if any(variable.name == word for variable in _inputs(twin, asset)):
        return replace(scenario, inputs={**scenario.inputs, (asset, word): _series(name, value, twin)})
    known = [f"{asset}.{v.name}".lstrip(".") for v in (*_parameters(twin, asset), *_inputs(twin, asset))]
    hint = did_you_mean(name, known) or f"there are {', '.join(known[:8])}" if known else _no_model(asset, twin)
    raise InputError(f"there is no parameter, input or set-point “{name}”; {hint}".rstrip("; "))


def _read(form: ScenarioForm, twin: Twin) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """(place in the file, what it changes)."""
    yield ("name",), lambda s: replace(s, name=form.name, description=form.description, seed=form.seed, still=not form.noise)
    yield ("for",), lambda s: replace(s, duration=_span(form.for_) if form.for_ else 0)
    yield ("step",), lambda s: replace(s, step=_span(form.step) if form.step else 0)
    yield ("spin_up",), lambda s: replace(s, spin_up=_span(form.spin_up, least=0))
    yield ("weather",), lambda s: replace(s, recorded=_recorded(form.weather))
    for name, value in form.parameters.items():
        yield ("parameters", name), lambda s, name=name, value=value: _checked_parameter(s, name, value, twin)
    for name, value in form.inputs.items():
        yield ("inputs", name), lambda s, name=name, value=value: _checked_input(s, name, value, twin)
    for k, each in enumerate(form.commands):
        yield (
            ("commands", k),
            lambda s, each=each: replace(s, orders=(*s.orders, _order(_span(each.at, least=0), each.tag, each.value, twin))),
        )
    yield ("faults",), lambda s: replace(s, faults=tuple(form.faults))


def _span(text: str, least: int = 1) -> int:
    found = parse_duration(text)
    if found < least:
        raise ValueError(f"“{text}” is no time that can pass; write one like 6 h")
    return found


def _recorded(word: str) -> bool:
    if word not in ("recorded", "modelled"):
        raise ValueError(f"“{word}” is no weather; write recorded or modelled")
    return word == "recorded"


def _checked_parameter(scenario: Scenario, name: str, value: object, twin: Twin) -> Scenario:
    _with_parameter(twin, name, value)
    return replace(scenario, parameters={**scenario.parameters, name: value})


def _checked_input(scenario: Scenario, name: str, value: object, twin: Twin) -> Scenario:
    asset, _, word = name.rpartition(".")
    return replace(scenario, inputs={**scenario.inputs, (asset, word): _series(name, value, twin)})


def _order(after: int, tag: str, value: object, twin: Twin) -> Order:
    found = twin.tags.get(tag)
    if found is None or not found.writable:
        writable = [path for path, each in twin.tags.items() if each.writable]
        raise ValueError(f"“{tag}” can't be commanded; {did_you_mean(tag, writable) or 'there are ' + ', '.join(writable[:8])}")
    number = quantity(value, found.unit, bare=True)
    if found.range and not found.range[0] <= number <= found.range[1]:
        low, high = found.range
        raise ValueError(f"{value} is outside what {tag} can be; write a value from {low:g} to {high:g} {found.unit}".rstrip())
    return Order(after, tag, number)


def _series(name: str, value: object, twin: Twin) -> Series:
    asset, _, word = name.rpartition(".")
    variable = next((v for v in _inputs(twin, asset) if v.name == word), None)
    if variable is None:
        known = sorted({v.name for v in _inputs(twin, asset)})
        raise ValueError(f"there is no input “{name}”; " + (f"there are {', '.join(known)}" if known else _no_model(asset, twin)))
    if not isinstance(value, list):
        return ((0, _bounded(variable, name, value)),)
    rows = [each for each in value if isinstance(each, list) and len(each) == 2]
    if len(rows) < len(value) or not rows:
        raise ValueError(f"“{name}” is no series; write it like [[0 min, 8 m/s], [10 min, 14 m/s]]")
    return tuple(sorted((_span(str(at), least=0), _bounded(variable, name, each)) for at, each in rows))


def _bounded(variable: Variable, name: str, value: object) -> float:
    number = setting(variable, name, value)
    if not variable.low <= number <= variable.high:
        raise ValueError(
            f"{name} can't be {value}; its bounds are {variable.low:g} and {variable.high:g} {variable.unit}".rstrip()
        )
    return number


def _with_parameter(twin: Twin, name: str, value: object) -> Twin:
    """The twin with one parameter of one model written otherwise. `wind.mean_speed` is of the environment."""
    asset, _, word = name.rpartition(".")
    variable = named(tuple(_parameters(twin, asset)), word)
    if variable is None:
        known = [v.name for v in _parameters(twin, asset)]
        hint = did_you_mean(word, known) or f"there are {', '.join(known[:8])}" if known else _no_model(asset, twin)
        raise InputError(f"there is no parameter “{name}”; {hint}")
    _bounded(variable, name, value)
    if asset in twin.assets:
        owner = twin.assets[asset]
        changed = replace(owner, model=_rewritten(owner.model, variable, word, value))
        return replace(twin, assets={**twin.assets, asset: changed})
    models: Any = twin.environment["models"]
    return replace(
        twin, environment={**twin.environment, "models": {**models, asset: _rewritten(models[asset], variable, word, value)}}
    )


def _rewritten(model: Mapping[str, Any], variable: Variable, word: str, value: object) -> dict[str, Any]:
    others = {key: each for key, each in model.get("parameters", {}).items() if key not in (variable.name, variable.bare)}
    return {**model, "parameters": {**others, word: value}}


def _written(twin: Twin, asset: str) -> Mapping[str, Any]:
    if asset in twin.assets:
        return twin.assets[asset].model
    around: Any = twin.environment.get("models") or {}
    return around.get(asset, {})


def _parameters(twin: Twin, asset: str) -> Iterator[Variable]:
    written = _written(twin, asset)
    if modelled(written):
        yield from Maker(twin.files).model(written).parameters


def _inputs(twin: Twin, asset: str) -> Iterator[Variable]:
    """Of one asset's model; of "", those of every asset's."""
    maker = Maker(twin.files)
    for path, each in twin.assets.items():
        if (path == asset or not asset) and modelled(each.model):
            yield from maker.model(each.model).inputs


def _no_model(asset: str, twin: Twin) -> str:
    having = [path for path, each in twin.assets.items() if modelled(each.model)]
    around: Any = twin.environment.get("models") or {}
    return f"“{asset}” has no model; there are {', '.join([*having[:8], *around])}"

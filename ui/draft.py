"""A draft: a scenario as the panel has it. What the panel has no field for is kept as it was written, and runs with the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from twins.asset import Twin
from twins.clock import DAY, HOUR, MINUTE, SECOND
from twins.simulation.changes import Series, inputs_of
from twins.simulation.knobs import Knob, knob
from twins.simulation.scenario import Scenario

_MS = SECOND // 1_000
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (_MS, "ms"))
_KEPT = ("description", "step", "spin_up", "seed", "noise")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be run: `changes` by knob, `fault` as NAME@T or "". `rest` is, as a file has it, what stands in no field:
    commands at a later time, inputs over time, more faults, how it is reckoned."""

    kind: str
    name: str
    duration: str
    weather: str
    fault: str
    changes: Mapping[str, tuple[Knob, float]]
    rest: Mapping[str, Any] = field(default_factory=dict)


def draft_of(scenario: Scenario, name: str, twin: Twin) -> Draft:
    """A scenario that was read from a file."""
    turned = list(_turned(scenario, twin))
    changes = {each.key: (each, value) for _, each, value in turned}
    duration = _span(scenario.duration) if scenario.duration else "1 h"
    weather = "recorded" if scenario.recorded else "modelled"
    rest = {key: value for key, value in _rest(scenario, twin, {key for key, *_ in turned}) if value}
    rest |= {"seed": scenario.seed, "noise": not scenario.still, "spin_up": _span(scenario.spin_up)}
    return Draft("what-if", scenario.name or name, duration, weather, next(iter(scenario.faults), ""), changes, rest)


def _rest(scenario: Scenario, twin: Twin, turned: Collection[str]) -> Iterator[tuple[str, object]]:
    yield "description", scenario.description
    yield "step", _span(scenario.step) if scenario.step else ""
    yield "parameters", {key: value for key, value in scenario.parameters.items() if key not in turned}
    inputs = {f"{asset}.{word}".lstrip("."): (asset, word) for asset, word in scenario.inputs}
    yield "inputs", {key: _course(scenario.inputs[at], twin, *at) for key, at in inputs.items() if key not in turned}
    later = [order for order in scenario.orders if order.after or order.tag not in turned]
    yield "commands", [{"at": _span(o.after), "tag": o.tag, "value": _told(o.value, twin.tags[o.tag].unit)} for o in later]
    yield "faults", list(scenario.faults[1:])


def _course(series: Series, twin: Twin, asset: str, word: str) -> list[list[str]]:
    unit = next(each.unit for each in inputs_of(twin, asset) if each.name == word)
    return [[_span(at), _told(value, unit)] for at, value in series]


def _told(value: float, unit: str) -> str:
    return f"{value:.15g} {unit}".strip()


def _span(ns: int) -> str:
    """Exactly so long, as it can be read again."""
    size, word = next(((size, word) for size, word in _UNITS if not ns % size), (_MS, "ms"))
    return f"{ns // size if not ns % size else ns / size} {word}"


def written(draft: Draft, name: str) -> dict[str, Any]:
    """As scenarios/*.yaml has it."""
    rest, sorts = draft.rest, {"parameter": "parameters", "input": "inputs"}
    told: dict[str, Any] = {"name": name, **{key: rest[key] for key in _KEPT if key in rest}}
    told |= {"for": draft.duration, "weather": draft.weather}
    commands: list[Any] = []
    for key, (each, value) in draft.changes.items():
        text = _told(value, each.unit)
        if each.sort == "set-point":
            commands.append({"at": "0 s", "tag": key, "value": text})
        else:
            told.setdefault(sorts[each.sort], dict(rest.get(sorts[each.sort], {})))[key] = text
    for sort in sorts.values():
        if sort in rest:
            told.setdefault(sort, dict(rest[sort]))
    faults = [*([draft.fault] if draft.fault else []), *rest.get("faults", [])]
    commands += rest.get("commands", [])
    return told | ({"commands": commands} if commands else {}) | ({"faults": faults} if faults else {})


def words_of(rest: Mapping[str, Any]) -> list[str]:
    """What stands in no field, for people."""
    said = [f"at {each.get('at', '0 s')} {each['tag']} {each['value']}" for each in rest.get("commands", [])]
    said += [f"{key} {value}" for key, value in rest.get("parameters", {}).items()]
    said += [f"{key} {'over time' if isinstance(value, list) else value}" for key, value in rest.get("inputs", {}).items()]
    return said + [str(fault).replace("_", " ") for fault in rest.get("faults", [])]


def _turned(scenario: Scenario, twin: Twin) -> Iterator[tuple[str, Knob, float]]:
    """The knobs that it turns from its very beginning, once, each with the name that the scenario has for it."""
    for key, value, unit in _constant(scenario, twin):
        if found := knob(twin, key):
            yield key, found, _in(value, unit, found.unit)
    for order in scenario.orders:
        if not order.after and (found := knob(twin, order.tag)):
            yield order.tag, found, order.value


def _constant(scenario: Scenario, twin: Twin) -> Iterator[tuple[str, float, str]]:
    """(key, value, unit) of its parameters, and of inputs that don't change."""
    from twins.physics import Maker, named, setting

    around: Mapping[str, Any] = twin.environment.get("models") or {}  # type: ignore[assignment]
    maker = Maker(twin.files)
    for key, told in scenario.parameters.items():
        asset, _, word = key.rpartition(".")
        model = maker.model(twin.assets[asset].model if asset in twin.assets else around[asset])
        if (variable := named(tuple(model.parameters), word)) is not None:
            yield key, setting(variable, word, told), variable.unit
    for (asset, word), series in scenario.inputs.items():
        if asset in twin.assets and len(series) == 1 and twin.assets[asset].model:
            variable = next(each for each in maker.model(twin.assets[asset].model).inputs if each.name == word)
            yield f"{asset}.{word}", series[0][1], variable.unit


def _in(value: float, unit: str, other: str) -> float:
    from twins.expression import conversion

    factor, offset = conversion(unit, other)
    return value * factor + offset

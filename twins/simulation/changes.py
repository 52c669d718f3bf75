"""Changes: a parameter, an input or a command, as people write it, held against what the twin's models declare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from twins import InputError
from twins.asset import Twin
from twins.clock import parse_duration
from twins.package.words import did_you_mean
from twins.physics import Maker, Variable, modelled, named, quantity, setting

_BARE = re.compile(r"[-+]?\d+(\.\d+)?")
Series = tuple[tuple[int, float], ...]  # (ns from the fork, value), each holding until the next


@dataclass(frozen=True, slots=True)
class Order:
    """A set-point, in the tag's unit, so long after the fork."""

    after: int  # ns
    tag: str
    value: float


def span_of(said: object, least: int = 1) -> int:
    """A duration, ns. Raises ValueError."""
    text = str(said)
    if _BARE.fullmatch(text):
        raise ValueError(f"{text} lacks its unit; write {text} min, or s, h, d")
    found = parse_duration(text)
    if found < least:
        raise ValueError(f"“{text}” is no time that can pass; write one like 6 h")
    return found


def order_of(after: int, tag: str, value: object, twin: Twin) -> Order:
    """A command, held against its tag. Raises ValueError."""
    found = twin.tags.get(tag)
    if found is None or not found.writable:
        writable = [path for path, each in twin.tags.items() if each.writable]
        raise ValueError(f"“{tag}” can't be commanded; {did_you_mean(tag, writable) or 'there are ' + ', '.join(writable[:8])}")
    number = quantity(value, found.unit, bare=True)
    if found.range and not found.range[0] <= number <= found.range[1]:
        low, high = found.range
        raise ValueError(f"{value} is outside what {tag} can be; write a value from {low:g} to {high:g} {found.unit}".rstrip())
    return Order(after, tag, number)


def series_of(name: str, value: object, twin: Twin) -> Series:
    """An input over time, in SI, held against its bounds. Raises ValueError."""
    asset, _, word = name.rpartition(".")
    variable = next((v for v in inputs_of(twin, asset) if v.name == word), None)
    if variable is None:
        known = sorted({v.name for v in inputs_of(twin, asset)})
        raise ValueError(f"there is no input “{name}”; " + (f"there are {', '.join(known)}" if known else no_model(asset, twin)))
    if not isinstance(value, list):
        return ((0, _bounded(variable, name, value)),)
    rows = [each for each in value if isinstance(each, list) and len(each) == 2]
    if len(rows) < len(value) or not rows:
        raise ValueError(f"“{name}” is no series; write it like [[0 min, 8 m/s], [10 min, 14 m/s]]")
    return tuple(sorted((span_of(str(at), least=0), _bounded(variable, name, each)) for at, each in rows))


def _bounded(variable: Variable, name: str, value: object) -> float:
    number = setting(variable, name, value)
    if not variable.low <= number <= variable.high:
        raise ValueError(
            f"{name} can't be {value}; its bounds are {variable.low:g} and {variable.high:g} {variable.unit}".rstrip()
        )
    return number


def with_parameter(twin: Twin, name: str, value: object) -> Twin:
    """The twin with one parameter of one model written otherwise. `wind.mean_speed` is of the environment."""
    asset, _, word = name.rpartition(".")
    variable = named(tuple(parameters_of(twin, asset)), word)
    if variable is None:
        known = [v.name for v in parameters_of(twin, asset)]
        hint = did_you_mean(word, known) or f"there are {', '.join(known[:8])}" if known else no_model(asset, twin)
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


def named_parameter(twin: Twin, asset: str, word: str) -> str:
    """The name that a model has for a parameter as it was written."""
    variable = named(tuple(parameters_of(twin, asset)), word)
    return variable.name if variable else word


def _rewritten(model: Mapping[str, Any], variable: Variable, word: str, value: object) -> dict[str, Any]:
    others = {key: each for key, each in model.get("parameters", {}).items() if key not in (variable.name, variable.bare)}
    return {**model, "parameters": {**others, word: value}}


def _written(twin: Twin, asset: str) -> Mapping[str, Any]:
    if asset in twin.assets:
        return twin.assets[asset].model
    around: Any = twin.environment.get("models") or {}
    return around.get(asset, {})


def parameters_of(twin: Twin, asset: str) -> Iterator[Variable]:
    """Of the model of an asset, or of one of the environment by its name."""
    written = _written(twin, asset)
    if modelled(written):
        yield from Maker(twin.files).model(written).parameters


def inputs_of(twin: Twin, asset: str) -> Iterator[Variable]:
    """Of one asset's model; of a twin, those of every asset's in it."""
    maker = Maker(twin.files)
    for path, each in twin.assets.items():
        if twin.means(asset, path) and modelled(each.model):
            yield from maker.model(each.model).inputs


def no_model(asset: str, twin: Twin) -> str:
    """That there is none, and where there are some."""
    having = [path for path, each in twin.assets.items() if modelled(each.model)]
    around: Any = twin.environment.get("models") or {}
    return f"“{asset}” has no model; there are {', '.join([*having[:8], *around])}"

"""Knobs: everything about an asset that can be set otherwise, with its unit and bounds, from what its model declares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twins.asset import TagKind, Twin
from twins.expression import conversion
from twins.physics import Array, Maker, Variable, modelled, named, settings
from twins.simulation.ensemble import Ensemble

STRUCTURAL = ("rotor_radius", "hub_radius", "blades", "precone")  # these make another model: one for all members of a run
_FAR = 1e9


@dataclass(frozen=True, slots=True)
class Knob:
    """`key` is what --set takes: T01.gearbox_cooling. Values are in `unit`; bounds are None where nothing says how far."""

    key: str
    label: str
    unit: str
    value: float  # as it is
    low: float | None
    high: float | None
    sort: str  # set-point, input or parameter
    whole: bool = False  # it is counted: a value between two whole numbers can't be had


def knobs_of(twin: Twin, asset: str) -> tuple[Knob, ...]:
    """Set-points, inputs and parameters of an asset's model; of a model of the environment by its name."""
    written = _written(twin, asset)
    if not modelled(written):
        return ()
    model = Maker(twin.files).model(written)
    inputs = {variable.name: variable for variable in model.inputs if not variable.gathered and not variable.returned}
    points = tuple(_set_points(twin, asset, inputs, written))
    taken = {key.rpartition(".")[2] for key in (knob.key for knob in points)}
    free = tuple(_knob(asset, v, v.default, "input") for v in inputs.values() if v.name not in taken)
    changed = dict(settings(tuple(model.parameters), written.get("parameters")))
    parameters = tuple(_knob(asset, v, changed.get(v.name, v.default), "parameter") for v in model.parameters)
    return (*points, *free, *parameters)


def knob(twin: Twin, key: str) -> Knob | None:
    """The knob of that key."""
    asset, _, word = key.rpartition(".")
    found = knobs_of(twin, asset)
    exact = next((each for each in found if each.key == key), None)
    model = _written(twin, asset)
    if exact is None and model:
        variable = named(tuple(Maker(twin.files).model(model).parameters), word)
        exact = next((each for each in found if variable and each.key == f"{asset}.{variable.name}"), None)
    return exact


def to_be_had(knobs: Sequence[Knob], points: Array) -> Array:
    """The points (point, knob) with what only comes whole rounded."""
    return np.where([each.whole for each in knobs], np.rint(points), points)


def turn(models: Ensemble, each: Knob, values: Array) -> None:
    """Gives every member its own value, (member,) in the knob's unit."""
    asset, _, word = each.key.rpartition(".")
    if each.sort == "set-point":
        models.set(each.key, values)
        return
    group = models.around(asset)
    places = range(len(group.instances)) if group is not None else None
    group, i = (group, 0) if group is not None else models.of(asset)
    for place in places or (i,):
        if each.sort == "input":
            row = group.row("inputs", word)
            factor, offset = conversion(each.unit, group.model.inputs[row].unit)
            forced = group.forced.setdefault(row, np.full((models.members, len(group.instances)), np.nan))
            forced[:, place] = values * factor + offset
        else:
            row = group.row("parameters", word)
            factor, offset = conversion(each.unit, group.model.parameters[row].unit)
            models.change(group, row, place, values * factor + offset)


def _set_points(twin: Twin, asset: str, inputs: Mapping[str, Variable], written: Mapping[str, Any]) -> Iterator[Knob]:
    takers = {str(tag): name for name, tag in (written.get("inputs") or {}).items()}
    for path in twin.assets[asset].tags if asset in twin.assets else ():
        tag = twin.tags[path]
        variable = inputs.get(takers.get(tag.name, tag.name))
        if tag.writable and variable is not None:
            low, high = tag.range or (None, None)
            value = _shown(variable.default, variable.unit, tag.unit)
            value = min(max(value, low), high) if low is not None and high is not None else value
            whole = variable.whole or tag.kind is TagKind.INTEGER
            yield Knob(path, tag.label or tag.name, tag.unit, value, low, high, "set-point", whole)


def _knob(asset: str, variable: Variable, value: float, sort: str) -> Knob:
    unit = variable.shown or {"K": "degC", "rad": "deg", "rad/s": "rpm"}.get(variable.unit, variable.unit)
    bounds = [_shown(end, variable.unit, unit) for end in (variable.low, variable.high)]
    low, high = (end if math.isfinite(end) and abs(end) < _FAR else None for end in bounds)
    told = _shown(value, variable.unit, unit)
    return Knob(f"{asset}.{variable.name}", variable.name, unit, told, low, high, sort, variable.whole)


def _shown(value: float, unit: str, to: str) -> float:
    if not math.isfinite(value):
        return value
    factor, offset = conversion(unit, to)
    return float(f"{value * factor + offset:.9g}")


def _written(twin: Twin, asset: str) -> Mapping[str, Any]:
    if asset in twin.assets:
        return twin.assets[asset].model
    around: Any = twin.environment.get("models") or {}
    return around.get(asset, {})

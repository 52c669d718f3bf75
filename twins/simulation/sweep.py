"""Steady states of one asset over ranges of its inputs: every point is a member of one ensemble that is run until it rests."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twins import InputError
from twins.asset import TagKind, Twin
from twins.expression import conversion
from twins.package.loader import load_zipped
from twins.package.words import did_you_mean
from twins.physics import Array, Chart, Maker, Model, Variable, beginning, defaults, modelled, rows, settings
from twins.simulation.executor import Executor, Watch, shares

_STEP = 300.0  # s
_REST = 1e-7  # of a value, in a step
_LONGEST = 2_000  # steps
_MOST = 200_000  # points


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers, a column each with its unit; a word where an output is one."""

    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[float | str | None, ...], ...]
    restless: int = 0  # at so many points something never came to rest; its last value is told


@dataclass(frozen=True, slots=True)
class Column:
    """An input or output as people name it: a row of the model, and value · factor + offset in the unit they use."""

    name: str
    unit: str
    row: int
    factor: float
    offset: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Some points of a sweep, as plain data that can be sent anywhere: (point, input)."""

    package: bytes
    asset: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    points: Array


def swept(
    package: bytes, asset: str, inputs: Mapping[str, Sequence[float]], outputs: Sequence[str], where: Executor, watch: Watch
) -> Table:
    """`sweep`, cut into pieces for an executor; the same to the bit, as no point knows of another."""
    points = _points(inputs)
    pieces = [
        Piece(package, asset, tuple(inputs), tuple(outputs), points[first : first + n])
        for first, n in shares(len(points), where.width)
    ]
    tables = list(where.map(_of_piece, pieces, watch))
    rows = tuple(row for table in tables for row in table.rows)
    return Table(tables[0].columns, tables[0].units, rows, sum(table.restless for table in tables))


def _of_piece(piece: Piece, watch: Watch) -> Table:
    return _swept(load_zipped(piece.package), piece.asset, piece.inputs, piece.points, piece.outputs)


def sweep(twin: Twin, asset: str, inputs: Mapping[str, Sequence[float]], outputs: Sequence[str] = ()) -> Table:
    """The table over all combinations of the inputs' values, in the units of the asset's tags, else in the model's own.

    Raises InputError, which says what there is.
    """
    return _swept(twin, asset, tuple(inputs), _points(inputs), outputs)


def _points(inputs: Mapping[str, Sequence[float]]) -> Array:
    if not inputs:
        raise InputError("name an input and its range, like --input wind_speed=3:25:0.5")
    many = math.prod(len(values) for values in inputs.values())
    if many > _MOST:
        raise InputError(f"{many:,} points are too many; at most {_MOST:,} are swept at once")
    return np.array(list(itertools.product(*inputs.values())), float).reshape(-1, len(inputs))


def _swept(twin: Twin, asset: str, inputs: tuple[str, ...], points: Array, outputs: Sequence[str]) -> Table:
    model, parameters = _model(twin, asset)
    chart = next((each for each in getattr(model, "charts", ()) if set(inputs) <= {v.name for v in each.inputs}), None)
    if chart is not None:
        return _charted(chart, inputs, points, outputs or [each.name for each in chart.outputs])
    given = [_column(name, "inputs", model, twin, asset) for name in inputs]
    told = [_column(name, "outputs", model, twin, asset) for name in outputs or [each.name for each in model.outputs]]
    steady, restless = _steady(model, parameters, given, [column.row for column in told], points, twin, asset)
    values = [(steady[column.row] - column.offset) / column.factor for column in told]
    made = tuple((*map(float, point), *_row(told, [value[k] for value in values])) for k, point in enumerate(points))
    units = (*(each.unit for each in given), *(each.unit for each in told))
    return Table((*inputs, *(each.name for each in told)), units, made, restless)


def spanned(text: str) -> list[float]:
    """`3:25:0.5` → 3, 3.5, … 25; `8` or `4,8,12` → just these. Raises ValueError with a sentence."""
    try:
        if ":" not in text:
            return [float(part) for part in text.split(",")]
        start, end, step = (float(part) for part in (*text.split(":"), "1")[:3])
    except ValueError:
        raise ValueError(f"“{text}” is no range; write FROM:TO:STEP, like 3:25:0.5, or values like 4,8,12") from None
    if step <= 0 or end < start or not np.isfinite([start, end, step]).all() or (end - start) / step > _MOST:
        raise ValueError(f"“{text}” is no range; write FROM:TO:STEP with FROM below TO and a STEP above 0")
    return [float(value) for value in np.round(start + step * np.arange(int((end - start) / step + 1e-9) + 1), 12)]


def _model(twin: Twin, asset: str) -> tuple[Model, dict[str, float]]:
    if asset not in twin.assets:
        hint = did_you_mean(asset, twin.assets)
        raise InputError(f"there is no asset “{asset}”; {hint or 'there are ' + ', '.join(path for path in twin.assets if path)}")
    written = twin.assets[asset].model
    if not modelled(written):
        having = [path for path, each in twin.assets.items() if modelled(each.model)]
        raise InputError(f"{asset or twin.id} has no model to sweep; {', '.join(having) or 'no asset here'} has")
    try:
        model = Maker(twin.files).model(written)
        return model, dict(settings(tuple(model.parameters), written.get("parameters")))
    except ValueError as problem:
        raise InputError(f"{asset}: {problem}") from None


def _column(name: str, what: str, model: Model, twin: Twin, asset: str) -> Column:
    """By the model's own name, else by the tag that tells it; in the tag's unit where there is one."""
    variables: tuple[Variable, ...] = tuple(getattr(model, what))
    spoken = twin.assets[asset].model.get(what, {})
    spoken = spoken if isinstance(spoken, Mapping) else {}
    own = dict(spoken) if what == "outputs" else {tag: name for name, tag in spoken.items()}
    called = str(own.get(name, name))
    row = next((k for k, each in enumerate(variables) if each.name == called), -1)
    if row < 0:
        known = [each.name for each in variables]
        raise InputError(
            f"the model of {asset} has no {what[:-1]} “{name}”; {did_you_mean(name, known) or 'there are ' + ', '.join(known)}"
        )
    variable, tag = variables[row], twin.tags.get(f"{asset}.{name}" if asset else name)
    unit = (
        tag.unit
        if tag and tag.kind in (TagKind.NUMBER, TagKind.INTEGER) and not variable.words
        else variable.shown or variable.unit
    )
    try:
        factor, offset = conversion(unit, variable.unit)
    except ValueError:
        unit, factor, offset = variable.unit, 1.0, 0.0
    return Column(name, unit, row, factor, offset, variable.words)


def _steady(
    model: Model,
    settled: Mapping[str, float],
    given: Sequence[Column],
    told: Sequence[int],
    points: Array,
    twin: Twin,
    asset: str,
) -> tuple[Array, int]:
    """The outputs (row, point), each point's once those that are told are at rest; and at how many they never were."""
    n = len(points)
    inputs, parameters = (defaults(each, n, 1) for each in (model.inputs, model.parameters))
    for name, value in settled.items():
        rows(model.parameters, parameters)[name][:] = value
    for column, values in zip(given, points.T, strict=True):
        variable = model.inputs[column.row]
        inputs[column.row, :, 0] = values * column.factor + column.offset
        worst = inputs[column.row][(inputs[column.row] < variable.low - 1e-9) | (inputs[column.row] > variable.high + 1e-9)]
        if len(worst):
            bounds = [(each - column.offset) / column.factor for each in (variable.low, variable.high)]
            raise InputError(
                f"{column.name} goes from {bounds[0]:g} to {bounds[1]:g} {column.unit}".rstrip() + "; write a range within"
            )
    state = beginning(model, parameters)
    noise, before = np.zeros((model.noises, n, 1)), np.full((len(model.outputs), n, 1), np.nan)
    dt = min(_STEP, model.longest_step)
    resting = [row for row in told if model.outputs[row].name not in _COUNTERS]
    found, moving = np.full((len(model.outputs), n), np.nan), np.ones(n, bool)
    for k in range(_LONGEST):
        state, outputs = model.advance(state, inputs, parameters, k * dt, dt, noise)
        change = np.abs(outputs - before)[resting] / np.maximum(np.abs(outputs[resting]), 1e-6)
        found[:, moving] = outputs[:, moving, 0]
        if k > 10:
            moving &= ~(change.max(axis=(0, 2), initial=0.0) < _REST)
        before = outputs
        if not moving.any():
            break
    if not np.isfinite(found).all():
        raise InputError(f"the model of {asset or twin.id} gives no number at some of these points; narrow the range")
    return found, int(moving.sum())


_COUNTERS = {"energy_total", "operating_hours", "energy_exported", "life_used"}


def _row(told: Sequence[Column], values: Sequence[float]) -> list[float | str | None]:
    return [
        column.words[int(value)] if column.words else float(f"{value:.9g}") for column, value in zip(told, values, strict=True)
    ]


def _charted(chart: Chart, names: tuple[str, ...], points: Array, outputs: Sequence[str]) -> Table:
    """What a model can tell without being run."""
    shown = {each.name: each for each in (*chart.inputs, *chart.outputs)}
    for name in outputs:
        if name not in {each.name for each in chart.outputs}:
            raise InputError(
                f"over {' and '.join(names)} there is no “{name}”; there are {', '.join(e.name for e in chart.outputs)}"
            )
    units = {name: variable.shown or variable.unit for name, variable in shown.items()}
    scales = {name: conversion(units[name], variable.unit) for name, variable in shown.items()}
    asked = {each.name: np.full(len(points), each.default) for each in chart.inputs}
    for name, values in zip(names, points.T, strict=True):
        asked[name] = values * scales[name][0] + scales[name][1]
    found = chart.evaluate(asked)
    told = [(found[name] - scales[name][1]) / scales[name][0] for name in outputs]
    columns = (*names, *outputs)
    made = tuple((*map(float, point), *(float(f"{value[k]:.9g}") for value in told)) for k, point in enumerate(points))
    return Table(columns, tuple(units[name] for name in columns), made)

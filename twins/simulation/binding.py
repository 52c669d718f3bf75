"""Which tag tells which output of which model, and by what factor; what no model speaks of is a signal of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twins.asset import Tag, TagKind, Twin
from twins.expression import conversion
from twins.physics import Model, Signal, Variable, Wave
from twins.simulation.composition import Group

_NUMBERS = (TagKind.NUMBER, TagKind.INTEGER)
_A_COUNTER = 1_000


@dataclass(frozen=True, slots=True)
class Bound:
    """A tag's value is an output of one instance · factor + offset, in the tag's unit; or the place of a word."""

    tag: Tag
    group: Group
    row: int
    instance: int
    factor: float = 1.0
    offset: float = 0.0
    words: tuple[str, ...] = ()
    wave: Wave | None = None


@dataclass(frozen=True, slots=True)
class SetPoint:
    """A tag that can be written. Where a model takes it: value · factor + offset becomes an input of one instance."""

    tag: Tag
    start: float  # in the tag's unit
    group: Group | None = None
    row: int = 0
    instance: int = 0
    factor: float = 1.0
    offset: float = 0.0


def bound(
    twin: Twin, groups: Sequence[Group], seed: int, members: int = 1, first: int = 0
) -> tuple[list[Bound], list[SetPoint], list[Group]]:
    """Every measured tag in the package's order, every set-point, and the groups with that of the signals added."""
    at = {path: (group, i) for group in groups if not group.surrounds for i, path in enumerate(group.instances)}
    setpoints = [_set_point(tag, twin, at) for tag in twin.tags.values() if tag.writable and not tag.computed]
    measured = [tag for tag in twin.tags.values() if tag.is_measured]
    modelled = {tag.path: found for tag in measured if (found := _modelled(tag, twin, at))}
    rest = [tag for tag in measured if tag.path not in modelled]
    signals = _signals(rest, seed, members, first)
    told = modelled | {tag.path: _signal(tag, signals, i) for i, tag in enumerate(rest)}
    return [told[tag.path] for tag in measured], setpoints, [*groups, signals] if rest else list(groups)


def _modelled(tag: Tag, twin: Twin, at: Mapping[str, tuple[Group, int]]) -> Bound | None:
    """The output of the asset's own model that a tag tells: the one that the package names, else that of the same name."""
    if tag.asset not in at:
        return None
    group, i = at[tag.asset]
    named = twin.assets[tag.asset].model.get("outputs", {})
    name = str(named.get(tag.name, tag.name)) if isinstance(named, Mapping) else tag.name
    for wave in group.model.waves if tag.kind is TagKind.WAVEFORM else ():
        if wave.name == name and (fits := _converted(wave.unit, tag.unit)):
            return Bound(tag, group, 0, i, *fits, wave=wave)
    for row, variable in enumerate(group.model.outputs):
        if variable.name == name and (fits := _fitted(tag, variable, group.model)):
            return Bound(tag, group, row, i, *fits, words=variable.words)
    return None


def _fitted(tag: Tag, variable: Variable, model: Model) -> tuple[float, float] | None:
    """(factor, offset) from a model's unit to the tag's; None where the tag is of another sort."""
    if not variable.unit and getattr(model, "loose_units", False):  # a number of nobody knows what is the tag's own
        return 1.0, 0.0
    if tag.kind in _NUMBERS and not variable.words:
        return _converted(variable.unit, tag.unit)
    return (1.0, 0.0) if variable.words and tag.kind not in (*_NUMBERS, TagKind.WAVEFORM) else None


def _converted(unit: str, to: str) -> tuple[float, float] | None:
    try:
        return conversion(unit, to)
    except ValueError:
        return None


def _set_point(tag: Tag, twin: Twin, at: Mapping[str, tuple[Group, int]]) -> SetPoint:
    """The input of the asset's model that a tag sets: the one that names the tag, else that of the same name."""
    group, i = at.get(tag.asset, (None, 0))
    low, high = tag.range or (0.0, 0.0)
    named = twin.assets[tag.asset].model.get("inputs", {})
    takers = [taker for taker, name in named.items() if name == tag.name] if isinstance(named, Mapping) else []
    for row, variable in enumerate(group.model.inputs) if group else ():
        loose = not variable.unit and group is not None and getattr(group.model, "loose_units", False)
        fits = ((1.0, 0.0) if loose else _converted(tag.unit, variable.unit)) if tag.kind in _NUMBERS else None
        if variable.name in (takers or [tag.name]) and fits:
            factor, offset = fits
            start = (variable.default - offset) / factor
            return SetPoint(tag, min(max(start, low), high) if tag.range else start, group, row, i, factor, offset)
    return SetPoint(tag, tag.normal if tag.normal is not None else (low + high) / 2)


def _signals(tags: Sequence[Tag], seed: int, members: int, first: int) -> Group:
    group = Group("signals", Signal(), tuple(tag.path for tag in tags), seed, members, first)
    for i, tag in enumerate(tags):
        group.parameters[:2, :, i] = np.array(_normal_band(tag))[:, None]
        group.parameters[2, :, i] = 60 + zlib.crc32(tag.path.encode()) % 840
        if tag.kind is TagKind.INTEGER and tag.range and tag.range[1] - tag.range[0] > _A_COUNTER:
            group.parameters[3, :, i] = 0.0  # what counts that far doesn't wander
    return group


def _normal_band(tag: Tag) -> tuple[float, float]:
    """Where a tag lies when all is well: what has a high limit runs in the upper part of what is normal."""
    if tag.kind in (TagKind.ENUMERATION, TagKind.BOOLEAN, TagKind.TEXT):
        code = 1.0 if tag.kind is TagKind.BOOLEAN else float(min(2, max(1, len(tag.values)) - 1))
        return code, code
    low, high = tag.range or (0.0, 1.0)
    lower = [limit for limit in (tag.limits.low, tag.limits.low_low) if limit is not None]
    upper = [limit for limit in (tag.limits.high, tag.limits.high_high) if limit is not None]
    if upper:
        high = min(upper) - 0.05 * (high - low)
        low = max([*lower, high - 0.4 * (high - low)])
    elif lower:
        low = max(lower) + 0.05 * (high - low)
    return low, max(low, high)


def _signal(tag: Tag, signals: Group, i: int) -> Bound:
    wave = signals.model.waves[0] if tag.kind is TagKind.WAVEFORM else None
    words = tag.values if tag.kind is TagKind.ENUMERATION else ("normal",) if tag.kind is TagKind.TEXT else ()
    return Bound(tag, signals, 0, i, words=words, wave=wave)


def table_of(bound: Bound) -> np.ndarray:
    """For each word of the model, the code that the tag has for it; a text's is the place in `words`."""
    return np.array(list(_codes(bound)), float)


def _codes(bound: Bound) -> Iterator[float]:
    for place, word in enumerate(bound.words):
        if bound.tag.kind is TagKind.ENUMERATION:
            yield bound.tag.values.index(word) if word in bound.tag.values else min(place, len(bound.tag.values) - 1)
        else:
            yield min(place, 1) if bound.tag.kind is TagKind.BOOLEAN else place

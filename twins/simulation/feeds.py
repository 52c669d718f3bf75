"""Feeds: which measured tags drive which inputs and set-points of an ensemble, and which tell its states."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from twins.asset import Tag, TagKind
from twins.expression import conversion, tag_named
from twins.physics import Array, Variable
from twins.simulation.binding import Bound, SetPoint, table_of
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble

_NUMBERS = (TagKind.NUMBER, TagKind.INTEGER)
_KINDS = (*_NUMBERS, TagKind.BOOLEAN, TagKind.ENUMERATION)


class Feeds:
    """Of the tags that are known by path. `inputs` are (group, row, instance, what tells it); `bounds` tell outputs."""

    def __init__(self, models: Ensemble, known: Collection[str]) -> None:
        self._models = models
        self.bounds = [each for each in models.bounds if each.tag.path in known and each.tag.kind in _KINDS]
        self._kept = {each.tag.path for each in self.bounds if _is_kept(each)}
        at = {(id(each.group), each.row, each.instance): each for each in self.bounds if not each.words}
        self.inputs = [
            (group, row, i, each)
            for group in models.groups
            for row, variable in enumerate(group.model.inputs if not group.surrounds else ())
            for i in range(len(group.instances))
            if (each := at.get((id(group), _output(group, variable), i)) or self._named(group, row, i, known))
        ]
        self.setpoints = [each for each in models.setpoints if each.tag.path in known]

    def give(self, values: Array) -> None:
        """To each input (input, member) or (input,), in SI, for the steps to come; NaN leaves it to the models."""
        for value, (group, row, i, _) in zip(values, self.inputs, strict=True):
            if row not in group.forced:
                group.forced[row] = self._nothing(group)
            group.forced[row][:, i] = value

    def set(self, values: Iterable[float]) -> None:
        """To each set-point, in its tag's unit; NaN leaves it."""
        for value, each in zip(values, self.setpoints, strict=True):
            if not np.isnan(value):
                self._models.set(each.tag.path, value)

    def told(self, group: Group, values: Iterable[tuple[Bound, float]]) -> dict[str, Array]:
        """A group's outputs by name, (member, instance) in SI; NaN where none of the values tells one."""
        told: dict[str, Array] = {}
        for each, value in values:
            name = group.model.outputs[each.row].name
            if name not in told:
                told[name] = self._nothing(group)
            told[name][:, each.instance] = in_si(each, np.array([value]))[0]
        return told

    def kept(self, values: Iterable[tuple[Bound, float]]) -> list[tuple[Bound, float]]:
        """Those that tell a count, a flag or a direction: it is taken over as it is measured."""
        return [(each, value) for each, value in values if each.tag.path in self._kept]

    def _nothing(self, group: Group) -> Array:
        return np.full((self._models.members, len(group.instances)), np.nan)

    def _named(self, group: Group, row: int, i: int, known: Collection[str]) -> SetPoint | None:
        """The measured tag that the package names for an input, else that of the same name, which no output tells."""
        twin, path, variable = self._models.twin, group.instances[i], group.model.inputs[row]
        written = twin.assets[path].model.get("inputs", {})
        word = str(written.get(variable.name, variable.name)) if isinstance(written, Mapping) else variable.name
        tag = twin.tags.get(tag_named(word, path, twin.assets, twin.tags) if word != variable.name else f"{path}.{word}")
        if tag is None or tag.writable or tag.path not in known or tag.kind not in _NUMBERS:
            return None
        return _fed(tag, group, row, i, variable)


def _is_kept(each: Bound) -> bool:
    name = each.group.model.outputs[each.row].name
    return any((state.told or state.name) == name and bool(state.kept or state.words) for state in each.group.model.states)


def in_si(each: Bound | SetPoint, values: Array) -> Array:
    """A tag's values in the model's unit; of words, the place that the model has for them."""
    if isinstance(each, Bound) and each.words:
        table = table_of(each)
        places = np.abs(table[:, None] - np.nan_to_num(values)).argmin(axis=0).astype(float)
        return np.where(np.isnan(values), np.nan, places)
    back = (values - each.offset) / each.factor
    return back if isinstance(each, Bound) else values * each.factor + each.offset


def _fed(tag: Tag, group: Group, row: int, i: int, variable: Variable) -> SetPoint | None:
    try:
        loose = not variable.unit and getattr(group.model, "loose_units", False)
        factor, offset = (1.0, 0.0) if loose else conversion(tag.unit, variable.unit)
    except ValueError:
        return None
    return SetPoint(tag, np.nan, group, row, i, factor, offset)


def _output(group: Group, variable: Variable) -> int:
    """The row of the output that tells an input again; −1 where none does."""
    return group.row("outputs", variable.told) if variable.told else -1

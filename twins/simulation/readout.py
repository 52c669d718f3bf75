"""The readout: what the models of a plant tell, tag by tag, each in its unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.asset import Tag, TagKind
from twins.physics import Array
from twins.simulation.binding import Bound, SetPoint, table_of
from twins.simulation.composition import Group


class Readout:
    """Measured tags in the package's order, then set-points. Codes stand for what is not a number."""

    def __init__(self, bounds: Sequence[Bound], setpoints: Sequence[SetPoint], groups: Sequence[Group]) -> None:
        self.tags: tuple[Tag, ...] = (*(each.tag for each in bounds), *(each.tag for each in setpoints))
        self._groups = groups
        self._source = np.array([_place(groups, each) for each in bounds], np.intp)
        self._factor = np.array([each.factor for each in bounds]).reshape(-1, 1)
        self._offset = np.array([each.offset for each in bounds]).reshape(-1, 1)
        tables = {i: table_of(each) for i, each in enumerate(bounds) if each.words}
        self._worded = np.array(list(tables), np.intp)
        self._lasts = np.array([[len(table) - 1] for table in tables.values()], np.intp).reshape(-1, 1)
        self._tables = np.zeros((len(tables), max(map(len, tables.values()), default=0)))
        for row, table in zip(self._tables, tables.values(), strict=True):
            row[: len(table)] = table
        self._round = 10.0 ** np.array([_decimals(tag) for tag in self.tags]).reshape(-1, 1)

    def values(self, standing: Array) -> Array:
        """(tag, member), rounded as instruments are; NaN where a model gives no number. `standing` are the set-points."""
        members = standing.shape[1]
        flat = np.concatenate([group.outputs.transpose(0, 2, 1).reshape(-1, members) for group in self._groups])
        values = np.concatenate([flat[self._source] * self._factor + self._offset, standing])
        if len(self._worded):
            told = values[self._worded]
            codes = np.clip(np.nan_to_num(told, nan=0.0).astype(np.intp), 0, self._lasts)
            values[self._worded] = np.where(np.isnan(told), np.nan, np.take_along_axis(self._tables, codes, axis=1))
        return np.round(values * self._round) / self._round


def rounded(tag: Tag, value: float) -> float:
    """As the tag's instrument rounds."""
    return round(value, _decimals(tag))


def _place(groups: Sequence[Group], each: Bound) -> int:
    """Where a bound output stands in all outputs, laid out one after the other."""
    before = 0
    for group in groups:
        if group is each.group:
            return before + each.row * len(group.instances) + each.instance
        before += len(group.model.outputs) * len(group.instances)
    raise LookupError(each.tag.path)


def _decimals(tag: Tag) -> int:
    if tag.kind is not TagKind.NUMBER:
        return 0
    return tag.decimals + (tag.period_ns is not None)

"""From an estimator's checkpoint on: parameters go as it told them since, so that a fork begins with what is known by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twins.asset import wandering
from twins.expression import conversion
from twins.historian.days import Record
from twins.historian.deriving import histories_of
from twins.physics import Array
from twins.record.samples import Int64
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble
from twins.simulation.measured import held

_MIDDLE = "p50"


@dataclass(frozen=True, slots=True)
class _Parameter:
    group: Group
    row: int
    instance: int
    told: Array  # its middle at each step, in SI; NaN where nothing was


class AsEstimated:
    """Follows n steps from where the models stand. Members keep their distances: their middle is what was told."""

    def __init__(self, record: Record, models: Ensemble, n: int) -> None:
        self._models = models
        instants = models.time + models.step_ns * np.arange(n + 1, dtype=np.int64)
        self._parameters = list(self._of(record, instants))
        self._begin = models.time

    def follow(self, t: int) -> None:
        """As they were told by an instant (ns)."""
        step = (t - self._begin) // self._models.step_ns
        for each in self._parameters:
            value = each.told[step]
            if not np.isnan(value):
                variable, now = each.group.model.parameters[each.row], each.group.parameters[each.row, :, each.instance]
                moved = np.clip(now + value - np.median(now), variable.low, variable.high)
                self._models.change(each.group, each.row, each.instance, moved)

    def _of(self, record: Record, instants: Int64) -> Iterator[_Parameter]:
        twin = self._models.twin
        places = {
            f"{path}.{name}.{_MIDDLE}": (group, group.row("parameters", name), i)
            for group in self._models.groups
            for i, path in enumerate(group.instances)
            if not group.surrounds and path in twin.assets
            for name in wandering(twin.assets[path])
        }
        tags = {path: twin.estimated[path] for path, (_, row, _) in places.items() if row >= 0 and path in twin.estimated}
        histories = histories_of(record, tags, int(instants[0]), int(instants[-1]))
        for path, tag in tags.items():
            group, row, i = places[path]
            factor, offset = conversion(tag.unit, group.model.parameters[row].unit)
            yield _Parameter(group, row, i, held(histories[path], instants) * factor + offset)

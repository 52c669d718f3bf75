"""The axes of a trend plot: local times below, values with real signs beside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import tzinfo

import pyqtgraph as pg

from twins.clock import SECOND
from ui.axis import ticks
from ui.numbers import grouped

_TICK, _ROW = 80, 42  # px between labels


class TimeAxis(pg.AxisItem):
    """Local times below the plot; x is seconds from `origin`."""

    def __init__(self, origin: int, zone: tzinfo) -> None:
        super().__init__("bottom")
        self._origin, self._zone = origin, zone
        self._labels: dict[float, str] = {}

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: D102
        start, end = (self._origin + round(x * SECOND) for x in (low, high))
        found = ticks(start, end, max(2, int(size // _TICK)), self._zone)
        self._labels = {(tick.t - self._origin) / SECOND: tick.label for tick in found}
        return [(1.0, list(self._labels))]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: D102
        return [self._labels.get(value, "") for value in values]


class ValueAxis(pg.AxisItem):
    """Values with thin spaces and real minus signs, or the words of an enumeration."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.words: tuple[str, ...] = ()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: D102
        if self.words:
            return [(1.0, [float(i) for i in range(len(self.words)) if low <= i <= high])]
        step = nice_step((high - low) / max(2.0, size / _ROW))
        first = math.ceil(low / step)
        return [(step, [i * step for i in range(first, math.floor(high / step) + 1)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: D102
        if self.words:
            return [self.words[int(value)].replace("_", " ") for value in values]
        return [grouped(value, max(0, -math.floor(math.log10(spacing) + 1e-9))) for value in values]


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-12)))
    return next(n * power for n in (1.0, 2.0, 5.0, 10.0) if n * power >= least * (1 - 1e-9))

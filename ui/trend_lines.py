"""A trend as lines: which points are joined, which are not, and the band between the extremes; arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.clock import SECOND
from twins.historian import Trend
from twins.record.snapshot import STALE_AFTER_PERIODS
from ui.coverage import breaks

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """`x` is seconds from an origin; joined[i] tells whether point i is joined with the next. `outline` goes round the band."""

    x: Floats
    y: Floats
    joined: NDArray[np.int32]
    dots: tuple[Floats, Floats]  # the samples themselves, where each is one
    outline: tuple[Floats, Floats, NDArray[np.int32]]

    def reach(self, start: float, end: float) -> tuple[float, float] | None:
        """The lowest and highest drawn between two x, with what comes in from the left; None where nothing is."""
        xs, ys = (self.x, self.y) if not len(self.outline[0]) else self.outline[:2]
        seen = ys[(xs >= start) & (xs <= end)]
        place = int(np.searchsorted(self.x, start)) - 1
        if 0 <= place < len(self.x) - 1 and self.joined[place]:
            seen = np.append(seen, self.y[place])
        return (float(seen.min()), float(seen.max())) if len(seen) else None


def line_of(trend: Trend, bucket: int, origin: int, until: int) -> Line | None:
    """None where nothing was measured. Samples make steps: a value holds until the next one, but not across a gap, where it
    ends after its period, and not past `until`. Buckets make a line through their means and a band from min to max."""
    if not len(trend.t):
        return None
    apart = breaks(trend, bucket)
    if not trend.exact:
        x = _seconds(trend.t + bucket // 2, origin)
        return Line(x, trend.mean, _joined(~apart), (x[:0], x[:0]), _outline(x, trend.min, trend.max, apart))
    starts, ends = trend.t, _ends(trend, apart, until)
    x = np.column_stack((_seconds(starts, origin), _seconds(ends, origin))).ravel()
    steps = np.ones(2 * len(starts), np.int32)
    steps[1:-1:2] = ~apart
    none = np.zeros(0)
    return Line(x, np.repeat(trend.mean, 2), steps, (x[::2], trend.mean), (none, none, np.zeros(0, np.int32)))


def _ends(trend: Trend, apart: NDArray[np.bool_], until: int) -> NDArray[np.int64]:
    hold = round(trend.gap_ns / STALE_AFTER_PERIODS)
    alone = trend.t + hold if hold else np.full(len(trend.t), until)
    following = np.append(trend.t[1:], alone[-1])
    ends = np.where(np.append(apart, True), np.minimum(alone, following), following)
    return np.maximum(trend.t, np.minimum(ends, until))


def _outline(x: Floats, low: Floats, high: Floats, apart: NDArray[np.bool_]) -> tuple[Floats, Floats, NDArray[np.int32]]:
    """Each unbroken stretch there along the maxima and back along the minima, as one ring."""
    cuts = np.flatnonzero(apart) + 1
    order, above, joined = [], [], []
    for stretch in np.split(np.arange(len(x)), cuts):
        order += [stretch, stretch[::-1]]
        above += [np.ones(len(stretch), bool), np.zeros(len(stretch), bool)]
        joined += [np.append(np.ones(2 * len(stretch) - 1, np.int32), 0)]
    place, top = np.concatenate(order), np.concatenate(above)
    return x[place], np.where(top, high[place], low[place]), np.concatenate(joined).astype(np.int32)


def _joined(to_next: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.append(to_next, False).astype(np.int32)


def _seconds(t: NDArray[np.int64], origin: int) -> Floats:
    return (t - origin) / SECOND

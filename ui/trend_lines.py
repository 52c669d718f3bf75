"""A trend as lines: which points are joined, which are not, and the band between the extremes; arrays only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twins.clock import SECOND
from twins.historian import Trend
from twins.record import Reading, Waveform
from twins.record.snapshot import STALE_AFTER_PERIODS
from ui.coverage import breaks

Floats = NDArray[np.float64]
Fan = tuple[Floats, Floats, Floats, Floats]  # from, to, low, high
_NINETY = 1.645  # deviations of a normal quantity


@dataclass(frozen=True, slots=True)
class Line:
    """`x` is seconds from an origin; joined[i] tells whether point i is joined with the next."""

    x: Floats
    y: Floats
    joined: NDArray[np.int32]
    dots: tuple[Floats, Floats] | None = None  # the samples themselves, where each is one
    band: tuple[Floats, Floats, Floats, Floats] | None = None  # buckets: from, to, min, max

    def reach(self, start: float, end: float) -> tuple[float, float] | None:
        """The lowest and highest drawn between two x, with what comes in from the left; None where nothing is."""
        seen = self.y[(self.x >= start) & (self.x <= end)]
        if self.band is not None:
            there = (self.band[1] >= start) & (self.band[0] <= end)
            seen = np.concatenate((seen, self.band[2][there], self.band[3][there]))
        place = int(np.searchsorted(self.x, start)) - 1
        if 0 <= place < len(self.x) - 1 and self.joined[place]:
            seen = np.append(seen, self.y[place])
        return (float(seen.min()), float(seen.max())) if len(seen) else None


def standing(trend: Trend, reading: Reading, start: int) -> Trend:
    """With what came before the stretch from `start` (ns) and stands in it: a tag that reports on change may have said nothing
    since. `reading` is of an instant in the stretch."""
    told, channel = reading.value, reading.channel
    if channel.period_ns or not reading.sound or reading.source >= start or not (trend.exact or not len(trend.t)):
        return trend
    if isinstance(told, str):
        told = channel.values.index(told) if told in channel.values else None
    if told is None or isinstance(told, Waveform):
        return trend
    t, value = np.insert(trend.t, 0, start), np.insert(trend.mean, 0, float(told))
    return Trend(t, value, value, value, np.ones(len(t), np.int64), trend.gap_ns, exact=True)


def line_of(trend: Trend, bucket: int, origin: int, until: int) -> Line | None:
    """None where nothing was measured. Samples make steps: a value holds until the next one, but not across a gap, where it
    ends after its period, and not past `until`. Buckets make a line through their means and a band from min to max."""
    if not len(trend.t):
        return None
    apart = breaks(trend, bucket)
    if not trend.exact:
        left, right = _seconds(trend.t, origin), _seconds(trend.t + bucket, origin)
        return Line(
            (left + right) / 2, trend.mean, np.append(~apart, False).astype(np.int32), band=(left, right, trend.min, trend.max)
        )
    starts, ends = _seconds(trend.t, origin), _seconds(_ends(trend, apart, until), origin)
    joined = np.ones(2 * len(starts), np.int32)
    joined[1:-1:2] = ~apart
    joined[-1] = 0
    return Line(np.column_stack((starts, ends)).ravel(), np.repeat(trend.mean, 2), joined, dots=(starts, trend.mean))


@dataclass(frozen=True, slots=True)
class Beside:
    """What else is said of a tag: the what-if's line, the forecast's fan with the line through its middle, and what was expected,
    within its interval."""

    what_if: Line | None = None
    middle: Line | None = None
    fan: Fan | None = None
    expected: Line | None = None
    interval: Fan | None = None

    def reach(self, start: float, end: float) -> tuple[float, float] | None:
        """The lowest and highest drawn between two x."""
        lines = (self.what_if, self.middle, self.expected)
        found = [reach for line in lines if line is not None and (reach := line.reach(start, end))]
        for fan in (fan for fan in (self.fan, self.interval) if fan is not None):
            there = (fan[1] >= start) & (fan[0] <= end)
            if there.any():
                found.append((float(fan[2][there].min()), float(fan[3][there].max())))
        return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def interval_of(expected: Trend, spread: Trend, bucket: int, origin: int) -> Fan | None:
    """In which 90 % of what was to be expected lies."""
    if not np.array_equal(expected.t, spread.t):
        return None
    reach = _NINETY * spread.mean
    return fan_of(replace(expected, min=expected.min - reach), replace(expected, max=expected.max + reach), bucket, origin)


def fan_of(low: Trend, high: Trend, bucket: int, origin: int) -> Fan | None:
    """Between two quantiles that were told at the same instants."""
    if not len(low.t) or not np.array_equal(low.t, high.t):
        return None
    hold = round(low.gap_ns / STALE_AFTER_PERIODS) or bucket
    ends = np.append(np.minimum(low.t[1:], low.t[:-1] + hold), low.t[-1] + hold) if low.exact else low.t + bucket
    return _seconds(low.t, origin), _seconds(ends, origin), low.min, high.max


def _ends(trend: Trend, apart: NDArray[np.bool_], until: int) -> NDArray[np.int64]:
    hold = round(trend.gap_ns / STALE_AFTER_PERIODS)
    alone = trend.t + hold if hold else np.full(len(trend.t), until)
    following = np.append(trend.t[1:], alone[-1])
    ends = np.where(np.append(apart, True), np.minimum(alone, following), following)
    return np.maximum(trend.t, np.minimum(ends, until))


def _seconds(t: NDArray[np.int64], origin: int) -> Floats:
    return (t - origin) / SECOND

"""Local time: stamps without an offset placed on the UTC line, with the hours that came twice or never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twins.clock import DAY, SECOND
from twins.historian.columns import Column, Mask
from twins.historian.stamps import read_stamps
from twins.historian.tally import Tally

Int64 = NDArray[np.int64]


def read_times(
    column: Column, form: str, zone: ZoneInfo, series: NDArray[np.integer[Any]], rows: Int64, tally: Tally
) -> tuple[Int64, Mask]:
    """A column's stamps as ns UTC, and where there is one; see `read_stamps` and `place_local`. `rows` are for the tally."""
    stamps = read_stamps(column, form)
    tally.count("bad_time", rows[~stamps.valid])
    time, local = stamps.time.copy(), stamps.valid & ~stamps.exact
    if local.any():
        placed = place_local(time[local], series[local], zone)
        time[local] = placed.time
        tally.count("ambiguous_hour", rows[local][placed.ambiguous])
        tally.count("nonexistent_hour", rows[local][placed.nonexistent])
    return time, stamps.valid


@dataclass(frozen=True, slots=True)
class Placed:
    """Local times put on the UTC line: `time` in ns, and which local hours came twice or never."""

    time: Int64
    ambiguous: Mask
    nonexistent: Mask


def place_local(local: Int64, series: NDArray[np.integer[Any]], zone: ZoneInfo) -> Placed:
    """Naive local ns → ns UTC; rows with the same `series` number belong together and stand in the file's order.

    A local time that came twice is the first, unless its series went back in time there: from then on it is the second
    (in a series written newest first, the other way round). One that never was keeps the offset from before the change,
    so 02:30 in the hour left out is 03:30.
    """
    changes = _Changes.of(zone, local)
    time = local - changes.offset_at(local)
    ambiguous, nonexistent = (
        changes.inside(local, changes.before > changes.after),
        changes.inside(local, changes.after > changes.before),
    )
    if ambiguous.any():
        second = np.zeros(len(local), bool)
        rows = np.flatnonzero(ambiguous)
        windows = changes.number_of(local[rows])
        for window, one in sorted({*zip(windows.tolist(), series[rows].tolist(), strict=True)}):
            own = rows[(windows == window) & (series[rows] == one)]
            second[own] = _second_pass(local[own], _falling(local[series == one]))
            time[own] += np.where(second[own], changes.before[window] - changes.after[window], 0)
    return Placed(time, ambiguous, nonexistent)


def _falling(times: Int64) -> bool:
    """A series written newest first."""
    steps = np.sign(np.diff(times))
    return int(steps.sum()) < 0


def _second_pass(times: Int64, falling: bool) -> Mask:
    """Which of the times in one doubled hour, in the file's order, are of the second pass: those after the one step back.

    No step back, or several (rows in no order), shows nothing.
    """
    forward = times[::-1] if falling else times
    back = np.flatnonzero(np.diff(forward) < 0)
    second = np.zeros(len(times), bool)
    if len(back) == 1:
        second[back[0] + 1 :] = True
    return second[::-1] if falling else second


@dataclass(frozen=True, slots=True)
class _Changes:
    """The instants at which a zone's offset changes, and the offset before and after each; all ns."""

    instant: Int64
    before: Int64
    after: Int64
    first: int  # the offset before all of them

    @classmethod
    def of(cls, zone: ZoneInfo, local: Int64) -> _Changes:
        """Those that matter for these local times."""
        none = np.zeros(0, np.int64)
        if not len(local):
            return cls(none, none, none, 0)
        days = range(int(local.min()) // DAY - 2, int(local.max()) // DAY + 4)
        offsets = [_offset_of(zone, day * 86_400) for day in days]
        found = [
            (_change_within(zone, day * 86_400, (day + 1) * 86_400), one, other)
            for day, one, other in zip(days, offsets, offsets[1:], strict=False)
            if one != other
        ]
        columns = np.array(found, np.int64).reshape(-1, 3).T * SECOND
        return cls(columns[0], columns[1], columns[2], offsets[0] * SECOND)

    def offset_at(self, local: Int64) -> Int64:
        """The offset of each local time, of its first occurrence where there are two."""
        turns = self.instant + np.maximum(self.before, self.after)
        offsets = np.concatenate([np.array([self.first], np.int64), self.after])
        return offsets[np.searchsorted(turns, local, side="right")]

    def inside(self, local: Int64, chosen: Mask) -> Mask:
        """Which local times lie in the stretch that a chosen change doubles or leaves out."""
        found = np.zeros(len(local), bool)
        for t, one, other in zip(self.instant[chosen], self.before[chosen], self.after[chosen], strict=True):
            found |= (local >= t + min(one, other)) & (local < t + max(one, other))
        return found

    def number_of(self, local: Int64) -> Int64:
        """Which change each ambiguous local time lies at."""
        return np.searchsorted(self.instant + np.maximum(self.before, self.after), local, side="right")


def _offset_of(zone: ZoneInfo, second: int) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    offset = moment.astimezone(zone).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0


def _change_within(zone: ZoneInfo, low: int, high: int) -> int:
    """The second at which the offset becomes another, low < second ≤ high."""
    offset = _offset_of(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_of(zone, middle) == offset else (low, middle)
    return high

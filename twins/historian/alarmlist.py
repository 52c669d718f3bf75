"""An alarm list: rows that say from when to when an alarm stood become alarm events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.historian.columns import Column, Mask, arrow, blank_in, texts_of, words_of
from twins.historian.keys import AlarmKeys
from twins.historian.table import Table
from twins.historian.tally import Tally
from twins.record import Event, EventKind

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm: of an asset, from `on` until `off` (ns UTC; None while it still stands)."""

    row: int
    asset: str
    code: str
    on: int
    off: int | None
    priority: str
    message: str

    @property
    def key(self) -> str:
        """Source and condition, as `T01/code-93`."""
        return f"{self.asset}/code-{self.code}" if self.asset else f"code-{self.code}"


Times = Callable[[Column, NDArray[np.int32], Int64], tuple[Int64, Mask]]  # of a column, its assets and row numbers


def read_alarms(
    table: Table,
    keys: AlarmKeys,
    blank: Sequence[str],
    assets: Sequence[str],
    asset: NDArray[np.int32],
    times: Times,
    tally: Tally,
) -> tuple[AlarmRow, ...]:
    """The rows of a list; those without asset (−1) or readable time, or that end before they begin, are tallied."""
    rows = table.rows
    on, good = times(table.columns[keys.on], asset, rows)
    off, ended = np.zeros(len(rows), np.int64), np.zeros(len(rows), bool)
    if keys.off:
        there = np.flatnonzero(~blank_in(words_of(table.columns[keys.off]), blank))
        off[there], ended[there] = times(table.columns[keys.off].take(arrow(there)), asset[there], rows[there])
        good[there] &= ended[there]
    tally.count("unknown_asset", rows[good & (asset < 0)])
    tally.count("off_before_on", rows[good & (asset >= 0) & ended & (off < on)])
    good &= (asset >= 0) & ~(ended & (off < on))
    codes, messages, priorities = (_texts_in(table, name) for name in (keys.code, keys.message, keys.priority.column))
    return tuple(
        AlarmRow(
            int(rows[i]),
            assets[asset[i]],
            codes[i],
            int(on[i]),
            int(off[i]) if ended[i] else None,
            keys.priority.map.get(priorities[i], keys.priority.always),
            messages[i],
        )
        for i in np.flatnonzero(good).tolist()
    )


def alarm_events(rows: Sequence[AlarmRow], held: Iterable[Event], tally: Tally) -> tuple[Event, ...]:
    """On and off of each alarm, in order of time; at one instant what ends comes before what begins.

    A row that stands twice, or whose events the recording holds, is a duplicate. Where two rows of one alarm overlap it
    stands until the last of them ends.
    """
    known = {(event.key, event.time, event.stands) for event in held}
    unique = {(row.key, row.on, row.off): row for row in reversed(rows)}
    changes = tuple(_in_order(tuple(unique.values()), tally))
    new = [(row, event) for row, event in changes if (event.key, event.time, event.stands) not in known]
    fresh = {row.row for row, _ in new}
    tally.count("duplicate", [row.row for row in rows if row.row not in fresh])
    return tuple(event for _, event in new)


def _in_order(rows: Sequence[AlarmRow], tally: Tally) -> Iterator[tuple[AlarmRow, Event]]:
    """Each change with the row that told it."""
    changes = [(row.on, 1 if row.off == row.on else 2, row.row, True, row) for row in rows]
    changes += [(row.off, 1 if row.off == row.on else 0, row.row, False, row) for row in rows if row.off is not None]
    changes.sort(key=lambda change: (change[0], change[1], change[2], not change[3]))
    depth: Counter[str] = Counter()
    for time, _, number, stands, row in changes:
        depth[row.key] += 1 if stands else -1
        if stands or not depth[row.key]:
            yield row, _event(row, time, stands)
        else:
            tally.count("overlapping_alarm", number)


def _event(row: AlarmRow, time: int, stands: bool) -> Event:
    data = {
        "state": "unacknowledged" if stands else "normal",
        "priority": row.priority,
        "message": row.message,
        "code": row.code,
    }
    return Event(time, EventKind.ALARM, row.asset, row.key, stands, data)


def _texts_in(table: Table, name: str) -> list[str]:
    """A column's words; empty ones where no column is named."""
    return texts_of(table.columns[name]) if name else [""] * len(table.rows)

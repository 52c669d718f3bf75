"""The event log of one file: when each event was known, held in memory, and the events themselves, read when asked for.

Like blocks, events are found by their place in the file and not through an index, so that none can go missing unnoticed: ids run
1, 2, 3 … without holes, and each row has a CRC over its time and one over all of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twins.historian.rows import EVENT, Row, event_of, event_row, head_of
from twins.historian.salvage import is_damage, rows_after, rows_at
from twins.record import Event, EventKind
from twins.record.samples import Int64

ABOUT_THE_FILE = (EventKind.PACKAGE, EventKind.IMPORT)
_KINDS = {kind: i for i, kind in enumerate(EventKind)}  # places in memory only


class EventLog:
    """Reads and appends; `note` takes sentences about damage."""

    def __init__(self, database: sqlite3.Connection, note: Callable[[str], None]) -> None:
        self._database, self._note = database, note
        self._times: Int64 = np.zeros(0, np.int64)
        self._kinds = np.zeros(0, np.int8)
        self._torn = False

    def __len__(self) -> int:
        return len(self._times)

    def refresh(self) -> None:
        """Takes in the times of events that were committed since."""
        times: list[int] = []
        kinds: list[int] = []
        expected = len(self) + 1
        if self._torn:
            return
        for row in rows_after(self._database, "id, time, head, kind", "event", len(self)):
            if row is None:
                self._torn = True
                self._note("part of the event table can't be read")
                continue
            id_, time, head, kind = row
            if head_of(id_, time) != head or id_ < expected:
                self._note(f"event {expected} has a damaged time")
                id_, time = expected, times[-1] if times else self.last_time()
            for missing in range(expected, id_):
                self._note(f"event {missing} is missing")
                times.append(time)
                kinds.append(-1)
            expected = id_ + 1
            times.append(time)
            kinds.append(_KINDS.get(kind, -1))
        if times:
            self._times = np.concatenate((self._times, np.array(times, np.int64)))
            self._kinds = np.concatenate((self._kinds, np.array(kinds, np.int8)))

    def append(self, events: Sequence[Event]) -> None:
        """Adds events in the transaction that is open."""
        rows = [(*event_row(len(self) + i, event), head_of(len(self) + i, int(event.time))) for i, event in enumerate(events, 1)]
        self._database.executemany("insert into event values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.refresh()

    def last_time(self) -> int:
        """The newest time of any event; the smallest int64 while there is none."""
        return int(self._times.max()) if len(self) else -(2**63)

    def times(self) -> Int64:
        """When each event was known, as they stand in the file."""
        return self._times

    def span(self) -> tuple[int, int] | None:
        """The first and last event that speaks of the plant; package changes and imports speak of the file."""
        times = self._times[~np.isin(self._kinds, [_KINDS[kind] for kind in ABOUT_THE_FILE])]
        return (int(times.min()), int(times.max())) if len(times) else None

    def between(self, start: int, end: int, kinds: Sequence[EventKind] | None = None, after: int = 0) -> tuple[Event, ...]:
        """Events with start ≤ time < end behind the place `after`, by time, then as they came."""
        chosen = (self._times >= start) & (self._times < end)
        chosen[:after] = False
        if kinds is not None:
            chosen &= np.isin(self._kinds, [_KINDS[kind] for kind in kinds])
        return self._read(np.flatnonzero(chosen) + 1)

    def after(self, position: int) -> tuple[Event, ...]:
        """Events appended after `position`, as they came."""
        return self._read(np.arange(position + 1, len(self) + 1), by_time=False)

    def since(self, position: int, since: int, time: int) -> tuple[Event, ...]:
        """Events known by `time` that a keyframe (of `position`, at `since`) does not hold."""
        places = np.arange(1, len(self) + 1)
        return self._read(places[(self._times <= time) & ((places > position) | (self._times > since))])

    def forget_after(self, n: int) -> None:
        """Drops events beyond n: they were rolled back."""
        self._times, self._kinds = self._times[:n], self._kinds[:n]

    def _rows(self, first: int, last: int) -> list[Row]:
        try:
            asked = f"select {EVENT} from event where id between ? and ?"  # noqa: S608
            return self._database.execute(asked, (first, last)).fetchall()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            return list(rows_at(self._database, EVENT, "event", range(first, last + 1)))

    def _read(self, ids: NDArray[np.int64], *, by_time: bool = True) -> tuple[Event, ...]:
        """These events; by time where asked, else as they came. One that can't be read is noted and left out."""
        if by_time:
            ids = ids[np.argsort(self._times[ids - 1], kind="stable")]
        rows: dict[int, Event | None] = {}
        for first, last in _runs(np.sort(ids)):
            rows.update((row[0], event_of(row)) for row in self._rows(first, last))
        found = []
        for id_ in ids:
            event = rows.get(int(id_))
            if event is None:
                self._note(f"event {id_} is damaged")
            else:
                found.append(event)
        return tuple(found)


def _runs(ids: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Sorted ids as runs without holes, [first, last] each."""
    if not len(ids):
        return []
    cuts = np.flatnonzero(np.diff(ids) != 1)
    firsts, lasts = np.concatenate(([0], cuts + 1)), np.concatenate((cuts, [len(ids) - 1]))
    return [(int(ids[a]), int(ids[b])) for a, b in zip(firsts, lasts, strict=True)]

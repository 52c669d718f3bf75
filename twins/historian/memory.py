"""A recording in memory: the same answers as the file's, found the slow and obvious way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.clock import BEFORE_ALL_TIME
from twins.historian.recording import Tail, Trend
from twins.historian.trends import gap_of, numbers_of, trend_of
from twins.record import Channel, Event, EventKind, Samples, Snapshot, Standing


class MemoryRecording:
    """For forks that need not last, and as the oracle that the file is measured by."""

    def __init__(self, package: bytes | None = None, *, simulated: bool = False) -> None:
        self._samples = Samples.empty()
        self._starts = [0]  # where each append begins
        self._events: list[Event] = []
        self._package = package
        self.simulated = simulated
        self.damage: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The tag table, in the order it grew."""
        return self._samples.channels

    def append(self, samples: Samples, events: Sequence[Event] = ()) -> None:
        """Remembers them."""
        if len(samples):
            self._samples = Samples.join((self._samples, samples.judged()))
            self._starts.append(len(self._samples))
        self._events.extend(events)

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known at `time`; with hindsight, what had happened by then."""
        all_ = self._samples
        paths = list(dict.fromkeys(channel.path for channel in self.channels))
        rows = [self._newest(path, time, hindsight) for path in paths]
        last = [next(c for c in reversed(self.channels) if c.path == path) if row < 0 else self.channels[all_.channel[row]]
                for path, row in zip(paths, rows, strict=True)]  # fmt: skip
        pick = np.array(rows, np.int64)
        seen = pick >= 0

        def column(values: np.ndarray, absent: int) -> np.ndarray:
            return np.where(seen, values[pick], absent).astype(values.dtype) if len(values) else values

        return Snapshot(
            time,
            tuple(last),
            column(all_.source, BEFORE_ALL_TIME),
            column(all_.arrival, BEFORE_ALL_TIME),
            column(all_.bits, 0),
            column(all_.quality, 0),
            Standing(sorted((e for e in self._events if e.time <= time), key=lambda e: e.time)),
            dict(enumerate(all_.texts)),
            dict(enumerate(all_.waveforms)),
            hindsight,
        )

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples with start ≤ order time < end of these tags (None: all), ordered by it."""
        order = self._samples.order()
        wanted = np.array([paths is None or c.path in paths for c in self.channels], bool)
        rows = (
            np.flatnonzero((order >= start) & (order < end) & wanted[self._samples.channel]) if len(order) else np.zeros(0, int)
        )
        return self._samples.take(rows[np.lexsort((self._samples.arrival[rows], order[rows]))])

    def trend(self, path: str, start: int, end: int, width: int, known_at: int | None = None) -> Trend:
        """One tag between start and end in at most `width` buckets, of what had arrived by `known_at`."""
        found = self.between(start, end, [path])
        found = found.take(found.arrival <= known_at) if known_at is not None else found
        if not len(found):
            return Trend.empty()
        values = np.empty(len(found))
        for i in np.unique(found.channel):
            values[found.channel == i] = numbers_of(self.channels[i], found.bits[found.channel == i])
        gap = max(gap_of(c) for c in self.channels if c.path == path)
        return trend_of(found.order(), values, found.quality, start, end, width, gap)

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """Events with start ≤ time < end, in order."""
        chosen = [e for e in self._events if start <= e.time < end and (kinds is None or e.kind in kinds)]
        return tuple(sorted(chosen, key=lambda e: e.time))

    def tail(self, position: object = None) -> Tail:
        """What was appended after `position`; None is the beginning."""
        append, event = position if isinstance(position, tuple) else (0, 0)
        rows = np.arange(self._starts[append], len(self._samples))
        return Tail((len(self._starts) - 1, len(self._events)), self._samples.take(rows), tuple(self._events[event:]))

    def span(self) -> tuple[int, int] | None:
        """The first and last order time of samples and events."""
        times = np.concatenate((self._samples.order(), np.array([e.time for e in self._events], np.int64)))
        return (int(times.min()), int(times.max())) if len(times) else None

    def package_at(self, time: int) -> bytes | None:
        """The package it was made with."""
        return self._package

    def close(self) -> None:
        """Nothing is held."""

    def _key(self, row: int) -> tuple[int, int]:
        one = self._samples.take(slice(row, row + 1))
        return int(one.order()[0]), int(one.arrival[0])

    def _newest(self, path: str, time: int, hindsight: bool) -> int:
        order = self._samples.order()
        newest = -1
        for row in range(len(order)):
            known = order[row] <= time if hindsight else self._samples.arrival[row] <= time
            mine = self.channels[self._samples.channel[row]].path == path
            if mine and known and (newest < 0 or self._key(row) >= self._key(newest)):
                newest = row
        return newest

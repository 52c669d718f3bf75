"""Days: the files of a record, read as one recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Self

import numpy as np

from twins.historian.file import RecordingFile
from twins.historian.place import days_of
from twins.historian.recording import RecordingError, Tail, Trend
from twins.historian.trends import trend_of_pieces
from twins.record import Channels, Event, EventKind, Samples, Snapshot

_FAR = 2**62


def open_record(path: Path) -> RecordingFile | Days:
    """A file, or all days of a record, for reading. Raises RecordingError."""
    days = days_of(path)
    if path.is_dir() and not days:
        raise RecordingError(f"{path} holds no day of a record; name one that does, or a recording's file")
    if len(days) > 1 or path.is_dir():
        return Days(path)
    file = RecordingFile.open(path)
    return Days(path, file) if "day" in file.meta else file  # a station's: another day may follow


class Days:
    """Fulfils `Recording`. The newest day stays open; earlier ones are opened when they are asked for, and closed when another
    day begins, so that the station can seal them. A day that was moved away is a hole, as if nothing had been recorded.
    """

    def __init__(self, path: Path, newest: RecordingFile | None = None) -> None:
        self.path = path
        self._open: dict[Path, RecordingFile] = {}
        if newest is not None:
            self._open[newest.path] = newest.as_part()
        self._files: list[Path] = []
        self._looked_at = -1
        self._channels: tuple[object, Channels] = (None, Channels())
        self._look()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # what it is

    @property
    def channels(self) -> Channels:
        """The tag tables of all days, the oldest first."""
        tables = tuple(file.channels for file in self._parts())
        if self._channels[0] != tables:
            together = reduce(lambda known, more: known | dict.fromkeys(more), tables, dict[object, None]())
            self._channels = tables, Channels(together)  # type: ignore[arg-type]
        return self._channels[1]

    @property
    def damage(self) -> tuple[str, ...]:
        """What was found damaged so far, each with its file."""
        return tuple(f"{path.name}: {told}" for path, file in self._open.items() for told in file.damage)

    @property
    def meta(self) -> dict[str, str]:
        """The facts about the newest day."""
        return self._newest().meta

    @property
    def simulated(self) -> bool:
        """Whether the plant is an emulator."""
        return self._newest().simulated

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(file.size() for file in self._parts())

    def counts(self) -> dict[str, int]:
        """Blocks, samples and events, what was carried over left out."""
        return {key: sum(file.counts()[key] for file in self._parts()) for key in ("blocks", "samples", "events")}

    def span(self) -> tuple[int, int] | None:
        """The first and last order time."""
        spans = [span for span in (self._part(self._files[0]).span(), self._newest().span()) if span]
        return (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None

    def package_at(self, time: int) -> bytes | None:
        """The twin package that was in force."""
        return self._in_force(time).package_at(time)

    # what is known of it

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known at `time`; with hindsight, what had happened by then, also as later days heard of it."""
        self._look()
        part = self._in_force(time)
        snapshot = part.at(time, hindsight)
        if not hindsight:
            return snapshot
        later = [late for file in self._parts() if file.begins > part.begins and len(late := file.late(time))]
        return _overlaid(snapshot, Samples.join(later)) if later else snapshot

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples with start ≤ order time < end, ordered by it."""
        self._look()
        found = Samples.join([file.between(start, end, paths) for file in self._parts()])
        return found.take(np.lexsort((found.arrival, found.order())))

    def pieces(self, start: int, end: int, rows: int) -> Iterator[tuple[float, Samples]]:
        """The samples measured or known in [start, end), day after day, and the part done."""
        parts = self._parts()
        for i, file in enumerate(parts):
            for done, samples in file.pieces(start, end, rows):
                yield (i + done) / len(parts), samples

    def trend(self, path: str, start: int, end: int, width: int, known_at: int | None = None) -> Trend:
        """One tag between start and end, of what had arrived by `known_at`."""
        pieces = [file.trend_piece(path, start, end, known_at) for file in self._parts()]
        return trend_of_pieces(pieces, start, end, width)

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """Events with start ≤ time < end, in order."""
        self._look()
        found = [event for file in self._parts() for event in file.events(start, end, kinds)]
        return tuple(sorted(found, key=lambda event: event.time))

    def tail(self, position: object = None) -> Tail:
        """What was appended after `position`; None is the beginning."""
        self._look()
        day, inside = position if isinstance(position, tuple) else ("", None)
        names = [path.name for path in self._files]
        since = names.index(day) if day in names else 0
        tails = [self._part(path).tail(inside if path.name == day else None) for path in self._files[since:]]
        events = tuple(event for tail in tails for event in tail.events)
        return Tail((names[-1], tails[-1].position), Samples.join([tail.samples for tail in tails]), events)

    def close(self) -> None:
        """Lets go of all files."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    # the files

    def _look(self) -> None:
        """Notices another day; what was open then is let go of, so that it can be sealed."""
        files = days_of(self.path)
        if not files:
            raise RecordingError(f"{self.path} is gone; its files were moved or removed")
        if files != self._files:
            for path in [path for path in self._open if path != files[-1]]:
                self._open.pop(path).close()
            self._files = files

    def _part(self, path: Path) -> RecordingFile:
        if path not in self._open:
            file = RecordingFile.open(path)
            self._open[path] = file.as_part() if path != self._files[0] else file
        return self._open[path]

    def _parts(self) -> list[RecordingFile]:
        return [self._part(path) for path in self._files]

    def _newest(self) -> RecordingFile:
        return self._part(self._files[-1])

    def _in_force(self, time: int) -> RecordingFile:
        """The day that tells what was known at an instant: the last that had begun."""
        for path in reversed(self._files):
            file = self._part(path)
            if file.begins <= time or path == self._files[0]:
                return file
        return self._newest()


Record = RecordingFile | Days  # what `open_record` answers


def _overlaid(snapshot: Snapshot, late: Samples) -> Snapshot:
    """The snapshot with the newest of what came later; samples of tags it does not know are left to later instants."""
    late = late.take(np.lexsort((late.arrival, late.order())))
    source, arrival, bits, written = (
        snapshot.source.copy(),
        snapshot.arrival.copy(),
        snapshot.bits.copy(),
        snapshot.written.copy(),
    )
    order, texts, waveforms = late.order(), dict(snapshot.texts), dict(snapshot.waveforms)
    for row in range(len(late)):
        place = snapshot.place.get(late.channels[late.channel[row]].path)
        if place is None or order[row] < source[place]:
            continue
        pattern = int(late.bits[row])
        value = late.value(row)
        if isinstance(value, str) and not late.channels[late.channel[row]].values:
            pattern = _FAR + row
            texts[pattern] = value
        source[place], arrival[place], bits[place], written[place] = (
            late.source[row],
            late.arrival[row],
            pattern,
            late.quality[row],
        )
    return replace(snapshot, source=source, arrival=arrival, bits=bits, written=written, texts=texts, waveforms=waveforms)

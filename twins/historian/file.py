"""The recording file: everything that happened, in one SQLite file that opens alone, anywhere, years later."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from twins.clock import BEFORE_ALL_TIME, SECOND
from twins.historian import keyframes, schema
from twins.historian.blocks import Block, DamagedBlockError
from twins.historian.directory import Directory
from twins.historian.eventlog import EventLog
from twins.historian.latest import DAMAGED, Latest
from twins.historian.recording import RecordingError, Tail, Trend
from twins.historian.rows import guarded
from twins.historian.tables import Tables
from twins.historian.trends import TrendPiece, gap_of, numbers_of, trend_of_pieces
from twins.historian.writer import Writer
from twins.record import Channels, Event, EventKind, Samples, Snapshot, Standing
from twins.record.samples import Int64

_FAR = 2**63 - 1 - 10 * SECOND  # no instant that a recording is asked for lies beyond


class RecordingFile:
    """One connection, for one thread at a time. Open it twice to read while another writes."""

    def __init__(self, path: Path, database: sqlite3.Connection, *, write: bool) -> None:
        self.path = path
        self._database = database
        self._directory = Directory(database)
        self._tables = Tables(database)
        self._log = EventLog(database, self._tables.note)
        self._writer = Writer(database, self._directory, self._tables, self._log, self._fold) if write else None
        self._shown: tuple[Channels, Int64, Channels] | None = None  # the channels of the last snapshot
        self._carried = (0, 0)  # blocks and events at its beginning that are not its own
        with self._naming_the_file():
            short = schema.cut_short(path)
            self._meta = self._tables.meta()
            self._refresh()
            if short:
                self._tables.note(short)
                self._directory.tear()

    @classmethod
    def create(cls, path: Path, package: bytes, twin_id: str, time: int, *, simulated: bool = False) -> Self:
        """A new recording of a twin; `package` is its zip, in force from `time` (ns UTC). Raises RecordingError."""
        recording = cls(path, schema.create(path), write=True)
        recording.set_meta("id", secrets.token_hex(16))
        recording.set_meta("twin", twin_id)
        recording.set_meta("simulated", "yes" if simulated else "no")
        recording.add_package(package, time)
        return recording

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
        """An existing recording. Without `write` nothing on the disk is changed. Raises RecordingError."""
        try:
            return cls(path, schema.open_to_write(path) if write else schema.open_to_read(path), write=write)
        except schema.FILE_ERRORS as error:
            raise RecordingError(f"{path} can't be opened: {error}") from None

    def as_part(self) -> Self:
        """From now on it leaves out what was carried over from the day before, except where it tells what was known."""
        self._carried = int(self._meta.get("carried_blocks", 0)), int(self._meta.get("carried_events", 0))
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # what it is

    @property
    def channels(self) -> Channels:
        """The tag table, in the order it grew."""
        return self._tables.channels

    @property
    def damage(self) -> tuple[str, ...]:
        """What was found damaged so far, in sentences."""
        return (*self._tables.damage, *(self._directory.damage[block] for block in sorted(self._directory.damage)))

    @property
    def meta(self) -> dict[str, str]:
        """twin, simulated (yes, no), and where they apply sealed, cut_from, cut_to."""
        return dict(self._meta)

    @property
    def simulated(self) -> bool:
        """Whether the plant behind it was an emulator."""
        return self._meta.get("simulated") == "yes"

    def size(self) -> int:
        """Bytes on the disk, the write-ahead log included."""
        log = self.path.with_name(self.path.name + "-wal")
        return self.path.stat().st_size + (log.stat().st_size if log.exists() else 0)

    def counts(self) -> dict[str, int]:
        """How many blocks, samples and events there are."""
        self._refresh()
        blocks, events = self._carried
        samples = self._directory.samples() - self._directory.samples(blocks)
        return {"blocks": len(self._directory) - blocks, "samples": samples, "events": len(self._log) - events}

    def span(self) -> tuple[int, int] | None:
        """The first and last order time; of a cut, the stretch that was cut; a later day begins where it begins."""
        if "cut_from" in self._meta:
            return int(self._meta["cut_from"]), int(self._meta["cut_to"])
        self._refresh()
        if "begins" in self._meta:
            begins = int(self._meta["begins"])
            last = max((span[1] for span in (self._directory.span(), self._log.span()) if span), default=begins)
            return begins, max(begins, last)
        found, events = self._directory.span(), self._log.span()
        ends = [span for span in (found, events) if span]
        return (min(s[0] for s in ends), max(s[1] for s in ends)) if ends else None

    @property
    def begins(self) -> int:
        """From when on it holds everything, ns; all time where it is no later day of a record."""
        return int(self._meta.get("begins", -_FAR))

    def last_time(self) -> int:
        """The newest arrival or event, ns; 0 while there is none."""
        self._refresh()
        return max(self._directory.last_arrival(), self._log.last_time(), 0)

    def tail_position(self) -> tuple[int, int]:
        """Where the tail is now."""
        self._refresh()
        return len(self._directory), len(self._log)

    def package_at(self, time: int) -> bytes | None:
        """The twin package, zipped, that was in force; the first one for times before it."""
        return self._tables.package_at(time)

    # what is known of it

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known at `time`; with hindsight, what had happened by then."""
        time = min(max(time, -_FAR), _FAR)
        with self._naming_the_file():
            self._refresh()
            latest, standing = self._fold(time, hindsight)
            chosen = latest.newest_by_path(self.channels)
            channels = self._chosen_channels(chosen)
            seen = latest.order[chosen] != BEFORE_ALL_TIME
            texts, waveforms, lost = self._tables.resolve(channels, np.where(seen, latest.bits[chosen], 0))
            return Snapshot(
                time,
                channels,
                latest.source[chosen],
                latest.arrival[chosen],
                latest.bits[chosen],
                np.where(lost & seen, DAMAGED, latest.quality[chosen]).astype(np.uint8),
                standing,
                texts,
                waveforms,
                hindsight,
            )

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples with start ≤ order time < end of these tags (None: all), ordered by it."""
        with self._naming_the_file():
            self._refresh()
            wanted = self._tables.places(paths)
            blocks = [
                block.only((block.order >= start) & (block.order < end) & np.isin(block.channel, wanted))
                for block in self._directory.readable(self._own(self._directory.within(start, end)))
            ]
            samples = self._samples(blocks)
            return samples.take(np.lexsort((samples.arrival, samples.order())))

    def pieces(self, start: int, end: int, rows: int) -> Iterator[tuple[float, Samples]]:
        """The samples measured or known in [start, end), in the file's order, which decides between ties; and the part done.

        Some blocks at a time, of about `rows` samples; by blocks and not by time, so that no stretch, however wide or empty,
        takes more steps than it has blocks. Where a tag has several channels, each block comes alone: there the later counts.
        """
        with self._naming_the_file():
            self._refresh()
            blocks = self._own(np.union1d(self._directory.within(start, end), self._directory.arrived(start, end)))
            alone = len({channel.path for channel in self.channels}) < len(self.channels)
            sizes = [rows if alone else self._directory.head(int(block)).n for block in blocks]
            groups = (
                np.split(blocks, np.flatnonzero(np.diff(np.cumsum(sizes, dtype=np.int64) // rows)) + 1) if len(blocks) else []
            )
            for done, group in enumerate(groups, 1):
                inside = [block.touching(start, end) for block in self._directory.readable(group)]
                yield done / len(groups), self._samples(inside)

    def trend(self, path: str, start: int, end: int, width: int, known_at: int | None = None) -> Trend:
        """One tag between start and end in at most `width` buckets, of what had arrived by `known_at`."""
        return trend_of_pieces([self.trend_piece(path, start, end, known_at)], start, end, width)

    def trend_piece(self, path: str, start: int, end: int, known_at: int | None = None) -> TrendPiece:
        """What a trend over [start, end) is made of: this file's part of it."""
        with self._naming_the_file():
            self._refresh()
            wanted = self._tables.places([path])
            times, values, qualities, gaps = [], [], [], set()
            for block in self._directory.readable(self._own(self._directory.within(start, end))):
                for i in wanted:
                    order, bits, quality = block.stretch(int(i), start, end, known_at)
                    times.append(order)
                    values.append(numbers_of(self.channels[i], bits))
                    qualities.append(quality)
                    if len(order):
                        gaps.add(gap_of(self.channels[i]))
            return TrendPiece(times, values, qualities, max(gaps, default=0))

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """Events with start ≤ time < end, in order."""
        with self._naming_the_file():
            self._refresh()
            return self._log.between(start, end, kinds, after=self._carried[1])

    def tail(self, position: object = None) -> Tail:
        """What was appended after `position`; None is the beginning."""
        block, event = position if isinstance(position, tuple) else self._carried
        with self._naming_the_file():
            self._refresh()
            blocks = np.arange(block + 1, len(self._directory) + 1)
            position_now = (len(self._directory), len(self._log))
            return Tail(position_now, self._samples(list(self._directory.readable(blocks))), self._log.after(event))

    def late(self, time: int) -> Samples:
        """Its own samples that were measured by `time`, for a day before it that must tell them with hindsight."""
        with self._naming_the_file():
            self._refresh()
            blocks = self._own(self._directory.happened(time, 0, BEFORE_ALL_TIME))
            return self._samples([block.only(block.order <= time) for block in self._directory.readable(blocks)])

    # what is added to it

    def append(self, samples: Samples, events: Sequence[Event] = ()) -> None:
        """Durable when it returns, all or nothing (inside `transaction`, with it). Raises RecordingError."""
        with self._naming_the_file():
            self._writing().append(samples, events)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything appended inside is committed together at the end, or not at all if an exception leaves it."""
        with self._naming_the_file(), self._writing().transaction():
            yield
        self._refresh()

    def add_package(self, package: bytes, time: int) -> None:
        """Another version of the twin package is in force from `time` on."""
        with self._naming_the_file():
            self._writing().add_package(package, time)

    def set_meta(self, key: str, value: str) -> None:
        """A fact about the whole recording."""
        self._writing()
        with self._naming_the_file():
            self._database.execute("insert or replace into meta values (?, ?, ?)", guarded((key, value)))
        self._meta[key] = value

    def rebuild_keyframes(self) -> None:
        """Writes the keyframes anew, in order of arrival; they are derived and nothing is lost by it."""
        with self._naming_the_file():
            self._writing().rebuild_keyframes()

    def close(self) -> None:
        """Lets go of the file; the last writer leaves one file without a log beside it."""
        if self._writer:
            with contextlib.suppress(sqlite3.Error):  # others still read: the log stays
                self._database.execute("pragma busy_timeout = 200")
                self._database.execute("pragma journal_mode = delete")
        self._database.close()

    def _writing(self) -> Writer:
        if not self._writer:
            raise RecordingError(f"{self.path} was opened to be read only")
        if self._directory.torn:
            raise RecordingError(
                f"{self.path} is damaged and is not added to; “verify” names the damage, import into another file"
            )
        return self._writer

    def _own(self, blocks: Int64) -> Int64:
        return blocks[blocks > self._carried[0]] if self._carried[0] else blocks

    def _refresh(self) -> None:
        """What was committed since; the tag table last, so that no block names a tag that is not known yet."""
        self._log.refresh()
        self._directory.refresh()
        self._tables.refresh()

    def _fold(self, time: int, hindsight: bool = False) -> tuple[Latest, Standing]:
        """The newest sample of each channel, and what stands, from the newest sound keyframe on."""
        # In hindsight the keyframe must hold nothing later than `time`: a stamp may be up to 1 s ahead of its arrival.
        frame = keyframes.newest(self._database, time - SECOND if hindsight else time, len(self._directory))
        latest = frame.latest
        latest.grow(len(self.channels))
        choose = self._directory.happened if hindsight else self._directory.known
        for block in choose(time, frame.block, frame.time):
            try:
                found = self._directory.read(int(block))
                if len(found) and found.channel[-1] >= len(self.channels):
                    raise DamagedBlockError(f"block {block} names a tag that is lost")
                latest.apply(found.by(time, hindsight, after=frame.time if block <= frame.block else None), int(block))
            except DamagedBlockError:
                latest.doubt()
        latest.doubt_before(self._tables.lost)
        return latest, frame.standing.after(self._log.since(frame.event, frame.time, time))

    def _chosen_channels(self, chosen: Int64) -> Channels:
        """The same object for the same choice, so that what is worked out for it is worked out once."""
        if self._shown is None or self._shown[0] is not self.channels or not np.array_equal(self._shown[1], chosen):
            self._shown = self.channels, chosen, Channels(self.channels[i] for i in chosen)
        return self._shown[2]

    def _samples(self, blocks: Sequence[Block]) -> Samples:
        blocks = [
            b if not len(b) or b.channel[-1] < len(self.channels) else b.only(b.channel < len(self.channels)) for b in blocks
        ]
        if not blocks:
            return Samples.empty()
        channel = np.concatenate([b.channel for b in blocks]).astype(np.int32)
        bits = np.concatenate([b.bits for b in blocks])
        bits, texts, waveforms, lost = self._tables.localised(self.channels, channel, bits)
        source = np.concatenate([b.source for b in blocks])
        arrival = np.concatenate([b.arrival for b in blocks])
        quality = np.where(lost, DAMAGED, np.concatenate([b.quality for b in blocks])).astype(np.uint8)
        return Samples(self.channels, channel, source, arrival, bits, quality, texts, waveforms)

    @contextlib.contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except schema.FILE_ERRORS as error:
            why = f"can't be read or written here: {error}"
            if "no such table" in str(error):
                why = "begins like a recording and holds none: it was cut short, or is another's; take a copy that is whole"
            raise RecordingError(f"{self.path} {why}") from None

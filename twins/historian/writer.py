"""The writer: appends batches to a file, durably, and sets a keyframe now and then."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from twins.asset import TagKind
from twins.clock import BEFORE_ALL_TIME
from twins.historian import keyframes
from twins.historian.blocks import Block, Head, encode, sorted_block
from twins.historian.directory import Directory
from twins.historian.eventlog import EventLog
from twins.historian.keyframes import Keyframe
from twins.historian.latest import Latest
from twins.historian.recording import RecordingError
from twins.historian.rows import channel_row, crc_of, guarded, places, text_of, waveform_row
from twins.historian.tables import Tables
from twins.record import Channel, Channels, Event, Samples, Standing
from twins.record.samples import Int64

BLOCK_ROWS = 20_000
KEYFRAME_BLOCKS, KEYFRAME_SAMPLES, KEYFRAME_EVENTS = 64, 40_000, 256  # a keyframe is due, if it is not larger than half of these
Fold = Callable[[int], tuple[Latest, Standing]]
_FOREVER = 2**63 - 1


class Writer:
    """Keeps what is newest as it writes, so that a keyframe costs no reading. Rolls back to what is on the disk."""

    def __init__(self, database: sqlite3.Connection, directory: Directory, tables: Tables, log: EventLog, fold: Fold) -> None:
        self._database, self._directory, self._tables, self._log, self._fold = database, directory, tables, log, fold
        self._places: dict[Channel, int] = {}
        self._mapped: tuple[tuple[Channel, ...], np.ndarray[tuple[int], np.dtype[np.uint32]]] | None = None
        self._latest: Latest | None = None
        self._standing = Standing()
        self._blocks = self._samples = self._events = 0  # since the last keyframe
        self._inside = False
        self._extent_known = (0, 0, 0)  # what `_latest` and `_standing` were folded from
        self._bytes = self._frame_bytes = 0  # since the last keyframe; of that keyframe
        self._broken = ""

    def append(self, samples: Samples, events: Sequence[Event]) -> None:
        """One commit: the blocks, the events, and a keyframe if one is due."""
        with contextlib.nullcontext() if self._inside else self.transaction():
            self._catch_up()
            judged = samples.judged()
            cuts = np.union1d(np.arange(0, len(samples), BLOCK_ROWS), _told_anew(samples))
            for first, last in pairwise([*cuts, len(samples)]):
                self._append_block(judged.take(np.arange(first, last)))
            self._append_events(events)
            self._keyframe_if_due()
            self._extent_known = self._extent()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits at the end, rolls back when an exception leaves it."""
        n, channels, events = len(self._directory), len(self._tables.channels), len(self._log)
        if self._broken:
            raise RecordingError(f"an earlier write failed ({self._broken}); open the recording again to go on")
        self._database.execute("begin immediate")
        self._inside = True
        try:
            yield
            self._commit()
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("rollback")
            self._directory.forget_after(n)
            self._tables.forget_after(channels)
            self._log.forget_after(events)
            self._places, self._mapped, self._latest = {}, None, None
            raise
        finally:
            self._inside = False

    def _commit(self) -> None:
        """After a failed sync nobody knows what is on the disk, so this handle never acknowledges again."""
        try:
            self._database.execute("commit")
        except sqlite3.Error as error:
            self._broken = str(error)
            raise

    def add_package(self, package: bytes, time: int) -> None:
        """Another version in force from `time` on; what is in force there already adds nothing."""
        sha = hashlib.sha256(package).hexdigest()
        asked = "select sha256 from package where time <= ? order by time desc, id desc limit 1"
        in_force = self._database.execute(asked, (int(time),)).fetchone()
        if in_force is None or in_force[0] != sha:
            fields = (int(time), sha, package)
            self._database.execute("insert into package(time, sha256, data, crc) values (?, ?, ?, ?)", (*fields, crc_of(fields)))

    def rebuild_keyframes(self) -> None:
        """All of them anew, each folded from the one before."""
        with contextlib.nullcontext() if self._inside else self.transaction():
            self._database.execute("delete from keyframe")
            self._tables.refresh()
            self._directory.refresh()
            self._log.refresh()
            for time in self._good_instants():
                latest, standing = self._fold(time)
                keyframes.write(self._database, Keyframe(time, len(self._directory), len(self._log), latest, standing))
            self._latest = None

    def _good_instants(self) -> list[int]:
        """The arrival that ends every fourth block, and every 256th event."""
        arrivals = np.sort(self._directory.arrivals())[3::4]
        events = np.sort(self._log.times())[KEYFRAME_EVENTS - 1 :: KEYFRAME_EVENTS]
        return [int(time) for time in np.unique(np.concatenate((arrivals, events)))]

    def _catch_up(self) -> None:
        """Knows what is on the disk before it appends, also where somebody else has written since."""
        self._log.refresh()
        self._directory.refresh()
        self._tables.refresh()
        if self._latest is None or self._extent() != self._extent_known:
            self._places, self._mapped = {channel: i for i, channel in enumerate(self._tables.channels)}, None
            self._latest, self._standing = self._fold(_FOREVER)
            self._blocks = self._samples = self._events = self._bytes = 0
            self._frame_bytes = len(self._latest.encode())
            self._extent_known = self._extent()

    def _extent(self) -> tuple[int, int, int]:
        return len(self._tables.channels), len(self._directory), len(self._log)

    def _append_block(self, samples: Samples) -> None:
        channel, bits = self._in_file_terms(samples)
        block = sorted_block(channel, samples.source, samples.arrival, bits, samples.quality)
        codec, data = encode(block)
        crc = zlib.crc32(data)
        number = len(self._directory) + 1
        ends = (int(block.arrival.min()), int(block.arrival.max()), int(block.order.min()), int(block.order.max()))
        head = Head(number, number, *ends, len(block), codec, crc)
        row = (number, number, *ends, len(block), codec, crc, head.check(), data)
        self._database.execute("insert into block values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._directory.refresh()
        self._take_in(block, number, len(data))

    def _take_in(self, block: Block, number: int, size: int) -> None:
        assert self._latest is not None
        self._latest.grow(len(self._tables.channels))
        self._latest.apply(block, number)
        self._blocks += 1
        self._samples += len(block)
        self._bytes += size

    def _append_events(self, events: Sequence[Event]) -> None:
        if not events:
            return
        late = min(event.time for event in events) < self._log.last_time()
        self._log.append(events)
        self._events += len(events)
        if late:  # what stood in between is another now
            keyframes.drop_from(self._database, min(event.time for event in events))
            self._standing = self._fold(_FOREVER)[1]
        else:
            self._standing = self._standing.after(sorted(events, key=lambda event: event.time))

    def _keyframe_if_due(self) -> None:
        assert self._latest is not None
        many = self._blocks >= KEYFRAME_BLOCKS or self._samples >= KEYFRAME_SAMPLES
        if (many and self._bytes >= 2 * self._frame_bytes) or self._events >= KEYFRAME_EVENTS:
            self._blocks = self._samples = self._events = self._bytes = 0
            time = max(self._directory.last_arrival(), self._log.last_time())
            if time > BEFORE_ALL_TIME:
                frame = Keyframe(time, len(self._directory), len(self._log), self._latest, self._standing)
                self._frame_bytes = keyframes.write(self._database, frame)

    # channels, texts and waveforms get their places in the file

    def _in_file_terms(self, samples: Samples) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint32]], Int64]:
        if self._mapped is None or self._mapped[0] is not samples.channels:
            self._mapped = samples.channels, np.array([self._place_of(c) for c in samples.channels], np.uint32)
            self._tables.refresh()
        channel = self._mapped[1][samples.channel]
        if not samples.texts and not samples.waveforms:
            return channel, samples.bits
        bits = samples.bits.copy()
        kinds = np.array([c.kind for c in samples.channels], dtype=object)[samples.channel]
        bits[kinds == TagKind.TEXT] = self._texts([text_of(text) for text in samples.texts])[bits[kinds == TagKind.TEXT]]
        bits[kinds == TagKind.WAVEFORM] = self._waveforms(samples, bits[kinds == TagKind.WAVEFORM])
        return channel, bits

    def _place_of(self, channel: Channel) -> int:
        if channel not in self._places:
            place = len(self._places)
            self._database.execute("insert into channel values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", channel_row(place + 1, channel))
            self._places[channel] = place
        return self._places[channel]

    def _texts(self, texts: Sequence[str]) -> Int64:
        places_: dict[str, int] = {}
        for first in range(0, len(texts), 500):
            chunk = list(texts[first : first + 500])
            asked = f"select value, id from text where value in ({places(chunk)})"  # noqa: S608
            places_.update(self._database.execute(asked, chunk))
        new = [text for text in texts if text not in places_]
        rows = [guarded((id_, text)) for id_, text in enumerate(new, self._next_id("text"))]
        self._database.executemany("insert into text values (?, ?, ?)", rows)
        places_.update((row[1], row[0]) for row in rows)
        return np.array([places_[text] for text in texts], np.int64)

    def _waveforms(self, samples: Samples, chosen: Int64) -> Int64:
        first = self._next_id("waveform")
        rows = (waveform_row(first + i, samples.waveforms[int(place)]) for i, place in enumerate(chosen))
        self._database.executemany("insert into waveform values (?, ?, ?, ?, ?, ?, ?)", rows)
        return first + np.arange(len(chosen))

    def _next_id(self, table: str) -> int:
        return int(self._database.execute(f"select coalesce(max(id), 0) + 1 from {table}").fetchone()[0])  # noqa: S608


def _told_anew(samples: Samples) -> Int64:
    """The rows in which a tag is told again of one instant in another form (period, unit): a block goes by its channels, so that
    which of them came last would be lost within one."""
    channels = samples.channels
    group = (channels if isinstance(channels, Channels) else Channels(channels)).group
    if not len(samples) or group.max() == len(group) - 1:
        return np.zeros(0, np.int64)
    told = np.stack([group[samples.channel], samples.order(), samples.arrival])
    by = np.lexsort(told[::-1])
    again = (told[:, by[1:]] == told[:, by[:-1]]).all(axis=0) & (samples.channel[by[1:]] != samples.channel[by[:-1]])
    return by[1:][again]

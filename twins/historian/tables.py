"""The tables beside the blocks: tags, texts, waveforms, events and packages of one file, read as far as needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.historian.rows import Row, channel_of, crc_of, event_of, places, waveform_of
from twins.record import Channel, Channels, Event, EventKind, Waveform
from twins.record.samples import Int64

_EVENT = "id, time, kind, subject, key, stands, data, crc"
_SILENCE = Waveform(0, 1, "", np.zeros(0, np.float32))


class Tables:
    """Caches the tag table and the texts that were asked for; the rest is asked of the file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.channels = Channels()
        self.damage: list[str] = []
        self._texts: dict[int, str] = {}

    def refresh(self) -> None:
        """Takes in channels that were added since."""
        n, added = len(self.channels), []
        columns = "path, kind, unit, period, aggregate, stamp, labels, link, crc"
        for id_, *row in self._database.execute(f"select id, {columns} from channel where id > ? order by id", (n,)):  # noqa: S608
            found = channel_of(tuple(row))
            if found is None:
                self.damage.append(f"row {id_} of the tag table is damaged; its tag is shown as “damaged-{id_}”")
            added.append(found or Channel(f"damaged-{id_}"))
        if added:
            self.channels = Channels((*self.channels, *added))

    def forget_after(self, n: int) -> None:
        """Drops channels beyond n and all texts: they were rolled back."""
        self.channels = Channels(self.channels[:n])
        self._texts.clear()

    def places(self, paths: Sequence[str] | None) -> NDArray[np.int64]:
        """The channels of these tags; of all of them for None."""
        wanted = None if paths is None else set(paths)
        return np.array([i for i, c in enumerate(self.channels) if wanted is None or c.path in wanted], np.int64)

    # texts and waveforms

    def resolve(self, channels: Channels, bits: Int64) -> tuple[dict[int, str], dict[int, Waveform]]:
        """The texts and waveforms that these patterns point at, one pattern a channel."""
        texts = [int(b) for b in bits[channels.of_kind(TagKind.TEXT)]]
        waves = [int(b) for b in bits[channels.of_kind(TagKind.WAVEFORM)]]
        return self._texts_of(texts), self._waveforms_of(waves)

    def localised(
        self, channels: Channels, channel: NDArray[np.int32], bits: Int64
    ) -> tuple[Int64, tuple[str, ...], tuple[Waveform, ...]]:
        """Patterns that count in the file's tables → patterns that count in the tables returned."""
        texts: tuple[str, ...] = ()
        waves: tuple[Waveform, ...] = ()
        written = np.isin(channel, np.flatnonzero(channels.of_kind(TagKind.TEXT)))
        drawn = np.isin(channel, np.flatnonzero(channels.of_kind(TagKind.WAVEFORM)))
        if written.any() or drawn.any():
            bits = bits.copy()
        if written.any():
            codes, bits[written] = np.unique(bits[written], return_inverse=True)
            found = self._texts_of([int(code) for code in codes])
            texts = tuple(found[int(code)] for code in codes)
        if drawn.any():
            codes, bits[drawn] = np.unique(bits[drawn], return_inverse=True)
            shapes = self._waveforms_of([int(code) for code in codes])
            waves = tuple(shapes[int(code)] for code in codes)
        return bits, texts, waves

    def _texts_of(self, codes: Sequence[int]) -> dict[int, str]:
        missing = [code for code in codes if code not in self._texts]
        for chunk in _chunks(missing):
            asked = f"select id, value, crc from text where id in ({places(chunk)})"  # noqa: S608
            for id_, value, crc in self._database.execute(asked, chunk):
                self._texts[id_] = value if crc_of((value,)) == crc else "(damaged)"
        return {code: self._texts.get(code, "(missing)") for code in codes}

    def _waveforms_of(self, codes: Sequence[int]) -> dict[int, Waveform]:
        found: dict[int, Waveform] = dict.fromkeys(codes, _SILENCE)
        for chunk in _chunks(codes):
            asked = f"select id, start, step, unit, crc, data from waveform where id in ({places(chunk)})"  # noqa: S608
            for id_, *row in self._database.execute(asked, chunk):
                found[id_] = waveform_of(tuple(row)) or _SILENCE
        return found

    # events and packages

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """Events with start ≤ time < end, by time, then as they came."""
        where = "" if kinds is None else f" and kind in ({places(kinds)})"
        asked = f"select {_EVENT} from event where time >= ? and time < ?{where} order by time, id"  # noqa: S608
        return self._read_events(asked, (start, end, *(kind.value for kind in kinds or ())))

    def events_after(self, position: int) -> tuple[tuple[Event, ...], int]:
        """Events appended after `position`, and the position of the last."""
        found = self._read_events(f"select {_EVENT} from event where id > ? order by id", (position,))  # noqa: S608
        last = self._database.execute("select max(id) from event").fetchone()[0] or 0
        return found, last

    def events_since(self, position: int, since: int, time: int) -> tuple[Event, ...]:
        """Events known by `time` that a keyframe (of `position`, at `since`) does not hold."""
        asked = f"select {_EVENT} from event where time <= ? and time >= ? and (id > ? or time > ?) order by time, id"  # noqa: S608
        earliest = -(2**63) if self._late_after(position, since) else since
        return self._read_events(asked, (time, earliest, position, since))

    def count_events(self) -> int:
        """How many events there are."""
        return int(self._database.execute("select count(*) from event").fetchone()[0])

    def event_span(self) -> tuple[int, int] | None:
        """The first and last event that speaks of the plant; package changes and imports speak of the file."""
        first, last = self._database.execute(
            "select min(time), max(time) from event where kind not in ('package', 'import')"
        ).fetchone()
        return None if first is None else (first, last)

    def package_at(self, time: int) -> bytes | None:
        """The zip in force at `time`, else the first; None where it is damaged or there is none."""
        nearest = "order by time > ?, case when time <= ? then -time else time end, id desc"
        asked = f"select id, time, sha256, data, crc from package {nearest}"  # noqa: S608
        for id_, *fields, crc in self._database.execute(asked, (time, time)):
            if crc_of(tuple(fields)) == crc:
                return bytes(fields[2])
            self.damage.append(f"version {id_} of the twin package is damaged")
        return None

    def _late_after(self, position: int, since: int) -> bool:
        """Whether an event was appended after `position` that is older than `since`."""
        asked = "select 1 from event where id > ? and time < ? limit 1"
        return self._database.execute(asked, (position, since)).fetchone() is not None

    def _read_events(self, asked: str, with_: Row) -> tuple[Event, ...]:
        found = []
        for id_, *row in self._database.execute(asked, with_):
            event = event_of(tuple(row))
            if event is not None:
                found.append(event)
            elif (sentence := f"event {id_} is damaged") not in self.damage:
                self.damage.append(sentence)
        return tuple(found)


def _chunks(codes: Sequence[int], size: int = 500) -> list[list[int]]:
    unique = list(dict.fromkeys(codes))
    return [unique[i : i + size] for i in range(0, len(unique), size)]

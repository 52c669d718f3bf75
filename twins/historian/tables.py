"""The tables beside the blocks: facts, tags, texts, waveforms and packages of one file, read as far as needed."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.historian.rows import CHANNEL, WAVEFORM, Row, channel_of, crc_of, waveform_of
from twins.historian.salvage import is_damage, rows_after, rows_at
from twins.record import Channel, Channels, Waveform
from twins.record.samples import Int64

FACTS = (
    "id",
    "twin",
    "simulated",
    "forked_from",  # the id of the recording that a branch left
    "forked_at",  # ns: where
    "lane",  # of a branch: what-if or forecast
    "record",  # of a branch: the path of the plant's record
    "run",  # of a branch: what made it, as JSON, so that it can be repeated
    "findings",  # of a branch: what came of it, as JSON: times to limits, what diverged
    "sealed",
    "blocks",
    "samples",
    "events",
    "damage",
    "cut_of",
    "cut_from",
    "cut_to",
    "day",  # of a station's file: the day (UTC, since 1970) that it is for
    "begins",  # of a later day: from when on it holds everything (ns)
    "carried_blocks",  # what was known and stood when it began, so that it can be opened alone
    "carried_events",
    "previous",  # the file of the day before, and its hash once it was sealed
    "previous_sha256",
    "desk",  # up to where the desk was answered
    "counters",  # what the plant had counted, and where in the file that was
)  # what `meta` may hold
LOST = "(lost)"
Flags = NDArray[np.bool_]
_SILENCE = Waveform(0, 1, "", np.zeros(0, np.float32))


class Tables:
    """Caches the tag table and the texts that were asked for; the rest is asked of the file."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.channels = Channels()
        self.damage: list[str] = []
        self._texts: dict[int, str] = {}
        self.lost: list[int] = []  # channels whose names are gone
        self._torn = False

    def refresh(self) -> None:
        """Takes in channels that were added since; a row that is lost keeps its place, under a name that says so."""
        if self._torn:
            return
        added: list[Channel] = []
        for row in rows_after(self._database, CHANNEL, "channel", len(self.channels)):
            self._torn = self._torn or row is None
            while row and isinstance(row[0], int) and len(self.channels) + len(added) + 1 < row[0]:
                added.append(self._lost_channel(len(self.channels) + len(added) + 1))
            if row:
                added.append(channel_of(row) or self._lost_channel(len(self.channels) + len(added) + 1))
        if added:
            self.channels = Channels((*self.channels, *added))

    def _lost_channel(self, id_: int) -> Channel:
        self.note(f"row {id_} of the tag table is damaged; its tag is shown as “damaged-{id_}”")
        self.lost.append(id_ - 1)
        return Channel(f"damaged-{id_}")

    def forget_after(self, n: int) -> None:
        """Drops channels beyond n and all texts: they were rolled back."""
        self.channels = Channels(self.channels[:n])
        self.lost = [place for place in self.lost if place < n]
        self._texts.clear()

    def places(self, paths: Sequence[str] | None) -> NDArray[np.int64]:
        """The channels of these tags; of all of them for None."""
        wanted = None if paths is None else set(paths)
        return np.array([i for i, c in enumerate(self.channels) if wanted is None or c.path in wanted], np.int64)

    def meta(self) -> dict[str, str]:
        """The facts about the whole recording that can be trusted."""
        found = {}
        for key in FACTS:
            asked = "select key, value, crc from meta where key = ?"
            for _, value, crc in self._tolerant(asked, (key,)):
                if crc_of((key, value)) == crc:
                    found[key] = value
                else:
                    self.note(f"the fact “{key}” about the recording is damaged")
        return found

    def _tolerant(self, asked: str, with_: Row) -> list[Row]:
        """The rows; none, and a note, where the file is damaged there."""
        try:
            return self._database.execute(asked, with_).fetchall()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self.note("part of the file can't be read")
            return []

    # texts and waveforms

    def resolve(self, channels: Channels, bits: Int64) -> tuple[dict[int, str], dict[int, Waveform], Flags]:
        """The texts and waveforms that these patterns point at, one pattern a channel; and which of them are lost."""
        written, drawn = channels.of_kind(TagKind.TEXT), channels.of_kind(TagKind.WAVEFORM)
        lost = np.zeros(len(bits), bool)
        if not (written.any() or drawn.any()):
            return {}, {}, lost
        texts = self._texts_of([int(b) for b in bits[written]])
        waves = self._waveforms_of([int(b) for b in bits[drawn]])
        lost[written] = [int(b) not in texts for b in bits[written]]
        lost[drawn] = [int(b) not in waves for b in bits[drawn]]
        return defaultdict(lambda: LOST, texts), defaultdict(lambda: _SILENCE, waves), lost

    def localised(
        self, channels: Channels, channel: NDArray[np.int32], bits: Int64
    ) -> tuple[Int64, tuple[str, ...], tuple[Waveform, ...], Flags]:
        """Patterns that count in the file's tables → patterns that count in the tables returned; and which rows are lost."""
        texts: tuple[str, ...] = ()
        waves: tuple[Waveform, ...] = ()
        lost = np.zeros(len(bits), bool)
        written = channels.of_kind(TagKind.TEXT)[channel]
        drawn = channels.of_kind(TagKind.WAVEFORM)[channel]
        if written.any() or drawn.any():
            bits = bits.copy()
        if written.any():
            codes, bits[written] = np.unique(bits[written], return_inverse=True)
            found = self._texts_of([int(code) for code in codes])
            texts = tuple(found.get(int(code), LOST) for code in codes)
            lost[written] = np.array([int(code) not in found for code in codes])[bits[written]]
        if drawn.any():
            codes, bits[drawn] = np.unique(bits[drawn], return_inverse=True)
            shapes = self._waveforms_of([int(code) for code in codes])
            waves = tuple(shapes.get(int(code), _SILENCE) for code in codes)
            lost[drawn] = np.array([int(code) not in shapes for code in codes])[bits[drawn]]
        return bits, texts, waves, lost

    def _texts_of(self, codes: Sequence[int]) -> dict[int, str]:
        """The sound ones; 0 stands for none where nothing was seen."""
        missing = dict.fromkeys(code for code in codes if code not in self._texts)
        for id_, value, crc in rows_at(self._database, "id, value, crc", "text", missing):
            if crc_of((id_, value)) == crc:
                self._texts[id_] = value
        return {code: self._texts[code] for code in codes if self._sound(code in self._texts, "text", code)}

    def _waveforms_of(self, codes: Sequence[int]) -> dict[int, Waveform]:
        rows = rows_at(self._database, WAVEFORM, "waveform", dict.fromkeys(codes))
        found = {row[0]: wave for row in rows if (wave := waveform_of(row))}
        return {code: found[code] for code in codes if self._sound(code in found, "waveform", code)}

    def _sound(self, sound: bool, what: str, code: int) -> bool:
        if not sound and code:
            self.note(f"{what} {code} is damaged or missing")
        return sound

    def note(self, sentence: str) -> None:
        """Remembers damage, each once."""
        if sentence not in self.damage:
            self.damage.append(sentence)

    # packages

    def package_at(self, time: int) -> bytes | None:
        """The zip in force at `time`, else the first; None where it is damaged or there is none."""
        nearest = "order by time > ?, case when time <= ? then -time else time end, id desc"
        asked = f"select id, time, sha256, data, crc from package {nearest}"  # noqa: S608
        for id_, *fields, crc in self._tolerant(asked, (time, time)):
            if crc_of(tuple(fields)) == crc:
                return bytes(fields[2])
            self.note(f"version {id_} of the twin package is damaged")
        return None

"""Cutting: all that is needed to tell a stretch as the original tells it, what was known then and what had happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.historian import schema
from twins.historian.blocks import touches
from twins.historian.days import Days
from twins.historian.file import RecordingFile
from twins.historian.place import days_of
from twins.historian.recording import RecordingError
from twins.historian.rows import EVENT, crc_of, event_of
from twins.record import Channels, Event, Samples, Snapshot, Waveform
from twins.record.samples import Int64

Progress = Callable[[float, str], None]
ROWS_AT_ONCE = 200_000
_Told = TypeVar("_Told", str, Waveform)


def copy(source: RecordingFile | Days, to: RecordingFile, start: int, end: int, progress: Progress) -> None:
    """Everything of [start, end), and what was known, stood and had happened just before. Raises RecordingError at damage."""
    known, happened = source.at(start - 1), source.at(start - 1, hindsight=True)
    events = source.events(start, end)
    imports, packages = _of_the_file(source, start, end)
    before = [event for event in imports if event.time < start and event not in known.standing.values()]
    carried = sorted((*known.standing.values(), *before), key=lambda event: event.time)
    newest = _just_before(source.channels, known, happened, start, end)
    later = newest.arrival >= end  # known only after the stretch: among equals in time it has the last word
    to.append(newest.take(~later), carried)
    for time, package in packages:
        to.add_package(package, time)
    for part, samples in source.pieces(start, end, ROWS_AT_ONCE):
        to.append(samples)
        progress(part, "copying samples")
    to.append(newest.take(later), (*events, *(event for event in imports if event.time >= end)))


def _just_before(channels: Channels, known: Snapshot, happened: Snapshot, start: int, end: int) -> Samples:
    """The newest samples before the stretch, each once, and none that the stretch holds itself."""
    both = Samples.join([samples_of(channels, known), samples_of(channels, happened)])
    _, once = np.unique(np.stack([both.channel, both.source, both.arrival]), axis=1, return_index=True)
    both = both.take(np.sort(once))
    return both.take(~touches(both.order(), both.arrival, start, end))


def samples_of(channels: Channels, snapshot: Snapshot) -> Samples:
    """The values of a snapshot as the samples they were, over the whole tag table, so that the cut's table has its order."""
    place = {channel: i for i, channel in enumerate(channels)}
    seen, table, bits = snapshot.seen, Channels(snapshot.channels), snapshot.bits.copy()
    texts = _localised(bits, seen & table.of_kind(TagKind.TEXT), snapshot.texts)
    waveforms = _localised(bits, seen & table.of_kind(TagKind.WAVEFORM), snapshot.waveforms)
    channel = np.array([place[c] for c in table], np.int32)
    every = Samples(channels, channel, snapshot.source, snapshot.arrival, bits, snapshot.written, tuple(texts), tuple(waveforms))
    return every.take(seen)


def _localised(bits: Int64, rows: NDArray[np.bool_], told: Mapping[int, _Told]) -> list[_Told]:
    """What these rows point at; their patterns become places in it."""
    codes, places = np.unique(bits[rows], return_inverse=True)
    bits[rows] = places
    return [told[int(code)] for code in codes]


def _of_the_file(source: RecordingFile | Days, start: int, end: int) -> tuple[list[Event], list[tuple[int, bytes]]]:
    """The imports outside the stretch, and the versions of the package that came into force after its start."""
    imports: list[Event] = []
    packages: list[tuple[int, bytes]] = []
    for day in days_of(source.path):
        found, versions = _of_one_file(day, start, end)
        imports += [event for event in found if event not in imports]
        packages += versions
    return imports, packages


def _of_one_file(path: Path, start: int, end: int) -> tuple[list[Event], list[tuple[int, bytes]]]:
    database = schema.open_to_read(path)
    try:
        imports = database.execute(f"select {EVENT} from event where kind = 'import' order by id").fetchall()  # noqa: S608
        asked = "select time, sha256, data, crc from package where time > ? and time < ? order by time, id"
        packages = database.execute(asked, (start, end)).fetchall()
    except sqlite3.Error as error:
        raise RecordingError(f"{path} can't be read: {error}; “verify” names what is damaged") from None
    finally:
        database.close()
    told = [event_of(row) for row in imports]
    if None in told or any(crc_of(tuple(row[:-1])) != row[-1] for row in packages):
        raise RecordingError(f"{path} has a damaged import or package version; “verify” names it, cut from a sound copy")
    outside = [event for event in told if event and not start <= event.time < end]
    return outside, [(time, data) for time, _, data, _ in packages]

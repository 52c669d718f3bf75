"""Evidence: a recording is verified, sealed so that nothing touches it again, or a stretch of it is cut out to be handed on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from twins.clock import BEFORE_ALL_TIME, now
from twins.historian import schema
from twins.historian.blocks import DamagedBlockError, Head, decode
from twins.historian.directory import HEAD
from twins.historian.drafting import drafted
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError, Verdict
from twins.historian.rows import CHANNEL, EVENT, Row, channel_of, crc_of, event_of, guarded, head_of, waveform_of
from twins.historian.salvage import row_at, rows_after
from twins.historian.tables import FACTS
from twins.record import Samples, Snapshot

Progress = Callable[[float, str], None]
CUT_ROWS = 500_000


def verify(path: Path) -> Verdict:
    """Reads every byte of a recording and says what is not as it was written. Raises RecordingError where nothing can be read."""
    database = schema.open_to_read(path)
    try:
        blocks, samples, ends, damaged = _blocks(database)
        damaged += _rows(database) + _structure(database) + [short for short in [schema.cut_short(path)] if short]
        return Verdict(blocks, samples, min(e[0] for e in ends) if ends else None, max(e[1] for e in ends) if ends else None,
                       tuple(damaged))  # fmt: skip
    except schema.FILE_ERRORS as error:
        raise RecordingError(f"{path} can't be verified: {error}") from None
    finally:
        database.close()


def seal(path: Path) -> None:
    """No one writes to the file again, and readers leave no trace on it or beside it."""
    database = schema.open_to_write(path)
    try:
        database.execute("insert or replace into meta values (?, ?, ?)", guarded(("sealed", str(now()))))
        if database.execute("pragma journal_mode = delete").fetchone()[0] != "delete":
            database.execute("delete from meta where key = 'sealed'")
            raise RecordingError(f"{path} is still open elsewhere; close the station and the windows on it, then seal it")
    except sqlite3.Error as error:
        raise RecordingError(f"{path} can't be sealed: {error}; close the station and the windows on it first") from None
    finally:
        database.close()


def cut(source: RecordingFile, start: int, end: int, out: Path, progress: Progress | None = None) -> None:
    """A stretch as a sealed file of its own: what was known at `start`, all that followed until `end`, the package of each day.

    Built beside `out` and renamed when whole. Raises RecordingError.
    """
    span = source.span()
    if start >= end or span is None or end <= span[0] or start > span[1]:
        raise RecordingError(f"{source.path} holds nothing between these times; see “info {source.path.name}” for what it holds")
    if out.exists():
        raise RecordingError(f"{out} exists already; name another file or remove it first")
    with drafted(out) as partial:
        package = source.package_at(start)
        with RecordingFile.create(partial, package or b"", source.meta.get("twin", ""), start, simulated=source.simulated) as to:
            with to.transaction():
                _copy(source, to, start, end, progress or (lambda _done, _what: None))
                to.rebuild_keyframes()
            to.set_meta("cut_of", source.path.name)
            to.set_meta("cut_from", str(start))
            to.set_meta("cut_to", str(end))
        seal(partial)


def _copy(source: RecordingFile, to: RecordingFile, start: int, end: int, progress: Progress) -> None:
    before = source.at(start - 1)
    to.append(_as_samples(before), tuple(before.standing.values()))
    changed = [event.time for event in source.events(start, end) if event.kind.value == "package"]
    for time in changed:
        to.add_package(source.package_at(time) or b"", time)
    for first, past in _steps(source, start, end):
        found = source.between(first, past)
        to.append(found.take(found.arrival >= start))
        progress((past - start) / (end - start), "copying samples")
    to.append(_arrived_late(source, start, end), source.events(start, end))


def _steps(source: RecordingFile, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches of about CUT_ROWS samples each."""
    span = source.span() or (start, end)
    rows = max(1, source.counts()["samples"])
    step = max(1, int((span[1] - span[0] + 1) * min(1.0, CUT_ROWS / rows)))
    for first in range(start, end, step):
        yield first, min(end, first + step)


def _arrived_late(source: RecordingFile, start: int, end: int) -> Samples:
    """What was measured before the stretch and arrived within it."""
    older = source.arrived_between(start, end)
    return older.take(older.order() < start)


def _as_samples(snapshot: Snapshot) -> Samples:
    """The values of a snapshot as the samples they were."""
    seen = np.flatnonzero(snapshot.source != BEFORE_ALL_TIME)
    texts, waveforms = tuple(snapshot.texts.values()), tuple(snapshot.waveforms.values())
    bits = snapshot.bits.copy()
    for i, channel in enumerate(snapshot.channels):
        if channel.kind.value == "text":
            bits[i] = list(snapshot.texts).index(int(bits[i])) if int(bits[i]) in snapshot.texts else 0
        elif channel.kind.value == "waveform":
            bits[i] = list(snapshot.waveforms).index(int(bits[i])) if int(bits[i]) in snapshot.waveforms else 0
    every = Samples(
        snapshot.channels,
        np.arange(len(snapshot.channels), dtype=np.int32),
        snapshot.source,
        snapshot.arrival,
        bits,
        snapshot.quality,
        texts,
        waveforms,
    )
    return every.take(seen)


def _blocks(database: sqlite3.Connection) -> tuple[int, int, list[tuple[int, int]], list[str]]:
    blocks = samples = 0
    ends: list[tuple[int, int]] = []
    damaged: list[str] = []
    expected = 1
    for row in rows_after(database, HEAD, "block", 0):
        if row is None:
            damaged.append("part of the block table can't be read")
            continue
        *fields, check = row
        if not all(isinstance(field, int) for field in row) or Head(*fields).check() != check:
            damaged.append(f"block {expected} has a damaged head")
            expected, blocks = expected + 1, blocks + 1
            continue
        head = Head(*fields)
        damaged += [f"block {missing} is missing" for missing in range(expected, head.id)]
        expected, blocks = head.id + 1, blocks + 1
        try:
            data = row_at(database, "data", "block", head.id)
            decode(head, data[0] if data and isinstance(data[0], bytes) else b"")
            samples += head.n
            ends.append((head.order0, head.order1))
        except DamagedBlockError as error:
            damaged.append(str(error))
    return blocks, samples, ends, damaged


# Each table's columns with what names the row first, and whether a row is as it was written.
_CHECKS: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "fact": ("key, value, crc from meta", lambda r: crc_of(r[:-1]) == r[-1]),
    "tag": (f"{CHANNEL} from channel", lambda r: channel_of(r) is not None),
    "event": (f"{EVENT}, head from event", lambda r: event_of(r[:-1]) is not None and head_of(r[0], r[1]) == r[-1]),
    "text": ("id, value, crc from text", lambda r: crc_of(r[:-1]) == r[-1]),
    "waveform": ("id, start, step, unit, crc, data from waveform", lambda r: waveform_of(r) is not None),
    "keyframe": ("id, time, block, event, latest, standing, crc from keyframe", lambda r: crc_of(r[1:-1]) == r[-1]),
    "package": ("id, time, sha256, data, crc from package", lambda r: crc_of(r[1:-1]) == r[-1]),
}
_WITHOUT_HOLES = ("tag", "event", "text", "waveform")


def _rows(database: sqlite3.Connection) -> list[str]:
    damaged: list[str] = []
    for name, (columns, sound) in _CHECKS.items():
        chosen, _, table = columns.partition(" from ")
        expected = 1
        for row in _facts(database) if name == "fact" else rows_after(database, chosen, table, 0):
            if row is None:
                damaged.append(f"part of the {name} table can't be read")
                continue
            if not sound(row):
                damaged.append(f"{name} {row[0]} is damaged")
            if name in _WITHOUT_HOLES and isinstance(row[0], int):
                damaged += [f"{name} {missing} is missing" for missing in range(expected, row[0])]
                expected = row[0] + 1
    return damaged


def _facts(database: sqlite3.Connection) -> list[Row]:
    asked = "select key, value, crc from meta where key = ?"
    return [row for key in FACTS for row in database.execute(asked, (key,))]


def _structure(database: sqlite3.Connection) -> list[str]:
    try:
        found = [str(row[0]) for row in database.execute("pragma integrity_check(5)")]
    except schema.FILE_ERRORS as error:
        found = [str(error)]
    return [] if found == ["ok"] else [f"the file's structure is damaged: {line}" for line in found]

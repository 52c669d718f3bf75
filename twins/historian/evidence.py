"""Evidence: a recording is verified, sealed so that nothing touches it again, or a stretch of it is cut out to be handed on."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from twins.clock import now
from twins.historian import schema
from twins.historian.blocks import DamagedBlockError, Head, decode
from twins.historian.cutting import Progress, copy
from twins.historian.days import Days, open_record
from twins.historian.directory import HEAD
from twins.historian.drafting import drafted
from twins.historian.file import RecordingFile
from twins.historian.place import days_of
from twins.historian.recording import RecordingError, Verdict
from twins.historian.rows import CHANNEL, EVENT, WAVEFORM, Row, channel_of, crc_of, event_of, guarded, head_of, waveform_of
from twins.historian.salvage import row_at, rows_after
from twins.historian.tables import FACTS


def verify(path: Path) -> Verdict:
    """Reads every byte of a recording and says what is not as it was written. Raises RecordingError where nothing can be read."""
    database = schema.open_to_read(path)
    try:
        blocks, samples, ends, damaged = _blocks(database)
        damaged += _rows(database) + _lost_ends(database, blocks, samples) + _structure(database)
        damaged += [short for short in [schema.cut_short(path)] if short]
        return Verdict(blocks, samples, min(e[0] for e in ends) if ends else None, max(e[1] for e in ends) if ends else None,
                       tuple(damaged))  # fmt: skip
    except schema.FILE_ERRORS as error:
        raise RecordingError(f"{path} can't be verified: {error}") from None
    finally:
        database.close()


def verify_record(path: Path) -> Verdict:
    """The same of every day of a record, and whether each day is the one that the next one names."""
    days = days_of(path)
    if path.is_dir() and not days:
        raise RecordingError(f"{path} holds no day of a record; name one that does, or a recording's file")
    if len(days) < 2 and not path.is_dir():
        return verify(path)
    verdicts = {day: verify(day) for day in days}
    damaged = [f"{day.name}: {told}" for day, verdict in verdicts.items() for told in verdict.damaged]
    damaged += [told for before, after in pairwise(days) if (told := _broken_chain(before, after))]
    ends = [(v.first, v.last) for v in verdicts.values() if v.first is not None and v.last is not None]
    first, last = min((e[0] for e in ends), default=None), max((e[1] for e in ends), default=None)
    return Verdict(
        sum(v.blocks for v in verdicts.values()), sum(v.samples for v in verdicts.values()), first, last, tuple(damaged)
    )


def _broken_chain(before: Path, after: Path) -> str:
    with RecordingFile.open(after) as file:
        previous, sha = file.meta.get("previous", ""), file.meta.get("previous_sha256")
    if previous == before.name and sha is not None and sha != sha256_of(before):
        return f"{before.name} is not as it was when {after.name} was begun"
    return ""


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal(path: Path) -> None:
    """No one writes to the file again, and readers leave no trace on it or beside it. A seal that is refused marks nothing.

    Raises RecordingError.
    """
    database = schema.open_to_write(path)
    try:
        database.execute("pragma busy_timeout = 1000")
        alone = _journal(database, " = delete")
        if alone:
            database.execute("begin exclusive")
            alone = _journal(database)  # nobody opened it in between
            for fact in (("sealed", str(now())), *((key, str(n)) for key, n in _extent(database).items())):
                database.execute("insert or replace into meta values (?, ?, ?)", guarded(fact))
            database.execute("commit" if alone else "rollback")
        if not alone:
            raise RecordingError(f"{path} is still open elsewhere; close the station and the windows on it, then seal it")
    except sqlite3.Error as error:
        raise RecordingError(f"{path} can't be sealed: {error}; close the station and the windows on it first") from None
    finally:
        database.close()  # rolls back what was not committed


def _journal(database: sqlite3.Connection, change: str = "") -> bool:
    """Whether the file keeps no log beside it, which no file does that is open elsewhere."""
    return bool(database.execute(f"pragma journal_mode{change}").fetchone()[0] == "delete")


def _extent(database: sqlite3.Connection) -> dict[str, int]:
    """How much a file holds: what a sealed one says of itself, so that a lost end is noticed."""
    blocks, samples = database.execute("select count(*), coalesce(sum(n), 0) from block").fetchone()
    return {"blocks": blocks, "samples": samples, "events": database.execute("select count(*) from event").fetchone()[0]}


_OF_A_BRANCH = ("lane", "forked_from", "forked_at", "record", "run", "findings")


def cut(source: RecordingFile | Days, start: int, end: int, out: Path, progress: Progress | None = None) -> None:
    """A stretch as a sealed file of its own, that tells every instant of [start, end) (ns UTC) as the original does.

    Built beside `out` and renamed when whole. Raises RecordingError, also where damage in the original touches the stretch.
    """
    span = source.span()
    if start >= end or span is None or end <= span[0] or start > span[1]:
        raise RecordingError(f"{source.path} holds nothing between these times; see “info {source.path.name}” for what it holds")
    if out.exists():
        raise RecordingError(f"{out} exists already; name another file or remove it first")
    start = max(start, span[0])
    told = {"cut_of": source.path.name, "cut_from": str(start), "cut_to": str(min(end - 1, span[1]))}
    told |= {key: source.meta[key] for key in _OF_A_BRANCH if key in source.meta}  # a what-if is never taken for the plant
    # Read through a connection of its own, so that only damage that was met on the way counts.
    with drafted(out) as partial, open_record(source.path) as fresh:
        _build(fresh, partial, start, end, progress or (lambda _done, _what: None), told)
        seal(partial)


def _build(source: RecordingFile | Days, out: Path, start: int, end: int, progress: Progress, told: dict[str, str]) -> None:
    package = source.package_at(start) or b""
    with RecordingFile.create(out, package, source.meta.get("twin", ""), start, simulated=source.simulated) as to:
        with to.transaction():
            copy(source, to, start, end, progress)
            to.rebuild_keyframes()
        _refuse_damaged(source)
        for key, value in told.items():
            to.set_meta(key, value)


def _refuse_damaged(source: RecordingFile | Days) -> None:
    if source.damage:
        more = f" and {len(source.damage) - 1} more" if len(source.damage) > 1 else ""
        raise RecordingError(
            f"{source.path} is damaged where this stretch needs it ({source.damage[0]}{more}); "
            f"“verify {source.path.name}” names all of it: cut from a sound copy, or a stretch beside the damage"
        )


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
        damaged += [f"block {missing} is missing" for missing in range(expected, head.first)]
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
    "waveform": (f"{WAVEFORM} from waveform", lambda r: waveform_of(r) is not None),
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


def _lost_ends(database: sqlite3.Connection, blocks: int, samples: int) -> list[str]:
    """What a sealed file says it holds and does not."""
    events = sum(row is not None for row in rows_after(database, "id", "event", 0))
    found = {"blocks": blocks, "samples": samples, "events": events}
    promised = {key: int(value) for key, value, crc in _facts(database) if key in found and crc_of((key, value)) == crc}
    return [f"{found[key]} of {n} {key} are there" for key, n in promised.items() if found[key] != n]


def _structure(database: sqlite3.Connection) -> list[str]:
    try:
        found = [str(row[0]) for row in database.execute("pragma integrity_check(5)")]
    except schema.FILE_ERRORS as error:
        found = [str(error)]
    return [] if found == ["ok"] else [f"the file's structure is damaged: {line}" for line in found]

"""History in: the rows of a foreign file become samples and events of a recording, all of them or none."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twins import clock
from twins.asset import Twin
from twins.historian.binding import bind
from twins.historian.deriving import Derived, derive
from twins.historian.drafting import drafted, refuse_bad_place
from twins.historian.file import RecordingFile
from twins.historian.intake import Intake, Taken
from twins.historian.mapping import Mapping as Words
from twins.historian.recording import RecordingError
from twins.historian.table import open_source
from twins.historian.tally import Quote, Tally, quoted
from twins.record import Event, EventKind, Samples

_BATCH = 20_000
_BLAMED = {  # why a file may bring nothing, and the remedy
    "bad_time": "write in the mapping how times are written: time.format, as docs/import.md shows",
    "unknown_asset": "name the file's assets in the mapping's asset.map",
    "unknown_tag": "name the file's tags in the mapping's tag.map",
    "unknown_label": "name the file's words in the mapping's labels",
    "not_a_number": "check decimal, thousands and delimiter in the mapping",
    "not_an_integer": "map the column to a tag that is a number",
    "out_of_range": "map the column to a tag that is a number",
    "malformed_row": "check delimiter and skip_rows in the mapping",
    "undecodable": "write the file's encoding in the mapping",
    "damaged_block": "get the file again",
    "truncated_file": "get the file again",
}
Progress = Callable[[float, str], None]


class ImportCancelled(RecordingError):  # noqa: N818 — it is not an error
    """The user stopped the import; nothing was written."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of an import. `rejected` and `rows` go by cause; `first` and `last` are ns UTC, None where nothing came in."""

    samples: int  # recorded, without the computed ones
    rejected: Mapping[str, int]
    rows: Mapping[str, tuple[int, ...]]  # the first row numbers of each cause
    tags: tuple[str, ...]  # that got samples
    first: int | None
    last: int | None
    computed: int = 0  # samples derived by the package's expressions
    not_computed: tuple[str, ...] = ()  # sentences: which computed tags could not be derived, and why
    alarms: int = 0  # alarm events recorded
    bad_outside: int = 0  # recorded, but BAD
    quotes: Mapping[str, tuple[Quote, ...]] = field(default_factory=dict)  # some of what stood there, by cause
    read_as: Mapping[str, str] = field(default_factory=dict)  # the layout that was found
    sha256: str = ""


def import_history(
    twin: Twin,
    package_zip: bytes,
    source: Path,
    mapping: Words,
    target: Path,
    progress: Progress = lambda part, doing: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Extends `target`, or makes it; nothing is half-written. `progress` is told the part done (0…1) and what is being done.

    Raises RecordingError (MappingError where the mapping doesn't fit) with sentences for the user, and ImportCancelled.
    """

    def step(part: float, doing: str) -> None:
        if cancelled():
            raise ImportCancelled(f"the import of {source.name} was cancelled; {target.name} is as it was")
        progress(part, doing)

    refuse_bad_place(target)
    step(0.0, f"Reading {source.name}")
    opened = open_source(source, mapping.layout, lambda part: step(0.15 * part, f"Reading {source.name}"))
    tally = Tally()
    mapping = mapping.spread(opened.names)
    intake = Intake(mapping, bind(mapping, twin, opened.names, opened.preamble(mapping.columns)), twin, tally)
    table = opened.read(mapping.columns, tally, lambda part: step(0.15 + 0.1 * part, f"Reading {source.name}"))
    rows = intake.rows(table, opened.told)
    sha = _sha256(source)
    # What is held is read inside the transaction, so that nobody adds the same meanwhile.
    with _in_turn(source, target), _recording(target, twin, package_zip, rows.first) as recording, recording.transaction():
        taken = intake.take(rows, recording, lambda part: step(0.25 + 0.2 * part, "Sorting the samples"))
        _refuse_nothing(source, taken, tally)
        before = recording.span()
        _put_in_force(recording, package_zip, taken.first)
        _append(recording, taken.samples, taken.events, lambda part: step(0.45 + 0.35 * part, "Recording the samples"))
        derived = derive(twin, recording, taken.samples, lambda part: step(0.8 + 0.1 * part, "Deriving computed tags"))
        _append(recording, derived.samples, (), lambda part: step(0.9 + 0.08 * part, "Recording computed tags"))
        report = _report(taken, derived, tally, rows.told, sha)
        told = _told(report, source, mapping, _last(rows.last, before))
        recording.append(Samples.empty(), [told])
        if before and min(told.time, told.time if taken.first is None else taken.first) < before[1]:
            recording.rebuild_keyframes()  # those after what came late were dropped
        step(0.99, "Finishing")
    progress(1.0, "Done")
    return report


def _refuse_nothing(source: Path, taken: Taken, tally: Tally) -> None:
    """Where nothing in a file could be read; that all of it is there already (`duplicate`) is another matter."""
    if len(taken.samples) or taken.events or "duplicate" in tally.counts:
        return
    blamed = {cause: n for cause, n in tally.counts.items() if cause in _BLAMED}
    if not blamed:  # no rows, or nothing was measured
        return
    cause, n = max(blamed.items(), key=lambda each: each[1])
    quote = next(iter(tally.quotes.get(cause, ())), None)
    first = f"“{quote.word}” in “{quote.column}” of row {quote.row}" if quote else f"row {tally.rows[cause][0]}"
    raise RecordingError(
        f"nothing in {source.name} can be read, so nothing was imported: {n:,} × {cause}, first {first}; {_BLAMED[cause]}"
    )


@contextlib.contextmanager
def _in_turn(source: Path, target: Path) -> Iterator[None]:
    """Says it plainly where another program kept the recording to itself for longer than SQLite waits."""
    try:
        yield
    except RecordingError as error:
        code = getattr(error.__context__, "sqlite_errorcode", None)
        if code is None or code & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        raise RecordingError(
            f"{target} is being written by another program, so nothing of {source.name} was imported; "
            "wait until that is done and import it again"
        ) from None


def _put_in_force(recording: RecordingFile, package: bytes, first: int | None) -> None:
    """What comes in is to be read with the package it came in with, from its first instant on (ns UTC; None: from now on)."""
    time = clock.now() if first is None else first
    if recording.package_at(time) != package:
        recording.add_package(package, time)


@contextlib.contextmanager
def _recording(target: Path, twin: Twin, package: bytes, time: int | None) -> Iterator[RecordingFile]:
    """The target opened, or a new recording beside it that takes its place at the end."""
    if target.exists():
        with RecordingFile.open(target, write=True) as recording:
            if recording.meta.get("twin") != twin.id:
                raise RecordingError(
                    f"{target} is a recording of “{recording.meta.get('twin')}”, not of “{twin.id}”; choose another file"
                )
            yield recording
        return
    begun = clock.now() if time is None else time
    with drafted(target) as draft, RecordingFile.create(draft, package, twin.id, begun) as recording:
        yield recording


def _append(recording: RecordingFile, samples: Samples, events: Sequence[Event], watch: Callable[[float], None]) -> None:
    """In batches, each with the events up to its end."""
    done, n = 0, len(samples)
    for start in range(0, n, _BATCH):
        end = min(start + _BATCH, n)
        until = int(samples.source[end - 1]) if end < n else None
        upto = next((i for i in range(done, len(events)) if until is not None and events[i].time > until), len(events))
        recording.append(samples.take(slice(start, end)), events[done:upto])
        done = upto
        watch(end / n)
    if done < len(events):
        recording.append(Samples.empty(), events[done:])
    watch(1.0)


def _report(taken: Taken, derived: Derived, tally: Tally, told: Mapping[str, str], sha: str) -> Report:
    return Report(
        samples=len(taken.samples),
        rejected=tally.counts,
        rows=tally.rows,
        tags=tuple(dict.fromkeys(taken.samples.channels[i].path for i in sorted({*taken.samples.channel.tolist()}))),
        first=taken.first,
        last=taken.last,
        computed=len(derived.samples),
        not_computed=derived.refused,
        alarms=len(taken.events),
        bad_outside=taken.outside,
        quotes=tally.quotes,
        read_as=told,
        sha256=sha,
    )


def _told(report: Report, source: Path, mapping: Words, time: int) -> Event:
    """The import as an event at the end of what it brought, so that it lengthens no timeline."""
    data = {
        "source": source.name,
        "sha256": report.sha256,
        "mapping": mapping.text,
        "imported_at": clock.format_time(clock.now()),
        "samples": report.samples,
        "computed": report.computed,
        "alarms": report.alarms,
        "bad_outside": report.bad_outside,
        "rejected": dict(report.rejected),
        "rows": {cause: list(rows) for cause, rows in report.rows.items()},
        "quotes": quoted(report.quotes),
        "read_as": dict(report.read_as),
    }
    return Event(time, EventKind.IMPORT, data=data)


def _last(time: int | None, span: tuple[int, int] | None) -> int:
    return time if time is not None else span[1] if span else clock.now()


def _sha256(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

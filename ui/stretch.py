"""A recording, and a stretch of it, as it was asked for on the command line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from twins import InputError
from ui.terminal import instant

if TYPE_CHECKING:
    from twins.historian.days import Record

ALWAYS = (-(2**63), 2**63 - 2)  # events may lie outside the samples


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Record]:
    """A recording to be read. What was found damaged meanwhile is said in the end: the answer may lack it. Raises InputError."""
    from twins.historian.days import open_record

    with open_record(file) as record:
        yield record
        if damage := record.damage:
            more = f" and {len(damage) - 1} more" if len(damage) > 1 else ""
            print(f"twindeck: {damage[0]}{more}; the answer is of what is left, “verify {file}” tells all", file=sys.stderr)


def span_of(record: Record) -> tuple[int, int]:
    """Its first and last instant, ns UTC. Raises InputError where it is empty."""
    span = record.span()
    if span is None:
        raise InputError(f"{record.path} is empty; import or record something into it first")
    return span


def stretch(
    record: Record, start: str, end: str, names: tuple[str, str] = ("--from", "--to"), span: tuple[int, int] | None = None
) -> tuple[int, int]:
    """(from, to) ns UTC as given, else the whole `span`, its last instant included. Raises InputError that names the options."""
    first, last = span or span_of(record)
    begins, ends = (instant(start) if start else first), (instant(end) if end else last + 1)
    if begins >= ends:
        raise InputError(f"the stretch is empty: {names[0]} must be before {names[1]}")
    return begins, ends


def known(record: Record, tags: list[str]) -> None:
    """Raises InputError where it holds no such tag."""
    import difflib

    paths = {channel.path for channel in record.channels}
    for tag in tags:
        if tag not in paths:
            near = difflib.get_close_matches(tag, paths, 3)
            remedy = f"did you mean {' or '.join(near)}?" if near else f"“info {record.path.name}” lists them"
            raise InputError(f"{record.path} holds no tag “{tag}”; {remedy}")

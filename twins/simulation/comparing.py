"""Comparing: key figures of several courses over one stretch, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from twins import InputError
from twins.asset import Figure, Twin
from twins.clock import format_time
from twins.historian.days import Record, open_record
from twins.package.loader import load_zipped
from twins.simulation.figures import Found, figures_of, key_figures, measured_by, restricted


@dataclass(frozen=True, slots=True)
class Course:
    """One record or branch, and what its figures were."""

    name: str
    found: tuple[Found, ...]

    def of(self, figure: Figure) -> Found | None:
        """That figure, where this course has it."""
        return next((each for each in self.found if each.figure.name == figure.name), None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Over [start, end), ns UTC. The figures are those of the first course whose package declares some, of what every course
    knows; `without` are assets that some course knows nothing of."""

    start: int
    end: int
    figures: tuple[Figure, ...]
    courses: tuple[Course, ...]
    without: tuple[str, ...] = ()


def compared(paths: Sequence[Path], start: int | None = None, end: int | None = None) -> Comparison:
    """The first is what the others are held against. Without a stretch it is what all have in common. Raises InputError."""
    with ExitStack() as opened:
        records: list[Record] = []
        for path in paths:
            records.append(open_record(path))
            opened.callback(records[-1].close)
        spans = [span for record in records if (span := record.span())]
        if len(spans) < len(records):
            raise InputError(f"{next(p.name for p, r in zip(paths, records, strict=True) if not r.span())} is empty")
        first = max(span[0] for span in spans) if start is None else start
        last = min(span[1] for span in spans) if end is None else end
        if first >= last:
            told = "; ".join(
                f"{p.name} holds {format_time(a)} to {format_time(b)}" for p, (a, b) in zip(paths, spans, strict=True)
            )
            raise InputError(f"these have no stretch in common: {told}")
        twin = _judge(paths, [record.package_at(last) for record in records])
        figures = key_figures(twin)
        common, without = _in_common(twin, figures, records)
        courses = [
            Course(path.stem, figures_of(record, common, first, last, figures, anew=common is not twin))
            for path, record in zip(paths, records, strict=True)
        ]
    return Comparison(first, last, figures, tuple(courses), without)


def _in_common(twin: Twin, figures: Sequence[Figure], records: Sequence[Record]) -> tuple[Twin, tuple[str, ...]]:
    """The twin as far as every record knows it, and the assets that figures need and some records know nothing of."""
    known = [frozenset(channel.path for channel in record.channels) for record in records]
    every = known[0].intersection(*known[1:])
    needed = measured_by(twin, figures) & known[0].union(*known[1:])
    missed = needed - every
    if not missed:
        return twin, ()
    there = {twin.tags[path].asset for path in needed - missed}
    gone = {twin.tags[path].asset for path in missed} - there
    return restricted(twin, every), tuple(asset for asset in twin.assets if asset in gone)


def _judge(paths: Sequence[Path], packages: Sequence[bytes | None]) -> Twin:
    """The first twin that declares figures; else the first."""
    twins = [load_zipped(package) for package in packages if package is not None]
    if not twins:
        raise InputError(f"{paths[0].name} holds no package that says what its figures are")
    return next((twin for twin in twins if twin.figures), twins[0])


def told(comparison: Comparison) -> dict[str, object]:
    """As JSON has it; a value that was not known is null, and so is its difference to the first course."""
    return {
        "start": format_time(comparison.start),
        "end": format_time(comparison.end),
        "without": list(comparison.without),
        "courses": [course.name for course in comparison.courses],
        "figures": [_row(figure, comparison) for figure in comparison.figures],
    }


def _row(figure: Figure, comparison: Comparison) -> dict[str, object]:
    found = [course.of(figure) for course in comparison.courses]
    values = [None if each is None or each.value != each.value else each.value for each in found]
    base = values[0]
    return {
        "name": figure.name,
        "label": figure.label,
        "unit": figure.unit,
        "better": figure.better,
        "decimals": figure.decimals,
        "values": values,
        "differences": [None if value is None or base is None else value - base for value in values],
        "known": [0.0 if each is None else each.share for each in found],
    }

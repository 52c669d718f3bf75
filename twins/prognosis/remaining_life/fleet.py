"""A fleet: the histories of several units, one row per unit and time, in order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.table import MeasuredTable

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
SEVERAL = 1.5  # rows per instant from which their spread is told too
BEYOND = 1e30  # no sensor says so much
SUMMARIES = ("mean", "least", "most", "spread")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is to be read: which column names the unit and which the time; `sensors` empty means all numbers."""

    unit: str
    time: str
    headed: bool = True
    delimiter: str | None = None
    sensors: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fleet:
    """n rows of several units, sorted by unit and time; unit i owns the rows `starts[i]:starts[i + 1]`."""

    units: tuple[str, ...]
    starts: Whole  # (units + 1,)
    times: Array  # (n,)
    sensors: tuple[str, ...]
    values: Array  # (n, sensors); NaN only before the first value of a unit
    ends: tuple[float | str, ...] = ()  # of each unit, its last time as the table has it
    filled: int = 0  # cells that held no number and took the value before
    left_out: int = 0  # rows without a unit or a time
    unused: Mapping[str, str] = field(default_factory=dict)  # columns that were not taken, and why
    seen: NDArray[np.bool_] | None = None  # (n, sensors): cells that were there and not carried; None: all
    dated: bool = False  # whether times were dates
    born: float | None = None  # the time at which lives began; None: at each unit's first row

    @property
    def lengths(self) -> Whole:
        """(units,)."""
        return np.diff(self.starts)

    @property
    def owner(self) -> Whole:
        """(n,): the place of each row's unit."""
        return np.repeat(np.arange(len(self.units)), self.lengths)

    @property
    def last(self) -> Whole:
        """(units,): the last row of each."""
        return self.starts[1:] - 1

    @property
    def ages(self) -> Array:
        """(n,): time since the unit was born, which was not after its first row."""
        first = self.times[self.starts[:-1]]
        return self.times - (first if self.born is None else np.minimum(first, self.born))[self.owner]

    @property
    def lives(self) -> Array:
        """(units,): the age at the last row."""
        return self.ages[self.last]

    def remaining(self, cap: float | None) -> Array:
        """(n,): time until the unit's last row, at most `cap`."""
        left = self.lives[self.owner] - self.ages
        return left if cap is None else np.minimum(left, cap)

    def of(self, places: Sequence[int] | Whole) -> Fleet:
        """Some of its units."""
        rows = np.concatenate([np.arange(self.starts[i], self.starts[i + 1]) for i in places])
        starts = np.concatenate([[0], np.cumsum(self.lengths[np.asarray(places)])])
        units, ends = tuple(self.units[i] for i in places), tuple(self.ends[i] for i in places if self.ends)
        return Fleet(units, starts, self.times[rows], self.sensors, self.values[rows], ends, **self._kept(rows))

    def _kept(self, rows: Whole) -> dict[str, Any]:
        return {"seen": None if self.seen is None else self.seen[rows], "dated": self.dated, "born": self.born}

    def born_at(self, time: float) -> Fleet:
        """The same histories of units that were all born at a time, or at their first row where that is earlier."""
        return replace(self, born=time)


def fleet_of(table: MeasuredTable, layout: Layout, needed: tuple[str, ...] = ()) -> Fleet:
    """The histories in a table, whatever the order of its rows; `needed` are the sensors that a model asks for.

    Where a unit has many rows of one time (a discharge within a cycle), their mean, least, most and spread are its values.
    Raises InputError.
    """
    unit, time = (table.column(asked, (layout.unit, layout.time)) for asked in (layout.unit, layout.time))
    if unit == time:
        raise InputError(f"“{unit}” of {table.path} can't be both the unit and the time; name two columns")
    columns = _columns(table, layout, (unit, time), needed)
    words, times = np.array(table.words(unit)), table.instants(time)
    usable = (words != "") & np.isfinite(times)
    if (np.abs(times[usable]) > BEYOND).any():
        raise InputError(f"times in “{time}” of {table.path} are too large to be reckoned with; give them in larger units")
    if not usable.any():
        raise InputError(f"no row of {table.path} has both a unit (“{unit}”) and a time (“{time}”); check the two columns")
    names, codes = _in_order(words[usable])
    order = np.lexsort((times[usable], codes))
    rows = np.flatnonzero(usable)[order]
    found = _assembled(names, codes[order], times[rows], columns, _plausible(table.matrix(columns)[rows]), needed)
    ends, dated = _ends(table, time, rows, codes[order]), table.origin(time) is not None
    unused = {} if needed or layout.sensors else _unused(table, layout, (unit, time, *columns))
    return replace(found, ends=ends, left_out=int((~usable).sum()), unused=unused, dated=dated)


def _unused(table: MeasuredTable, layout: Layout, used: tuple[str, ...]) -> dict[str, str]:
    ignored = {table.column(name) for name in layout.ignored}
    return {name: _why_unused(table, name, ignored) for name in table.names if name not in used}


def _why_unused(table: MeasuredTable, name: str, ignored: set[str]) -> str:
    if name in ignored:
        return "ignored as asked"
    return table.emptiness(name) or "holds no numbers"


def _plausible(values: Array) -> Array:
    return np.where(np.abs(values) < BEYOND, values, np.nan)


def _ends(table: MeasuredTable, time: str, rows: Whole, codes: Whole) -> tuple[float | str, ...]:
    last = rows[np.flatnonzero(np.diff(codes, append=-1))]
    if table.origin(time) is None:
        return tuple(table.numbers(time)[last].tolist())
    words = table.words(time)
    return tuple(words[i] for i in last)


def _columns(table: MeasuredTable, layout: Layout, taken: tuple[str, ...], needed: tuple[str, ...]) -> tuple[str, ...]:
    if needed:
        plain = tuple(dict.fromkeys(_without_summary(name, table.names) for name in needed))
        absent = [name for name in plain if name not in table.names]
        if absent:
            some = ", ".join(f"“{name}”" for name in absent[:6]) + (" …" if len(absent) > 6 else "")
            raise InputError(f"{table.path} lacks {some}, which the model was trained on; add the columns or train without them")
        return plain
    if layout.sensors:
        return tuple(dict.fromkeys(table.column(name) for name in layout.sensors))
    ignored = tuple(table.column(name) for name in layout.ignored)
    found = table.numeric((*taken, *ignored))
    if not found:
        raise InputError(f"{table.path} has no column of numbers besides the unit and the time; there is nothing to learn from")
    return found


def _without_summary(name: str, columns: tuple[str, ...]) -> str:
    stem, _, summary = name.rpartition(" ")
    return stem if name not in columns and summary in SUMMARIES else name


def _in_order(words: NDArray[np.str_]) -> tuple[tuple[str, ...], Whole]:
    """The units' names, m2 before m10, and each row's place among them."""
    names, codes = np.unique(words, return_inverse=True)
    order = sorted(
        range(len(names)), key=lambda i: [(part.isdecimal(), part.zfill(20)) for part in re.split(r"(\d+)", str(names[i]))]
    )
    place = np.empty(len(names), int)
    place[order] = np.arange(len(names))
    return tuple(str(names[i]) for i in order), place[codes]


def _assembled(
    units: tuple[str, ...],
    codes: Whole,
    times: Array,
    columns: tuple[str, ...],
    values: Array,
    needed: tuple[str, ...],
) -> Fleet:
    new = np.concatenate([[True], (np.diff(codes) != 0) | (np.diff(times) != 0)])
    at = np.flatnonzero(new)
    empty = int(np.isnan(values).sum())
    several = bool(set(needed) - set(columns)) if needed else len(new) > SEVERAL * len(at)
    sensors, values = _merged(columns, values, at, several)
    if needed:
        values, sensors = values[:, [sensors.index(name) for name in needed]], needed
    starts = np.searchsorted(codes[at], np.arange(len(units) + 1))
    return Fleet(units, starts, times[at], sensors, carried(values, starts), filled=empty, seen=np.isfinite(values))


def _merged(columns: tuple[str, ...], values: Array, at: Whole, several: bool) -> tuple[tuple[str, ...], Array]:
    """One row per unit and time."""
    if len(at) == len(values) and not several:
        return columns, values
    known = np.isfinite(values)
    count = np.add.reduceat(known.astype(float), at)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = np.add.reduceat(np.where(known, values, 0.0), at) / count
        if not several:
            return columns, mean
        within = values - np.repeat(mean, np.diff([*at, len(values)]), axis=0)
        spread = np.sqrt(np.add.reduceat(np.where(known, within, 0.0) ** 2, at) / count)
    least = np.minimum.reduceat(np.where(known, values, np.inf), at)
    most = np.maximum.reduceat(np.where(known, values, -np.inf), at)
    parts = [np.where(count > 0, part, np.nan) for part in (mean, least, most, spread)]
    names = tuple(f"{name} {summary}" for summary in SUMMARIES for name in columns)
    return names, np.concatenate(parts, axis=1)


def carried(values: Array, starts: Whole) -> Array:
    """Where a value is absent, the last one of the same unit (n, sensors); NaN stays before a unit's first."""
    rows = np.arange(len(values))[:, None]
    first = np.repeat(starts[:-1], np.diff(starts))[:, None]
    source = np.maximum.accumulate(np.where(np.isfinite(values), rows, -1), axis=0)
    known = source >= first
    return np.where(known, np.take_along_axis(values, np.maximum(source, 0), axis=0), np.nan)


def read_fleet(path: Path, layout: Layout, needed: tuple[str, ...] = ()) -> Fleet:
    """Raises InputError."""
    return fleet_of(MeasuredTable(path, layout.delimiter, layout.headed), layout, needed)

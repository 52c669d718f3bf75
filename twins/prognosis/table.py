"""A table of measurements: rows of numbers from a CSV or Parquet file, whatever signs it is written with."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.clock import SECOND
from twins.historian.cells import Form, numbers_of, sniffed_decimal
from twins.historian.columns import Column, compute, texts_of
from twins.historian.guessing import GUESSED
from twins.historian.stamps import Stamps
from twins.historian.table import Layout, open_source
from twins.historian.tally import Tally, clipped
from twins.prognosis.dates import dates_of, doubtful, is_written

Array = NDArray[np.float64]
_LOOKED_AT = 2_000  # rows, by which a column is judged
_ABSENT = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})


class MeasuredTable:
    """n rows that are as long as they should be, in the file's order; the others are counted in `tally`.

    `names` are those of the header, told apart where they are absent or stand twice (“column 3”, “temp (2)”), or “1”, “2”, …
    where the file has no header; what is `nested` (more than one value a row) counts as empty. A column can be asked for by its
    name, by its number from 1, or (without a header) by its number from 0 if any of the numbers asked for is 0.
    """

    def __init__(self, path: Path, delimiter: str | None = None, headed: bool = True) -> None:
        """Raises InputError with a sentence for the user."""
        if delimiter is not None and len(delimiter := delimiter.replace("\\t", "\t")) != 1:
            raise InputError(f"--sep “{delimiter}” is not one sign; write ';' or ',' or '\\t' or ' '")
        source = open_source(path, Layout(delimiter, GUESSED, distinct=True), lambda done: None)
        if not headed:
            numbered = tuple(str(i + 1) for i in range(len(source.names)))
            source = open_source(path, Layout(delimiter, GUESSED, header=numbered, distinct=True), lambda done: None)
        self.path, self.tally = path, Tally()
        self._decimal = ""
        self._when: dict[str, Stamps | None] = {}
        self.names, self.nested = source.names, source.nested
        table = source.read([name for name in self.names if name not in self.nested], self.tally, lambda done: None)
        if torn := self.tally.rows.get("damaged_block"):
            raise InputError(f"{path} is a damaged Parquet file, which can't be read from row {torn[0]:,} on; write it anew")
        if torn := self.tally.rows.get("truncated_file"):
            raise InputError(f"{path} is damaged: it breaks off after row {torn[0]:,}; fetch or pack it anew")
        self.rows: NDArray[np.int64] = table.rows
        nothing = _nothing(len(self.rows))
        self._columns = {name: _in_seconds(table.columns.get(name, nothing)) for name in self.names}
        self._delimiter, self._headed = source.told.get("delimiter", ""), headed
        if not len(self.rows):
            raise InputError(f"{path} holds no rows of {len(self.names)} cells; check the file, or say its sign with --sep")

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, asked: str, others: tuple[str, ...] = ()) -> str:
        """The name of the column that is meant; `others` are asked for in the same breath. Raises InputError."""
        if asked in self.names and (self._headed or "0" not in others):
            return asked
        if asked.isdecimal():
            place = int(asked) - (0 if not self._headed and "0" in (asked, *others) else 1)
            if 0 <= place < len(self.names):
                return self.names[place]
        near = difflib.get_close_matches(asked, self.names, 1)
        listed = ", ".join(self.names[:12]) + (" …" if len(self.names) > 12 else "")
        remedy = f"did you mean “{near[0]}”?" if near else f"it has {listed}"
        raise InputError(f"{self.path} has no column “{asked}”; {remedy}")

    def numbers(self, name: str, first: int | None = None) -> Array:
        """(n,), or of the first so many rows; NaN where a cell holds no finite number."""
        return numbers_of(self._columns[name][:first], Form(decimal=self._sign()))

    def instants(self, name: str) -> Array:
        """(n,): a column of numbers as they are, or of dates and times in seconds. Raises InputError."""
        stamps, first = self._stamps(name), self.origin(name)
        if stamps is None or first is None:
            return self.numbers(name)
        return np.where(stamps.valid, (stamps.time - first) / SECOND, np.nan)

    def origin(self, name: str) -> int | None:
        """The time from which `instants` counts a column of dates and times, ns UTC; None for numbers. Raises InputError."""
        stamps = self._stamps(name)
        return None if stamps is None else int(stamps.time[stamps.valid].min())

    def words(self, name: str) -> list[str]:
        """n trimmed words; whole numbers without decimals."""
        return texts_of(self._columns[name])

    def numeric(self, without: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The columns most of whose filled cells are numbers."""
        return tuple(name for name in self.names if name not in without and self._is_numeric(name))

    def matrix(self, names: tuple[str, ...]) -> Array:
        """(n, column)."""
        return np.stack([self.numbers(name) for name in names], axis=1) if names else np.empty((len(self), 0))

    def emptiness(self, name: str) -> str:
        """Why no cell of the column says anything; "" where one does."""
        if kind := self.nested.get(name):
            return f"holds {kind}, not one value a row"
        return "" if self._filled(name, None) else "is empty"

    def _stamps(self, name: str) -> Stamps | None:
        """The dates of a column, None where it holds rather numbers. Raises InputError."""
        if name not in self._when:
            self._when[name] = self._read_stamps(name)
        return self._when[name]

    def _read_stamps(self, name: str) -> Stamps | None:
        column, numbers = self._columns[name], int(np.isfinite(self.numbers(name)).sum())
        if numbers == len(self) or (numbers and not is_written(column)):
            return None
        stamps, doubt = dates_of(column), doubtful(column)
        if numbers and numbers >= np.count_nonzero(stamps.valid | doubt):
            return None
        if doubt.any():
            at = int(doubt.argmax())
            word = clipped(texts_of(column[at : at + 1])[0])
            raise InputError(
                f"“{word}” in row {self.rows[at]} of {self.path}, column “{name}”, has the day or the month first, "
                "and nothing says which; write dates in ISO 8601, like 2026-03-01 14:00:00"
            )
        if not stamps.valid.any():
            raise InputError(f"the column “{name}” of {self.path} holds neither numbers nor times like 2026-03-01 14:00:00")
        return stamps

    def _is_numeric(self, name: str) -> bool:
        """By the first rows, or by all where the first are empty."""
        first = next((first for first in (_LOOKED_AT, None) if self._filled(name, first)), 0)
        return first != 0 and np.isfinite(self.numbers(name, first)).sum() > 0.5 * self._filled(name, first)

    def _filled(self, name: str, first: int | None) -> int:
        return sum(word.lower() not in _ABSENT for word in texts_of(self._columns[name][:first]))

    def _sign(self) -> str:
        if not self._decimal:
            columns: list[Column] = list(self._columns.values())
            self._decimal = sniffed_decimal(columns, self._delimiter) if self._delimiter else "."
        return self._decimal


def _nothing(rows: int) -> Column:
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(rows, pa.string())])


def _in_seconds(column: Column) -> Column:
    """A duration as a number of seconds; anything else as it is."""
    import pyarrow as pa

    if not pa.types.is_duration(column.type):
        return column
    step = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    return compute().divide(column.cast(pa.int64()).cast(pa.float64(), safe=False), float(step))

"""A tally: what could not be taken over as it stood, counted by cause, with the row numbers and the words that stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twins.historian.columns import Column, arrow, texts_of

LISTED = 1000  # row numbers kept for each cause; the counts stay exact
_QUOTED = 3  # words kept for each cause
_LONGEST = 40
_SPEAKING = ("not_a_number", "not_an_integer", "out_of_range", "unknown_label", "unknown_tag", "unknown_asset", "bad_time")


@dataclass(frozen=True, slots=True)
class Quote:
    """What stood where it could not be read; a long word is clipped."""

    row: int
    column: str
    word: str


class Tally:
    """Counts by cause; rows are 1-based line numbers of a text file, or row numbers of a Parquet file."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._rows: dict[str, NDArray[np.int64]] = {}
        self._quotes: dict[str, list[Quote]] = {}

    def count(self, cause: str, rows: ArrayLike) -> None:
        """One more for each of `rows`; a row may stand in it several times, once a cell."""
        found = np.atleast_1d(np.asarray(rows, np.int64))
        if not len(found):
            return
        self._counts[cause] = self._counts.get(cause, 0) + len(found)
        listed = np.concatenate([self._rows.get(cause, found[:0]), found])
        self._rows[cause] = np.unique(listed)[:LISTED]

    def of(self, column: str, cells: Column, rows: NDArray[np.int64]) -> Tally:
        """The same tally, told of one column's cells in these rows: it keeps the first few words that could not be read."""
        return _OfColumn(self, column, cells, rows)

    def quote(self, cause: str, quote: Quote) -> None:
        """Keeps what stood there, where it says something new and few are kept."""
        kept = self._quotes.setdefault(cause, [])
        if len(kept) < _QUOTED and all((each.column, each.word) != (quote.column, quote.word) for each in kept):
            kept.append(quote)

    @property
    def counts(self) -> Mapping[str, int]:
        """Cause → how often, in alphabetical order."""
        return dict(sorted(self._counts.items()))

    @property
    def rows(self) -> Mapping[str, tuple[int, ...]]:
        """Cause → the first rows it was met in, ascending, at most `LISTED`."""
        return {cause: tuple(rows.tolist()) for cause, rows in sorted(self._rows.items())}

    @property
    def quotes(self) -> Mapping[str, tuple[Quote, ...]]:
        """Cause → some of the words that stood there, where words say more than the cause."""
        return {cause: tuple(kept) for cause, kept in sorted(self._quotes.items())}


class _OfColumn(Tally):
    """What is counted here counts in the whole."""

    def __init__(self, whole: Tally, column: str, cells: Column, rows: NDArray[np.int64]) -> None:
        super().__init__()
        self._whole, self._column, self._cells, self._numbers = whole, column, cells, rows

    def count(self, cause: str, rows: ArrayLike) -> None:
        """See `Tally.count`."""
        self._whole.count(cause, rows)
        first = np.atleast_1d(np.asarray(rows, np.int64))[: 8 * _QUOTED] if cause in _SPEAKING else ()
        places = np.flatnonzero(np.isin(self._numbers, first)) if len(first) else np.zeros(0, np.int64)
        for row, word in zip(
            self._numbers[places], texts_of(self._cells.take(arrow(places))) if len(places) else (), strict=True
        ):
            self._whole.quote(cause, Quote(int(row), self._column, clipped(word)))


def clipped(word: str) -> str:
    """A foreign word as it can stand in a sentence: in one line, and short."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in word).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def quoted(quotes: Mapping[str, tuple[Quote, ...]]) -> dict[str, list[dict[str, object]]]:
    """As JSON has it: cause → [{row, column, word}, …]."""
    return {cause: [asdict(quote) for quote in kept] for cause, kept in quotes.items()}

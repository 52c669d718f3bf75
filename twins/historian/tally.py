"""A tally: what could not be taken over as it stood, counted by cause, with the row numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

LISTED = 1000  # row numbers kept for each cause; the counts stay exact


class Tally:
    """Counts by cause; rows are 1-based line numbers of a text file, or row numbers of a Parquet file."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._rows: dict[str, NDArray[np.int64]] = {}

    def count(self, cause: str, rows: ArrayLike) -> None:
        """One more for each of `rows`; a row may stand in it several times, once a cell."""
        found = np.atleast_1d(np.asarray(rows, np.int64))
        if not len(found):
            return
        self._counts[cause] = self._counts.get(cause, 0) + len(found)
        listed = np.concatenate([self._rows.get(cause, found[:0]), found])
        self._rows[cause] = np.unique(listed)[:LISTED]

    @property
    def counts(self) -> Mapping[str, int]:
        """Cause → how often, in alphabetical order."""
        return dict(sorted(self._counts.items()))

    @property
    def rows(self) -> Mapping[str, tuple[int, ...]]:
        """Cause → the first rows it was met in, ascending, at most `LISTED`."""
        return {cause: tuple(rows.tolist()) for cause, rows in sorted(self._rows.items())}

"""Dates in a column, in every way of writing them that has one meaning; those that have two are found."""

from __future__ import annotations

import numpy as np

from twins.historian.columns import Column, Mask, arrow, compute, truth, words_of
from twins.historian.stamps import Stamps, read_stamps

_DAYS = ("%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y")
FORMS = tuple(day + time for day in _DAYS for time in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f"))
_DOUBTFUL = r"^\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d\d)\b"


def dates_of(column: Column) -> Stamps:
    """n stamps: ISO 8601, year first (2024/07/18) or as in German (18.07.2024 06:30, 18.07.24); cells may differ."""
    found = read_stamps(column, "iso8601")
    for form in FORMS:
        rest = np.flatnonzero(~found.valid)
        if not len(rest) or not is_written(column):
            break
        more = read_stamps(column.take(arrow(rest)), form)
        time, valid = found.time.copy(), found.valid.copy()
        time[rest], valid[rest] = more.time, more.valid
        found = Stamps(time, valid, found.exact)
    return found


def is_written(column: Column) -> bool:
    """Whether its cells are text."""
    import pyarrow as pa

    return bool(pa.types.is_string(column.type))


def doubtful(column: Column) -> Mask:
    """(n,): cells like 07/08/2024, in which the day or the month may come first."""
    return truth(compute().match_substring_regex(words_of(column), _DOUBTFUL))

"""Stamps: the times of a column as written, read all at once and exactly to the nanosecond."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.clock import HOUR, MINUTE, SECOND
from twins.historian.columns import Column, Mask, compute, truth

Int64 = NDArray[np.int64]

EPOCHS = {"epoch_s": SECOND, "epoch_ms": SECOND // 1000, "epoch_us": 1000, "epoch_ns": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OFFSET = r"(?P<offset>Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
_ISO = (
    r"(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)"
    r"(?:[Tt ]+(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)? ?" + _OFFSET + "?"
)
_DIRECTIVES = {
    "Y": r"(?P<year>\d{4})",
    "y": r"(?P<short_year>\d\d)",
    "m": r"(?P<month>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "I": r"(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{1,2})",
    "S": r"(?P<second>\d{1,2})",
    "f": r"(?P<fraction>\d{1,9})",
    "j": r"(?P<day_of_year>\d{1,3})",
    "p": r"(?P<half>[AaPp]\.?[Mm]\.?)",
    "b": r"(?P<month_name>[A-Za-z]{3})",
    "B": r"(?P<month_name>[A-Za-z]{3,9})",
    "a": r"[A-Za-z]+\.?",
    "A": r"[A-Za-z]+",
    "z": _OFFSET,
    "%": "%",
}
_SHORTHAND = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "D": "%m/%d/%y", "R": "%H:%M"}


@dataclass(frozen=True, slots=True)
class Stamps:
    """n stamps. `time` is ns UTC where `exact`, else ns of a local time whose zone is not said; only where `valid`."""

    time: Int64
    valid: Mask
    exact: Mask


def read_stamps(column: Column, form: str) -> Stamps:
    """A column of strings, numbers or Arrow timestamps; `form` is “iso8601”, “epoch_s” (ms, us, ns) or a strptime format.

    Arrow timestamps and dates are read as what they are, whatever `form` says. Raises ValueError for a form that can't be used.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _of_timestamps(column)
    if form in EPOCHS:
        return _of_epochs(column, EPOCHS[form])
    return _of_texts(column.cast(pa.string()), pattern_of(form))


def pattern_of(form: str) -> str:
    """A form as a regular expression with named groups. Raises ValueError naming what can't be read."""
    if form == "iso8601":
        return rf"^\s*{_ISO}\s*$"
    if form.startswith("epoch") or "%" not in form:
        known = ", ".join(EPOCHS)
        raise ValueError(f"“{form}” is no time format; write iso8601, {known}, or directives like %d.%m.%Y %H:%M")
    for letter, meaning in _SHORTHAND.items():
        form = form.replace(f"%{letter}", meaning)
    pattern = "".join(_piece(piece) for piece in re.findall(r"%.|%|[^%]+", form))
    names = re.findall(r"\?P<(\w+)>", pattern)
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"“{form}” says the {twice.replace('_', ' ')} twice; write each directive once")
    if not {"year", "short_year"} & set(names):
        raise ValueError(f"“{form}” says no year; add %Y, or name the date's column too")
    return rf"^\s*{pattern}\s*$"


def _piece(piece: str) -> str:
    if not piece.startswith("%"):
        return re.sub(r"(\\ )+", r"\\s+", re.escape(piece))
    if piece[1:] not in _DIRECTIVES:
        known = " ".join("%" + letter for letter in _DIRECTIVES)
        raise ValueError(f"“{piece}” can't be read in a time format; use {known}")
    return _DIRECTIVES[piece[1:]]


def _of_texts(column: Column, pattern: str) -> Stamps:
    pc = compute()

    found = pc.extract_regex(column, pattern)
    valid = found.is_valid().to_numpy(zero_copy_only=False)
    names = {field.name for field in found.type}

    def text(name: str) -> Column:
        return found.field(name)

    def number(name: str, absent: int) -> Int64:
        return _integers(text(name), absent) if name in names else np.full(len(column), absent, np.int64)

    year = number("year", 0) if "year" in names else _century(number("short_year", 0))
    day = number("day", 1)
    month = _months(text("month_name")) if "month_name" in names else number("month", 1)
    hour, minute, second = number("hour", 0), number("minute", 0), number("second", 0)
    if "half" in names:
        afternoon = truth(pc.match_substring_regex(text("half"), "^[Pp]"))
        valid &= (hour >= 1) & (hour <= 12)
        hour = hour % 12 + 12 * afternoon
    if "day_of_year" in names:
        month, day = np.ones_like(day), number("day_of_year", 1)
    valid &= (month >= 1) & (month <= 12) & (year >= 1700) & (year <= 2200) & (minute <= 59) & (second <= 59)
    valid &= (hour <= 23) | ((hour == 24) & (minute == 0) & (second == 0))
    days, in_calendar = _days(year, month, day, "day_of_year" in names)
    valid &= in_calendar
    time = ((days * 24 + hour) * 60 + minute) * MINUTE + second * SECOND
    if "fraction" in names:
        time += _integers(pc.utf8_rpad(pc.replace_substring_regex(text("fraction"), "^$", "0"), 9, "0"), 0)
    exact = np.zeros(len(column), bool)
    if "offset" in names:
        exact = truth(pc.not_equal(text("offset"), ""))
        time -= _offsets(text("offset"))
    return Stamps(np.where(valid, time, 0), valid, exact & valid)


def _days(year: Int64, month: Int64, day: Int64, of_year: bool) -> tuple[Int64, Mask]:
    """Days since 1970, and whether the calendar has that day."""
    months = (np.clip(year, 1700, 2200) - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    after = (months + (12 if of_year else 1)).astype("M8[M]").astype("M8[D]").astype(np.int64)
    return first + day - 1, (day >= 1) & (first + day - 1 < after)


def _integers(texts: Column, absent: int) -> Int64:
    """Digits as integers; the empty and the null become `absent`."""
    import pyarrow as pa

    pc = compute()
    blank = pc.equal(texts, "").fill_null(True)
    found: Int64 = pc.if_else(blank, str(absent), texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return found


def _months(names: Column) -> Int64:
    """English month names, by their first three letters, as 1…12; 0 where there is no such month."""
    import pyarrow as pa

    pc = compute()
    short = pc.utf8_slice_codeunits(pc.utf8_lower(names), 0, 3)
    place = pc.index_in(short, value_set=pa.array(_MONTHS)).fill_null(-1)
    found: Int64 = place.to_numpy(zero_copy_only=False).astype(np.int64) + 1
    return found


def _century(short: Int64) -> Int64:
    """Two-digit years as POSIX reads them: 69…99 are 19xx."""
    return short + np.where(short >= 69, 1900, 2000)


def _offsets(texts: Column) -> Int64:
    """“+01:00”, “-0530”, “+01”, “Z” → ns; the few different ones are read one by one."""
    coded = texts.dictionary_encode()
    each = np.array([_offset(text or "") for text in coded.dictionary.to_pylist()] or [0], np.int64)
    return each[coded.indices.fill_null(0).to_numpy(zero_copy_only=False)]


def _offset(text: str) -> int:
    digits = text[1:].replace(":", "").ljust(4, "0")
    if text[:1] not in {"+", "-"}:
        return 0
    return (-1 if text[0] == "-" else 1) * (int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE)


def _of_timestamps(column: Column) -> Stamps:
    import pyarrow as pa

    pc = compute()
    zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s") if pa.types.is_date32(column.type) else pa.timestamp("ms"))
    step = {"s": SECOND, "ms": SECOND // 1000, "us": 1000, "ns": 1}[column.type.unit]
    valid = pc.is_valid(column).to_numpy(zero_copy_only=False)
    ticks = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    valid &= np.abs(ticks) <= (2**63 - 1) // step
    time = np.where(valid, ticks, 0) * step
    return Stamps(time, valid, valid & zoned)


def _of_epochs(column: Column, step: int) -> Stamps:
    """Ticks since 1970; written ones keep every decimal, floats what a float can hold."""
    import pyarrow as pa

    pc = compute()
    if pa.types.is_floating(column.type):
        values = column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        valid = np.isfinite(values) & (np.abs(values) < (2**63 - 1) // step)
        whole = np.floor(np.where(valid, values, 0))
        time = whole.astype(np.int64) * step + np.rint((np.where(valid, values, 0) - whole) * step).astype(np.int64)
        return Stamps(time, valid, valid)
    digits = len(str(step)) - 1
    found = pc.extract_regex(column.cast(pa.string()), r"^\s*(?P<sign>-?)(?P<whole>\d{1,19})(?:[.,](?P<part>\d*))?\s*$")
    valid = found.is_valid().to_numpy(zero_copy_only=False)
    whole = _integers(found.field("whole"), 0)
    valid &= whole < (2**63 - 1) // step
    part = pc.utf8_slice_codeunits(pc.utf8_rpad(found.field("part"), max(digits, 1), "0"), 0, max(digits, 1))
    fraction = _integers(part, 0) if digits else np.zeros(len(column), np.int64)
    sign = np.where(truth(pc.equal(found.field("sign"), "-")), -1, 1)
    return Stamps(np.where(valid, sign * (np.where(valid, whole, 0) * step + fraction), 0), valid, valid)

"""Cells: a column as written becomes values of a tag, and each cell that can't is counted by its cause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind
from twins.expression.units import conversion
from twins.historian.columns import Column, arrow, blank_in, coded, compute, truth, words_of
from twins.historian.csvtext import REPLACED
from twins.historian.keys import TagKeys
from twins.historian.tally import Tally

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_INTEGER = r"^-?\d{1,19}$"
YES, NO = {"true", "1", "yes", "on", "t", "y"}, {"false", "0", "no", "off", "f", "n"}


@dataclass(frozen=True, slots=True)
class Form:
    """How numbers and blanks are written in one file."""

    decimal: str = "."
    thousands: str = ""
    blank: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column that could be read: which they are, and their values as a sample stores them.

    A text's bits are its place in `texts`. `outside` marks values beyond `bad_outside`.
    """

    place: NDArray[np.intp]
    bits: Int64
    outside: Mask
    texts: tuple[str, ...] = ()


def read_cells(column: Column, tag: Tag, keys: TagKeys, form: Form, rows: Int64, tally: Tally) -> Cells:
    """The column's n cells for a tag; `rows` are their row numbers, for the tally."""
    if tag.kind in (TagKind.NUMBER, TagKind.INTEGER):
        return _quantities(column, tag, keys, form, rows, tally)
    return _words(column, tag, keys, form, rows, tally)


def numbers_of(column: Column, form: Form) -> Float64:
    """The n cells of any column as numbers; NaN where one holds no finite number."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    rows, tally = np.zeros(len(column), np.int64), Tally()
    typed = pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    values, good = _typed(column, rows, tally) if typed else _written(words_of(column), form, rows, tally)
    return np.where(good & np.isfinite(values), values, np.nan)


def sniffed_decimal(columns: Iterable[Column], delimiter: str, thousands: str = "") -> str:
    """A comma where cells only make sense so: some like 5,31, none like 5.31. `1,234` alone counts only beside a semicolon."""
    import pyarrow as pa

    pc = compute()
    commas = grouped = False
    for column in columns:
        if not pa.types.is_string(column.type):
            continue
        words = pc.utf8_trim_whitespace(column)
        words = pc.replace_substring(_plain_blanks(words, thousands), thousands, "") if thousands else words
        if pc.any(pc.match_substring_regex(words, r"^[+-]?\d*\.\d*$")).as_py():
            return "."
        with_comma = pc.filter(words, pc.match_substring_regex(words, r"^[+-]?\d*,\d+$"))
        group = pc.match_substring_regex(with_comma, r"^[+-]?[1-9]\d{0,2},\d{3}$")
        commas |= len(with_comma) > 0 and not pc.all(group).as_py()
        grouped |= len(with_comma) > 0
    return "," if commas or (grouped and delimiter == ";") else "."


def _quantities(column: Column, tag: Tag, keys: TagKeys, form: Form, rows: Int64, tally: Tally) -> Cells:
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if tag.kind is TagKind.INTEGER and not keys.unit and keys.scale == 1.0 and _is_whole(column):
        values, good = _integers(column, form, rows, tally)
        return _cells(values, good, values.astype(np.float64), keys)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        numbers, good = _typed(column, rows, tally)
    else:
        numbers, good = _written(words_of(column), form, rows, tally)
    with np.errstate(over="ignore"):  # what gets too large is told below
        numbers = numbers * keys.scale if keys.scale != 1.0 else numbers
        converted = _converted(numbers, keys.unit or tag.unit, tag.unit)
    good &= _told(~np.isfinite(converted) & good, "not_a_number", rows, tally)
    if tag.kind is TagKind.NUMBER:
        return _cells(converted.view(np.int64), good, numbers, keys)
    whole = np.rint(converted)
    if not keys.unit and keys.scale == 1.0:
        good &= _told(good & (whole != converted), "not_an_integer", rows, tally)
    good &= _told(good & (np.abs(whole) >= 2.0**63), "out_of_range", rows, tally)
    return _cells(np.where(good, whole, 0).astype(np.int64), good, numbers, keys)


def _cells(bits: Int64, good: Mask, foreign: Float64, keys: TagKeys) -> Cells:
    place = np.flatnonzero(good)
    outside = np.zeros(len(place), bool)
    if keys.bad_outside:
        low, high = keys.bad_outside
        outside = (foreign[place] < low) | (foreign[place] > high)
    return Cells(place, bits[place], outside)


def _is_whole(column: Column) -> bool:
    """Cells that may hold integers too large for a float."""
    import pyarrow as pa

    kind = column.type
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_string(kind))


def _integers(column: Column, form: Form, rows: Int64, tally: Tally) -> tuple[Int64, Mask]:
    """Integers without passing through a float; `5.0` counts as 5."""
    import pyarrow as pa

    pc = compute()
    words = words_of(column)
    bare = pc.replace_substring_regex(_with_a_point(words, form), r"^\+?(-?\d+)(\.0*)?$", r"\1")
    plain = truth(pc.match_substring_regex(bare, _INTEGER))
    limits = pc.if_else(arrow(plain), bare, "0").cast(pa.decimal128(20, 0)).cast(pa.decimal256(40, 0))
    inside = truth(pc.and_(pc.greater_equal(limits, -(2**63)), pc.less_equal(limits, 2**63 - 1)))
    values = pc.if_else(arrow(plain & inside), bare, "0").cast(pa.int64()).to_numpy(zero_copy_only=False).copy()
    good = plain & _told(plain & ~inside, "out_of_range", rows, tally)
    rest = np.flatnonzero(~plain)
    numbers, sound = _written(words.take(arrow(rest)), form, rows[rest], tally)
    sound &= _told(sound & ~np.isfinite(numbers), "not_a_number", rows[rest], tally)
    sound &= _told(sound & (np.rint(numbers) != numbers), "not_an_integer", rows[rest], tally)
    sound &= _told(sound & (np.abs(numbers) >= 2.0**63), "out_of_range", rows[rest], tally)
    values[rest[sound]] = numbers[sound].astype(np.int64)
    good[rest] = sound
    return values, good


def _typed(column: Column, rows: Int64, tally: Tally) -> tuple[Float64, Mask]:
    """Numbers that the file holds as numbers."""
    import pyarrow as pa

    pc = compute()
    present = pc.is_valid(column).to_numpy(zero_copy_only=False)
    values = column.cast(pa.float64(), safe=False).fill_null(0.0).to_numpy(zero_copy_only=False)
    good = _told(~present, "blank", rows, tally)
    return values, good & _told(np.isnan(values), "nan", rows, tally)


def _written(words: Column, form: Form, rows: Int64, tally: Tally) -> tuple[Float64, Mask]:
    """Numbers that the file holds as text; not finite where they are too large."""
    import pyarrow as pa

    pc = compute()
    blank = blank_in(words, form.blank)
    nan = ~blank & truth(pc.match_substring_regex(words, r"^[+-]?(?i:nan)$"))
    good = _told(blank, "blank", rows, tally) & _told(nan, "nan", rows, tally)
    words = _with_a_point(words, form)
    fit = pc.if_else(arrow(good), words, "0")
    try:
        values = fit.cast(pa.float64())
    except pa.ArrowInvalid:
        number = truth(pc.match_substring_regex(fit, _NUMBER))
        good &= _told(~number, "not_a_number", rows, tally)
        values = pc.if_else(arrow(number), fit, "0").cast(pa.float64())
    return values.to_numpy(zero_copy_only=False).copy(), good


def _with_a_point(words: Column, form: Form) -> Column:
    """Written with a decimal point and no thousands; what doesn't fit the form becomes unreadable, never another number."""
    pc = compute()

    if form.thousands:
        words = _plain_blanks(words, form.thousands)
        sign, comma = re.escape(form.thousands), re.escape(form.decimal)
        grouped = pc.match_substring_regex(words, rf"^[+-]?\d{{1,3}}({sign}\d{{3}})+({comma}\d*)?$")
        words = pc.if_else(grouped, pc.replace_substring(words, form.thousands, ""), words)
    if form.decimal != ".":
        words = pc.replace_substring(pc.replace_substring(words, ".", "?"), form.decimal, ".")
    return pc.replace_substring(words, "−", "-")


def _plain_blanks(words: Column, thousands: str) -> Column:
    """Where a blank stands between thousands, the narrow and the unbreakable ones are blanks too."""
    return compute().replace_substring_regex(words, "[\u00a0\u2009\u202f]", " ") if thousands == " " else words


def _converted(values: Float64, unit: str, to: str) -> Float64:
    """Into another unit; by a division where that is exact, so that decimals stay decimals."""
    factor, offset = (1.0, 0.0) if unit == to else conversion(unit, to)
    if (factor, offset) == (1.0, 0.0):
        return values
    inverse = round(1 / factor)
    scaled = values / inverse if factor < 1 and abs(inverse * factor - 1) < 1e-12 else values * factor
    return scaled + offset if offset else scaled


def _words(column: Column, tag: Tag, keys: TagKeys, form: Form, rows: Int64, tally: Tally) -> Cells:
    """Booleans, enumerations and texts: the few different words are read one by one."""
    words = words_of(column)
    blank = blank_in(words, form.blank)
    different, codes = coded(words)
    good = _told(blank, "blank", rows, tally)
    spoilt = np.array([REPLACED in word for word in different] or [False])[codes] if different else blank
    good &= _told(good & spoilt, "undecodable", rows, tally)
    if tag.kind is TagKind.TEXT:
        texts = [keys.labels.get(word, word) for word in different]
        place = np.flatnonzero(good)
        return Cells(place, codes[place].astype(np.int64), np.zeros(len(place), bool), tuple(texts))
    meanings = np.array([_meaning(word, tag, keys) for word in different] or [-1], np.int64)
    bits = meanings[codes] if different else np.zeros(0, np.int64)
    good &= _told(good & (bits < 0), "unknown_label", rows, tally)
    place = np.flatnonzero(good)
    return Cells(place, bits[place], np.zeros(len(place), bool))


def _meaning(word: str, tag: Tag, keys: TagKeys) -> int:
    """The code of a word; −1 where it has none. Labels first, then the tag's own words, then a number as a code."""
    word = keys.labels.get(word, word)
    if tag.kind is TagKind.BOOLEAN:
        low = word.casefold()
        return 1 if low in YES else 0 if low in NO else -1
    if word in tag.values:
        return tag.values.index(word)
    folded = [value.casefold() for value in tag.values]
    if word.casefold() in folded:
        return folded.index(word.casefold())
    return int(word) if word.isdecimal() and int(word) < len(tag.values) else -1


def _told(bad: Mask, cause: str, rows: Int64, tally: Tally) -> Mask:
    """Counts the bad ones, and returns the others."""
    tally.count(cause, rows[bad])
    return ~bad

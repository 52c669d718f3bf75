"""Columns: Arrow arrays on their way to numpy, and the words in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = Any  # a pyarrow.Array, chunked or not; its stubs know fewer kinds than it takes
Mask = NDArray[np.bool_]


def compute() -> Any:
    """pyarrow.compute, late and without its stubs."""
    import pyarrow.compute

    return pyarrow.compute


def arrow(values: NDArray[Any]) -> Column:
    """An Arrow array of the same values."""
    import pyarrow as pa

    return pa.array(values)


def truth(mask: Column) -> Mask:
    """A column of truth values as a mask; unknown is false."""
    found: Mask = mask.fill_null(False).to_numpy(zero_copy_only=False)
    return found


def words_of(column: Column) -> Column:
    """Any column as trimmed strings; whole floats without their decimals (`21.0` is “21”), truth values in small letters."""
    import pyarrow as pa

    pc = compute()
    if pa.types.is_floating(column.type):
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        whole = np.isfinite(values) & (np.abs(values) < 2**53) & (values == np.floor(values))
        integers = arrow(np.where(whole, values, 0).astype(np.int64)).cast(pa.string())
        column = pc.if_else(arrow(whole), integers, column.cast(pa.string()))
    return pc.utf8_trim_whitespace(column.cast(pa.string()))


def blank_in(words: Column, blanks: Sequence[str]) -> Mask:
    """Which of the words say nothing: the absent, the empty, and these."""
    import pyarrow as pa

    pc = compute()
    return truth(pc.is_in(words.fill_null(""), value_set=pa.array(["", *blanks])))


def coded(words: Column) -> tuple[list[str], NDArray[np.int32]]:
    """The different words, and each cell's place among them; the absent are empty words."""
    pairs = words.fill_null("").dictionary_encode()
    return pairs.dictionary.to_pylist(), pairs.indices.to_numpy(zero_copy_only=False)


def texts_of(column: Column) -> list[str]:
    """A column's words in plain Python."""
    found: list[str] = words_of(column).fill_null("").to_pylist()
    return found


def joined(columns: Sequence[Column]) -> Column:
    """One column as it is, or the words of several with a blank between; nothing where one of them is missing."""
    pc = compute()
    if len(columns) == 1:
        return columns[0]
    words = [words_of(column) for column in columns]
    return pc.binary_join_element_wise(*(pc.if_else(pc.equal(word, ""), None, word) for word in words), " ")

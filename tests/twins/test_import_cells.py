"""Cells become values of a tag, or are counted by the cause why they can't."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.asset import Tag, TagKind
from twins.historian.cells import Form, read_cells, sniffed_decimal
from twins.historian.keys import BLANKS, TagKeys
from twins.historian.tally import LISTED, Tally

NUMBER = Tag("T01.power", unit="kW")
COUNT = Tag("T01.starts", TagKind.INTEGER)
STATE = Tag("T01.state", TagKind.ENUMERATION, values=("stopped", "running", "fault"))
FLAG = Tag("T01.enabled", TagKind.BOOLEAN)
NOTE = Tag("T01.note", TagKind.TEXT)


def read(cells, tag=NUMBER, form=None, **keys):
    tally = Tally()
    column = cells if isinstance(cells, pa.Array) else pa.array(cells)
    rows = np.arange(2, len(column) + 2)
    found = read_cells(column, tag, TagKeys(tag=tag.name, **keys), form or Form(blank=BLANKS), rows, tally)
    return found, tally


def values(found, kind=np.float64):
    return found.bits.view(kind).tolist()


def test_that_numbers_are_read_as_python_reads_them():
    written = ["1", "-2.5", "+3", " 4.0 ", "1e3", "-1.25E-2", ".5", "6.", "0.1", "−7"]
    found, tally = read(written)
    assert values(found) == [1, -2.5, 3, 4, 1000, -0.0125, 0.5, 6, 0.1, -7]
    assert tally.counts == {}


def test_that_what_is_no_number_is_counted_by_cause_with_its_row():
    found, tally = read(["1", "", "NULL", "n/a", "NaN", "nan", "inf", "1e999", "0x10", "1,5", "12 kW", "2"])
    assert values(found) == [1, 2]
    assert tally.counts == {"blank": 3, "nan": 2, "not_a_number": 5}
    assert tally.rows == {"blank": (3, 4, 5), "nan": (6, 7), "not_a_number": (8, 9, 10, 11, 12)}


def test_that_at_most_a_thousand_rows_are_listed_but_all_are_counted():
    _, tally = read([""] * 2500)
    assert tally.counts == {"blank": 2500}
    assert tally.rows["blank"] == tuple(range(2, LISTED + 2))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_that_a_decimal_comma_changes_no_value(numbers):
    written = [repr(number).replace(".", ",") for number in numbers]
    found, tally = read(written, form=Form(decimal=","))
    assert values(found) == numbers
    assert tally.counts == {}


def test_that_a_point_is_no_decimal_where_commas_are():
    found, tally = read(["1.5", "1,5"], form=Form(decimal=","))
    assert values(found) == [1.5]
    assert tally.rows == {"not_a_number": (2,)}


def test_that_thousands_are_taken_out_only_where_they_stand_right():
    found, tally = read(["1.234,5", "12.345.678", "1.23,5", "0,5"], form=Form(",", "."))
    assert values(found) == [1234.5, 12345678, 0.5]
    assert tally.rows == {"not_a_number": (4,)}


@pytest.mark.parametrize(
    ("cells", "delimiter", "decimal"),
    [
        (["5,31", "0,2"], ";", ","),
        (["5.31", "0,2"], ";", "."),
        (["1,234", "2,000"], ";", ","),
        (["1,234", "2,000"], ",", "."),
        (["5,31", "1,234"], ",", ","),
        (["1", "2"], ";", "."),
        ([], ";", "."),
    ],
)
def test_that_the_decimal_sign_is_found_where_it_is_sure(cells, delimiter, decimal):
    assert sniffed_decimal([pa.array(cells, pa.string())], delimiter) == decimal


def test_that_a_foreign_unit_is_converted_and_decimals_stay_decimals():
    assert values(read(["441060", "514239.99"], unit="W")[0]) == [441.06, 514.23999]
    celsius = Tag("T01.temperature", unit="degC")
    assert values(read(["32", "212"], celsius, unit="degF")[0]) == pytest.approx([0, 100])
    assert values(read(["5"], unit="W", scale=1000.0)[0]) == [5]


def test_that_values_outside_what_is_possible_are_kept_and_marked():
    found, tally = read(["-51", "-50", "60", "60.5"], bad_outside=(-50, 60))
    assert values(found) == [-51, -50, 60, 60.5]
    assert found.outside.tolist() == [True, False, False, True]
    assert tally.counts == {}


def test_that_bad_outside_is_meant_in_the_unit_of_the_file():
    found, _ = read(["100000", "3000000"], unit="W", bad_outside=(0, 2_500_000))
    assert found.outside.tolist() == [False, True]


def test_that_integers_keep_every_digit_and_halves_are_refused():
    found, tally = read(["9007199254740993", "-5", "7.0", "7.5", "9223372036854775808", "1e30", "x", ""], COUNT)
    assert values(found, np.int64) == [9007199254740993, -5, 7]
    assert tally.counts == {"blank": 1, "not_a_number": 1, "not_an_integer": 1, "out_of_range": 2}
    assert values(read(pa.array([2**62 + 1, None]), COUNT)[0], np.int64) == [2**62 + 1]
    assert values(read(pa.array([5.0, 5.5]), COUNT)[0], np.int64) == [5]


def test_that_typed_columns_are_read_without_text():
    found, tally = read(pa.array([1.5, None, float("nan"), float("inf")]))
    assert values(found) == [1.5]
    assert tally.counts == {"blank": 1, "nan": 1, "not_a_number": 1}
    assert values(read(pa.array([1, 2], pa.uint8()))[0]) == [1, 2]
    assert values(read(pa.array([True, False, None]))[0]) == [1, 0]
    assert values(read(pa.array([None, None]))[0]) == []


def test_that_foreign_labels_become_words_of_the_twin():
    labels = {"1": "running", "5": "fault"}
    found, tally = read(pa.array([1.0, 5.0, 3.0, None]), STATE, labels=labels)
    assert values(found, np.int64) == [1, 2]
    assert tally.rows == {"unknown_label": (4,), "blank": (5,)}
    found, tally = read(["Running", "stopped", "2", "7", "off"], STATE)
    assert values(found, np.int64) == [1, 0, 2]
    assert tally.counts == {"unknown_label": 2}


def test_that_truth_is_read_in_many_words():
    found, tally = read(["true", "FALSE", "1", "0", "yes", "Off", "perhaps"], FLAG)
    assert values(found, np.int64) == [1, 0, 1, 0, 1, 0]
    assert tally.counts == {"unknown_label": 1}
    assert values(read(pa.array([True, False]), FLAG)[0], np.int64) == [1, 0]


def test_that_texts_are_kept_and_spoilt_ones_are_counted():
    found, tally = read(["läuft", "", "steht", "l\ufffduft", "läuft"], NOTE, labels={"steht": "stopped"})
    assert [found.texts[bits] for bits in found.bits] == ["läuft", "stopped", "läuft"]
    assert tally.counts == {"blank": 1, "undecodable": 1}


def test_that_no_cells_at_all_are_no_fault():
    for tag in (NUMBER, COUNT, STATE, FLAG, NOTE):
        found, tally = read(pa.array([], pa.string()), tag)
        assert len(found.place) == 0
        assert tally.counts == {}

"""A table of measurements is read whatever signs it is written with."""

from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from twins import InputError
from twins.prognosis.table import MeasuredTable


def written(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("sign", [",", ";", "\t", " ", "|"])
def test_that_the_sign_between_cells_is_found(tmp_path, sign):
    rows = [["unit", "cycle", "t"], *([str(i), str(i + 1), f"{i}.5"] for i in range(5))]
    table = MeasuredTable(written(tmp_path, "\n".join(sign.join(row) for row in rows)))
    assert table.names == ("unit", "cycle", "t")
    assert table.numbers("t").tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_that_blanks_in_any_number_part_the_cells_of_a_file_without_a_header(tmp_path):
    table = MeasuredTable(written(tmp_path, "1  1 -0.7  5.0 \n1  2 0.3   6.0  \n 2 1 0.3 7.0\n"), headed=False)
    assert table.names == ("1", "2", "3", "4")
    assert table.numbers("4").tolist() == [5, 6, 7]


@pytest.mark.parametrize(("asked", "names"), [(("1", "2"), ("1", "2")), (("0", "1"), ("1", "2"))])
def test_that_columns_without_names_are_counted_from_one_or_if_one_is_zero_from_zero(tmp_path, asked, names):
    table = MeasuredTable(written(tmp_path, "1 1 2\n1 2 3\n"), headed=False)
    assert tuple(table.column(each, asked) for each in asked) == names


def test_that_decimal_commas_and_text_and_gaps_are_told_apart(tmp_path):
    table = MeasuredTable(written(tmp_path, "u;a;b\nx;1,5;\ny;;2,5\nz;oops;3,5\n"))
    assert np.isnan(table.numbers("a")).tolist() == [False, True, True]
    assert table.numbers("b")[1:].tolist() == [2.5, 3.5]
    assert table.words("u") == ["x", "y", "z"]


def test_that_times_become_seconds(tmp_path):
    table = MeasuredTable(written(tmp_path, "at,v\n2026-03-01 14:00:00,1\n2026-03-01 14:01:30,2\n"))
    assert table.instants("at").tolist() == [0.0, 90.0]


def test_that_what_is_not_there_is_refused_in_one_sentence(tmp_path):
    path = written(tmp_path, "unit,cycle\n1,2\n")
    with pytest.raises(InputError, match="no column “cycles”; did you mean “cycle”"):
        MeasuredTable(path).column("cycles")
    with pytest.raises(InputError, match="holds no rows"):
        MeasuredTable(written(tmp_path, "unit,cycle\n"))
    with pytest.raises(InputError, match="not one sign"):
        MeasuredTable(path, delimiter="ab")


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("temp,temp,temp", ("temp", "temp (2)", "temp (3)")),
        (",P,", ("column 1", "P", "column 3")),
        ("a,a (2),a", ("a", "a (2)", "a (3)")),
        ("a\x1b[31m,\x07,a\u202eb", ("a [31m", "column 2", "a b")),
    ],
)
def test_that_columns_of_the_same_or_of_no_name_are_told_apart_and_none_is_lost(tmp_path, header, names):
    table = MeasuredTable(written(tmp_path, f"{header}\n1,2,3\n4,5,6\n"))
    assert table.names == names
    assert table.matrix(names).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_that_columns_of_the_same_name_in_parquet_are_told_apart(tmp_path):
    columns = [pa.array([1.0, 2]), pa.array([3.0, 4]), pa.array([5.0, 6])]
    parquet.write_table(pa.Table.from_arrays(columns, ["t", "t", ""]), tmp_path / "t.parquet")
    table = MeasuredTable(tmp_path / "t.parquet")
    assert table.names == ("t", "t (2)", "column 3")
    assert table.matrix(table.names).tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(
    "stamps",
    [
        ("18.07.2024 06:00", "18.07.2024 07:30"),
        ("18.07.2024 06:00:00", "18.07.2024 07:30:00"),
        ("18.07.24 06:00", "18.07.24 07:30"),
        ("2024/07/18 06:00", "2024/07/18 07:30"),
        ("2024-07-18T06:00:00", "18.7.2024 7:30"),
    ],
)
def test_that_dates_of_one_meaning_are_read_with_semicolons_and_decimal_commas(tmp_path, stamps):
    table = MeasuredTable(written(tmp_path, "t;v\n" + "".join(f"{stamp};1,5\n" for stamp in (*stamps, ""))))
    assert table.instants("t")[:2].tolist() == [0, 5400]
    assert table.origin("t") == 1_721_282_400 * 10**9
    assert table.numbers("v")[0] == 1.5


@pytest.mark.parametrize("stamp", ["07/08/2024", "7/8/24 14:00", "07-08-2024"])
def test_that_dates_of_two_meanings_are_refused_with_their_row(tmp_path, stamp):
    table = MeasuredTable(written(tmp_path, f"t,v\n2024-07-18,1\n{stamp},2\n"))
    with pytest.raises(
        InputError,
        match=f"“{stamp}” in row 3 of .*has the day or the month first, and nothing says which; write dates in ISO 8601",
    ):
        table.instants("t")


def test_that_one_number_among_dates_makes_no_column_of_numbers(tmp_path):
    table = MeasuredTable(written(tmp_path, "t,v\n2026-03-01,1\n7,2\n2026-03-02,2\n"))
    assert table.instants("t")[[0, 2]].tolist() == [0, 86400]
    assert np.isnan(table.instants("t")[1])


def test_that_durations_are_seconds(tmp_path):
    parquet.write_table(pa.table({"t": pa.array([0, 90_000, None], pa.duration("ms"))}), tmp_path / "t.parquet")
    table = MeasuredTable(tmp_path / "t.parquet")
    assert table.instants("t")[:2].tolist() == [0, 90]
    assert table.origin("t") is None


def test_that_what_is_no_text_is_refused_and_a_damaged_parquet_file_is_called_so(tmp_path):
    rng = np.random.default_rng(0)
    for junk in (rng.bytes(5000), b"\x89PNG\r\n\x1a\n" + rng.bytes(500), bytes(400)):
        (tmp_path / "t.csv").write_bytes(junk)
        with pytest.raises(InputError, match="is no table: it holds binary data; give CSV or Parquet"):
            MeasuredTable(tmp_path / "t.csv")
    parquet.write_table(pa.table({"t": rng.normal(size=5000)}), tmp_path / "t.parquet", write_page_checksum=True)
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.csv").write_bytes(whole)
    with pytest.raises(InputError, match="is Parquet by its content"):
        MeasuredTable(tmp_path / "t.csv")
    (tmp_path / "t.parquet").write_bytes(whole[:9000] + bytes(b ^ 255 for b in whole[9000:9050]) + whole[9050:])
    with pytest.raises(InputError, match="is a damaged Parquet file, which can't be read from row 1 on; write it anew"):
        MeasuredTable(tmp_path / "t.parquet")


def test_that_text_in_windows_1252_is_read_as_such_and_a_broken_sign_makes_none_of_utf_8(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("Öldruck;Wärme °C\n1,5;2,5\n".encode("cp1252"))
    assert MeasuredTable(path).names == ("Öldruck", "Wärme °C")
    path.write_bytes("Öldruck;Wärme\n1,5;2,5\n3,5;".encode() + b"\xff\n")
    assert MeasuredTable(path).names == ("Öldruck", "Wärme")


def test_that_a_column_whose_first_rows_are_empty_is_still_of_numbers(tmp_path):
    rows = [f"{i},{i if i > 2500 else ''}," for i in range(3000)]
    table = MeasuredTable(written(tmp_path, "a,b,c\n" + "\n".join(rows) + "\n"))
    assert table.numeric() == ("a", "b")
    assert table.emptiness("c") == "is empty"


def test_that_a_packed_table_that_breaks_off_is_refused_with_its_last_row(tmp_path):
    rows = "".join(f"{i},{np.sin(i):.9f}\n" for i in range(5_000))
    packed = gzip.compress(("i,a\n" + rows).encode())
    (tmp_path / "t.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match=r"t\.csv\.gz is damaged: it breaks off after row [\d,]+; fetch or pack it anew"):
        MeasuredTable(tmp_path / "t.csv.gz")


def test_that_columns_of_lists_count_as_empty_and_say_what_they_hold(tmp_path):
    parquet.write_table(pa.table({"a": [1.0, 2.0], "l": [[1.0], [2.0]]}), tmp_path / "t.parquet")
    table = MeasuredTable(tmp_path / "t.parquet")
    assert table.numeric() == ("a",)
    assert table.emptiness("l") == "holds list<element: double>, not one value a row"
    assert table.emptiness("a") == ""

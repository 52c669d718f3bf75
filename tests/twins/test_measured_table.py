"""A table of measurements is read whatever signs it is written with."""

from __future__ import annotations

import numpy as np
import pytest

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

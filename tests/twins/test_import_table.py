"""Files as the world writes them are read row by row, and each row that can't be is counted with its line."""

from __future__ import annotations

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from twins.historian.recording import RecordingError
from twins.historian.table import Layout, open_source
from twins.historian.tally import Tally


def silent(part):
    assert 0 <= part <= 1


@pytest.fixture
def read(tmp_path):
    def reading(content, *names, file="history.csv", **layout):
        path = tmp_path / file
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        source = open_source(path, Layout(**layout), silent)
        tally = Tally()
        table = source.read(names or source.names, tally, silent)
        columns = {name: column.to_pylist() for name, column in table.columns.items()}
        return source, columns, table.rows.tolist(), tally

    return reading


def test_that_a_plain_file_is_read_with_its_line_numbers(read):
    source, columns, rows, tally = read("t,a,b\n1,2,3\n4,5,6\n", "t", "b")
    assert source.names == ("t", "a", "b")
    assert columns == {"t": ["1", "4"], "b": ["3", "6"]}
    assert rows == [2, 3]
    assert tally.counts == {}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_that_the_delimiter_is_found(read, delimiter):
    text = f"time{delimiter}power\n2014-01-01 00:00:00{delimiter}5.5\n"
    source, columns, _, _ = read(text)
    assert source.told["delimiter"] == delimiter
    assert columns["power"] == ["5.5"]


def test_that_decimal_commas_do_not_pass_for_delimiters(read):
    source, columns, _, _ = read("Zeit;Leistung;Wind\n01.01.2014 00:00;441,06;6,38\n01.01.2014 00:10;1,5;7\n")
    assert source.told["delimiter"] == ";"
    assert columns["Leistung"] == ["441,06", "1,5"]


def test_that_torn_rows_do_not_mislead_about_the_delimiter(read):
    source, columns, _, tally = read("Zeit;A;B\n1;5,3;6,1\n2;5\n3;5,1;6,2\n4;5,3\n5;4,0;6,3;7\n")
    assert source.names == ("Zeit", "A", "B")
    assert columns["A"] == ["5,3", "5,1"]
    assert tally.rows == {"malformed_row": (3, 5, 6)}


def test_that_the_mapping_wins_over_what_is_found(read):
    source, columns, _, _ = read("a;b,c\n1;2,3\n", delimiter=",")
    assert source.names == ("a;b", "c")
    assert columns["c"] == ["3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_that_encodings_are_understood(read, encoding):
    told = {"encoding": "cp1252"} if encoding == "cp1252" else {}
    source, columns, _, _ = read("Zeit,Außen (°C)\n1,5\n".encode(encoding), **told)
    assert source.names == ("Zeit", "Außen (°C)")
    assert columns["Außen (°C)"] == ["5"]


def test_that_bytes_that_are_no_utf8_spoil_only_their_cell(read):
    _, columns, rows, _ = read(b"t,a,b\n1,l\xe4uft,2\n3,steht,4\n")
    assert columns == {"t": ["1", "3"], "a": ["l�uft", "steht"], "b": ["2", "4"]}
    assert rows == [2, 3]


def test_that_rows_with_too_few_or_too_many_cells_are_counted_with_their_lines(read):
    _, columns, rows, tally = read("t,a\n1,2\n3\n4,5,6\n\n   \n7,8\n9,\n")
    assert columns == {"t": ["1", "7", "9"], "a": ["2", "8", ""]}
    assert rows == [2, 7, 8]
    assert tally.rows == {"malformed_row": (3, 4)}


def test_that_quoted_cells_may_hold_delimiters_quotes_and_line_ends(read):
    text = 't,note,a\n1,"hot, ""very""\nand loud",2\n3,24" pipe,4\n5,"x",6\n'
    _, columns, rows, tally = read(text)
    assert columns["note"] == ['hot, "very"\nand loud', '24" pipe', "x"]
    assert columns["a"] == ["2", "4", "6"]
    assert rows == [2, 4, 5]
    assert tally.counts == {}


def test_that_a_quote_that_is_never_closed_costs_its_own_row_only(read):
    _, columns, rows, tally = read('t,a\n1,2\n3,"4\n5,6\n7,8\n')
    assert columns == {"t": ["1", "5", "7"], "a": ["2", "6", "8"]}
    assert rows == [2, 4, 5]
    assert tally.rows == {"malformed_row": (3,)}


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_that_all_line_ends_are_line_ends(read, end):
    _, columns, rows, _ = read(end.join(["t,a", "1,2", "3,4"]))
    assert columns["a"] == ["2", "4"]
    assert rows == [2, 3]


def test_that_lines_before_the_header_and_comments_are_passed_over(read):
    text = "Export of plant 7\n\n# a comment, with, commas\nt,a\n1,2\n# another\n3,4\n"
    _, columns, rows, tally = read(text, skip_rows=1, comment="#")
    assert columns == {"t": ["1", "3"], "a": ["2", "4"]}
    assert rows == [5, 7]
    assert tally.counts == {}


def test_that_a_file_without_header_takes_the_names_of_the_mapping(read):
    _, columns, rows, _ = read("1,2\n3,4\n", header=("t", "a"))
    assert columns == {"t": ["1", "3"], "a": ["2", "4"]}
    assert rows == [1, 2]


def test_that_row_names_without_a_header_and_delimiters_at_the_end_are_understood(read):
    assert read('"t","a"\n"1",5,6\n"2",7,8\n')[1] == {"": ["1", "2"], "t": ["5", "7"], "a": ["6", "8"]}
    assert read("t,a\n1,2,\n3,4,\n", "t", "a")[1] == {"t": ["1", "3"], "a": ["2", "4"]}


def test_that_gzip_is_known_by_its_content(read):
    packed = gzip.compress(b"t,a\n1,2\n") + gzip.compress(b"3,4\n")
    assert read(packed, file="history.csv")[1]["a"] == ["2", "4"]
    assert read(packed, file="history.csv.gz")[1]["a"] == ["2", "4"]
    assert read("t,a\n1,2\n", file="history.csv.gz")[1]["a"] == ["2"]


def test_that_a_truncated_gzip_gives_every_whole_line_and_says_so(read):
    lines = "".join(f"{i},{i * 7919 % 10007}\n" for i in range(5000))
    packed = gzip.compress(("t,a\n" + lines).encode())
    _, columns, _, tally = read(packed[: len(packed) // 2], file="history.csv.gz")
    n = len(columns["t"])
    assert 1000 < n < 4000
    assert columns["a"] == [str(i * 7919 % 10007) for i in range(n)]
    assert tally.rows == {"truncated_file": (n + 1,)}


def test_that_a_damaged_gzip_gives_what_stands_before_the_damage(read):
    lines = "".join(f"{i},{i * 7919 % 10007}\n" for i in range(5000))
    packed = bytearray(gzip.compress(("t,a\n" + lines).encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = b"\xff" * 200
    _, columns, _, tally = read(bytes(packed), file="history.csv.gz")
    assert len(columns["t"]) > 500
    assert columns["a"][:500] == [str(i * 7919 % 10007) for i in range(500)]
    assert tally.counts["truncated_file"] == 1


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00", exclude_categories=("Cs",)), max_size=8)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12))
def test_that_whatever_a_csv_writer_writes_is_read_back(tmp_path_factory, cells):
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["t", "a", "b"])
    writer.writerows(cells)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text(out.getvalue(), "utf-8", newline="")
    tally = Tally()
    table = open_source(path, Layout(delimiter=","), silent).read(["t", "a", "b"], tally, silent)
    assert list(zip(*(table.columns[name].to_pylist() for name in "tab"), strict=True)) == cells
    assert tally.counts == {}


@given(st.binary(max_size=60) | st.text('t;," \n\r5#', max_size=60).map(str.encode))
def test_that_no_bytes_break_the_reader_or_lose_a_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "x.csv"
    path.write_bytes(b't;a;"b c"\n1;2;3\n' + content)
    tally = Tally()
    table = open_source(path, Layout(delimiter=";"), silent).read(["t", "a"], tally, silent)
    n = len(table.rows)
    assert [len(column) for column in table.columns.values()] == [n, n]
    assert sorted({*table.rows.tolist()}) == table.rows.tolist()
    if b'"' not in content:
        text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        lines = [(i, line) for i, line in enumerate(("1;2;3\n" + text).split("\n"), 2) if line.strip(" ")]
        assert table.rows.tolist() == [i for i, line in lines if line.count(";") == 2]
        assert tally.counts.get("malformed_row", 0) == sum(line.count(";") != 2 and bool(line.strip()) for _, line in lines)


def test_that_parquet_is_read_by_column_with_row_numbers(tmp_path):
    path = tmp_path / "x.parquet"
    words = pa.array(["a", "b", "a"]).dictionary_encode()
    parquet.write_table(pa.table({"t": [1, 2, 3], "w": words, "x": [1.5, None, 2.5]}), path, row_group_size=2)
    source = open_source(path, Layout(), silent)
    table = source.read(["w", "x"], Tally(), silent)
    assert source.names == ("t", "w", "x")
    assert table.columns["w"].to_pylist() == ["a", "b", "a"]
    assert table.columns["x"].to_pylist() == [1.5, None, 2.5]
    assert table.rows.tolist() == [1, 2, 3]


def test_that_a_damaged_block_of_a_parquet_file_costs_its_own_rows(tmp_path):
    path = tmp_path / "x.parquet"
    table = pa.table({"x": [float(i) for i in range(3000)]})
    parquet.write_table(table, path, row_group_size=1000, compression="zstd", use_dictionary=False)
    place = parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    broken = bytearray(path.read_bytes())
    broken[place : place + 60] = b"\xff" * 60
    path.write_bytes(bytes(broken))
    tally = Tally()
    read = open_source(path, Layout(), silent).read(["x"], tally, silent)
    assert read.rows.tolist() == [*range(1, 1001), *range(2001, 3001)]
    assert tally.counts == {"damaged_block": 1000}


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("x.xlsx", b"PK", "export it as CSV first"),
        ("x.parquet", b"no parquet at all", "can't be read as Parquet"),
        ("x.csv", b"", "holds no rows"),
        ("x.csv.gz", b"\x1f\x8b", "holds no rows"),
    ],
)
def test_that_what_cannot_be_read_at_all_is_refused_in_one_sentence(read, file, content, told):
    with pytest.raises(RecordingError, match=told) as refused:
        read(content, file=file)
    assert "\n" not in str(refused.value)


def test_that_an_absent_file_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(RecordingError, match="is not a file"):
        open_source(tmp_path / "absent.csv", Layout(), silent)


def test_that_a_parquet_column_of_lists_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"x": [[1.0], [2.0]], "y": [1, 2]}), path)
    source = open_source(path, Layout(), silent)
    assert source.read(["y"], Tally(), silent).columns["y"].to_pylist() == [1, 2]
    with pytest.raises(RecordingError, match=r"“x” of .* holds list"):
        source.read(["x"], Tally(), silent)

"""Files as strangers write them: what they hold comes in exactly, and what they don't is told."""

from __future__ import annotations

import io
import warnings
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import MappingError, mapping_of
from twins.historian.recording import RecordingError
from twins.package.loader import load

MAPPING = "time: { column: t }\nasset: P1\nperiod: 1 min\ntags: { v: flow }\n"


@pytest.fixture(scope="module")
def twin():
    return load(Path(__file__).parent / "skid")


@pytest.fixture
def bring(tmp_path, twin):
    def bringing(content, mapping=MAPPING, name="foreign.csv"):
        source = tmp_path / name
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return import_history(twin, b"zip", source, mapping_of(mapping), tmp_path / "out.twin-recording")

    def held(tag):
        with RecordingFile.open(tmp_path / "out.twin-recording") as recording:
            samples = recording.between(-(2**62), 2**62, [tag])
            return [(int(samples.source[i]), samples.value(i)) for i in range(len(samples))]

    bringing.held = held
    return bringing


def table(**columns):
    out = io.BytesIO()
    parquet.write_table(
        pa.table({"t": pa.array(range(len(next(iter(columns.values())))), pa.timestamp("s", "UTC"))} | columns), out
    )
    return out.getvalue()


@pytest.mark.parametrize("written", ["1700000000123456789", "-1700000000123456789", "1700000000"])
def test_that_nanoseconds_since_1970_are_read_to_the_last(bring, written):
    bring(f"t,v\n{written},1\n", MAPPING.replace("column: t", "column: t, format: epoch_ns"))
    assert bring.held("P1.flow") == [(int(written), 1.0)]


@pytest.mark.parametrize(
    "written", ["9007199254740993", "+9007199254740993", "9007199254740993.0", "9,007,199,254,740,993", "-9223372036854775808"]
)
def test_that_an_integer_of_64_bits_stays_what_it_is(bring, written):
    text = f'"{written}"'
    bring(f"t,v\n2020-01-01T00:00Z,{text}\n", MAPPING.replace("flow", "starts") + 'thousands: ","\n')
    assert [value for _, value in bring.held("P1.starts")] == [int(float(written)) if "-" in written else 2**53 + 1]


def test_that_a_decimal_column_feeds_an_integer_in_full(bring):
    column = pa.array([Decimal("9007199254740993"), Decimal("1.5"), None], pa.decimal128(20, 1))
    report = bring(table(v=column), MAPPING.replace("flow", "starts"), "h.parquet")
    assert report.rejected == {"blank": 1, "not_an_integer": 1}
    assert [value for _, value in bring.held("P1.starts")] == [2**53 + 1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_that_strings_of_every_kind_are_read_alike(bring, kind):
    report = bring(table(v=pa.array(["1,5", "x", None, "", "NaN"]).cast(kind)), name="h.parquet")
    assert report.rejected == {"blank": 2, "nan": 1, "not_a_number": 1}
    assert [value for _, value in bring.held("P1.flow")] == [1.5]


def test_that_a_damaged_string_of_a_parquet_file_is_told(bring):
    torn = table(v=pa.array(["warm", "c\u00e4ld"])).replace("\u00e4".encode(), b"\xff\xfe")
    report = bring(torn, MAPPING.replace("flow", "message"), "h.parquet")
    assert report.rows == {"undecodable": (2,)}
    assert [value for _, value in bring.held("P1.message")] == ["warm"]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f"])
def test_that_blanks_of_every_width_stand_between_thousands(bring, blank):
    bring(f"t;v\n2020-01-01T00:00Z;1{blank}234,5\n", MAPPING + 'thousands: " "\n')
    assert [value for _, value in bring.held("P1.flow")] == [1234.5]


@pytest.mark.parametrize(("thousands", "written"), [(".", "1.234"), (",", "1,234")])
def test_that_the_sign_between_thousands_is_never_the_decimal_one(bring, thousands, written):
    bring(f"t;v\n2020-01-01T00:00Z;{written}\n", MAPPING + f'thousands: "{thousands}"\n')
    assert [value for _, value in bring.held("P1.flow")] == [1234.0]


def test_that_a_number_that_gets_too_large_is_counted(bring):
    report = bring("t,v\n2020-01-01T00:00Z,1e308\n2020-01-01T00:01Z,1\n", MAPPING.replace("flow", "{ tag: flow, unit: m^3/s }"))
    assert report.rows == {"not_a_number": (2,)}
    assert [value for _, value in bring.held("P1.flow")] == [3600.0]


def test_that_a_date_without_its_time_is_no_midnight(bring):
    mapping = MAPPING.replace("column: t", "columns: [d, t]")
    report = bring("d,t,v\n2020-01-01,00:00,1\n2020-01-02,,2\n,00:00,3\n", mapping)
    assert (report.samples, report.rows) == (1, {"bad_time": (3, 4)})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_that_a_byte_order_mark_is_enough(bring, encoding):
    assert bring("t,v\n2020-01-01T00:00Z,1\n".encode(encoding)).samples == 1


@pytest.mark.parametrize("content", ["t,v\n2020-01-01T00:00Z,1\n".encode("utf-16-le"), table(v=[1.0]), bytes(range(256))])
def test_that_what_is_no_text_is_refused_with_a_remedy(bring, content):
    with pytest.raises(RecordingError, match="is no text in UTF-8; set encoding: "):
        bring(content)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("encoding: base64", "“base64” is no encoding"),
        ("encoding: undefined", "“undefined” is no encoding"),
        ("thousands: abc", "no sign between thousands"),
        ('thousands: "."\ndecimal: "."', "one of the two is another sign"),
        ("period: 0 s", "a period of 0 s is none"),
        ("asset: { column: v, fixed: P1 }", "either fixed or stands in a column"),
        ("asset: { map: { a: P1 } }", "either fixed or stands in a column"),
        ("time: { column: t, columns: [t, v] }", "keep one of the two"),
        ("time: { columns: t }", "here belongs a list"),
        ("time: { column: t, timezone: Europe/Pari }", "is no time zone — did you mean “Europe/Paris”"),
        ("tags: { v: { tag: flow, bad_outside: [1, 2, 3] } }", "here belong two numbers"),
        ("tags: { v: { tag: flow, scale: much } }", "“much” is no number"),
        ("tags: { v: { tag: sealed, labels: { off: maybe } } }", "write true or false"),
        ("tags: { v: { tag: state, scale: 2 } }", "is no number, so it has no scale"),
    ],
)
def test_that_a_mapping_that_contradicts_itself_is_refused(bring, more, told):
    keys = {line.split(":")[0] for line in more.splitlines()}
    rest = "".join(line + "\n" for line in MAPPING.splitlines() if line.split(":")[0] not in keys)
    with pytest.raises(MappingError, match=told):
        bring("t,v\n2020-01-01T00:00Z,1\n", rest + more + "\n")

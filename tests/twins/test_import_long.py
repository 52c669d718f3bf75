"""A long file, whose rows each name a tag and hold a value, comes in as a wide one does."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from twins.historian.exporting import export_table
from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import MappingError, mapping_of
from twins.historian.recording import RecordingError
from twins.package.loader import load

SKID = Path(__file__).parent / "skid"
LONG = """
time: { column: ts, format: epoch_ms }
asset: { column: device, map: { pump-1: P1, tank: TK1 } }
tag:
  column: signal
  map: { FT: { tag: flow, bad_outside: [0, 60] }, ST: { tag: state, labels: { RUN: running } }, W: bearing.wear, N: starts }
value: reading
"""
OWN = "time: { column: time }\ntag: tag\nvalue: { column: value, words: text }\n"
MAPPED = "time: { column: time }\nasset: P1\nvalue: value\ntag:\n  column: tag\n  map:\n    A: flow\n"


@pytest.fixture(scope="module")
def twin():
    return load(SKID)


@pytest.fixture
def bring(tmp_path, twin):
    def bringing(content, mapping, target="out.twin-recording"):
        source = content
        if isinstance(content, str):
            source = tmp_path / "long.csv"
            source.write_text(content, encoding="utf-8")
        return import_history(twin, b"zip", source, mapping_of(mapping), tmp_path / target)

    return bringing


def held(path, tags=None):
    with RecordingFile.open(path) as recording:
        found = recording.between(-(2**62), 2**62, tags)
        paths = [found.channels[c].path for c in found.channel]
        return sorted((path, int(found.source[i]), found.value(i)) for i, path in enumerate(paths))


def test_that_each_row_feeds_the_tag_it_names(bring, tmp_path):
    report = bring(
        "ts;device;signal;reading\n"
        "1700000000123;pump-1;FT;12,5\n1700000000123;pump-1;ST;RUN\n1700000000123;pump-1;W;3\n"
        "1700000000123;pump-1;FT;12,5\n1700000001123;pump-1;FT;99\n1700000001123;pump-1;N;9007199254740993\n"
        "1700000001123;pump-1;??;1\n1700000001123;tank;FT;1\n1700000001123;boat;FT;1\n1700000001123;pump-1;FT;x\n"
        "1700000001123;pump-1;ST;SLEEP\nnever;pump-1;ST;RUN\n",
        LONG,
    )
    assert report.samples == 5
    assert report.bad_outside == 1
    assert report.rows == {
        "bad_time": (13,),
        "duplicate": (2,),
        "not_a_number": (11,),
        "unknown_asset": (10,),
        "unknown_label": (12,),
        "unknown_tag": (8, 9),
    }
    t = 1_700_000_000_123_000_000
    assert held(tmp_path / "out.twin-recording", ["P1.flow", "P1.state", "P1/bearing.wear", "P1.starts"]) == [
        ("P1.flow", t, 12.5),
        ("P1.flow", t + 10**9, 99.0),
        ("P1.starts", t + 10**9, 2**53 + 1),
        ("P1.state", t, "running"),
        ("P1/bearing.wear", t, 3.0),
    ]


def test_that_names_without_a_map_are_tags_of_the_rows_asset_or_full_paths(bring):
    rows = "t,a,n,v\n2020-01-01T00:00Z,P1,flow,1\n2020-01-01T00:00Z,P1,bearing.wear,2\n2020-01-01T00:00Z,TK1,flow,3\n"
    assert bring(rows, "time: { column: t }\nasset: P1\ntag: n\nvalue: v\n", "a.twin-recording").rejected == {"conflict": 1}
    both = bring(rows.replace("bearing.wear", "wear").replace("P1,wear", "P1/bearing,wear"),
                 "time: { column: t }\nasset: { column: a }\ntag: n\nvalue: v\n", "b.twin-recording")  # fmt: skip
    assert (both.samples, both.rows) == (2, {"unknown_tag": (4,)})
    with pytest.raises(RecordingError, match="3 × unknown_tag, first “flow” in “n”"):
        bring(rows, "time: { column: t }\ntag: n\nvalue: v\n", "c.twin-recording")


def test_that_the_doubled_hour_is_told_by_the_order_of_each_tags_rows(bring, tmp_path):
    hours = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    rows = [f"2023-10-29 {hour};{tag};{i}\n" for tag in ("P1.flow", "P1.pressure") for i, hour in enumerate(hours)]
    report = bring("t;n;v\n" + "".join(rows), "time: { column: t, timezone: Europe/Berlin }\ntag: n\nvalue: v\n")
    assert report.rejected == {"ambiguous_hour": 8}
    for tag in ("P1.flow", "P1.pressure"):
        found = held(tmp_path / "out.twin-recording", [tag])
        assert [value for *_, value in found] == [0, 1, 2, 3, 4, 5]
        assert {b[1] - a[1] for a, b in pairwise(found)} == {1800 * 10**9}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_that_an_exported_table_comes_in_again(bring, tmp_path, ending):
    wide = "t,f,p,s,r,n,m\n2020-01-01T00:00Z,1.5,3,fault,yes,9007199254740993,hot\n2020-01-01T00:01:00.5Z,2,,running,no,,\n"
    mapping = "time: { column: t }\nasset: P1\ntags: { f: flow, p: power, s: state, r: sealed, n: starts, m: message }\n"
    assert bring(wide, mapping).samples == 9
    table = tmp_path / f"table.{ending}"
    with RecordingFile.open(tmp_path / "out.twin-recording") as recording:
        export_table(recording, -(2**62), 2**62, None, table)
    again = bring(table, OWN, "again.twin-recording")
    assert again.rejected == {"unknown_tag": 1}  # the computed one, which is derived anew
    assert again.samples == 9
    assert held(tmp_path / "again.twin-recording") == held(tmp_path / "out.twin-recording")


@pytest.mark.parametrize(
    ("mapping", "line", "told"),
    [
        (OWN + "tags: { value: P1.flow }\n", 1, "tags and tag are both named"),
        ("time: { column: time }\ntag: tag\n", 1, "tag and value belong together"),
        (OWN.replace("text", "txt"), 3, "the file has no column “txt” — did you mean “text”?"),
        (MAPPED + "    B: floww\n", 8, "“floww”"),
        (MAPPED + "    B: flow\n", 8, "already fed by “A”"),
        ("time: { column: time }\nvalue: value\ntag: { column: tag, map: { A: { tga: flow } } }\n", 3, "did you mean “tag”?"),
    ],
)  # fmt: skip
def test_that_a_long_mappings_faults_are_told_with_their_line(bring, mapping, line, told):
    with pytest.raises(MappingError) as caught:
        bring("time,tag,value,text\n", mapping)
    assert any(fault.line == line and told in str(fault) for fault in caught.value.faults), str(caught.value)

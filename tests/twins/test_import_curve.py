"""A curve in a file is recorded as the highest, lowest and mean value of each stretch."""

import pytest

from twins.asset import Asset, AssetKind, Tag, Twin
from twins.clock import SECOND, format_time, parse_time
from twins.historian.days import open_record
from twins.historian.importing import import_history
from twins.historian.mapping import MappingError, mapping_of
from twins.record import Quality

T0 = parse_time("2026-01-01T00:00:00Z")
MAPPING = """
time: { column: t }
asset: P1
tags:
  p: { tag: top, aggregate: max, over: 5 s, bad_outside: [0, 300], also: [
       { tag: bottom, aggregate: min, over: 5 s, bad_outside: [0, 300] },
       { tag: middle, aggregate: mean, over: 5 s, bad_outside: [0, 300] } ] }
"""


def test_that_a_column_feeds_the_highest_lowest_and_mean_of_each_stretch(tmp_path):
    tags = {f"P1.{name}": Tag(f"P1.{name}", unit="mmHg") for name in ("top", "bottom", "middle")}
    twin = Twin("a", "A", AssetKind.SYSTEM, {path: Asset(path, path, AssetKind.SYSTEM) for path in ("", "P1")}, tags)
    values = [80, 120, 100, 999, 90, 82, 118, 100, 100, 100, 70]  # 999 can't be; of the last stretch one second is there
    text = "t,p\n" + "".join(f"{format_time(T0 + k * SECOND)},{value}\n" for k, value in enumerate(values))
    (tmp_path / "curve.csv").write_text(text)
    target = tmp_path / "out.twin-recording"
    for _ in range(2):  # the same file twice adds nothing
        import_history(twin, b"zip", tmp_path / "curve.csv", mapping_of(MAPPING), target)
        with open_record(target) as record:
            assert record.counts()["samples"] == 9
            told = [record.at(T0 + at * SECOND) for at in (1, 6, 11)]
    read = [[snapshot.reading(path) for path in tags] for snapshot in told]
    assert [[reading.value for reading in row] for row in read] == [[120, 80, 97.5], [118, 82, 100], [70, 70, 70]]
    assert [row[0].quality for row in read] == [Quality.UNCERTAIN, Quality.GOOD, Quality.UNCERTAIN]


@pytest.mark.parametrize("keys", ["over: 5 s", "over: 5 s, aggregate: sum", "over: on change, aggregate: max"])
def test_that_it_must_be_said_what_is_taken_of_a_stretch(keys):
    with pytest.raises(MappingError, match="aggregate: max, min or mean"):
        mapping_of(f"time: {{ column: t }}\nasset: P1\ntags: {{ p: {{ tag: top, {keys} }} }}\n")

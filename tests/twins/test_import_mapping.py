"""A mapping's faults are told all at once, each with file, line, place and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.historian import merging
from twins.historian.binding import bind, channel_of
from twins.historian.importing import import_history
from twins.historian.keys import AlarmKeys, AssetKeys, TagKeys, TimeKeys
from twins.historian.mapping import Mapping, MappingError, mapping_of, read_mapping

ISSUE = """
time: { column: Date_time, format: iso8601, stamp: start }
asset: { column: Wind_turbine_name, map: { R80711: T01, R80721: T02 } }
period: 10 min
aggregate: mean
tags: { P_avg: power, Ws_avg: wind_speed, Ot_avg: { tag: outdoor_temperature, unit: degC, bad_outside: [-50, 60] } }
"""
NAMES = ("Date_time", "Wind_turbine_name", "P_avg", "Ws_avg", "Ot_avg", "Note")


@pytest.fixture(scope="module")
def twin():
    tags = {"total": Tag("total", unit="kW"), "T02.only_here": Tag("T02.only_here")}
    for asset in ("T01", "T02"):
        for name, unit in (("power", "kW"), ("wind_speed", "m/s"), ("outdoor_temperature", "degC")):
            tags[f"{asset}.{name}"] = Tag(f"{asset}.{name}", unit=unit, period_ns=10**9)
        tags[f"{asset}.state"] = Tag(f"{asset}.state", TagKind.ENUMERATION, values=("stopped", "running"))
        tags[f"{asset}.specific"] = Tag(f"{asset}.specific", computed="power / 2")
        tags[f"{asset}/gearbox.oil"] = Tag(f"{asset}/gearbox.oil", unit="degC")
    assets = {path: Asset(path, path, AssetKind.SYSTEM) for path in ("", "T01", "T02", "T01/gearbox", "T02/gearbox")}
    return Twin("farm", "Farm", AssetKind.SYSTEM, assets, tags, timezone="Europe/Paris")


def faults(text):
    with pytest.raises(MappingError) as refused:
        mapping_of(text, "map.yaml")
    return [str(fault) for fault in refused.value.faults]


def unfit(text, twin, names=NAMES):
    with pytest.raises(MappingError) as refused:
        bind(mapping_of(text, "map.yaml"), twin, names)
    return [str(fault) for fault in refused.value.faults]


def test_that_a_mapping_says_what_it_says():
    mapping = mapping_of(ISSUE)
    assert mapping.columns == ("Date_time", "P_avg", "Ws_avg", "Ot_avg", "Wind_turbine_name")
    assert mapping.tags["P_avg"].tag == "power"
    assert mapping.tags["Ot_avg"].bad_outside == (-50, 60)
    assert mapping.text == ISSUE


def test_that_words_stay_words_and_no_key_turns_into_a_truth_value():
    text = "time: {}\nasset: { column: n, map: { 21: T01, 0x1: T02 } }\nblank: [NULL, n/a, no]\n"
    text += "alarms: { code: code, on: time_on, off: time_off }\n"
    mapping = mapping_of(text)
    assert mapping.asset.map == {"21": "T01", "0x1": "T02"}
    assert mapping.blank == ("NULL", "n/a", "no")
    assert (mapping.alarms.on, mapping.alarms.off) == ("time_on", "time_off")


def test_that_every_fault_of_a_mapping_is_told_with_its_line():
    found = faults(
        """\
time: { colum: Date_time, format: "%Q", timezone: Europe/Pari, stamp: begin }
period: ten
tags:
  A: { unit: kW, bad_outside: [5, 1] }
  B: power
  B: wind_speed
delimiter: abc
encoding: utf9
skip_rows: -1
tagz: {}
"""
    )
    told = "\n".join(found)
    assert len(found) == 12
    assert all(fault.startswith("map.yaml:") for fault in found)
    for line, place, remedy in (
        (1, "time.colum", "did you mean “column”"),
        (1, "time.format", "%Y %y %m"),
        (1, "time.timezone", "“Europe/Paris”"),
        (1, "time.stamp", "'start'"),
        (2, "period", "like 10 min"),
        (4, "tags.A.tag", "add tag: …"),
        (4, "tags.A.bad_outside", "write the lower one first"),
        (6, "", "keep one of the two"),
        (7, "delimiter", "this is not one sign"),
        (8, "encoding", "cp1252"),
        (9, "skip_rows", "greater than or equal to 0"),
        (10, "tagz", "“tags”"),
    ):
        assert any(f.startswith(f"map.yaml:{line}: {place}") and remedy in f for f in found), (line, place, remedy, told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("- a\n- b", "is no mapping"),
        ("time: [", "this is not YAML"),
        ("&a [*a]", "refers to nothing"),
        ("time: { column: t }", "neither tags nor alarms"),
        ("tags: { A: power }", "no column of the time"),
        ("tags: { A: power }\ntime: !!python/object/apply:os.system [x]", "asks to run something"),
    ],
)
def test_that_what_is_no_mapping_is_refused(text, told):
    assert told in "\n".join(faults(text))


@given(st.text(max_size=60))
def test_that_no_text_breaks_the_reader(text):
    try:
        mapping_of(text)
    except MappingError as refused:
        assert refused.faults


def test_that_a_mapping_file_that_is_absent_or_no_text_is_refused(tmp_path):
    with pytest.raises(MappingError, match="can't be read"):
        read_mapping(tmp_path / "absent.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MappingError, match="not UTF-8"):
        read_mapping(tmp_path / "x.yaml")


def test_that_every_mapping_of_the_tests_is_sound():
    for path in (Path(__file__).parent / "mappings").glob("*.yaml"):
        assert read_mapping(path).columns


def test_that_names_the_twin_or_the_file_do_not_have_are_told_with_near_ones(twin):
    found = unfit(
        """\
time: { column: Datetime }
asset: { column: Wind_turbine_name, map: { R1: T1, R2: T02 } }
tags: { P_avg: power, Ws: wind_speed }
""",
        twin,
    )
    assert len(found) == 3
    assert found[0].startswith("map.yaml:1: time: the file has no column “Datetime” — did you mean “Date_time”? its columns are")
    assert found[1] == "map.yaml:2: asset.map.R1: the twin “farm” has no asset “T1” — did you mean “T01”? it has T01, T02"
    assert found[2].startswith("map.yaml:3: tags.Ws: the file has no column “Ws” — did you mean “Ws_avg”? its columns are ")


def test_that_tags_that_cannot_take_a_column_are_told_with_the_reason(twin):
    found = unfit(
        """\
time: { column: Date_time }
asset: T01
tags:
  P_avg: powr
  Ws_avg: { tag: wind_speed, unit: kW }
  Ot_avg: { tag: outdoor_temperature, unit: celcius }
  Note: specific
  Wind_turbine_name: { tag: state, unit: kW, labels: { 1: runing } }
""",
        twin,
    )
    told = "\n".join(found)
    assert len(found) == 6, told
    assert "map.yaml:4: tags.P_avg: “T01” has no tag “powr” — did you mean “power”?" in told
    assert "map.yaml:5: tags.Ws_avg: kW can't be converted to m/s" in told
    assert "map.yaml:6: tags.Ot_avg: “celcius” is not a unit" in told
    assert "map.yaml:7: tags.Note: “T01.specific” is computed" in told
    assert "is no number, so it has no unit — leave out “unit”" in told
    assert "“runing” is no value of “T01.state” — did you mean “running”?" in told


def test_that_two_columns_cannot_feed_one_tag(twin):
    found = unfit("time: { column: Date_time }\nasset: T01\ntags: { P_avg: power, Ws_avg: T01.power }", twin)
    assert "already fed by “P_avg”" in found[0]


def test_that_tags_are_found_below_the_asset_at_the_root_and_by_full_path(twin):
    def targets(text):
        binding = bind(mapping_of(f"time: {{ column: Date_time }}\n{text}"), twin, NAMES)
        return {asset: tag.path for asset, tag in binding.feeds[0].tags.items()}

    column = "asset: { column: Wind_turbine_name }\n"
    assert targets("asset: T01\ntags: { Ot_avg: gearbox.oil }") == {"T01": "T01/gearbox.oil"}
    assert targets("asset: T01/gearbox\ntags: { Ot_avg: oil }") == {"T01/gearbox": "T01/gearbox.oil"}
    assert targets("tags: { P_avg: T02.power }") == {"": "T02.power"}
    assert targets('asset: ""\ntags: { P_avg: total }') == {"": "total"}
    assert targets("asset: T01\ntags: { P_avg: T02.power }") == {"T01": "T02.power"}
    assert targets(column + "tags: { P_avg: only_here }") == {"T02": "T02.only_here"}


def test_that_the_mapping_decides_period_and_aggregate_of_what_it_brings(twin):
    tag = twin.tags["T01.power"]

    def channel(text, **keys):
        more = keys.get("more", "")
        mapping = mapping_of(f"time: {{ column: t }}\n{text}\ntags: {{ P: {{ tag: power {more} }} }}")
        return channel_of(tag, mapping.tags["P"], mapping)

    mean = channel("period: 10 min\naggregate: mean")
    assert (mean.period_ns, mean.aggregate, mean.stamp, mean.unit) == (600 * 10**9, "mean", "start", "kW")
    peak = channel("period: 10 min\naggregate: mean", more=", aggregate: max, period: 1 h")
    assert (peak.period_ns, peak.aggregate) == (3600 * 10**9, "max")
    assert channel("").period_ns == tag.period_ns
    assert channel("").stamp == ""
    assert channel("period: on change").period_ns is None


DOCS = Path(__file__).parents[2] / "docs" / "import.md"


def test_that_every_mapping_in_the_documentation_is_sound():
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 6
    tables = [block for block in blocks if "signals:" not in block]  # of waveforms: tried with a record, in test_wfdb
    for block in tables:
        assert mapping_of(block).columns


def test_that_every_key_and_every_cause_is_documented():
    text = DOCS.read_text("utf-8")
    for keys in (TimeKeys, AssetKeys, TagKeys, AlarmKeys, Mapping):
        for key in keys.model_fields:
            assert re.search(rf"\b{key}\b", text), key
    historian = Path(merging.__file__).parent
    code = "".join(path.read_text("utf-8") for path in historian.glob("*.py"))
    causes = set(re.findall(r"tally\.count\(\s*\"(\w+)\"", code)) | set(re.findall(r"_told\([^\n]*?\"(\w+)\", rows", code))
    assert len(causes) > 15
    documented = set(re.findall(r"^\| `(\w+)` \| (?:cell|row|sample|alarm|file)", text, re.MULTILINE))
    assert documented == causes


def test_that_what_does_not_hang_on_an_unknown_asset_is_told_beside_it(twin):
    found = unfit(
        "time: { column: when }\nasset: T03\ntags:\n  P: powr\n  W: { tag: wind_speed, unit: kW }\n"
        "  S: { tag: state, labels: { 1: runing } }\n  Q: nothing_like_it\n",
        twin,
        ("P", "W", "S", "Q"),
    )
    assert len(found) == 6
    for said in (
        "has no asset “T03” — did you mean “T0", "no column “when”", "tag “powr” — did you mean “power”",
        "kW can't be converted to m/s", "“runing” is no value", "no asset of the twin has a tag “nothing_like_it”",
    ):  # fmt: skip
        assert any(said in each for each in found), said


def test_that_lines_before_the_columns_names_are_one_fault_with_its_remedy(twin, tmp_path):
    mapping = mapping_of("time: { column: t }\nasset: T01\ntags: { P: power, W: wind_speed }\n", "map.yaml")
    for before, remedy in (("# made by X\n# in Y\n", 'write comment: "#"'), ("Made by X\n\n", "write skip_rows: 2")):
        (tmp_path / "h.csv").write_text(f"{before}t,P,W\n2020-01-01T00:00Z,1,2\n")
        with pytest.raises(MappingError, match=remedy) as refused:
            import_history(twin, b"zip", tmp_path / "h.csv", mapping, tmp_path / "out.twin-recording")
        assert len(refused.value.faults) == 1

"""Computed tags are derived from what came in, at the instants it was measured, and never from nothing."""

from __future__ import annotations

import numpy as np
import pytest

from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.clock import MINUTE, parse_time
from twins.expression import computed_formulas
from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import mapping_of
from twins.record import Quality, Reason

T0 = parse_time("2014-01-01T00:00:00Z")
HEAD = "time: { column: t }\nasset: { column: a }\nperiod: 10 min\naggregate: mean\n"


def twin_with(**computed):
    tags = {}
    for pump in ("P1", "P2"):
        tags[f"{pump}.flow"] = Tag(f"{pump}.flow", unit="m^3/h")
        tags[f"{pump}.power"] = Tag(f"{pump}.power", unit="kW")
        tags[f"{pump}.energy"] = Tag(f"{pump}.energy", unit="kWh/m^3", computed="power / flow")
        tags[f"{pump}.double"] = Tag(f"{pump}.double", unit="Wh/m^3", computed="2 * energy")
        tags[f"{pump}.runs"] = Tag(f"{pump}.runs", TagKind.BOOLEAN, computed="power > 1 kW")
    tags["total"] = Tag("total", unit="kW", computed="sum(children.power)")
    tags |= {path: Tag(path, computed=text) for path, text in computed.items()}
    assets = {path: Asset(path, path, AssetKind.SYSTEM) for path in ("", "P1", "P2")}
    return Twin("skid", "Skid", AssetKind.SYSTEM, assets, tags)


@pytest.fixture
def bring(tmp_path):
    def bringing(rows, tags="power: power, flow: flow", twin=None, head=HEAD, columns="t,a,power,flow"):
        source = tmp_path / "history.csv"
        source.write_text(columns + "\n" + "\n".join(rows) + "\n")
        mapping = mapping_of(f"{head}tags: {{ {tags} }}")
        return import_history(twin or twin_with(), b"zip", source, mapping, tmp_path / "out.twin-recording")

    bringing.target = tmp_path / "out.twin-recording"
    return bringing


def values(path, tag):
    with RecordingFile.open(path) as recording:
        samples = recording.between(0, 2**62, [tag])
        return {int(samples.source[i] - T0) // MINUTE: samples.value(i) for i in range(len(samples))}


def test_that_computed_tags_and_those_computed_from_them_are_derived(bring):
    report = bring(["2014-01-01T00:00:00Z,P1,10,5", "2014-01-01T00:10:00Z,P1,12,4"])
    assert values(bring.target, "P1.energy") == {0: 2.0, 10: 3.0}
    assert values(bring.target, "P1.double") == pytest.approx({0: 4000.0, 10: 6000.0})
    assert values(bring.target, "P1.runs") == {0: True, 10: True}
    assert values(bring.target, "P2.energy") == {}
    assert report.samples == 4
    assert report.computed == 6
    assert report.tags == ("P1.power", "P1.flow")


def test_that_derived_values_carry_the_period_of_their_inputs(bring):
    bring(["2014-01-01T00:00:00Z,P1,10,5"])
    with RecordingFile.open(bring.target) as recording:
        reading = recording.at(T0 + MINUTE).reading("P1.energy")
    assert (reading.value, reading.unit, reading.stale, reading.assumed) == (2.0, "kWh/m^3", False, True)
    assert (reading.channel.period_ns, reading.channel.stamp) == (10 * MINUTE, "start")


def test_that_an_input_is_held_for_not_quite_two_periods_and_then_nothing_is_derived(bring):
    rows = ["2014-01-01T00:00:00Z,P1,10,5", "2014-01-01T00:10:00Z,P1,20,", "2014-01-01T00:20:00Z,P1,30,"]
    bring(rows)
    assert values(bring.target, "P1.energy") == {0: 2.0, 10: 4.0}


def test_that_a_bad_input_gives_a_bad_result(bring):
    bring(["2014-01-01T00:00:00Z,P1,10,-999"], tags="power: power, flow: { tag: flow, bad_outside: [0, 40] }")
    with RecordingFile.open(bring.target) as recording:
        snapshot = recording.at(T0)
        energy, runs = snapshot.reading("P1.energy"), snapshot.reading("P1.runs")
    assert (energy.quality, energy.reason) == (Quality.BAD, Reason.INPUT_BAD)
    assert np.isnan(energy.value)
    assert (runs.value, runs.quality) == (True, Quality.GOOD)


def test_that_inputs_in_conflict_give_a_doubtful_result_of_the_later_row(bring):
    bring(["2014-01-01T00:00:00Z,P1,10,5", "2014-01-01T00:00:00Z,P1,20,5"])
    with RecordingFile.open(bring.target) as recording:
        reading = recording.at(T0).reading("P1.energy")
    assert (reading.value, reading.quality) == (4.0, Quality.UNCERTAIN)


def test_that_a_roll_up_follows_all_children(bring):
    bring(["2014-01-01T00:00:00Z,P1,10,5", "2014-01-01T00:00:00Z,P2,7,5", "2014-01-01T00:10:00Z,P1,11,5"])
    assert values(bring.target, "total") == {0: 17.0, 10: 18.0}


def test_that_a_second_file_completes_what_the_first_could_not_derive(bring):
    first = bring(["2014-01-01T00:00:00Z,P1,10"], tags="power: power", columns="t,a,power")
    assert first.computed == 1
    assert values(bring.target, "P1.energy") == {}
    second = bring(["2014-01-01T00:00:00Z,P1,5"], tags="flow: flow", columns="t,a,flow")
    assert values(bring.target, "P1.energy") == {0: 2.0}
    assert second.computed == 2
    again = bring(["2014-01-01T00:00:00Z,P1,5"], tags="flow: flow", columns="t,a,flow")
    assert (again.samples, again.computed) == (0, 0)


def test_that_an_input_from_before_the_import_still_counts(bring):
    bring(["2014-01-01T00:00:00Z,P1,10,5"])
    bring(["2014-01-01T00:05:00Z,P1,20"], tags="power: power", columns="t,a,power")
    assert values(bring.target, "P1.energy") == {0: 2.0, 5: 4.0}


def test_that_what_cannot_be_derived_is_told_and_stops_nothing(bring):
    twin = twin_with(nonsense="P1.power + P1.flow", here="there", there="here")
    report = bring(["2014-01-01T00:00:00Z,P1,10,5"], twin=twin)
    assert report.computed == 3
    told = "\n".join(report.not_computed)
    assert len(report.not_computed) == 4
    assert "nonsense could not be derived: " in told
    assert "here could not be derived: it depends on itself" in told


def test_that_a_circle_takes_no_other_tag_with_it():
    """Live, and in what a model tells, as in an import."""
    formulas, refused = computed_formulas(twin_with(here="there", there="here", beyond="here"))
    assert list(formulas)
    assert not {"here", "there", "beyond"} & set(formulas)
    assert sorted(refused) == [f"{name} could not be derived: it depends on itself" for name in ("beyond", "here", "there")]


def test_that_an_input_that_was_never_recorded_is_named(bring):
    report = bring(["2014-01-01T00:00:00Z,P1,10"], tags="power: power", columns="t,a,power")
    assert "P1.energy needs P1.flow, which was never recorded" in report.not_computed
    assert "total needs P2.power, which was never recorded" in report.not_computed
    assert not any(told.startswith("P2.") for told in report.not_computed)  # nothing of it came in


def test_that_inputs_that_never_meet_are_told(bring):
    report = bring(["2014-01-01T00:00:00Z,P1,10,", "2014-01-01T05:00:00Z,P1,,5"])
    assert "P1.energy could not be derived: its inputs were never known at the same time" in report.not_computed


def test_that_an_input_recorded_in_another_unit_is_converted_before_it_counts(bring):
    old = twin_with()
    watts = Twin(old.id, old.name, old.kind, old.assets, old.tags | {"P1.power": Tag("P1.power", unit="W")})
    bring(["2014-01-01T00:00:00Z,P1,10000"], tags="power: power", columns="t,a,power", twin=watts)
    bring(["2014-01-01T00:00:00Z,P1,5"], tags="flow: flow", columns="t,a,flow")
    assert values(bring.target, "P1.energy") == {0: 2.0}

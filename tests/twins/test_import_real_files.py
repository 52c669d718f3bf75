"""Real files of foreign makers come in whole, and agree with what a plain reader of them says."""

from __future__ import annotations

import csv
import gzip
import math
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.clock import SECOND, from_datetime, parse_time
from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import read_mapping
from twins.record import EventKind, Quality, Reason
from twins.record.quality import ASSUMED, quality_of, reason_of

DATA = Path(__file__).parents[2].parent / "shared" / "data"
MAPPINGS = Path(__file__).parent / "mappings"
LA_HAUTE_BORNE = DATA / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz"
T1 = DATA / "wind_other" / "T1.csv.gz"
HOMER = DATA / "wind_other" / "Homer Wind Farm_July2023_scada_improved.parquet"
ALARMS = DATA / "wind_events" / "event_data_2015-11.csv.gz"
STATES = ("stopped", "running", "curtailed", "waiting", "fault")

pytestmark = pytest.mark.sample_data


def needs(path):
    if not path.exists():
        pytest.skip(f"the sample data is not here: {path}")
    return path


@pytest.fixture(scope="module")
def twin():
    units = {
        "power": "kW",
        "wind_speed": "m/s",
        "wind_direction": "deg",
        "vane": "deg",
        "nacelle_direction": "deg",
        "pitch": "deg",
        "outdoor_temperature": "degC",
    }
    tags = {}
    for turbine in ("T01", "T02"):
        tags |= {f"{turbine}.{name}": Tag(f"{turbine}.{name}", unit=unit) for name, unit in units.items()}
        tags[f"{turbine}.state"] = Tag(f"{turbine}.state", TagKind.ENUMERATION, values=STATES)
    assets = {path: Asset(path, path or "Farm", AssetKind.SYSTEM) for path in ("", "T01", "T02")}
    return Twin("farm", "Farm", AssetKind.SYSTEM, assets, tags)


@pytest.fixture(scope="module")
def year(twin, tmp_path_factory):
    target = tmp_path_factory.mktemp("year") / "year.twin-recording"
    mapping = read_mapping(MAPPINGS / "la-haute-borne.yaml")
    report = import_history(twin, b"zip", needs(LA_HAUTE_BORNE), mapping, target)
    with RecordingFile.open(target) as recording:
        yield report, recording


@cache
def _csv_rows():
    with gzip.open(LA_HAUTE_BORNE, "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_that_a_year_of_two_turbines_agrees_with_the_csv_cell_by_cell(year):
    report, recording = year
    turbines = {"R80711": "T01", "R80721": "T02"}
    expected = {}
    for row in _csv_rows():
        if row["P_avg"]:
            key = (turbines[row["Wind_turbine_name"]], parse_time(row["Date_time"]))
            expected.setdefault(key, set()).add(float(row["P_avg"]))
    found = {}
    samples = recording.between(report.first, report.last + 1, ["T01.power", "T02.power"])
    for row in range(len(samples)):
        asset = samples.channels[samples.channel[row]].path.partition(".")[0]
        found.setdefault((asset, int(samples.source[row])), set()).add(samples.value(row))
    assert found == expected


def test_that_every_cell_of_the_year_is_either_recorded_or_counted(year):
    report, recording = year
    cells = len(_csv_rows()) * 7
    assert report.samples + report.rejected["blank"] + report.rejected["duplicate"] == cells
    assert recording.counts()["samples"] == report.samples
    blank = sum(1 for row in _csv_rows() for name, cell in row.items() if name.endswith("_avg") and not cell)
    assert report.rejected["blank"] == blank


def test_that_the_doubled_stamps_of_the_year_are_shown_as_doubtful_with_the_later_row(year):
    _, recording = year
    rows = Counter((row["Wind_turbine_name"], row["Date_time"]) for row in _csv_rows())
    doubled = {stamp for (name, stamp), n in rows.items() if n > 1 and name == "R80711"}
    assert doubled
    mine = [row for row in _csv_rows() if row["Wind_turbine_name"] == "R80711" and row["Date_time"] in doubled]
    for stamp in doubled:
        values = [float(row["P_avg"]) for row in mine if row["Date_time"] == stamp]
        reading = recording.at(parse_time(stamp)).reading("T01.power")
        assert reading.value == values[-1]
        if len(set(values)) > 1:
            assert (reading.quality, reading.reason) == (Quality.UNCERTAIN, Reason.CONFLICT)


def test_that_outdoor_values_below_minus_fifty_are_kept_as_bad(year):
    report, recording = year
    samples = recording.between(report.first, report.last + 1, ["T01.outdoor_temperature", "T02.outdoor_temperature"])
    impossible = samples.bits.view(np.float64) < -50
    assert impossible.any()
    assert {(quality_of(q), reason_of(q)) for q in samples.quality[impossible]} == {(Quality.BAD, Reason.OUT_OF_RANGE)}
    assert not any(quality_of(q) is Quality.BAD for q in samples.quality[~impossible])


def test_that_a_ten_minute_mean_is_not_stale_after_a_minute(year):
    report, recording = year
    reading = recording.at(report.last + 60 * SECOND).reading("T01.power")
    assert reading.channel.period_ns == 600 * SECOND
    assert (reading.channel.aggregate, reading.channel.stamp) == ("mean", "start")
    assert not reading.stale
    assert recording.at(report.last + 1200 * SECOND).reading("T01.power").stale


def test_that_the_same_file_twice_adds_nothing(twin, tmp_path):
    target = tmp_path / "twice.twin-recording"
    mapping = read_mapping(MAPPINGS / "t1.yaml")
    first = import_history(twin, b"zip", needs(T1), mapping, target)
    again = import_history(twin, b"zip", T1, mapping, target)
    assert again.samples == 0
    assert again.rejected["duplicate"] == first.samples
    with RecordingFile.open(target) as recording:
        assert recording.counts()["samples"] == first.samples
        imports = recording.events(0, 2**62, [EventKind.IMPORT])
    assert [event.data["samples"] for event in imports] == [first.samples, 0]
    assert imports[0].data["sha256"] == first.sha256
    assert "LV ActivePower" in imports[0].data["mapping"]


def test_that_a_foreign_csv_with_local_times_and_a_byte_order_mark_comes_in_exactly(twin, tmp_path):
    target = tmp_path / "t1.twin-recording"
    report = import_history(twin, b"zip", needs(T1), read_mapping(MAPPINGS / "t1.yaml"), target)
    with gzip.open(T1, "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    zone = ZoneInfo("Europe/Istanbul")
    stamps = [from_datetime(datetime.strptime(r["Date/Time"], "%d %m %Y %H:%M").replace(tzinfo=zone)) for r in rows]
    with RecordingFile.open(target) as recording:
        samples = recording.between(report.first, report.last + 1, ["T01.wind_direction"])
    assert samples.source.tolist() == sorted(stamps)
    assert samples.bits.view(np.float64).tolist() == [float(row["Wind Direction (°)"]) for row in rows]
    assert report.samples == 3 * len(rows)
    assert report.rejected == {}
    assert all(quality & ASSUMED for quality in samples.quality)


def test_that_state_labels_of_a_parquet_file_become_words_of_the_twin(twin, tmp_path):
    from pyarrow import parquet

    target = tmp_path / "homer.twin-recording"
    report = import_history(twin, b"zip", needs(HOMER), read_mapping(MAPPINGS / "homer.yaml"), target)
    table = parquet.read_table(HOMER).to_pylist()
    words = {1.0: "running", 2.0: "curtailed", 3.0: "waiting", 5.0: "fault"}
    told = [words[row["RunningLossCategory"]] for row in table if row["TurbineName"] == "HMR_T02" and row["RunningLossCategory"]]
    with RecordingFile.open(target) as recording:
        samples = recording.between(report.first, report.last + 1, ["T02.state"])
        assert [samples.value(row) for row in range(len(samples))] == told
        assert samples.channels[samples.channel[0]].aggregate == ""
    nothing = sum(
        row[name] is None or math.isnan(row[name])
        for row in table
        for name in ("ActivePowerMean", "WindSpeedMean", "AmbientTemp", "RunningLossCategory")
    )
    assert report.rejected == {"blank": nothing}


def test_that_a_list_of_real_alarms_stands_and_falls_as_its_rows_say(twin, tmp_path):
    target = tmp_path / "alarms.twin-recording"
    report = import_history(twin, b"zip", needs(ALARMS), read_mapping(MAPPINGS / "alarms.yaml"), target)
    zone = ZoneInfo("Europe/Dublin")
    with gzip.open(ALARMS, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    stood = [
        (
            f"{'T01' if row['turbine_num'] == '21' else 'T02'}/code-{row['code']}",
            from_datetime(datetime.fromisoformat(row["time_on"]).replace(tzinfo=zone)),
            from_datetime(datetime.fromisoformat(row["time_off"]).replace(tzinfo=zone)),
        )
        for row in rows
    ]
    with RecordingFile.open(target) as recording:
        for instant in np.linspace(report.first, report.last, 30).astype(np.int64).tolist():
            expected = {key for key, on, off in stood if on <= instant < off}
            assert {event.key for event in recording.at(instant).standing.of(EventKind.ALARM)} == expected
        again = import_history(twin, b"zip", ALARMS, read_mapping(MAPPINGS / "alarms.yaml"), target)
    assert again.alarms == 0
    assert again.rejected["duplicate"] == len(rows)

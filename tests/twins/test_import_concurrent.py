"""Imports into a recording that others extend, or whose package has changed since, add each row once and none wrongly."""

from __future__ import annotations

import dataclasses
import functools
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.clock import MINUTE, format_time, parse_time
from twins.historian.file import RecordingFile
from twins.historian.importing import import_history
from twins.historian.mapping import mapping_of
from twins.historian.recording import RecordingError

ROOT = Path(__file__).parents[2]
T0 = parse_time("2014-01-01T00:00:00Z")
MAPPING = "time: { column: t }\nasset: P1\nperiod: 1 min\ntags: { flow: flow }\n"
FLOW = Tag("P1.flow", unit="m^3/h")
ONE_IMPORT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
from test_import_concurrent import FLOW, MAPPING, twin_with
from twins.historian.importing import import_history
from twins.historian.mapping import mapping_of
folder, me, other = Path(sys.argv[3]), sys.argv[4], sys.argv[5]

def meet(part, doing):
    if 0.45 <= part and not (folder / me).exists():  # sorted against what is held; nothing is written yet
        (folder / me).touch()
        until = time.monotonic() + 1.5
        while time.monotonic() < until and not (folder / other).exists():
            time.sleep(0.01)

target = folder / "out.twin-recording"
print(import_history(twin_with(FLOW), b"zip", folder / "history.csv", mapping_of(MAPPING), target, meet).samples)
"""


def twin_with(tag):
    assets = {path: Asset(path, path, AssetKind.SYSTEM) for path in ("", "P1")}
    return Twin("skid", "Skid", AssetKind.SYSTEM, assets, {tag.path: tag})


def rows(*values, start=0):
    return "t,flow\n" + "".join(f"{format_time(T0 + (start + i) * MINUTE)},{value}\n" for i, value in enumerate(values))


@pytest.fixture
def bring(tmp_path):
    def bringing(content, tag=FLOW, package=b"zip", mapping=MAPPING):
        source = tmp_path / "history.csv"
        source.write_text(content)
        return import_history(twin_with(tag), package, source, mapping_of(mapping), tmp_path / "out.twin-recording")

    bringing.target = tmp_path / "out.twin-recording"
    return bringing


def test_that_two_imports_of_one_file_at_once_add_its_rows_once(bring, tmp_path):
    bring(rows(1, 2, start=-10))
    (tmp_path / "history.csv").write_text(rows(*range(500)))
    command = [sys.executable, "-c", ONE_IMPORT, str(ROOT), str(Path(__file__).parent), str(tmp_path)]
    both = [subprocess.Popen([*command, *names], stdout=subprocess.PIPE, text=True) for names in (("a", "b"), ("b", "a"))]
    told = sorted(int(process.communicate(timeout=60)[0]) for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert told == [0, 500]
    with RecordingFile.open(bring.target) as recording:
        assert recording.counts()["samples"] == 502


def test_that_an_import_into_a_recording_that_stays_locked_is_refused_in_a_sentence(bring, monkeypatch):
    bring(rows(1, 2))
    other = sqlite3.connect(bring.target, isolation_level=None)
    other.execute("pragma journal_mode = wal")
    other.execute("begin immediate")
    connect = sqlite3.connect
    impatient = functools.wraps(connect)(lambda *at, **how: connect(*at, **{**how, "timeout": 0.1}))
    monkeypatch.setattr("twins.historian.schema.sqlite3.connect", impatient)
    with pytest.raises(RecordingError, match=r"is being written by another program.*history\.csv.*wait until"):
        bring(rows(3, 4, start=5))
    other.execute("rollback")
    other.close()
    assert bring(rows(3, 4, start=5)).samples == 2


def test_that_the_same_file_adds_nothing_after_the_unit_of_its_tag_has_changed(bring):
    said = MAPPING.replace("flow: flow", "flow: { tag: flow, unit: m^3/h }")
    values = [0.1 * i for i in range(50)]
    bring(rows(*values), mapping=said)
    report = bring(rows(*values), Tag("P1.flow", unit="L/s"), b"new", said)
    assert (report.samples, report.rejected) == (0, {"duplicate": 50})


def test_that_equal_figures_in_another_unit_are_conflicts_and_no_duplicates(bring):
    bring(rows(1, 2, 3))
    report = bring(rows(1, 2, 3), Tag("P1.flow", unit="L/s"), b"new")
    assert (report.samples, report.rejected) == (3, {"conflict": 3})


@pytest.mark.parametrize(
    "tag", [Tag("P1.flow", TagKind.TEXT), Tag("P1.flow", TagKind.INTEGER), Tag("P1.flow", unit="bar")], ids=lambda tag: tag.kind
)
def test_that_values_of_another_kind_or_dimension_are_not_compared(bring, tag):
    bring(rows(1, 2, 3))
    report = bring(rows(1, 2, 3), tag, b"new")
    assert (report.samples, report.rejected) == (3, {})
    assert bring(rows(1, 2, 3), tag, b"new").rejected == {"duplicate": 3}


def test_that_a_text_becomes_a_number_without_harm(bring):
    bring(rows("a", "b", "c"), Tag("P1.flow", TagKind.TEXT))
    assert bring(rows(0, 1, 2)).samples == 3


def test_that_an_enumeration_is_compared_by_its_names(bring):
    state = Tag("P1.flow", TagKind.ENUMERATION, values=("off", "on"))
    bring(rows("off", "on", "on"), state)
    turned = dataclasses.replace(state, values=("on", "off", "fault"))
    report = bring(rows("off", "on", "fault"), turned, b"new")
    assert report.rejected == {"duplicate": 2, "conflict": 1}


def test_that_another_package_is_in_force_from_the_first_instant_it_brought(bring):
    bring(rows(1, 2))
    bring(rows(3, 4, start=60), package=b"new")
    with RecordingFile.open(bring.target) as recording:
        assert recording.package_at(T0 + 59 * MINUTE) == b"zip"
        assert recording.package_at(T0 + 60 * MINUTE) == b"new"


def keyframes(path):
    with sqlite3.connect(path) as database:
        return database.execute("select count(*) from keyframe").fetchone()[0]


def test_that_an_early_part_brought_again_leaves_the_keyframes(bring):
    bring(rows(*range(100_000)))
    before = keyframes(bring.target)
    assert before > 0
    assert bring(rows(*range(100))).samples == 0
    assert keyframes(bring.target) > 0
    assert bring(rows(7, start=-5)).samples == 1
    assert keyframes(bring.target) > 0


def test_that_a_fraction_into_an_integer_is_counted_and_not_cut_off(bring):
    report = bring(rows("5", "5.0", "5.7"), Tag("P1.flow", TagKind.INTEGER))
    assert (report.samples, report.rejected) == (2, {"not_an_integer": 1})

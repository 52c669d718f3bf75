"""The command line answers, or refuses in one sentence: exit codes, the shape of its JSON, and nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

import main
from tests.conftest import ROOT
from twins.historian.file import RecordingFile
from twins.record import Event, EventKind, Samples
from ui.terminal import print_rows

SKID = str(ROOT / "tests" / "twins" / "skid")
MAPPING = "time: { column: t }\nasset: P1\nperiod: 1 min\ntags: { f: flow, s: state }\n"
ROWS = "t,f,s\n2020-01-01T00:00Z,1e308,running\n2020-01-01T00:01Z,1e308,off\n2020-01-01T00:02Z,x,fault\n"
TAKEN = [
    "state {a} --at nonsense",
    "state {a} --at 1500-01-01",
    "state {a} --at 9999-01-01T00:00:00Z --json",
    "trend {a} --tag P1.flo",
    "trend {a} --tag P1.flow --from 2021-01-01 --to 2020-01-01",
    "events {a} --from 2021-01-01 --to 2020-01-01",
    "cut {a} --from 2030-01-01 --to 2031-01-01 --out {folder}/new",
    "cut {a} --from 2020-01-01 --to 2021-01-01 --out {a}",
    "export {a} --to {folder}/x.txt",
    "export {a} --to {folder}/absent/x.csv",
    "export {a} --to {folder}/absent/x.png",
    "export {a} --to {folder}",
    "export {a} --to {folder}/x.csv --tag nope",
    "import {skid} {folder} --map {map} --to {folder}/new",
    "import {skid} {csv} --map {folder} --to {folder}/new",
    "import {skid} {csv} --map {map} --to {folder}",
    "import {skid} {csv} --map {map} --to {folder}/absent/new",
    "import {skid} {csv} --map {map} --to {csv}",
    "import {folder} {csv} --map {map} --to {folder}/new",
    "import north-ridge {csv} --map {map} --to {a}",
    "check {folder}/absent",
    "open {folder}/absent",
    "open {a} --at nonsense",
    *(
        f"{command} {file}"
        for command in ("state", "info", "verify")
        for file in ("{folder}", "{folder}/absent", "{csv}", "{cut}")
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A source, its mapping and what was imported from it, and the beginning of that."""
    folder = tmp_path_factory.mktemp("command")
    (folder / "h.csv").write_text(ROWS)
    (folder / "m.yaml").write_text(MAPPING)
    assert told(folder, "import {skid} {csv} --map {map} --to {a} --json")["samples"] == 4
    (folder / "cut.twin-recording").write_bytes((folder / "a.twin-recording").read_bytes()[:5000])
    return folder


def words(folder, line):
    places = {"skid": SKID, "folder": folder, "csv": folder / "h.csv", "map": folder / "m.yaml"}
    places |= {"a": folder / "a.twin-recording", "cut": folder / "cut.twin-recording"}
    return [word.format(**places) for word in line.split()]


def ran(folder, line):
    return CliRunner().invoke(main.app, words(folder, line))


def told(folder, line):
    result = ran(folder, line)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def process(folder, line, **more):
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, str(ROOT / "main.py"), *words(folder, line)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment | more)


def test_that_an_import_answers_with_its_counts(folder):
    again = told(folder, "import {skid} {csv} --map {map} --to {a} --json")
    assert again["samples"] == 0
    assert again["rejected"] == {"duplicate": 4, "not_a_number": 1, "unknown_label": 1}
    assert again["rows"] == {"duplicate": [2, 3, 4], "not_a_number": [4], "unknown_label": [3]}
    assert (again["tags"], again["first"], again["last"]) == ([], None, None)
    assert ran(folder, "import {skid} {csv} --map {map} --to {a}").stdout.startswith("h.csv: 0 samples of 0 tags\n")


def test_that_state_answers_with_values_and_their_trust(folder):
    state = told(folder, "state {a} --at 2020-01-01T00:01:30Z --json")
    assert {"time", "tags", "alarms"} <= state.keys()
    flow = state["tags"]["P1.flow"]
    assert {key: flow[key] for key in ("value", "unit", "quality", "assumed", "age_s", "stale")} == {
        "value": 1e308, "unit": "m^3/h", "quality": "good", "assumed": True, "age_s": 30.0, "stale": False}  # fmt: skip
    assert not told(folder, "state {a} --at 2020-01-01T00:02:54Z --json")["tags"]["P1.flow"]["stale"]
    assert told(folder, "state {a} --at 2020-01-01T00:02:54.000000001Z --json")["tags"]["P1.flow"]["stale"]


def test_that_a_trend_has_at_most_as_many_buckets_even_of_the_largest_numbers(folder):
    trend = told(folder, "trend {a} --tag P1.flow --width 1 --json")
    assert list(trend) == ["t", "min", "max", "mean", "n"]
    assert (trend["min"], trend["max"], trend["mean"], trend["n"]) == ([1e308], [1e308], [1e308], [2])


def test_that_verify_events_and_info_answer(folder):
    verdict = told(folder, "verify {a} --json")
    assert {"ok", "blocks", "damaged", "samples", "first", "last"} <= verdict.keys()
    assert (verdict["ok"], verdict["damaged"], verdict["samples"]) == (True, 0, 4)
    events = told(folder, "events {a} --json")
    assert {event["kind"] for event in events} == {"import"}
    info = told(folder, "info {a} --json")
    assert (info["twin"], info["sealed"], info["tags"], info["damage"]) == ("skid", False, ["P1.flow", "P1.state"], [])


def test_that_events_leave_out_what_is_recorded_each_second_unless_all_is_asked_for(folder):
    (folder / "beating.twin-recording").write_bytes((folder / "a.twin-recording").read_bytes())
    with RecordingFile.open(folder / "beating.twin-recording", write=True) as recording:
        last = recording.span()[1]
        recording.append(Samples.empty(), [Event(last + k, EventKind.HEARTBEAT, "", "station", True) for k in range(5)])
    assert {each["kind"] for each in told(folder, "events {folder}/beating.twin-recording --json")} == {"import"}
    every = told(folder, "events {folder}/beating.twin-recording --all --json")
    assert sum(each["kind"] == "heartbeat" for each in every) == 5


def test_that_a_stretch_is_cut_and_a_table_written(folder):
    cut = told(folder, "cut {a} --from 2020-01-01T00:01Z --to 2020-01-01T00:03Z --out {folder}/incident --json")
    assert cut["sealed"]
    sealed = ran(folder, "import {skid} {csv} --map {map} --to {folder}/incident")
    assert "sealed" in str(sealed.exception)
    for name in ("x.csv", "x.CSV", "x.parquet"):
        assert ran(folder, f"export {{a}} --to {{folder}}/{name} --tag P1.flow").exit_code == 0
        assert ran(folder, f"export {{a}} --to {{folder}}/{name}").exit_code == 0  # over the first
    assert (folder / "x.csv").read_text().count("\n") == 5
    assert (folder / "x.csv").read_bytes() == (folder / "x.CSV").read_bytes()
    assert (folder / "x.parquet").read_bytes()[:4] == b"PAR1"


def test_that_a_picture_is_written(folder):
    pytest.importorskip("vtkmodules")
    assert ran(folder, "export {a} --to {folder}/x.png --size 160x100").exit_code == 0
    assert (folder / "x.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("line", TAKEN)
def test_that_what_is_refused_is_one_kind_of_error(folder, line, monkeypatch, capsys):
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    monkeypatch.setattr(sys, "argv", ["main.py", *words(folder, line)])
    with pytest.raises(SystemExit) as left:
        main.main()
    said = capsys.readouterr().out + (left.value.code if isinstance(left.value.code, str) else "")
    assert left.value.code not in (0, 2)
    assert "should not happen" not in said
    assert "Traceback" not in said
    assert said.count("\n") < 3
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("line", ["bogus", "state", "trend {a} --tag P1.flow --width 0", "import {skid} {csv} --map {map}"])
def test_that_wrong_usage_is_exit_code_2(folder, line):
    assert ran(folder, line).exit_code == 2


def test_that_a_refusal_is_a_sentence_on_stderr_and_exit_code_1(folder):
    refused = process(folder, "open {a}", PYTHONWARNINGS="error")
    out, err = refused.communicate(timeout=30)
    assert (refused.returncode, out) == (1, "")
    assert err == "twindeck: there is no display to open a window on; run it on a desktop, or under xvfb-run\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("extends", [False, True])
def test_that_an_import_that_is_stopped_changes_nothing(folder, tmp_path, how, extends):
    target = tmp_path / "big.twin-recording"
    rows = "".join(f"{1_500_000_000 + i},{i % 977 / 7},running\n" for i in range(400_000))
    (tmp_path / "big.csv").write_text("t,f,s\n" + rows)
    (tmp_path / "big.yaml").write_text(MAPPING.replace("column: t", "column: t, format: epoch_s"))
    if extends:
        target.write_bytes((folder / "a.twin-recording").read_bytes())
    line = f"import {{skid}} {tmp_path}/big.csv --map {tmp_path}/big.yaml --to {target}"
    importing = process(folder, line)
    writing = tmp_path / (f"{target.name}-wal" if extends else f".big.{importing.pid}.twin-recording-wal")
    deadline = time.monotonic() + 30
    while (
        importing.poll() is None and time.monotonic() < deadline and not (writing.exists() and writing.stat().st_size > 200_000)
    ):
        time.sleep(0.002)
    importing.send_signal(how)
    _, err = importing.communicate(timeout=30)
    assert importing.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 1)
    assert target.exists() == extends
    if how != signal.SIGKILL:
        assert "big.twin-recording is as it was" in err
        assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".yaml", *([".twin-recording"] if extends else [])}
    if extends:
        assert told(folder, f"verify {target} --json")["samples"] == 4
        assert told(folder, f"info {target} --json")["events"] == told(folder, "info {a} --json")["events"]


def test_that_a_package_beside_is_suggested_for_a_name_nearly_its_own(folder):
    (folder / "feed-pump").mkdir()
    (folder / "feed-pump/twin.yaml").write_text("twin: { id: feed-pump }\n")
    assert "feed-pump”?" in str(ran(folder, "demo {folder}/feedpump").exception)


def test_that_a_foreign_word_cannot_command_the_terminal(capsys):
    print_rows(["na\x1b[2Jme"], [""], [["x\x9b31m"], ["ü\u00a0°"]])
    assert capsys.readouterr().out.split() == ["na�[2Jme", "x�31m", "ü", "°"]

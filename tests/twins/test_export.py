"""History goes out as a tidy table that says what each value is worth."""

from __future__ import annotations

import csv
import json
import os
import subprocess

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from twins.asset import TagKind
from twins.clock import MINUTE, SECOND, parse_time
from twins.historian import exporting
from twins.historian.exporting import ExportCancelled, export_table
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError
from twins.record import Channel, Quality, Reason, Samples, Waveform, quality_byte

T0 = parse_time("2014-01-01T00:00:00Z")
POWER = Channel("T01.power", unit="kW")
STATE = Channel("T01.state", TagKind.ENUMERATION, values=("stopped", "running"))
NOTE = Channel("T01.note", TagKind.TEXT)
COUNT = Channel("T01.starts", TagKind.INTEGER)
FLAG = Channel("T01.enabled", TagKind.BOOLEAN)
WAVE = Channel("T01.vibration", TagKind.WAVEFORM)
BAD = quality_byte(Quality.BAD, Reason.OUT_OF_RANGE)


@pytest.fixture
def recording(tmp_path):
    with RecordingFile.create(tmp_path / "r.twin-recording", b"zip", "farm", T0) as made:
        wave = Waveform(T0, SECOND, "mm/s", np.array([0.5, -0.5], np.float32))
        batches = [
            Samples.numbers(POWER, T0 + MINUTE * np.arange(4), [1.25, 441.06, -0.1, 7], quality=[0b100, 0, 0, BAD]),
            Samples.numbers(STATE, [T0], [1], arrival=T0 + 5),
            Samples.of_texts(NOTE, [T0 + 1, T0 + MINUTE], ['said "no"; left', "läuft"]),
            Samples.numbers(COUNT, [T0], [2**62 + 1]),
            Samples.numbers(FLAG, [T0], [1]),
            Samples.of_waveforms(WAVE, [T0], [wave]),
        ]
        made.append(Samples.join(batches))
        yield made


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_that_a_csv_holds_every_sample_with_its_quality(recording, tmp_path):
    out = tmp_path / "out.csv"
    assert export_table(recording, T0, T0 + 10 * MINUTE, None, out) == 10
    rows = rows_of(out)
    power = [row for row in rows if row["tag"] == "T01.power"]
    assert [row["value"] for row in power] == ["1.25", "441.06", "-0.1", "7"]
    assert [parse_time(row["time"]) for row in power] == [T0 + i * MINUTE for i in range(4)]
    assert [(row["quality"], row["reason"], row["assumed"]) for row in power] == [
        ("good", "none", "true"),
        ("good", "none", "false"),
        ("good", "none", "false"),
        ("bad", "out_of_range", "false"),
    ]
    assert {row["unit"] for row in power} == {"kW"}
    assert "plant" not in rows[0]


def test_that_every_kind_of_value_is_told_exactly(recording, tmp_path):
    out = tmp_path / "out.csv"
    export_table(recording, T0, T0 + 10 * MINUTE, None, out)
    first = {row["tag"]: row for row in reversed(rows_of(out))}
    assert (first["T01.state"]["value"], first["T01.state"]["text"]) == ("1", "running")
    assert (first["T01.note"]["value"], first["T01.note"]["text"]) == ("", 'said "no"; left')
    assert first["T01.starts"]["text"] == str(2**62 + 1)
    assert (first["T01.enabled"]["value"], first["T01.enabled"]["text"]) == ("1", "true")
    assert json.loads(first["T01.vibration"]["text"]) == {"start": T0, "step": SECOND, "unit": "mm/s", "values": [0.5, -0.5]}
    assert parse_time(first["T01.note"]["time"]) == T0 + 1
    assert parse_time(first["T01.state"]["arrival"]) == T0 + 5


def test_that_parquet_holds_the_same_with_exact_times(recording, tmp_path):
    export_table(recording, T0, T0 + 10 * MINUTE, None, tmp_path / "out.csv")
    export_table(recording, T0, T0 + 10 * MINUTE, None, tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.schema.field("time").type == pa.timestamp("ns", "UTC")
    written = rows_of(tmp_path / "out.csv")
    assert table["tag"].to_pylist() == [row["tag"] for row in written]
    assert table["time"].cast(pa.int64()).to_pylist() == [parse_time(row["time"]) for row in written]
    assert table["value"].to_pylist() == [float(row["value"]) if row["value"] else None for row in written]
    assert table["text"].to_pylist() == [row["text"] or None for row in written]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_that_only_the_asked_stretch_and_tags_go_out(recording, tmp_path, ending):
    out = tmp_path / f"out{ending}"
    assert export_table(recording, T0 + MINUTE, T0 + 3 * MINUTE, ["T01.power"], out) == 2
    assert export_table(recording, T0 + MINUTE, T0 + MINUTE, None, out) == 0


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_that_a_simulated_plant_is_marked_on_every_row(tmp_path, ending):
    out = tmp_path / f"out{ending}"
    with RecordingFile.create(tmp_path / "s.twin-recording", b"zip", "farm", T0, simulated=True) as recording:
        recording.append(Samples.numbers(POWER, [T0, T0 + 1], [1, 2]))
        export_table(recording, T0, T0 + MINUTE, None, out)
    plants = [row["plant"] for row in rows_of(out)] if ending == ".csv" else parquet.read_table(out)["plant"].to_pylist()
    assert plants == ["SIMULATED PLANT"] * 2
    if ending == ".parquet":
        assert parquet.read_schema(out).metadata[b"plant"] == b"SIMULATED PLANT"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_that_a_notice_stands_on_every_row(recording, tmp_path, ending):
    out = tmp_path / f"out.{ending}"
    export_table(recording, T0, T0 + MINUTE, None, out, notice="Not a medical device.")
    rows = rows_of(out) if ending == "csv" else parquet.read_table(out).to_pylist()
    assert rows
    assert {row["notice"] for row in rows} == {"Not a medical device."}


def test_that_a_long_stretch_goes_out_piece_by_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "_ROWS_AT_ONCE", 500)
    times = T0 + np.sort(np.random.default_rng(3).integers(0, 400 * 24 * 60 * MINUTE, 20_000))
    with RecordingFile.create(tmp_path / "r.twin-recording", b"zip", "farm", T0) as recording:
        recording.append(Samples.numbers(POWER, times, np.arange(20_000)))
        asked = []

        class Watched:
            channels = recording.channels

            def between(self, start, end, tags):
                found = recording.between(start, end, tags)
                asked.append(len(found))
                return found

        told = []
        n = export_table(Watched(), T0, int(times[-1]) + 1, None, tmp_path / "out.parquet", lambda part, doing: told.append(part))
    assert n == 20_000
    assert parquet.read_table(tmp_path / "out.parquet")["value"].to_pylist() == list(range(20_000))
    assert max(asked) < 5000
    assert len(asked) < 200
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_that_a_cancelled_export_leaves_the_old_file(recording, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("precious")
    with pytest.raises(ExportCancelled):
        export_table(recording, T0, T0 + 10 * MINUTE, None, out, cancelled=lambda: True)
    assert out.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("r.")) == ["out.csv"]


@pytest.mark.parametrize(
    ("out", "tags", "told"),
    [
        ("out.xlsx", None, "neither .parquet nor .csv"),
        ("absent/out.csv", None, "is not a folder"),
        ("out.csv", ["T01.powr"], "no samples of T01.powr"),
    ],
)
def test_that_what_cannot_be_written_is_refused_in_one_sentence(recording, tmp_path, out, tags, told):
    with pytest.raises(RecordingError, match=told):
        export_table(recording, T0, T0 + MINUTE, tags, tmp_path / out)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_that_a_full_disk_leaves_no_half_written_file(tmp_path, ending):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("a small disk can't be mounted here")
    try:
        with RecordingFile.create(tmp_path / "r.twin-recording", b"zip", "farm", T0) as recording:
            recording.append(Samples.numbers(POWER, T0 + SECOND * np.arange(20_000), np.random.default_rng(1).random(20_000)))
            with pytest.raises(RecordingError, match=f"out{ending} can't be written"):
                export_table(recording, T0, T0 + 20_000 * SECOND, None, folder / f"out{ending}")
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=False)

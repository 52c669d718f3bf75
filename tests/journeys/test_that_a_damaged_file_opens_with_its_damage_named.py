"""A damaged file opens with its damage named, and nothing it lost is shown as current."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from twins.asset import TagKind
from twins.clock import SECOND, parse_time
from twins.historian.file import RecordingFile
from twins.package.opening import OpenPackage
from twins.record import Channel, Samples

ROOT = Path(__file__).parents[2]
START = parse_time("2020-01-01T00:00:00Z")


@pytest.fixture
def damaged(tmp_path, north_ridge):
    path = tmp_path / "damaged.twin-recording"
    power = Channel("T01.power", TagKind.NUMBER, "kW", SECOND)
    with RecordingFile.create(path, OpenPackage.at(north_ridge).zipped(), "north-ridge", START) as file:
        for i in range(10):
            file.append(
                Samples.numbers(power, [START + (i * 20 + k) * SECOND for k in range(20)], [i * 20.0 + k for k in range(20)])
            )
    database = sqlite3.connect(path)
    (data,) = database.execute("select data from block where id = 5").fetchone()
    place = path.read_bytes().index(data)
    database.close()
    with path.open("r+b") as file:
        file.seek(place + 33)
        file.write(bytes([data[33] ^ 0x10]))
    return path


def test_that_verify_names_the_damage(damaged):
    done = subprocess.run([sys.executable, ROOT / "main.py", "verify", damaged], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "block 5 with 20 samples is damaged" in done.stdout
    assert "Traceback" not in done.stderr


def test_that_the_window_names_the_damage_and_shows_the_rest(damaged, open_window, north_ridge, qtbot):
    place = open_window(north_ridge, damaged)
    told = []
    place.window.status.show_damage = told.append
    place.timeline.seek(START + 90 * SECOND)
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert "block 5" in told[-1][0]
    with RecordingFile.open(damaged) as file:
        lost, sound = file.at(START + 90 * SECOND), file.at(START + 130 * SECOND)
    assert not lost.reading("T01.power").sound
    assert (sound.reading("T01.power").sound, sound.reading("T01.power").value) == (True, 130.0)

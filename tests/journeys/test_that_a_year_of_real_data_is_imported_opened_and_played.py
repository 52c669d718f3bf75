"""A year of real data is imported, opened, played, and 20 random instants agree with the CSV."""

from __future__ import annotations

import csv
import gzip
import json
import random
import subprocess
import sys
from bisect import bisect_right
from datetime import datetime
from pathlib import Path

import pytest

from twins.clock import MINUTE, SECOND, format_time

ROOT = Path(__file__).parents[2]
COLUMNS = {"P_avg": "power", "Ws_avg": "wind_speed", "Ya_avg": "nacelle_direction", "Ba_avg": "pitch_angle"}
ASSETS = {"R80711": "T01", "R80721": "T02"}


def twindeck(*arguments):
    """The command line, as JSON."""
    done = subprocess.run([sys.executable, ROOT / "main.py", *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rows(sample_data):
    """tag → (times ns, texts as the file has them), ordered; of two rows at one time the later."""
    found = {}
    source = sample_data / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz"
    with gzip.open(source, "rt") as file:
        for row in csv.DictReader(file):
            t = round(datetime.fromisoformat(row["Date_time"]).timestamp()) * SECOND
            for column, name in COLUMNS.items():
                if row[column].strip():
                    found.setdefault(f"{ASSETS[row['Wind_turbine_name']]}.{name}", {})[t] = float(row[column])
    return {tag: (sorted(values), values) for tag, values in found.items()}


@pytest.fixture(scope="module")
def imported(sample_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("journey") / "year.twin-recording"
    report = twindeck(
        "import", "north-ridge", sample_data / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz",
        "--map", ROOT / "resources/twins/north-ridge/mappings/la-haute-borne.yaml", "--to", path, "--json",
    )  # fmt: skip
    return path, report


def test_that_every_cell_is_accounted_for(imported, rows):
    _, report = imported
    lost = sum(n for cause, n in report["rejected"].items() if cause != "conflict")
    assert report["samples"] + lost == 105_108 * 7
    assert report["rejected"]["duplicate"] + report["rejected"]["conflict"] == 12 * 7
    assert report["first"] == "2014-01-01T00:00:00Z"
    assert set(rows) <= set(report["tags"])


def test_that_twenty_random_instants_agree_with_the_csv(imported, rows):
    path, _ = imported
    choose = random.Random(20)
    for _ in range(20):
        tag = choose.choice(sorted(rows))
        times, values = rows[tag]
        t = choose.randrange(times[0], times[-1])
        told = twindeck("state", path, "--at", format_time(t), "--json")["tags"][tag]
        newest = times[bisect_right(times, t) - 1]
        assert told["value"] == values[newest]
        assert told["age_s"] == (t - newest) / SECOND
        assert told["stale"] == (t - newest > 19 * MINUTE)


def test_that_the_window_shows_what_the_csv_says_and_plays_on(imported, rows, open_window, listen, north_ridge, qtbot):
    path, _ = imported
    place = open_window(north_ridge, path)
    shown = listen(place)
    choose = random.Random(7)
    for _ in range(5):
        t = choose.randrange(place.timeline.start, place.timeline.end)
        place.timeline.seek(t)
        qtbot.waitUntil(lambda t=t: bool(shown) and shown[-1].time == t, timeout=60_000)
        for tag, (times, values) in rows.items():
            reading = shown[-1].reading(tag)
            assert reading.value == values[times[bisect_right(times, t) - 1]]
    before = place.timeline.cursor
    place.timeline.speed = 128.0
    place.timeline.play()
    qtbot.waitUntil(lambda: shown[-1].time > before + 60 * SECOND, timeout=60_000)
    place.timeline.pause()

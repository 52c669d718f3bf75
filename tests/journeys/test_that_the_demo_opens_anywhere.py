"""The demo opens with and without sample data, and without a display it runs on a virtual one and says what it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twins.historian.file import RecordingFile
from ui import demo

ROOT = Path(__file__).parents[2]


def test_that_without_sample_data_a_synthetic_day_says_that_it_is_one(north_ridge, tmp_path, monkeypatch):
    monkeypatch.setattr(demo.platformdirs, "user_cache_path", lambda *_, **__: tmp_path)
    path, start = demo.demo_recording(north_ridge, tmp_path / "absent", lambda *_: None)
    with RecordingFile.open(path) as recording:
        assert recording.simulated
        assert recording.at(start).reading("power").sound
    again, _ = demo.demo_recording(north_ridge, tmp_path / "absent", lambda *_: None)
    assert again == path


def test_that_without_a_display_it_says_so_leaves_a_picture_and_ends_well(tmp_path):
    code = (
        "import sys; from pathlib import Path; from ui import demo; demo.SECONDS = 6; demo.MAIN = Path(sys.argv[1]) / 'main.py'; "
        "sys.exit(demo.run(Path(sys.argv[1]) / 'resources/twins/north-ridge', Path('absent')))"
    )
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-c", code, ROOT],
        cwd=tmp_path,
        env=bare | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "There is no display here" in done.stdout
    assert "SIMULATED PLANT" in done.stdout
    assert "Traceback" not in done.stderr
    assert (tmp_path / "build" / "demo.png").stat().st_size > 50_000

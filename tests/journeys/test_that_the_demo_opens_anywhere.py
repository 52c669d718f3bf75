"""Without a display the demo runs on a virtual one: plant, broker, station, window; it says what it did and leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ui import demo

ROOT = Path(__file__).parents[2]


def test_that_without_a_display_it_says_so_leaves_a_picture_and_ends_well(tmp_path):
    code = (
        "import sys; from pathlib import Path; from ui import demo; demo.HEADLESS_S = 12; "
        "sys.exit(demo.run(Path(sys.argv[1]) / 'resources/twins/north-ridge'))"
    )
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "STATE", "DATA")}
    done = subprocess.run(
        [sys.executable, "-c", code, ROOT],
        cwd=tmp_path,
        env=bare | homes | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "There is no display here" in done.stdout
    assert "SIMULATED PLANT" in done.stdout
    assert "363 tags" in done.stdout, "179 of the plant, the others what is estimated of it"
    assert "Traceback" not in done.stderr
    assert (tmp_path / "build" / "demo.png").stat().st_size > 50_000
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout == "", "nothing is left running"


def test_that_only_the_last_few_demos_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(demo.platformdirs, "user_cache_path", lambda *_, **__: tmp_path)
    folder = tmp_path / "demo"
    folder.mkdir()
    for day in range(10, 20):
        for ending in ("twin-recording", "desk", "lock"):
            (folder / f"farm 2026-11-{day}T12.00.00.{ending}").touch()
    fresh = demo.new_record("farm")
    assert not fresh.exists()
    assert len(list(folder.glob("*.twin-recording"))) == demo.KEPT - 1
    assert len(list(folder.glob("*.desk"))) == demo.KEPT - 1

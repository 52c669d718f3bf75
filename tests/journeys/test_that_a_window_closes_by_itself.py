"""A window as a process of its own opens, draws a picture of itself and ends without a fault; of a twin without shapes, too."""

from __future__ import annotations

import pytest

from tests.rig import main_py

LIST = "path,unit,min,max\nP1.flow,l/s,0,10\nP1.pressure,bar,0,6\nP2.flow,l/s,0,10\n"


@pytest.mark.parametrize("twin", ["north-ridge", "tag list"])
def test_that_a_window_closes_by_itself(tmp_path, twin):
    if twin == "tag list":
        (tmp_path / "tags.csv").write_text(LIST)
        assert main_py("new", str(tmp_path / "tl"), "--from", str(tmp_path / "tags.csv")).returncode == 0
        twin = str(tmp_path / "tl")
    record, picture = tmp_path / "r.twin-recording", tmp_path / "window.png"
    assert main_py("emulate", twin, "--to", str(record), "--for", "1 min").returncode == 0
    ran = main_py("open", str(record), "--for", "8", "--screenshot", str(picture))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert picture.stat().st_size > 10_000

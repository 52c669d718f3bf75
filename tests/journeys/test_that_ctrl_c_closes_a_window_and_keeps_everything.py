"""Ctrl+C in the terminal that a window was opened from: it closes as by a click, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ui.told import PAGE, SHOWN

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_ctrl_c_closes_a_window(tmp_path, number, north_ridge):
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "STATE", "DATA")}
    command = [sys.executable, str(ROOT / "main.py"), "open", str(north_ridge)]
    with subprocess.Popen(
        command, env=os.environ | homes | {PAGE: "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as window:
        assert window.stdout.readline().strip() == SHOWN
        window.send_signal(number)
        _, complaints = window.communicate(timeout=60)
    assert window.returncode == 0, complaints
    assert "Traceback" not in complaints
    assert "KeyboardInterrupt" not in complaints


def hears_who_asks_it_to_go(pid):
    """Whether the process catches a polite kill, as Python by itself doesn't."""
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def test_that_ctrl_c_ends_the_start_page(tmp_path):
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "STATE", "DATA")}
    page = subprocess.Popen([sys.executable, str(ROOT / "main.py")], env=os.environ | homes, stderr=subprocess.PIPE, text=True)
    with page:
        while not hears_who_asks_it_to_go(page.pid):
            time.sleep(0.1)
        page.send_signal(signal.SIGINT)
        _, complaints = page.communicate(timeout=60)
    assert page.returncode == 0
    assert "Traceback" not in complaints

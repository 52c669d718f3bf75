"""Ctrl+C in the terminal that a window was opened from: it closes as by a click, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
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


def test_that_ctrl_c_ends_the_start_page(tmp_path):
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "STATE", "DATA")}
    with subprocess.Popen(
        [sys.executable, str(ROOT / "main.py")],
        env=os.environ | homes | {PAGE: "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as page:  # fmt: skip
        assert page.stdout.readline().strip() == SHOWN
        page.send_signal(signal.SIGINT)
        _, complaints = page.communicate(timeout=60)
    assert page.returncode == 0
    assert "Traceback" not in complaints

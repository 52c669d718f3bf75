"""Live: a window attaches itself to the station of its twin, or starts one where a broker is named."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from twins import InputError

MAIN = Path(__file__).parents[1] / "main.py"


@contextlib.contextmanager
def attached(package: Path, broker: str) -> Iterator[Path | None]:
    """The record of the station that runs for a twin here (behind `broker`, where one is named), else of one that is started for
    `broker` and goes with the window; None where there is neither. Raises InputError.
    """
    from twins.package.loader import load
    from twins.station.finding import record_of

    twin = load(package).id if package.exists() else ""
    found = record_of(twin, broker) if twin else None
    if found is not None or not broker or not twin:
        yield found
        return
    record = platformdirs.user_data_path("twindeck", ensure_exists=True) / "records" / twin
    with child("record", str(package), "--broker", broker, "--to", str(record)) as said:
        first_line(said)
        yield record


@contextlib.contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another command of this program as a process; it ends with the block, and with this process however that ends."""
    command = [sys.executable, str(MAIN), *arguments, "--until-eof"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(8)
        if process.poll() is None:
            process.kill()
            process.wait()


def first_line(process: subprocess.Popen[str]) -> str:
    """What a process says first. Raises InputError with its complaint where it ends instead."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    if not line:
        complaint = process.stderr.read().strip().splitlines()
        raise InputError((complaint[-1] if complaint else "the station ended without a word").removeprefix("twindeck: "))
    return line.strip()

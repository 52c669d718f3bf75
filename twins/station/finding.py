"""Finding: which stations run on this machine, for which twin, and where their records are."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from twins.historian.lock import holder


@dataclass(frozen=True, slots=True)
class Running:
    """A station that runs here. `record` is absolute."""

    twin: str
    record: str
    broker: str
    pid: int


def notice_board() -> Path:
    """Where stations of this user put up their notices."""
    return platformdirs.user_state_path("twindeck", ensure_exists=True) / "stations"


@contextlib.contextmanager
def announced(running: Running) -> Iterator[None]:
    """Puts up a notice for as long as the station runs. A notice that a killed one left counts for nothing: its lock is free."""
    board = notice_board()
    board.mkdir(exist_ok=True, mode=0o700)
    notice = board / f"{hashlib.sha256(running.record.encode()).hexdigest()[:16]}.json"
    notice.write_text(json.dumps(asdict(running)), "utf-8")
    try:
        yield
    finally:
        notice.unlink(missing_ok=True)


def running_stations() -> tuple[Running, ...]:
    """Those whose lock is held, by the name of their record."""
    found = []
    for notice in sorted(notice_board().glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            running = Running(**json.loads(notice.read_text("utf-8")))
            if holder(Path(running.record)):
                found.append(running)
    return tuple(found)


def record_of(twin: str) -> Path | None:
    """The record of the station that runs for a twin here; None where none does."""
    return next((Path(each.record) for each in running_stations() if each.twin == twin), None)

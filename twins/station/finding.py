"""Finding: which stations run on this machine, for which twin, and where their records are."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from twins import InputError
from twins.historian.lock import holder
from twins.package.archive import ROOT, files_of, is_package
from twins.package.document import read_document


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


def record_of(twin: str, broker: str = "") -> Path | None:
    """The record of the station that runs for a twin here, behind that broker where one is named; None where none does.
    `twin` is its id, or where its package lies.

    Raises InputError where several do: what is said to the wrong one would change another plant.
    """
    here = running_stations()
    known = {each.twin for each in here}
    named = twin if twin in known or not is_package(Path(twin)) else _id_of(Path(twin))
    found = [each.record for each in here if each.twin == named and broker in ("", each.broker)]
    if len(found) > 1:
        raise InputError(f"{len(found)} stations run for {twin} here; name the record of the one you mean: {', '.join(found)}")
    return Path(found[0]) if found else None


def _id_of(package: Path) -> str:
    """Read from its head alone. Raises PackageError."""
    told = read_document(ROOT, files_of(package).read(ROOT)).data
    head = told.get("twin") if isinstance(told, dict) else None
    return str(head.get("id", "")) if isinstance(head, dict) else ""

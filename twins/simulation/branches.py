"""Branches: the what-ifs and forecasts that lie beside a record, found as they come, each opened when it is asked for."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twins.historian.days import Record
from twins.historian.file import RecordingFile
from twins.historian.recording import Recording, RecordingError
from twins.timeline import Lane, LaneKind

_KINDS = {"what-if": LaneKind.WHAT_IF, "forecast": LaneKind.FORECAST}


def folder_of(record: Path) -> Path:
    """Where the branches of a record are kept."""
    return record.with_name(f"{record.stem}.branches")


@dataclass(frozen=True, slots=True)
class Branched:
    """One branch: its lane on the timeline, and what is told of it in lists."""

    path: Path
    lane: Lane
    forked_from: str
    run: dict[str, object]
    findings: dict[str, object]


class Lanes:
    """The plant's record and its branches, read by one thread."""

    def __init__(self, plant: Recording | Record, record: Path | None = None, more: Sequence[Path] = ()) -> None:
        """`record` is where the plant's record lies; `more` are branches that lie elsewhere."""
        self.plant = plant
        self._folder = folder_of(record) if record is not None else None
        self._more = tuple(more)
        self._known: dict[Path, tuple[object, Branched | None]] = {}
        self._open: dict[str, RecordingFile] = {}

    def of(self, key: str) -> Recording | Record:
        """The recording of a lane, "" the plant's. Raises RecordingError where it is gone."""
        if not key:
            return self.plant
        if key not in self._open:
            self._open[key] = RecordingFile.open(Path(key))
        return self._open[key]

    def look(self) -> tuple[Branched, ...]:
        """All branches that can be read, in the order in which they leave; what was written anew is read anew."""
        found = [path for path in (*self._files(), *self._more) if (stamp := _stamp(path)) and self._read(path, stamp)]
        for key in [key for key in self._open if Path(key) not in found]:
            self._open.pop(key).close()
        branches = [branch for path in found if (branch := self._known[path][1])]
        return tuple(sorted(branches, key=lambda each: (each.lane.start, str(each.path))))

    def close(self) -> None:
        """Closes all of them."""
        for file in self._open.values():
            file.close()
        self._open.clear()
        self.plant.close()

    def _files(self) -> list[Path]:
        """Those that took their place; a draft, which is hidden, will be another file when it is whole."""
        found = self._folder.glob("[!.]*.twin-recording") if self._folder is not None and self._folder.is_dir() else []
        return sorted(found)

    def _read(self, path: Path, stamp: object) -> bool:
        """One that can't be read just now, as while it is written, is read again at the next look, and not gone before that."""
        known, before = self._known.get(path, (None, None))
        if known != stamp:
            if str(path) in self._open:
                self._open.pop(str(path)).close()
            found = branched(path)
            self._known[path] = (stamp, found) if found is not None else (None, before if known is not None else None)
        return self._known[path][1] is not None


def branched(path: Path) -> Branched | None:
    """What a branch says of itself; None where the file is none, or can't be read."""
    with contextlib.suppress(RecordingError, ValueError, KeyError), RecordingFile.open(path) as file:
        meta, span = file.meta, file.span()
        if span is None or meta.get("lane") not in _KINDS:
            return None
        run, findings = json.loads(meta.get("run", "{}")), json.loads(meta.get("findings", "{}"))
        kind = _KINDS[meta["lane"]]
        name = str(run.get("name") or (kind if kind is LaneKind.FORECAST else path.stem))
        lane = Lane(name, kind, int(meta["forked_at"]), span[1], str(path))
        return Branched(path, lane, meta.get("forked_from", ""), run, findings)
    return None


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

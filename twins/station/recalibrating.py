"""Recalibrating: a package whose calibration was changed is read again beside the station's work, taken up between two turns."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path

from twins import InputError
from twins.asset import Twin
from twins.package.archive import ROOT, files_in, files_of, zipped
from twins.package.calibration import CALIBRATION, digest_of
from twins.package.loader import load_zipped

EVERY = 2.0  # s
_Mark = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Found:
    """The package as it is now; `twin` is None where it can't be taken up, and `why` says so."""

    content: bytes
    twin: Twin | None
    why: str = ""


class Recalibrating:
    """A thread that looks at one file of the package, or at its zip. `close` ends it."""

    def __init__(self, package: Path, content: bytes, every: float = EVERY) -> None:
        self._package, self._content, self._every = package, content, every
        self._file = _watched(package)
        self._mark = _mark(self._file)
        self._digest = digest_of(files_in(content))
        self._found: Found | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="calibration-watch", daemon=True)
        self._thread.start()

    def take(self) -> Found | None:
        """What has changed since the last time; once."""
        found, self._found = self._found, None
        return found

    def close(self) -> None:
        """Looks no more."""
        self._ended.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            mark = _mark(self._file)
            if mark != self._mark:
                self._mark = mark
                self._read()

    def _read(self) -> None:
        try:
            content = zipped(self._package)
            if content == self._content:
                return
            if digest_of(files_in(content)) != self._digest:
                why = f"{self._package} is another package by now; start the station again to take it up"
                self._found = Found(content, None, why)
                return
            self._found, self._content = Found(content, load_zipped(content)), content
        except InputError as problem:
            self._found = Found(b"", None, f"{self._package} can't be taken up: {str(problem).splitlines()[0]}")


def _watched(package: Path) -> Path:
    if package.is_file() and package.name != ROOT:
        return package
    return (files_of(package).folder or package) / CALIBRATION


def _mark(file: Path) -> _Mark:
    with contextlib.suppress(OSError):
        stat = file.stat()
        return stat.st_mtime_ns, stat.st_size
    return None

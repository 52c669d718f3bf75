"""Opening: what a window needs is found and checked before there is one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import platformdirs

from twins import InputError
from twins.historian.file import RecordingFile
from twins.historian.memory import MemoryRecording
from twins.historian.recording import Recording
from twins.package.opening import OpenPackage
from twins.timeline import Timeline
from ui.main_window import Opened

FOREVER = 2**63 - 1


def prepare(package: Path | None, recording: Path | None, at: int | None) -> tuple[OpenPackage, Opened, Timeline]:
    """The package, what the window is opened on, and its timeline, at the instant `at`. Raises InputError."""
    source, span, simulated, kept = _recording(recording, FOREVER if at is None else at)
    opened_package = OpenPackage.of(kept) if package is None else OpenPackage.at(package)
    timeline = Timeline(*span)
    if at is not None:
        timeline.seek(at)
    name = recording or Path("no recording")
    meshes = partial(opened_package.meshes, platformdirs.user_cache_path("twindeck") / "meshes")
    return opened_package, Opened(opened_package.twin, name, source, meshes, simulated=simulated), timeline


def _recording(path: Path | None, at: int) -> tuple[Callable[[], Recording], tuple[int, int], bool, bytes]:
    """How the reading thread opens it, its span, whether it is simulated, and the package in force then."""
    if path is None:
        return MemoryRecording, (0, 0), False, b""
    with RecordingFile.open(path) as file:
        kept = file.package_at(at)
        if kept is None:
            raise InputError(f"the twin package inside {path} is damaged; open it with its package: open TWIN --recording {path}")
        return lambda: RecordingFile.open(path), file.span() or (0, 0), file.simulated, kept

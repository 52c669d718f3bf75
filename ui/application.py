"""The application: what is to be opened becomes a window, and the window's life."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from twins import InputError
from twins.historian.file import RecordingFile
from twins.historian.memory import MemoryRecording
from twins.historian.recording import Recording
from twins.package.opening import OpenPackage
from twins.timeline import Timeline
from ui.main_window import Opened
from ui.settings import Settings, default_path
from ui.workplace import Workplace

FOREVER = 2**63 - 1


def run(
    package: Path | None,
    recording: Path | None,
    at: int | None = None,
    *,
    play: float = 0.0,
    seconds: float = 0.0,
    screenshot: Path | None = None,
) -> int:
    """Opens the window and returns its exit code. Without a package the recording's own is shown. Raises InputError."""
    opened_package, opened, timeline = prepare(package, recording, at)
    if play:
        try:
            timeline.speed = play
        except ValueError as error:
            raise InputError(str(error)) from None
        timeline.play()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Twindeck")
    _survive_errors()
    place = Workplace(app, opened, timeline, Settings(default_path()))
    place.window.show()
    if seconds:
        QTimer.singleShot(round(seconds * 1000), lambda: _leave(place, screenshot))
    try:
        return app.exec()
    finally:
        opened_package.close()


def prepare(package: Path | None, recording: Path | None, at: int | None) -> tuple[OpenPackage, Opened, Timeline]:
    """What a window needs, found and checked before there is one. Raises InputError."""
    source, span, simulated, kept = _recording(recording)
    opened_package = OpenPackage.of(kept) if package is None else OpenPackage.at(package)
    timeline = Timeline(*span)
    if at is not None:
        timeline.seek(at)
    opened = Opened(
        opened_package.twin, recording or Path("no recording"), source, opened_package.meshes, simulated=simulated
    )
    return opened_package, opened, timeline


def _recording(path: Path | None) -> tuple[Callable[[], Recording], tuple[int, int], bool, bytes]:
    """How the reading thread opens it, its span, whether it is simulated, and its newest package."""
    if path is None:
        return MemoryRecording, (0, 0), False, b""
    with RecordingFile.open(path) as file:
        kept = file.package_at(FOREVER)
        if kept is None:
            raise InputError(f"the twin package inside {path} is damaged; open it with its package: open TWIN --recording {path}")
        return lambda: RecordingFile.open(path), file.span() or (0, 0), file.simulated, kept


def _leave(place: Workplace, screenshot: Path | None) -> None:
    if screenshot and not place.window.grab().save(str(screenshot)):
        print(f"twindeck: {screenshot} can't be written; choose another folder", file=sys.stderr)
    place.window.close()


def _survive_errors() -> None:
    """An error in a slot is logged and the window lives on; Qt would otherwise only print it."""

    def tell(kind: type[BaseException], error: BaseException, trace: object) -> None:
        logging.getLogger("twindeck").error("an error in the window", exc_info=(kind, error, trace))  # type: ignore[arg-type]

    sys.excepthook = tell

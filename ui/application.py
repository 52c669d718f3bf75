"""The application: what is to be opened becomes a window, and the window's life."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication

from twins import InputError
from ui.scene_probe import Probe, surface_format
from ui.settings import Settings, default_path
from ui.shell import Shell
from ui.terminal import leaves
from ui.told import SHOWN, teller

if TYPE_CHECKING:
    from ui.workplace import Workplace


RECENT, MOST_RECENT = "recent", 12


def run(
    package: Path | None,
    recording: Path | None,
    at: int | None = None,
    *,
    play: float = 0.0,
    seconds: float = 0.0,
    screenshot: Path | None = None,
    operator: str = "",
    branches: tuple[Path, ...] = (),
    begin_fault: Callable[[str], None] | None = None,
    wait: Callable[[], None] | None = None,
) -> int:
    """Opens the window and returns its exit code. Without a package the recording's own is shown. Raises InputError.

    `operator` is who is at the desk; a live window asks where it is not said. `branches` are what-ifs and forecasts to show.
    `begin_fault` begins a fault in a plant that is ours to break. `wait` returns once what is to be opened is there.
    """
    QSurfaceFormat.setDefaultFormat(surface_format())
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("Twindeck")
    settings = Settings(default_path())
    shell = Shell(settings, f"Opening {(recording or package or Path()).stem}…")
    shell.show()
    while not (shell.windowHandle().isExposed() and shell.painted):
        app.processEvents()
    probe = Probe()  # asks for OpenGL while the rest is imported
    from ui.opening import prepare
    from ui.workplace import Workplace

    try:
        beforehand = None
        if wait is not None:  # what takes long is done meanwhile
            import ui.scene_view  # noqa: F401
            from twins.package.opening import OpenPackage

            beforehand = OpenPackage.at(package) if package is not None else None
            wait()
        opened_package, opened, timeline = prepare(package, recording, at, branches, beforehand)
        if play:
            _play(timeline, play)
    except InputError:
        probe.give_up()
        raise
    _survive_errors()
    opened = replace(opened, simulated=opened.simulated or begin_fault is not None)
    place = Workplace(app, opened, timeline, settings, probe, operator, begin_fault)
    place.tell = tell = teller()
    leaves(lambda: QTimer.singleShot(0, place.window.close))  # not in the midst of what was being done
    place.window.show()
    QTimer.singleShot(0, shell.close)
    if tell is not None:
        place.window.furnished.connect(lambda: tell(SHOWN))
    remember(settings, recording or package if begin_fault is None else None)
    if seconds:
        QTimer.singleShot(round(seconds * 1000), lambda: _leave(place, screenshot))
    try:
        return app.exec()
    finally:
        opened_package.close()


def remember(settings: Settings, path: Path | None) -> None:
    """Keeps what was opened for the start page, the newest first; a demo is always there anyway."""
    if path is not None and path.exists():
        kept = [one for one in settings.get(RECENT, []) if one != str(path.absolute())]
        settings.put(RECENT, [str(path.absolute()), *kept][:MOST_RECENT])


def _play(timeline, speed: float) -> None:  # type: ignore[no-untyped-def]
    try:
        timeline.speed = speed
    except ValueError as error:
        raise InputError(str(error)) from None
    timeline.play()


def _leave(place: Workplace, screenshot: Path | None) -> None:
    if screenshot and not place.window.grab().save(str(screenshot)):
        print(f"twindeck: {screenshot} can't be written; choose another folder", file=sys.stderr)
    place.window.close()


def _survive_errors() -> None:
    """An error in a slot is logged and the window lives on; Qt would otherwise only print it."""
    import logging

    def tell(kind: type[BaseException], error: BaseException, trace: object) -> None:
        logging.getLogger("twindeck").error("an error in the window", exc_info=(kind, error, trace))  # type: ignore[arg-type]

    sys.excepthook = tell

"""A window that was opened from the start page: a process of its own, that says when it is shown and what it asks of the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from ui.runs import MAIN
from ui.told import PAGE

PATIENCE_MS = 8_000  # to close what runs, before it is ended


class Opened(QObject):
    """One command of this program. `said` gives each word (shown, start, quit); `ended` its complaint, "" for none."""

    said = Signal(str)
    ended = Signal(str)

    def __init__(self, arguments: Sequence[str], parent: QObject) -> None:
        super().__init__(parent)
        self._arguments = [str(MAIN), *arguments]
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert(PAGE, "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._hear)
        self._process.readyReadStandardError.connect(self._note)
        self._process.finished.connect(self._end)
        self._process.errorOccurred.connect(self._fail)
        self._complaint = ""
        self._over = False
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self._part)

    def start(self) -> None:
        """Begins."""
        self._process.start(sys.executable, self._arguments)

    def close(self) -> None:
        """Asks it to go, and ends it if it doesn't."""
        self._process.terminate()
        QTimer.singleShot(PATIENCE_MS, self, self._process.kill)

    def _part(self) -> None:
        """The page goes, say by Ctrl+C: what runs has the time to end, too."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.terminate()
            self._process.waitForFinished(PATIENCE_MS)

    def _hear(self) -> None:
        while self._process.canReadLine():
            self.said.emit(bytes(self._process.readLine().data()).decode(errors="replace").strip())

    def _note(self) -> None:
        lines = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip().splitlines()
        self._complaint = next((line for line in reversed(lines) if line.startswith("twindeck: ")), self._complaint)

    def _end(self, code: int) -> None:
        self._hear()
        self._note()
        self._finish(self._complaint.removeprefix("twindeck: ") if code == 1 else "")

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._finish("the window could not be started")

    def _finish(self, complaint: str) -> None:
        if not self._over:
            self._over = True
            self.ended.emit(complaint)

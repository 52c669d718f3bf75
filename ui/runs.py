"""Runs: what-ifs, forecasts and searches, each a process of its own, one after the other; each can be cancelled."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

MAIN = Path(__file__).parents[1] / "main.py"
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"


@dataclass(slots=True, eq=False)
class Run:
    """One command of this program. `then` is given what it answered."""

    name: str
    arguments: tuple[str, ...]
    then: Callable[[object], None] = lambda answer: None
    quiet: bool = False  # not shown in the queue
    state: str = WAITING
    done: float = 0.0  # 0…1
    said: str = ""  # what it is at, or why it failed
    answer: bytearray = field(default_factory=bytearray)  # as it was printed


class Runs(QObject):
    """`changed` fires when the queue is another; the window lives on whatever a run does. All runs share one QProcess, which is
    as long there as this is: one that deletes itself while a lambda hears its end costs the window's life (PySide6 6.12)."""

    changed = Signal()
    ended = Signal(object)  # a Run, whatever came of it

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[Run] = []
        self._run: Run | None = None
        self._process = QProcess(self)
        self._process.readyReadStandardError.connect(self._hear)
        self._process.readyReadStandardOutput.connect(self._take)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._failed)

    def add(self, run: Run) -> None:
        """At the end of the queue."""
        self.queue.append(run)
        self._next()
        self.changed.emit()

    def cancel(self, run: Run) -> None:
        """Ends it; nothing is written."""
        if run.state == WAITING:
            run.state = CANCELLED
            self._drop(run)
        elif run.state == RUNNING:
            run.state = CANCELLED
            self._process.closeWriteChannel()  # it is asked, and answers at its next step
        self.changed.emit()

    def close(self) -> None:
        """Ends what runs."""
        self.queue.clear()
        self._run = None
        self._process.blockSignals(True)  # whoever would hear of it is going, too
        self._process.kill()
        self._process.waitForFinished(2000)

    def forget(self, run: Run) -> None:
        """One that failed was read."""
        if run in self.queue and run.state == FAILED:
            self.queue.remove(run)
            self.changed.emit()

    def _next(self) -> None:
        run = next((run for run in self.queue if run.state == WAITING), None)
        if self._run is not None or run is None:
            return
        run.state, self._run = RUNNING, run
        self._process.start(sys.executable, [str(MAIN), *run.arguments, "--json", "--until-eof"])

    def _hear(self) -> None:
        """Whole lines only; what is not ended yet is heard the next time."""
        self._process.setReadChannel(QProcess.ProcessChannel.StandardError)
        while self._run is not None and self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode("utf-8", "replace").rstrip()
            if line.startswith("{"):
                told = json.loads(line)
                self._run.done, self._run.said = float(told["done"]), str(told["what"])
            elif line:
                self._run.said = line.removeprefix("twindeck: ")
        self.changed.emit()

    def _take(self) -> None:
        if self._run is not None:
            self._run.answer.extend(bytes(self._process.readAllStandardOutput().data()))

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._ended(1)

    def _ended(self, code: int) -> None:
        self._hear()
        self._take()
        run, self._run = self._run, None
        if run is None:
            return
        if run.state == RUNNING:
            run.state = DONE if code == 0 else FAILED
            run.done = 1.0 if code == 0 else run.done
        self._drop(run)
        if run.state == DONE:
            run.then(json.loads(run.answer.decode() or "null"))
        self.ended.emit(run)
        self._next()
        self.changed.emit()

    def _drop(self, run: Run) -> None:
        if run.state != FAILED and run in self.queue:
            self.queue.remove(run)

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
    _output: bytearray = field(default_factory=bytearray)


class Runs(QObject):
    """`changed` fires when the queue is another; the window lives on whatever a run does."""

    changed = Signal()
    ended = Signal(object)  # a Run, whatever came of it

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[Run] = []
        self._process: QProcess | None = None

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
        elif run.state == RUNNING and self._process is not None:
            run.state = CANCELLED
            self._process.closeWriteChannel()  # it is asked, and answers at its next step
        self.changed.emit()

    def close(self) -> None:
        """Ends what runs."""
        self.queue.clear()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)  # whoever would hear of it is going, too
            process.kill()
            process.waitForFinished(2000)
            process.deleteLater()

    def _next(self) -> None:
        run = next((run for run in self.queue if run.state == WAITING), None)
        if self._process is not None or run is None:
            return
        run.state = RUNNING
        process = self._process = QProcess(self)
        process.readyReadStandardError.connect(lambda: self._hear(run, process))
        process.readyReadStandardOutput.connect(lambda: run._output.extend(bytes(process.readAllStandardOutput().data())))
        process.finished.connect(lambda code: self._ended(run, code))
        process.errorOccurred.connect(lambda error: self._ended(run, 1) if error is QProcess.ProcessError.FailedToStart else None)
        process.start(sys.executable, [str(MAIN), *run.arguments, "--json", "--until-eof"])

    def _hear(self, run: Run, process: QProcess) -> None:
        """Whole lines only; what is not ended yet is heard the next time."""
        process.setReadChannel(QProcess.ProcessChannel.StandardError)
        while process.canReadLine():
            line = bytes(process.readLine().data()).decode("utf-8", "replace").rstrip()
            if line.startswith("{"):
                told = json.loads(line)
                run.done, run.said = float(told["done"]), str(told["what"])
            elif line:
                run.said = line.removeprefix("twindeck: ")
        self.changed.emit()

    def _ended(self, run: Run, code: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._hear(run, process)
            run._output.extend(bytes(process.readAllStandardOutput().data()))
            process.deleteLater()
        if run.state == RUNNING:
            run.state = DONE if code == 0 else FAILED
            run.done = 1.0 if code == 0 else run.done
        self._drop(run)
        if run.state == DONE:
            run.then(json.loads(run._output.decode() or "null"))
        self.ended.emit(run)
        self._next()
        self.changed.emit()

    def _drop(self, run: Run) -> None:
        if run.state != FAILED and run in self.queue:
            self.queue.remove(run)

    def forget(self, run: Run) -> None:
        """One that failed was read."""
        if run in self.queue and run.state == FAILED:
            self.queue.remove(run)
            self.changed.emit()

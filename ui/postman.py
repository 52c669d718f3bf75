"""The postman: one thread that puts intentions on the desk, so that no disk ever holds up the window."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from twins import InputError
from twins.historian.desk import Desk
from twins.record import Intention


class Postman(QObject):
    """`failed` tells in one sentence what could not be posted."""

    failed = Signal(str)

    def __init__(self, record: Path) -> None:
        super().__init__()
        self._record = record
        self._waiting: queue.SimpleQueue[Intention | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)
        self._thread.start()

    def post(self, intention: Intention) -> None:
        """Soon, and in order."""
        self._waiting.put(intention)

    def close(self) -> None:
        """Posts what still waits, then ends."""
        self._waiting.put(None)
        self._thread.join(3)

    def _work(self) -> None:
        desk: Desk | None = None
        while (intention := self._waiting.get()) is not None:
            try:
                desk = desk or Desk.beside(self._record)
                desk.post(intention)
            except InputError as problem:
                self.failed.emit(f"Not said: {problem}")
        if desk is not None:
            desk.close()

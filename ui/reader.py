"""The reader: one thread with its own connection to the recording, which answers the newest question of each slot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal, Slot

from twins import clock
from twins.simulation.branches import Lanes

Read = Callable[[Lanes], object]


@dataclass(frozen=True, slots=True)
class _Done:
    slot: int
    result: object
    fault: str
    took_ns: int  # from the question to its answer


class Reader(QObject):
    """Questions go in from the GUI thread, answers come out there by queued signal; slot 0 goes first.

    A slot's newer question replaces one that nobody has begun to answer; once begun, `ask` refuses until it has been
    delivered, so no answer is ever older than the last question that was taken.
    """

    answered = Signal(
        int, object, object
    )  # slot, what `read` returned, ns (an int of Qt's ends at two seconds) from question to answer
    failed = Signal(int, str)  # slot, one sentence
    _done = Signal(object)

    def __init__(self, open_recording: Callable[[], Lanes]) -> None:
        super().__init__()
        self._open = open_recording
        self._wanted: dict[int, tuple[Read, int]] = {}
        self._begun: set[int] = set()
        self._closing = False
        self._bell = threading.Condition()
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="recording-reader", daemon=True)
        self._thread.start()

    def ask(self, slot: int, read: Read) -> bool:
        """Puts a question; False while an earlier one of this slot is being answered."""
        with self._bell:
            if slot in self._begun or self._closing:
                return False
            self._wanted[slot] = (read, clock.monotonic())
            self._bell.notify()
            return True

    def close(self) -> None:
        """Ends the thread and its connection; waits for the answer that is being made."""
        with self._bell:
            self._closing = True
            self._bell.notify()
        self._thread.join()

    @Slot(object)
    def _deliver(self, done: _Done) -> None:
        with self._bell:
            self._begun.discard(done.slot)
        if done.fault:
            self.failed.emit(done.slot, done.fault)
        else:
            self.answered.emit(done.slot, done.result, done.took_ns)

    def _work(self) -> None:
        recording: Lanes | None = None
        while question := self._next():
            slot, read, asked = question
            result, fault = None, ""
            try:
                recording = recording or self._open()
                result = read(recording)
            except Exception as error:  # noqa: BLE001 - whatever the file does, the window says so and goes on
                fault = _sentence(error)
            if not self._closing:
                self._done.emit(_Done(slot, result, fault, clock.monotonic() - asked))
        if recording is not None:
            recording.close()

    def _next(self) -> tuple[int, Read, int] | None:
        with self._bell:
            self._bell.wait_for(lambda: self._wanted or self._closing)
            if self._closing:
                return None
            slot = 0 if 0 in self._wanted else next(iter(self._wanted))  # 0 first, then first come
            self._begun.add(slot)
            return (slot, *self._wanted.pop(slot))


def _sentence(error: Exception) -> str:
    """The first line of an error, for people; its class where it says nothing."""
    said = str(error).strip().splitlines()
    return said[0] if said else f"The recording could not be read ({type(error).__name__})."

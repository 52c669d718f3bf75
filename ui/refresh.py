"""The refresh: the one timer of the window. Cursor moves, panels say what they want, the reader answers, panels show it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from twins import clock
from twins.historian.query import Answers, Query, answer
from twins.historian.recording import Recording
from twins.record import Snapshot
from twins.timeline import Timeline
from ui.reader import Reader

FRAME_MS = 33
RETRY_NS = clock.SECOND  # after a fault, the same question is put again this much later
UNASKED = Answers(Query())


class Panel(Protocol):
    """Shows what it is given and fetches nothing."""

    def wanted(self) -> Query:
        """What it wants to know besides the snapshot; `Query()` is nothing."""

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Shows an instant; `answers.query` tells which question they belong to, it may be older than the last wanted."""


class Refresh(QObject):
    """Drives the panels at about 30 Hz. Slot 0 of the reader is the snapshot, slot n + 1 the query of the nth panel."""

    failed = Signal(str)  # one sentence for the status line; "" when reading works again
    read = Signal(object, object)  # the recording's span and damage, with each snapshot

    def __init__(self, timeline: Timeline, open_recording: Callable[[], Recording], live_now: Callable[[], int]) -> None:
        super().__init__()
        self._timeline, self._live_now = timeline, live_now
        self._panels: list[Panel] = []
        self._answers: list[Answers] = []
        self.snapshot = Snapshot.empty()
        self._span: tuple[int, int] | None = None  # as it grows, the same question has another answer
        self._asked: dict[int, object] = {}
        self._fault, self._fault_at = "", 0
        self.frame_ns, self.lag_ns = 0, 0  # painting's share of the GUI thread; from a question to its snapshot
        self._reader = Reader(open_recording)
        self._reader.answered.connect(self._take)
        self._reader.failed.connect(self._complain)
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=FRAME_MS)
        self._timer.timeout.connect(self.tick)

    def add(self, panel: Panel) -> None:
        """From now on this panel is asked and shown to."""
        self._panels.append(panel)
        self._answers.append(UNASKED)
        panel.present(self.snapshot, UNASKED)

    def start(self) -> None:
        """Starts the timer."""
        self._timer.start()

    def close(self) -> None:
        """Stops the timer and ends the reader; nothing is shown afterwards."""
        self._timer.stop()
        self._panels.clear()
        self._answers.clear()  # an answer may still be on its way
        self._reader.close()

    @Slot()
    def tick(self) -> None:
        """Moves the cursor and puts the questions that changed."""
        self._timeline.tick(clock.monotonic(), self._live_now())
        if self._fault and clock.monotonic() - self._fault_at > RETRY_NS:
            self._asked.clear()
        cursor, hindsight = self._timeline.cursor, self._timeline.hindsight
        self._ask(0, (cursor, hindsight), partial(_state, time=cursor, hindsight=hindsight))
        known_at = None if hindsight else cursor
        for i, panel in enumerate(self._panels):
            query = panel.wanted()
            if not (query.tags or query.events):
                self._answers[i] = UNASKED
                continue
            until = known_at if query.tags and not query.hindsight else None  # else the answer does not hang on the cursor
            self._ask(i + 1, (query, until, self._span), partial(answer, query=query, known_at=until))

    def _ask(self, slot: int, question: object, read: Callable[[Recording], object]) -> None:
        if self._asked.get(slot) != question and self._reader.ask(slot, read):
            self._asked[slot] = question

    @Slot(int, object, int)
    def _take(self, slot: int, result: object, took_ns: int) -> None:
        if self._fault:
            self._fault = ""
            self.failed.emit("")
        begun = clock.monotonic()
        if slot == 0:
            self.snapshot, self._span, damage = result
            self.lag_ns = took_ns
            for panel, answers in zip(self._panels, self._answers, strict=True):
                panel.present(self.snapshot, answers)
            self.read.emit(self._span, damage)
            self.frame_ns = clock.monotonic() - begun
        elif slot <= len(self._panels):
            self._answers[slot - 1] = result
            self._panels[slot - 1].present(self.snapshot, result)

    @Slot(int, str)
    def _complain(self, slot: int, sentence: str) -> None:
        self._fault, self._fault_at = sentence, clock.monotonic()
        self.failed.emit(sentence)


def _state(recording: Recording, time: int, hindsight: bool) -> tuple[Snapshot, tuple[int, int] | None, tuple[str, ...]]:
    return recording.at(time, hindsight), recording.span(), recording.damage

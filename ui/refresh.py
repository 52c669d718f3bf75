"""The refresh: the one timer of the window. Cursor moves, panels say what they want, the reader answers, panels show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from twins import clock
from twins.historian.query import Answers, Query, answer
from twins.historian.recording import Recording
from twins.record import Snapshot, difference
from twins.simulation.branches import Branched, Lanes
from twins.timeline import Beside, Mode, Timeline
from ui.live_clock import LiveClock
from ui.reader import Reader

FRAME_MS = 33
PULSE_NS = clock.SECOND // 4  # so often are trends and events of a live plant asked for anew
ASIDE_NS = clock.SECOND // 2  # and so often what is live while something else is shown
FOREVER = 2**62
LIVE = -1  # the reader's slot for what is live while something else is shown
BRANCHES = -2  # and the one for which branches there are
LOOK_NS = clock.SECOND  # so often they are looked for
RETRY_NS = clock.SECOND  # after a fault, the same question is put again this much later
UNASKED = Answers(Query())


class Panel(Protocol):
    """Shows what it is given and fetches nothing."""

    def wanted(self) -> Query:
        """What it wants to know besides the snapshot; `Query()` is nothing."""

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Shows an instant; `answers.query` tells which question they belong to, it may be older than the last wanted."""


class Refresh(QObject):
    """Drives the panels at about 30 Hz. Slot 0 of the reader is the snapshot, slot n + 1 the query of the nth panel.

    While a live plant is followed the newest is shown at the plant's time; while something else is shown, `live` still
    tells what is live, twice a second.
    """

    live = Signal(object)  # the snapshot of now, whatever the cursor shows; only where there is a live plant
    failed = Signal(str)  # one sentence for the status line; "" when reading works again
    read = Signal(object, object)  # the recording's span and damage, with each snapshot
    branched = Signal(object)  # the branches there are, when they are others

    def __init__(
        self,
        timeline: Timeline,
        open_recording: Callable[[], Recording],
        live_clock: LiveClock | None = None,
        record: Path | None = None,
        more: Sequence[Path] = (),
    ) -> None:
        """`record` is where the branches of what `open_recording` opens are found; `more` are others."""
        super().__init__()
        self._timeline = timeline
        self.live_clock = live_clock or LiveClock(timeline.end)
        self._aside_at = 0
        self._panels: list[Panel] = []
        self._answers: list[Answers] = []
        self.snapshot = Snapshot.empty()
        self._span: tuple[int, int] | None = None  # as it grows, the same question has another answer
        self._asked: dict[int, object] = {}
        self._fault, self._fault_at = "", 0
        self.frame_ns, self.lag_ns = 0, 0  # painting's share of the GUI thread; from a question to its snapshot
        self._branches: tuple[Branched, ...] = ()
        self._looked_at = -LOOK_NS
        self._reader = Reader(lambda: Lanes(open_recording(), record, more))
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
        now = clock.monotonic()
        self._timeline.tick(now, self.live_clock.now())
        if self._fault and now - self._fault_at > RETRY_NS:
            self._asked.clear()
        cursor, hindsight = self._timeline.cursor, self._timeline.hindsight
        if now - self._looked_at > LOOK_NS and self._reader.ask(BRANCHES, Lanes.look):
            self._looked_at = now
        if self._following:
            self._ask(0, now, partial(_state, time=FOREVER, hindsight=False))
        else:
            lane, beside = self._timeline.shown.key, self._timeline.beside
            asked = (cursor, hindsight, lane, beside)
            self._ask(0, asked, partial(_state, time=cursor, hindsight=hindsight, lane=lane, beside=beside))
            self._ask_aside(now)
        grown: object = now // PULSE_NS if self._timeline.live else self._span
        known_at = None if hindsight or self._following else cursor
        for i, panel in enumerate(self._panels):
            query = panel.wanted()
            if not (query.tags or query.events or query.waves or query.also):
                self._answers[i] = UNASKED
                continue
            until = (
                known_at if (query.tags or query.waves) and not query.hindsight else None
            )  # else the answer does not hang on the cursor
            self._ask(i + 1, (query, until, grown), partial(_answers, query=query, known_at=until))

    @property
    def _following(self) -> bool:
        return self._timeline.live and self._timeline.mode is Mode.FOLLOWING

    def _ask_aside(self, now: int) -> None:
        if self._timeline.live and now - self._aside_at > ASIDE_NS and self._reader.ask(LIVE, _newest):
            self._aside_at = now

    def _ask(self, slot: int, question: object, read: Callable[[Recording], object]) -> None:
        if self._asked.get(slot) != question and self._reader.ask(slot, read):
            self._asked[slot] = question

    @Slot(int, object, int)
    def _take(self, slot: int, result: object, took_ns: int) -> None:
        if slot == BRANCHES:  # that tells nothing of the record
            self._hear_branches(result)
            return
        if self._fault:
            self._fault = ""
            self.failed.emit("")
        begun = clock.monotonic()
        if slot == LIVE:
            self._hear_live(result)
        elif slot == 0:
            self.snapshot, self._span, damage = result
            if self.snapshot.time == FOREVER:
                self.snapshot = self._hear_live(self.snapshot)
            self.lag_ns = took_ns
            for panel, answers in zip(self._panels, self._answers, strict=True):
                panel.present(self.snapshot, answers)
            self.read.emit(self._span, damage)
            self.frame_ns = clock.monotonic() - begun
        elif slot <= len(self._panels):
            self._answers[slot - 1] = result
            self._panels[slot - 1].present(self.snapshot, result)

    def look(self) -> None:
        """Looks for branches at the next tick."""
        self._looked_at = -LOOK_NS

    def _hear_branches(self, found: tuple[Branched, ...]) -> None:
        if found != self._branches:
            self._branches = found
            self._timeline.show_branches([each.lane for each in found])
            self._asked.clear()  # a branch may have been written anew
            self.branched.emit(found)

    def _hear_live(self, newest: Snapshot) -> Snapshot:
        """All that is known by now, as it stands at the plant's time."""
        self.live_clock.hear(newest)
        snapshot = replace(newest, time=self.live_clock.now())
        self.live.emit(snapshot)
        return snapshot

    @Slot(int, str)
    def _complain(self, slot: int, sentence: str) -> None:
        self._fault, self._fault_at = sentence, clock.monotonic()
        self.failed.emit(sentence)


def _state(
    lanes: Lanes, time: int, hindsight: bool, lane: str = "", beside: Beside = Beside.ALONE
) -> tuple[Snapshot, tuple[int, int] | None, tuple[str, ...]]:
    """What is shown, and the span and damage of the plant's record."""
    shown = lanes.of(lane).at(time, hindsight and not lane)
    if lane and beside is not Beside.ALONE:  # as it was, whatever was known of it then
        shown = replace(shown, reference=lanes.plant.at(time, hindsight=True))
        shown = difference(shown) if beside is Beside.DIFFERENCE else shown
    return shown, lanes.plant.span(), lanes.plant.damage


def _answers(lanes: Lanes, query: Query, known_at: int | None) -> Answers:
    """What is asked of one lane, and of others at the same time."""
    found = answer(lanes.of(query.lane), query, known_at)
    return replace(found, also=tuple(_answers(lanes, other, known_at) for other in query.also))


def _newest(lanes: Lanes) -> Snapshot:
    return lanes.plant.at(FOREVER)

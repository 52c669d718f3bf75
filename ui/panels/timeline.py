"""The timeline panel: the transport on the left, the lanes on the right, and everything the keys can do to them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import TOLD, Snapshot
from twins.timeline import Beside, LaneKind, Mode, Timeline
from ui.numbers import tag_label
from ui.recording_map import RecordingMap
from ui.selection import Selection
from ui.stepping import Stepping
from ui.strip_paint import LABELS
from ui.theme import Theme
from ui.time_view import TimeView
from ui.timeline_strip import TimelineStrip
from ui.transport import Transport

NOTHING = (
    "Nothing is recorded: there is no time to travel in. Open a recording from the start page (Ctrl+Home), or record its plant."
)
SAID_FOR_MS = 6_000


class TimelinePanel(QWidget):
    """Acts on the timeline and the view it is given; `moved` fires after every intention, so that the window answers at once."""

    moved = Signal()

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, timeline: Timeline, view: TimeView) -> None:
        super().__init__()
        self._selection, self._twin, self._timeline, self._view = selection, twin, timeline, view
        zone = ZoneInfo(twin.timezone)
        self._theme = theme
        self._snapshot = Snapshot.empty()
        self._map = RecordingMap(twin, timeline, view)
        self._before = timeline.cursor
        self._stepping = Stepping()
        self._steps = 0  # samples still to go, signed
        self._looked_for = ""
        self.transport = Transport(theme, timeline, zone)
        self.strip = TimelineStrip(theme, timeline, view, zone)
        self.message = QLabel(self)
        self.message.setObjectName("timelinemessage")
        self.message.hide()
        self._said = QTimer(self, singleShot=True, interval=SAID_FOR_MS)
        self._said.timeout.connect(lambda: self.say(""))
        self._lay_out()
        self._connect()
        if timeline.mode is Mode.FOLLOWING:  # the plant's clock may be far from the record's end by now
            self._reveal()

    # ------------------------------------------------------------------ asked and shown

    def wanted(self) -> Query:
        """The next step's search, else events and coverage of what is shown."""
        if self._stepping.question is not None:
            return self._stepping.question
        return self._map.question(self._snapshot, self._selection.tag, self.strip.width())

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Shows where the cursor is, and what is known of the stretch."""
        self._snapshot = snapshot
        self._step_on(answers)
        if found := self._map.hear(answers, self._selection.tag):
            self.strip.show_coverage(found.covered, found.of_tag)
            self.strip.show_events(found.events)
        self._keep_in_view()
        self.strip.instead = "" if self._timeline.start < self._timeline.end or snapshot.channels else NOTHING
        self.transport.refresh()
        self.strip.update()

    # ------------------------------------------------------------------ what the keys do

    def step(self, direction: int) -> None:
        """One sample of the selected tag (or of the asset's first) on, or back."""
        tag = self._stepped_tag()
        if tag is None:
            self.say("Select a tag to step through its samples.")
            return
        self._steps += 1 if direction > 0 else -1
        if self._stepping.question is None:
            self._look_for_sample(tag)
        self.moved.emit()

    def next_event(self) -> None:
        """To the next event."""
        self._look_for_event(True)

    def previous_event(self) -> None:
        """To the event before."""
        self._look_for_event(False)

    def jump(self, delta_ns: int) -> None:
        """That much on, or back."""
        self.seek(self._timeline.cursor + delta_ns)

    def seek(self, t: int) -> None:
        """To an instant, and it is shown."""
        self._timeline.seek(t)
        self._reveal()
        self._told()

    def toggle(self) -> None:
        """Plays or pauses."""
        self._timeline.toggle()
        self._told()

    def home(self) -> None:
        """To the start."""
        self._timeline.home()
        self._reveal()
        self._told()

    def last(self) -> None:
        """To the end; follows a live plant."""
        self._timeline.last()
        self._reveal()
        self._told()

    def go_live(self) -> None:
        """Follows the plant's clock, where there is one."""
        self.last()

    def faster(self) -> None:
        """The next speed up."""
        self._timeline.faster()
        self._told()

    def slower(self) -> None:
        """The next speed down."""
        self._timeline.slower()
        self._told()

    def reverse(self) -> None:
        """The other way."""
        self._timeline.reverse()
        self._told()

    def loop_in(self) -> None:
        """The loop starts here."""
        self._timeline.set_loop_in()
        self._told()

    def loop_out(self) -> None:
        """The loop ends here."""
        self._timeline.set_loop_out()
        self._told()

    def loop_view(self) -> None:
        """Repeats what is shown."""
        self._loop(self._view.start, self._view.end)

    def clear_loop(self) -> None:
        """No loop."""
        self._timeline.clear_loop()
        self._told()

    def toggle_hindsight(self) -> None:
        """What was known then, or what is known now."""
        self._timeline.hindsight = not self._timeline.hindsight
        self._told()

    def show_lane(self, key: str) -> None:
        """A branch, or with "" the plant again."""
        self._timeline.choose(key)
        self._reveal()
        self._told()

    def next_lane(self) -> None:
        """The next what-if in turn, and after the last the plant again."""
        keys = ["", *(lane.key for lane in self._timeline.branches if lane.kind is LaneKind.WHAT_IF)]
        self.show_lane(keys[(keys.index(self._timeline.chosen) + 1) % len(keys)] if self._timeline.chosen in keys else "")

    def next_beside(self) -> None:
        """Alone, as an overlay, as the difference, and so on."""
        ways = list(Beside)
        self.show_beside(ways[(ways.index(self._timeline.beside) + 1) % len(ways)])

    def show_beside(self, way: Beside) -> None:
        """How a branch is shown in 3D."""
        self._timeline.beside = way
        self._told()

    def toggle_skip_gaps(self) -> None:
        """Playback takes time for gaps, or none."""
        self._timeline.skip_gaps = not self._timeline.skip_gaps
        self._told()

    def fit(self) -> None:
        """Shows all there is."""
        self._view.fit(self._timeline.start, self._timeline.end)
        self.moved.emit()

    def zoom(self, factor: float) -> None:
        """Shows `factor` times as long a stretch, about the cursor if it is seen."""
        cursor = self._timeline.cursor
        self._view.zoom(cursor if self._view.holds(cursor) else (self._view.start + self._view.end) // 2, factor)
        self.moved.emit()

    def type_time(self) -> None:
        """Puts the keys into the field for a time."""
        self.transport.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def say(self, sentence: str) -> None:
        """One sentence above the strip's lower edge, for a while; "" takes it away."""
        self._said.start() if sentence else self._said.stop()
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))
        self._place_message()

    # ------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The sentence keeps its place."""
        super().resizeEvent(event)
        self._place_message()

    def changeEvent(self, event: QEvent) -> None:
        """The sentence keeps its size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._place_message()

    def _lay_out(self) -> None:
        line = QFrame()
        line.setFixedWidth(1)
        row = QHBoxLayout(self, spacing=0)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.transport)
        row.addWidget(line)
        row.addWidget(self.strip, 1)
        self._line = line
        self._dress()

    def _connect(self) -> None:
        self._theme.changed.connect(self._dress)
        self.transport.moved.connect(self._acted)
        self.transport.complained.connect(self.say)
        self.transport.loop_view_asked.connect(self.loop_view)
        self.strip.sought.connect(self._sought)
        self.strip.loop_chosen.connect(self._loop)
        self.strip.lane_asked.connect(self.show_lane)
        self.strip.fit_asked.connect(self.fit)
        self._selection.changed.connect(self.strip.update)

    def _dress(self) -> None:
        tokens = self._theme.tokens
        self._line.setStyleSheet(f"background: {tokens.line};")
        self.message.setStyleSheet(
            f"background: {tokens.raised}; color: {tokens.text}; padding: 3px 8px;"
            f"border: 1px solid {tokens.muted}; border-radius: 3px;"
        )

    def _place_message(self) -> None:
        left, room = self.strip.x() + LABELS + 8, self.strip.width() - LABELS - 16
        self.message.adjustSize()
        self.message.setGeometry(
            left, self.height() - self.message.height() - 6, min(self.message.width(), room), self.message.height()
        )
        self.message.raise_()

    # ------------------------------------------------------------------ moving

    def _told(self) -> None:
        self.transport.refresh()
        self.strip.update()
        self.moved.emit()

    def _acted(self) -> None:
        self._reveal()
        self._told()

    def _sought(self, t: int) -> None:
        self.say("")
        self._timeline.seek(t)
        self._before = self._timeline.cursor
        self._told()

    def _loop(self, start: int, end: int) -> None:
        self._timeline.set_loop(start, end)
        self._told()

    def _reveal(self) -> None:
        self._before = self._timeline.cursor
        self._view.reveal(self._timeline.cursor, self._place())

    def _keep_in_view(self) -> None:
        """Pages on when the cursor leaves what is shown, and glides along with a plant; not for who looks elsewhere."""
        cursor = self._timeline.cursor
        if self._timeline.live and self._timeline.mode is Mode.FOLLOWING and self._view.holds(self._before):
            beyond = cursor - self._view.start - round(self._view.span * self._place())
            if beyond * max(self.strip.width(), 1) > self._view.span:  # a pixel
                self._view.pan(beyond)
        if self._view.holds(self._before) and not self._view.holds(cursor):
            self._view.reveal(cursor, self._place())
        self._before = cursor

    def _place(self) -> float:
        if self._timeline.mode is Mode.FOLLOWING:
            return 0.8
        if self._timeline.mode is Mode.PLAYING:
            return 0.1 if self._timeline.speed > 0 else 0.9
        return 0.5

    # ------------------------------------------------------------------ stepping

    def _stepped_tag(self) -> str | None:
        asset = self._twin.assets.get(self._selection.asset)
        named = (self._selection.tag, *((*asset.shows, *asset.tags) if asset else ()), *self._map.witnesses(self._snapshot, ""))
        return next((tag for tag in named if tag in self._snapshot.place), None)

    def _look_for_sample(self, tag: str) -> None:
        known = self._twin.tag(tag)
        self._looked_for = f"sample of {tag_label(known) if known else tag}"
        period = self._snapshot.channels[self._snapshot.place[tag]].period_ns
        bounds = (self._timeline.start, self._timeline.end)
        self._stepping.to_sample(tag, period, self._timeline.cursor, self._steps > 0, bounds)
        if self._stepping.question is None:
            self._steps = 0

    def _look_for_event(self, forward: bool) -> None:
        self._steps, self._looked_for = 0, "event"
        self._stepping.to_event(TOLD, self._timeline.cursor, forward, (self._timeline.start, self._timeline.end))
        self.moved.emit()

    def _step_on(self, answers: Answers) -> None:
        if self._stepping.question is None or answers.query != self._stepping.question:
            return
        found = self._stepping.hear(answers)
        if found is None:
            if self._stepping.question is None:
                self._steps = 0
                self.say(f"There is no further {self._looked_for}.")
            return
        self._steps -= (self._steps > 0) - (self._steps < 0)
        self.say("")
        self.seek(found)
        if self._steps and (tag := self._stepped_tag()):
            self._look_for_sample(tag)

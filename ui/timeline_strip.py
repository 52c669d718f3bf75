"""The strip: the lanes of the timeline drawn on one axis of time, with coverage, events, loop and cursor, all of it to drag."""

from __future__ import annotations

from datetime import tzinfo
from enum import Enum, auto

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from twins.record import Event
from twins.timeline import Lane, Timeline
from ui.event_marks import SIGNS, Cluster, clusters, sign_of
from ui.event_text import sentence
from ui.stepping import times_of
from ui.strip_paint import AXIS, LABELS, StripPainter, bar_box, mark_box
from ui.theme import Theme
from ui.time_view import TimeView

_WHEEL = 0.8  # a notch shows this share of what was shown


class _Drag(Enum):
    NOTHING = auto()
    CURSOR = auto()
    VIEW = auto()
    LOOP = auto()


class TimelineStrip(QWidget):
    """Paints the lanes and turns the pointer into instants; wheel and axis move `view` themselves."""

    sought = Signal(object)  # ns: too long for a C++ int
    loop_chosen = Signal(object, object)
    fit_asked = Signal()
    lane_asked = Signal(str)  # the key of the lane that was clicked; "" is the plant's

    def __init__(self, theme: Theme, timeline: Timeline, view: TimeView, zone: tzinfo) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setAccessibleName("Timeline")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(LABELS + 160, 72)
        self._theme, self._timeline, self._view, self._zone = theme, timeline, view, zone
        none = np.zeros(0, np.int64)
        self._covered, self._of_tag = (none, none), (none, none)
        self._events: tuple[Event, ...] = ()
        self._times, self._ranks = none, np.zeros(0, np.int8)
        self._drag, self._from = _Drag.NOTHING, 0
        self._pointer: QPointF | None = None
        self.instead = ""  # said in place of everything while there is no time to show
        theme.changed.connect(self.update)
        view.changed.connect(self.update)

    def show_coverage(self, covered: tuple[np.ndarray, np.ndarray], of_tag: tuple[np.ndarray, np.ndarray]) -> None:
        """Starts and ends of the stretches with samples: of anything, and of the selected tag (drawn darker)."""
        self._covered, self._of_tag = covered, of_tag
        self.update()

    def show_events(self, events: tuple[Event, ...]) -> None:
        """The events to tick, ascending in time."""
        self._events, self._times = events, times_of(events)
        self._ranks = np.fromiter((SIGNS.index(sign_of(event)) for event in events), np.int8, len(events))
        self.update()

    # ------------------------------------------------------------------ places

    def x_of(self, t: int) -> float:
        """Where an instant is, px from the left."""
        return LABELS + (t - self._view.start) * (self._room / self._view.span)

    def t_at(self, x: float) -> int:
        """Which instant is at px from the left."""
        return self._view.start + round((x - LABELS) * (self._view.span / self._room))

    @property
    def resolution(self) -> int:
        """How long a pixel is, ns."""
        return max(1, self._view.span // self._room)

    @property
    def _room(self) -> int:
        return max(1, self.width() - LABELS)

    def clusters(self) -> list[Cluster]:
        """The events as they are drawn now."""
        return clusters(self._times, self._ranks, self._view.start, self._view.end, self._room)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid first, then lanes, events, loop, pointer and cursor."""
        paint = StripPainter(self, self._theme.tokens, self._view, self._zone)
        if self.instead:
            paint.say(self.instead)
            return
        paint.grid()
        paint.lanes(self._timeline.lanes, self._covered, self._of_tag, self._timeline.shown.key)
        known = self._timeline.cursor if self._timeline.known_at is not None else self._view.end
        paint.events(self.clusters(), self._times, known, len(self._timeline.lanes))
        if self._timeline.loop is not None:
            paint.loop(*self._timeline.loop)
        paint.cursor(self._timeline.cursor)
        if self._pointer is not None and self._pointer.x() >= LABELS:
            paint.pointer(self._pointer.x(), self.t_at(self._pointer.x()), self.resolution)
        paint.end()

    # ------------------------------------------------------------------ pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Lanes, or the head, drag the cursor; the axis, or the middle button, the view; Shift makes a loop."""
        at, left = event.position(), event.button() == Qt.MouseButton.LeftButton
        if left and at.x() < LABELS and (lane := self._lane_at(at)) is not None:
            self.lane_asked.emit(lane.key)
        if at.x() < LABELS or not (left or event.button() == Qt.MouseButton.MiddleButton):
            return
        self._from = self.t_at(at.x())
        head = abs(at.x() - self.x_of(self._timeline.cursor)) <= 8
        if not left or (at.y() < AXIS and not head):
            self._drag = _Drag.VIEW
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drag = _Drag.LOOP
        else:
            self._drag = _Drag.CURSOR
            hit = self._hit(at)
            self.sought.emit(int(self._times[hit.shown]) if hit else self._from)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags what was taken hold of, else tells what is under the pointer."""
        at = self._pointer = event.position()
        t = self.t_at(at.x())
        if self._drag is _Drag.CURSOR:
            self.sought.emit(t)
        elif self._drag is _Drag.VIEW:
            self._view.pan(self._from - t)
        elif self._drag is _Drag.LOOP:
            self.loop_chosen.emit(self._from, t)
        else:
            self._tell(event)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._drag = _Drag.NOTHING
        self.unsetCursor()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows everything."""
        self.fit_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms about the pointer; sideways, or with Shift, pans."""
        turned = event.angleDelta()
        sideways = turned.x() or (turned.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        if sideways:
            self._view.pan(-round(self._view.span * 0.1 * sideways / 120))
        else:
            self._view.zoom(self.t_at(max(LABELS, event.position().x())), _WHEEL ** (turned.y() / 120))
        event.accept()

    def leaveEvent(self, event: object) -> None:
        """Nothing is pointed at."""
        self._pointer = None
        self.update()

    def _lane_at(self, at: QPointF) -> Lane | None:
        lanes = self._timeline.lanes
        for i, lane in enumerate(lanes):
            box = bar_box(i, self.height(), len(lanes))
            if box.top() - 5 <= at.y() <= box.bottom() + 5:
                return lane
        return None

    def _hit(self, at: QPointF) -> Cluster | None:
        row = mark_box(0, self.height(), len(self._timeline.lanes)).adjusted(0, -3, 0, 3)
        if not row.top() <= at.y() <= row.bottom():
            return None
        near = [c for c in self.clusters() if abs(c.x + LABELS - at.x()) <= 7]
        return min(near, key=lambda c: abs(c.x + LABELS - at.x()), default=None)

    def _tell(self, event: QMouseEvent) -> None:
        hit = self._hit(event.position())
        if event.position().x() < LABELS and (lane := self._lane_at(event.position())) is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            QToolTip.showText(event.globalPosition().toPoint(), f"Show {lane.name}", self, QRectF(self.rect()).toRect())
            return
        self.setCursor(Qt.CursorShape.PointingHandCursor if hit else Qt.CursorShape.ArrowCursor)
        if hit is None:
            QToolTip.hideText()
            return
        told = [sentence(one, self._zone) for one in self._events[hit.first : hit.first + min(hit.count, 6)]]
        more = [f"and {hit.count - 6} more"] if hit.count > 6 else []
        QToolTip.showText(event.globalPosition().toPoint(), "\n".join(told + more), self, QRectF(self.rect()).toRect())

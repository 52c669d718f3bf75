"""The live strip: while the window shows another time, what the plant is doing now."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from twins.asset import Twin
from twins.record import Event, EventKind, Snapshot
from twins.timeline import Mode, Timeline
from ui.banner import AlarmCounts
from ui.elided import ElidedLabel
from ui.event_text import source_text
from ui.marks import draw_mark, priority_of
from ui.numbers import age_text
from ui.theme import SECONDARY, Theme, font

HEIGHT = 26


class LiveStrip(QWidget):
    """Hidden in LIVE and where there is no plant. A click goes live: `live_asked`."""

    live_asked = Signal()

    def __init__(self, theme: Theme, twin: Twin, timeline: Timeline) -> None:
        super().__init__(objectName="livestrip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("What the plant is doing now; click to go live")
        self._twin, self._timeline = twin, timeline
        self._word = QLabel("NOW", font=font(SECONDARY, QFont.Weight.DemiBold))
        self._age = QLabel(font=font(SECONDARY))
        self.alarms, self._mark = AlarmCounts(theme), _Mark(theme)
        self._newest = ElidedLabel()
        self._newest.setFont(font(SECONDARY))
        self.button = QPushButton("Go live ⏎", focusPolicy=Qt.FocusPolicy.NoFocus, font=font(SECONDARY))
        self.button.clicked.connect(self.live_asked)
        row = QHBoxLayout(self, spacing=14)
        row.setContentsMargins(12, 0, 12, 0)
        for widget in (self._word, self._age, self.alarms, self._mark):
            row.addWidget(widget)
        row.addWidget(self._newest, 1)
        row.addWidget(self.button)
        self.hide()

    def hear(self, snapshot: Snapshot) -> None:
        """What is live now."""
        self.setVisible(self._timeline.live and self._timeline.mode is not Mode.FOLLOWING)
        if not self.isVisible():
            return
        lost = snapshot.station_lost
        age = age_text(max(snapshot.time - int(snapshot.arrival.max(initial=0)), 0))
        self._age.setText(f"⊘ STATION LOST · last sample {age} ago" if lost else f"last sample {age} ago")
        self.alarms.show_standing(snapshot.standing)
        newest = _newest_unacknowledged(snapshot)
        self._mark.show_priority(priority_of(newest) if newest else "")
        said = f"{source_text(newest, self._twin)}: {newest.data.get('message', '')}" if newest else ""
        self._newest.setText(said)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes live."""
        self.live_asked.emit()


class _Mark(QWidget):
    """One alarm's mark."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._priority = theme, ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def show_priority(self, priority: str) -> None:
        """ "" shows none."""
        if priority != self._priority:
            self._priority = priority
            self.update()

    def sizeHint(self) -> QSize:
        """A mark."""
        return QSize(11, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws it."""
        if self._priority:
            painter = QPainter(self)
            painter.setPen(QColor(self._theme.tokens.text))
            draw_mark(painter, QRectF(0, (self.height() - 11) / 2, 11, 11), self._priority, self._theme.tokens)


def _newest_unacknowledged(snapshot: Snapshot) -> Event | None:
    shelved = {event.key for event in snapshot.standing.of(EventKind.SHELVING)}
    waiting = [
        e for e in snapshot.standing.of(EventKind.ALARM) if "unacknowledged" in str(e.data.get("state")) and e.key not in shelved
    ]
    return waiting[-1] if waiting else None

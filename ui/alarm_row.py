"""An alarm's row: its mark, its priority in a word, what it says."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from twins.record import Event
from ui.marks import draw_mark, priority_of
from ui.theme import ROW, SECONDARY, Theme, font, mixed


class AlarmRow(QWidget):
    """26 px high, tinted with the alarm's colour; a click chooses what it is about."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, event: Event) -> None:
        super().__init__()
        self._theme, self._event = theme, event
        self._priority = priority_of(event)
        self._state = str(event.data.get("state", ""))
        self._message = str(event.data.get("message") or event.key)
        self.setFixedHeight(ROW)
        self.setToolTip(f"{self._priority} alarm: {self._message}\n{self._state}")
        self.setAccessibleName(self.toolTip())

    def sizeHint(self) -> QSize:
        """A row."""
        return QSize(200, ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Mark, message, priority."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.fillRect(self.rect(), QColor(mixed(tokens.panel, getattr(tokens, self._priority), 0.14)))
        draw_mark(painter, QRectF(12, ROW / 2 - 5.5, 11, 11), self._priority, tokens)
        painter.setFont(font(SECONDARY))
        wide = painter.fontMetrics().horizontalAdvance(self._priority) + 2
        painter.setPen(QColor(tokens.text))
        beside = QRectF(self.width() - 12 - wide, 0, wide, ROW)
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, self._priority)
        painter.setFont(font())
        room = QRectF(30, 0, beside.left() - 38, ROW)
        text = painter.fontMetrics().elidedText(self._message, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to what it is about."""
        self.chosen.emit(self._event.subject)

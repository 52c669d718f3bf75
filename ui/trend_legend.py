"""The legend of the trends: each tag with its line, its value at the cursor, and a way to take it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.theme import ROW, SECONDARY, Theme, font

WIDTH = 264
_SWATCH, _CROSS = 22, 24


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `sound` is false where the value must not be taken for current."""

    tag: str
    label: str
    colour: str
    dashed: bool
    value: str = ""
    unit: str = ""
    sound: bool = True
    note: str = ""  # why it is not sound, for the tooltip


class TrendLegend(QWidget):
    """Rows of 26 px; `removed` says whose ✕ was pressed."""

    removed = Signal(str)
    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._entries: tuple[Entry, ...] = ()
        self._over = -1
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Other rows, or other values in them."""
        if tuple(entries) != self._entries:
            resized = len(entries) != len(self._entries)
            self._entries = tuple(entries)
            if resized:
                self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """A row each."""
        return QSize(WIDTH, max(1, len(self._entries)) * ROW)

    def minimumSizeHint(self) -> QSize:
        """A name may be elided, a row may not."""
        return QSize(160, len(self._entries) * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Swatch, name, value, unit, ✕."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, entry in enumerate(self._entries):
            self._paint(painter, entry, QRectF(0, i * ROW, self.width(), ROW), i == self._over)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows what could be pressed."""
        over = int(event.position().y() // ROW)
        over = over if over < len(self._entries) else -1
        entry = self._entries[over] if over >= 0 else None
        cross = entry is not None and event.position().x() > self.width() - _CROSS
        self.setToolTip("" if entry is None else "Remove" if cross else " · ".join(filter(None, (entry.tag, entry.note))))
        if over != self._over:
            self._over = over
            self.update()

    def leaveEvent(self, event: object) -> None:
        """Nothing is pointed at."""
        self._over = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """✕ removes, the rest of the row chooses the tag."""
        row = int(event.position().y() // ROW)
        if event.button() == Qt.MouseButton.LeftButton and row < len(self._entries):
            said = self.removed if event.position().x() > self.width() - _CROSS else self.chosen
            said.emit(self._entries[row].tag)

    def _paint(self, painter: QPainter, entry: Entry, row: QRectF, over: bool) -> None:
        tokens = self._theme.tokens
        if over:
            painter.fillRect(row, QColor(tokens.hovered))
        middle = row.center().y()
        painter.setPen(QPen(QColor(entry.colour), 2, Qt.PenStyle.DashLine if entry.dashed else Qt.PenStyle.SolidLine))
        painter.drawLine(QPointF(8, middle), QPointF(_SWATCH, middle))
        right = row.right() - _CROSS
        right = self._write(painter, entry.unit, right, row, font(SECONDARY), tokens.muted, 38)
        value = font(weight=QFont.Weight.DemiBold)
        value.setStrikeOut(not entry.sound and bool(entry.unit or entry.value))
        right = self._write(painter, entry.value, right - 4, row, value, tokens.text if entry.sound else tokens.muted, 0)
        room = QRectF(_SWATCH + 8, row.top(), max(0.0, right - 8 - _SWATCH - 8), ROW)
        painter.setFont(font())
        painter.setPen(QColor(tokens.text))
        name = QFontMetricsF(font()).elidedText(entry.label, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(QPen(QColor(tokens.text if over else tokens.muted), 1.2))
        x = row.right() - _CROSS / 2
        painter.drawLine(QPointF(x - 3.5, middle - 3.5), QPointF(x + 3.5, middle + 3.5))
        painter.drawLine(QPointF(x - 3.5, middle + 3.5), QPointF(x + 3.5, middle - 3.5))

    def _write(
        self, painter: QPainter, text: str, right: float, row: QRectF, with_font: QFont, colour: str, least: float
    ) -> float:
        """Writes a column; units to its left edge, values to its right. The column's left edge."""
        width = max(least, QFontMetricsF(with_font).horizontalAdvance(text))
        painter.setFont(with_font)
        painter.setPen(QColor(colour))
        side = Qt.AlignmentFlag.AlignLeft if least else Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(right - width, row.top(), width, ROW), side | Qt.AlignmentFlag.AlignVCenter, text)
        return right - width

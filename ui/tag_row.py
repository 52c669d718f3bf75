"""A tag's row: label, place in its range, value, unit; when chosen also its quality, limits and origin in words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QDrag,
    QEnterEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from twins.asset import Tag
from twins.record import Event, Quality, Reading
from ui.asset_model import TAG_MIME
from ui.marks import STALE, draw_mark
from ui.numbers import grouped, quality_words, shown, tag_label, unit_text
from ui.theme import ROW, SECONDARY, Theme, font

MARGIN, UNIT_WIDTH, LINE, BAR, BAR_AT = 12.0, 36.0, 18, 42.0, 142.0
MIDDLE, RIGHT = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class TagRow(QWidget):
    """26 px, and 18 more for each line of words once it is `opened`. It can be clicked, and dragged to a trend."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, tag: Tag) -> None:
        super().__init__()
        self._theme, self.tag = theme, tag
        self._label = tag_label(tag)
        self._said: tuple[object, ...] = ()
        self._changed: dict[str, Event] = {}
        self._judged = ""
        self._reading: Reading | None = None
        self._alarm, self._pressed, self._hovered, self.opened = "", QPointF(), False, False
        self._plain, self._small, self._struck, self._strong = font(), font(SECONDARY), font(), font(weight=QFont.Weight.Medium)
        self._struck.setStrikeOut(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._label)

    def show_reading(self, reading: Reading, alarm: str) -> None:
        """What is known of it now, and the worst alarm that stands on it."""
        said = (*shown(reading, self.tag), quality_words(reading), alarm)
        if said != self._said:
            lines = len(self.words())
            self._said, self._reading, self._alarm = said, reading, alarm
            self.setAccessibleDescription(f"{said[0]} {said[1]}, {said[2]}")
            self.setToolTip(f"{self._label}\n{said[0]} {said[1]}\n{said[2]}\n{self.tag.path}\n{self.tag.description}".rstrip())
            if self.opened and len(self.words()) != lines:
                self.updateGeometry()
            self.update()

    def show_limits(self, changed: Mapping[str, Event]) -> None:
        """Limits that are other than the package's, by their names."""
        if changed != self._changed:
            self._changed = dict(changed)
            self.updateGeometry()
            self.update()

    def show_judged(self, sentence: str) -> None:
        """What was expected of it."""
        if sentence != self._judged:
            anew = bool(sentence) != bool(self._judged)
            self._judged = sentence
            if anew:
                self.updateGeometry()
            self.update()

    def _limits(self) -> dict[str, float]:
        """The limits in force."""
        own = self.tag.limits.named()
        said = {name: event.data.get("value") for name, event in self._changed.items()}
        return own | {name: float(value) for name, value in said.items() if name in own and isinstance(value, int | float)}

    def _change(self, name: str, event: Event) -> str:
        was = self._number(self.tag.limits.named()[name])
        return f"{name.replace('_', '-')} changed from {was} by {event.data.get('by', '')}: {event.data.get('why', '')}"

    def open(self, opened: bool) -> None:
        """Shows or hides the words below."""
        if opened != self.opened:
            self.opened = opened
            self.updateGeometry()
            self.update()

    def words(self) -> list[str]:
        """The lines below the value."""
        lines = [str(self._said[2])] if self._said else []
        lines += [" ".join(self.tag.description.split())] if self.tag.description else []
        lines += [self._judged] if self._judged else []
        unit = unit_text(self.tag.unit)
        limits = " · ".join(f"{self._number(v)} {name.replace('_', '-')}" for name, v in self._limits().items())
        lines += [f"limits: {limits}"] if limits else []
        lines += [self._change(name, event) for name, event in self._changed.items() if name in self.tag.limits.named()]
        if self.tag.range:
            lines.append(f"range: {self._number(self.tag.range[0])} to {self._number(self.tag.range[1])} {unit}".rstrip())
        lines += [f"computed: {self.tag.computed}"] if self.tag.computed else []
        lines += [f"may be set{' by ' + self.tag.role if self.tag.role else ''}"] if self.tag.writable else []
        return lines

    def sizeHint(self) -> QSize:
        """One row, or with its words."""
        return QSize(200, ROW + (LINE * len(self.words()) + 6 if self.opened else 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The row, left to right; then the words."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.opened or self._hovered or self.hasFocus():
            painter.fillRect(self.rect(), QColor(tokens.selected if self.opened else tokens.hovered))
        muted = QColor(tokens.text if self.opened else tokens.muted)
        value, unit = self._said[:2] if self._said else ("—", "")
        right = self._draw_value(painter, str(value), str(unit), muted)
        bar = QRectF(self.width() - BAR_AT, ROW / 2 - 2.5, BAR, 5)
        if self.tag.range is not None and bar.left() > 90 and bar.right() < right:
            self._draw_bar(painter, bar, muted)
            right = bar.left()
        self._text(painter, QRectF(MARGIN, 0, right - MARGIN - 8, ROW), self._label, self._plain, muted, MIDDLE)
        if self.opened:
            for i, line in enumerate(self.words()):
                box = QRectF(MARGIN, ROW + LINE * i, self.width() - 2 * MARGIN, LINE)
                self._text(painter, box, line, self._small, QColor(tokens.text), MIDDLE)

    def _draw_value(self, painter: QPainter, value: str, unit: str, muted: QColor) -> float:
        """Value and unit at the right, a mark before them; where they begin, px."""
        tokens, reading = self._theme.tokens, self._reading
        wordy = not unit and not value[:1].isdigit() and value[:1] not in "−—"
        long = QFontMetricsF(self._small).horizontalAdvance(unit) + 7
        room = min(max(UNIT_WIDTH, long), 2.5 * UNIT_WIDTH)  # a long unit pushes its own number to the left
        right = self.width() - MARGIN - (0 if wordy else room)
        sound = reading is None or reading.sound
        struck = reading is not None and (reading.stale or reading.quality is Quality.BAD) and reading.value is not None
        chosen = self._struck if struck else self._strong if sound else self._plain
        painter.setFont(chosen)
        width = min(painter.fontMetrics().horizontalAdvance(value) + 1.0, self.width() * 0.42)
        begin = right - width
        colour = QColor(tokens.text) if sound and reading is not None and reading.value is not None else muted
        self._text(painter, QRectF(begin, 0, width, ROW), value, chosen, colour, RIGHT)
        self._text(painter, QRectF(right + 6, 0, room - 6, ROW), unit, self._small, muted, MIDDLE)
        mark = self._alarm or (STALE if reading is not None and reading.value is not None and not sound else "")
        if mark:
            draw_mark(painter, QRectF(begin - 17, ROW / 2 - 5, 10.5, 10.5), mark, tokens)
        return begin - (20 if mark else 0)

    def _draw_bar(self, painter: QPainter, box: QRectF, muted: QColor) -> None:
        """Where in its range it stands; hatched while that is not known for sure. Ticks are its limits."""
        tokens, reading = self._theme.tokens, self._reading
        painter.fillRect(box, QColor(tokens.line))
        low, high = self.tag.range or (0.0, 1.0)

        def place(v: float) -> float:
            return box.left() + box.width() * min(max((v - low) / (high - low), 0.0), 1.0)

        number = reading.value if reading is not None else None
        if isinstance(number, int | float):
            start = place(0.0) if low < 0 < high else box.left()
            filled = QRectF(QPointF(start, box.top()), QPointF(place(float(number)), box.bottom())).normalized()
            style = Qt.BrushStyle.SolidPattern if reading and reading.sound else Qt.BrushStyle.BDiagPattern
            painter.fillRect(filled, QBrush(muted, style))
        painter.setPen(QPen(QColor(tokens.text), 1))
        for limit in self._limits().values():
            x = round(place(limit)) + 0.5
            painter.drawLine(QPointF(x, box.top() - 2), QPointF(x, box.bottom() + 2))

    def _text(self, painter: QPainter, box: QRectF, text: str, chosen: QFont, colour: QColor, align: Qt.AlignmentFlag) -> None:
        painter.setFont(chosen)
        painter.setPen(colour)
        painter.drawText(box, align, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(box.width()) + 1))

    def _number(self, value: float) -> str:
        return grouped(value, 0 if float(value).is_integer() else self.tag.decimals)

    # ------------------------------------------------------------------ pointer and keys

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows that it can be clicked."""
        self._hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Back to rest."""
        self._hovered = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Perhaps a click, perhaps the beginning of a drag."""
        self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click chooses; who dragged the tag away has chosen nothing, so that what a trend shows stays until the drop."""
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.tag.path)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the tag away."""
        far = (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if event.buttons() & Qt.MouseButton.LeftButton and far:
            mime = QMimeData()
            mime.setData(TAG_MIME, self.tag.path.encode())
            mime.setText(self.tag.path)
            drag = QDrag(self)
            drag.setMimeData(mime)
            drag.exec(Qt.DropAction.CopyAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is a click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.tag.path)
        else:
            super().keyPressEvent(event)

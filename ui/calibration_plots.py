"""Plots of a calibration: an interval, measured against the model on what was kept back, and the error as it went."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.numbers import brief
from ui.theme import SECONDARY, Theme, font

_EDGE = 8.0


class IntervalPlot(QWidget):
    """One parameter: a bar from p05 to p95 with a dot where it is put, and a ring where it stood before."""

    def __init__(self, theme: Theme, before: float, after: float, low: float | None, high: float | None) -> None:
        super().__init__()
        self._theme, self._before, self._after = theme, before, after
        self._low, self._high = after if low is None else low, after if high is None else high
        self.setAccessibleName(f"{brief(before)} becomes {brief(after)}, between {brief(self._low)} and {brief(self._high)}")
        self.setToolTip("○ before · ● after, with its 90 % interval")

    def sizeHint(self) -> QSize:
        """As wide as a cell."""
        return QSize(110, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bar, dot, ring."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ends = (self._before, self._after, self._low, self._high)
        low, reach = min(ends), (max(ends) - min(ends)) or 1.0
        middle = self.height() / 2

        def x(value: float) -> float:
            return _EDGE + (self.width() - 2 * _EDGE) * (value - low) / reach

        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(_EDGE, middle), QPointF(self.width() - _EDGE, middle))
        painter.setPen(QPen(QColor(tokens.accent), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(x(self._low), middle), QPointF(max(x(self._high), x(self._low) + 2), middle))
        painter.setPen(QPen(QColor(tokens.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x(self._before), middle), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text))
        painter.drawEllipse(QPointF(x(self._after), middle), 4, 4)


class CoursePlot(QWidget):
    """Measured, and what the model says before and after, over the stretch that was kept back."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._unit = theme, ""
        self._points: Sequence[Sequence[float]] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)

    def show_course(self, points: Sequence[Sequence[float]], unit: str, what: str) -> None:
        """(time in ns, measured, before, after) of each step."""
        self._points, self._unit = points, unit
        self.setAccessibleName(f"{what}: measured, and the model before and after, {len(points)} steps")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Three lines, a scale on the left, what they are above."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SECONDARY))
        if len(self._points) < 2:
            painter.setPen(QColor(tokens.muted))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, "Nothing of this was judged on the stretch that was kept back."
            )
            return
        measure = painter.fontMetrics()
        values = [value for _, *three in self._points for value in three]
        low, high = min(values), max(values)
        high = high if high > low else low + 1.0
        left = max(measure.horizontalAdvance(brief(end)) for end in (low, high)) + 10
        box = QRectF(left, 22, self.width() - left - 8, self.height() - 30)
        first, last = self._points[0][0], self._points[-1][0]

        def at(time: float, value: float) -> QPointF:
            return QPointF(box.left() + box.width() * (time - first) / (last - first),
                           box.bottom() - box.height() * (value - low) / (high - low))  # fmt: skip

        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(box.topLeft(), box.bottomLeft())
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setPen(QColor(tokens.muted))
        for value in (low, high):
            painter.drawText(QRectF(0, at(first, value).y() - 8, left - 5, 16),
                             Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, brief(value))  # fmt: skip
        x = box.left() + 4
        for place, name, colour, style, width in (
            (2, "before", tokens.muted, Qt.PenStyle.DashLine, 1.2),
            (3, "after", tokens.accent, Qt.PenStyle.SolidLine, 1.6),
            (1, "measured", tokens.text, Qt.PenStyle.SolidLine, 1.0),
        ):
            painter.setPen(QPen(QColor(colour), width, style))
            painter.drawPolyline(QPolygonF([at(point[0], point[place]) for point in self._points]))
            painter.drawLine(QPointF(x, 10), QPointF(x + 18, 10))
            painter.setPen(QColor(tokens.text))
            painter.drawText(QPointF(x + 23, 14), name)
            x += measure.horizontalAdvance(name) + 42
        painter.setPen(QColor(tokens.muted))
        painter.drawText(QRectF(box.right() - 90, 2, 90, 16), Qt.AlignmentFlag.AlignRight, self._unit)


class DriftPlot(QWidget):
    """A model's error as it went; the dashed line is what it was when the calibration was approved."""

    def __init__(self, theme: Theme, course: Sequence[Sequence[float]], approved: float | None) -> None:
        super().__init__()
        self._theme, self._course, self._approved = theme, course, approved
        told = "" if approved is None else f", when approved {brief(approved)}"
        self.setAccessibleName(f"error, now {brief(course[-1][1]) if course else '?'}{told}")
        self.setToolTip("The error as it went; dashed: when the calibration was approved")

    def sizeHint(self) -> QSize:
        """As wide as a cell."""
        return QSize(96, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        """From 0 up."""
        if not self._course:
            return
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = max([error for _, error in self._course] + [self._approved or 0.0]) or 1.0
        first, last = self._course[0][0], max(self._course[-1][0], self._course[0][0] + 1)
        room, floor = self.height() - 8, self.height() - 4

        def at(time: float, error: float) -> QPointF:
            return QPointF(4 + (self.width() - 8) * (time - first) / (last - first), floor - room * error / top)

        if self._approved is not None:
            painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(at(first, self._approved), at(last, self._approved))
        painter.setPen(QPen(QColor(tokens.accent), 1.6))
        painter.drawPolyline(QPolygonF([at(time, error) for time, error in self._course]))

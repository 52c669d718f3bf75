"""The honesty plot: how often what was foretold came, by quantiles and by probabilities; on the dashed line it was honest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import SECONDARY, Theme, font

_SIDE, _LEFT, _ABOVE, _BELOW, _GAP = 92, 46, 18, 16, 58
_Points = Sequence[tuple[float, float]]


class HonestyPlot(QWidget):
    """Two squares, 0 to 100 % each: quantiles of when, and probabilities of whether."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._squares: tuple[tuple[str, _Points], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("What was told goes to the right, what came of it up; on the dashed line it was honest")
        theme.changed.connect(self.update)

    def show_record(self, quantiles: _Points, probabilities: _Points) -> None:
        """(what was told, the share that came of it), 0 … 1."""
        pairs = (("when: quantiles", quantiles), ("whether: probabilities", probabilities))
        self._squares = tuple((title, points) for title, points in pairs if points)
        said = (f"{title}: " + ", ".join(f"{told:.0%} told, {came:.0%} came" for told, came in points) for title, points in pairs)
        self.setAccessibleName("; ".join(said))
        self.setVisible(bool(self._squares))
        self.update()

    def sizeHint(self) -> QSize:
        """Two squares beside each other."""
        return QSize(_LEFT + 2 * _SIDE + _GAP, _ABOVE + _SIDE + _BELOW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame, diagonal, points."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SECONDARY))
        for k, (title, points) in enumerate(self._squares):
            box = QRectF(_LEFT + k * (_SIDE + _GAP), _ABOVE, _SIDE, _SIDE)
            painter.setPen(QColor(tokens.muted))
            painter.drawText(QRectF(box.left(), 0, _SIDE + _GAP - 4, _ABOVE - 3), Qt.AlignmentFlag.AlignLeft, title)
            painter.drawText(QRectF(box.left() - 46, box.top() - 6, 42, 14), Qt.AlignmentFlag.AlignRight, "100 %")
            painter.drawText(QRectF(box.left() - 46, box.bottom() - 8, 42, 14), Qt.AlignmentFlag.AlignRight, "0 %")
            painter.drawText(QRectF(box.left(), box.bottom() + 2, _SIDE, 14), Qt.AlignmentFlag.AlignRight, "100 %")
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(box.bottomLeft(), box.topRight())
            at = [QPointF(box.left() + _SIDE * told, box.bottom() - _SIDE * came) for told, came in points]
            painter.setPen(QPen(QColor(tokens.accent), 1.5))
            painter.drawPolyline(QPolygonF(at))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            for point in at:
                painter.drawEllipse(point, 3, 3)

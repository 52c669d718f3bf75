"""The life plot: how a quantity goes on until it passes its limit, as a fan, and when that will be."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from twins.prognosis.prediction import Life, span
from ui.numbers import unit_text
from ui.theme import SECONDARY, Theme, font

Scale = Callable[[float], float]
HEIGHT, LEFT, BELOW, ABOVE = 116, 46.0, 18.0, 8.0


class LifePlot(QWidget):
    """Time from now to the right, logarithmic where it reaches far; the limit is a dashed line, the interval a bar below."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._unit = theme, ""
        self._life: Life | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_life(self, life: Life | None, unit: str) -> None:
        """Another one, or none."""
        self._life, self._unit = life, unit_text(unit)
        self.setVisible(life is not None and len(life.path) > 1)
        self.setAccessibleName("" if life is None else f"{life.tag} reaches {life.value:g} {self._unit} in {span(life.middle)}")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(200, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fan, middle, limit, interval."""
        life = self._life
        if life is None or len(life.path) < 2:
            return
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SECONDARY))
        box = QRectF(LEFT, ABOVE, self.width() - LEFT - 12, HEIGHT - ABOVE - BELOW)
        x, y = self._scales(life, box)
        blue = QColor(tokens.accent)
        wash = QColor(blue)
        wash.setAlphaF(0.22)
        upper = [QPointF(x(t), y(high)) for t, _, _, high in life.path]
        lower = [QPointF(x(t), y(low)) for t, low, _, _ in reversed(life.path)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(wash)
        painter.drawPolygon(QPolygonF([*upper, *lower]))
        painter.setPen(QPen(blue, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x(t), y(middle)) for t, _, middle, _ in life.path]))
        painter.setPen(QPen(QColor(tokens.edge("high")), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(box.left(), y(life.value)), QPointF(box.right(), y(life.value)))
        self._draw_when(painter, life, box, x)
        self._draw_words(painter, life, box, y, x)

    def _scales(self, life: Life, box: QRectF) -> tuple[Scale, Scale]:
        last = life.path[-1][0]
        values = [value for _, *three in life.path for value in three] + [life.value]
        low, high = min(values), max(values)
        room = max((high - low) * 0.08, 1e-6)
        low, high = low - room, high + room

        def x(t: float) -> float:
            return box.left() + box.width() * math.log1p(max(t, 0.0) / 60) / math.log1p(last / 60)

        def y(value: float) -> float:
            return box.bottom() - box.height() * (value - low) / (high - low)

        return x, y

    def _draw_when(self, painter: QPainter, life: Life, box: QRectF, x: Scale) -> None:
        """The interval of the time that is left, along the axis."""
        tokens = self._theme.tokens
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if life.low is None:
            return
        end = x(life.high) if life.high is not None else box.right()
        painter.setPen(QPen(QColor(tokens.text), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(x(life.low), box.bottom()), QPointF(max(end, x(life.low) + 3), box.bottom()))
        if life.middle is not None:
            painter.drawLine(QPointF(x(life.middle), box.bottom() - 5), QPointF(x(life.middle), box.bottom() + 5))

    def _draw_words(self, painter: QPainter, life: Life, box: QRectF, y: Scale, x: Scale) -> None:
        painter.setPen(QColor(self._theme.tokens.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        limit, now = life.value, life.path[0][2]
        for value in (limit, now) if abs(y(limit) - y(now)) > 13 else (limit,):
            painter.drawText(QRectF(0, y(value) - 8, LEFT - 6, 16), right, f"{value:.4g}")
        measure = QFontMetrics(font(SECONDARY))
        words = [(0.0, "now"), (life.middle or life.path[-1][0], span(life.middle or life.path[-1][0]))]
        for t, word in words:
            width = measure.horizontalAdvance(word) + 4
            left = min(max(x(t) - width / 2, box.left() - 4), box.right() - width)
            painter.drawText(QRectF(left, box.bottom() + 4, width, BELOW - 4), Qt.AlignmentFlag.AlignCenter, word)

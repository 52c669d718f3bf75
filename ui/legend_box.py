"""The legend in the scene: quantity, unit, range and age of what colours it, and what hatching means."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from scene.legend import Legend
from ui.numbers import grouped, unit_text
from ui.theme import SECONDARY, Theme, font

LEAST, MOST, PAD, LINE = 176, 320, 10, 17
_MARK = 17  # px of a line that a square before it takes


class LegendBox(QWidget):
    """A raised box over the picture; its colours are exactly those of the scene."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._legend, self.age = theme, Legend(), ""
        self._bar = QImage()
        theme.changed.connect(self.update)
        self.show_legend(Legend())

    def show_legend(self, legend: Legend) -> None:
        """Another quantity."""
        self._legend = legend
        row = np.ascontiguousarray(np.asarray(legend.colours, np.uint8)[None, :, :3])
        self._bar = QImage(row.data, row.shape[1], 1, row.shape[1] * 3, QImage.Format.Format_RGB888).copy()
        self.setAccessibleName(f"Legend: {legend.title or 'condition'}, {self._ends()}")
        self.setFixedSize(self.sizeHint())
        self.update()

    def show_age(self, age: str) -> None:
        """How old the values are that colour the scene."""
        if age != self.age:
            self.age = age
            self.update()

    def sizeHint(self) -> QSize:
        """As wide and as high as what it says."""
        legend = self._legend
        body = LINE * len(legend.labels) if legend.labels else 30 if legend.title else 0
        strong, usual = QFontMetrics(font(weight=QFont.Weight.DemiBold)), QFontMetrics(font(SECONDARY))
        unit = unit_text(legend.unit)
        head = strong.horizontalAdvance(self._title()) + (2 * PAD + usual.horizontalAdvance(unit) if unit else 0)
        wide = max([head, *(_MARK + usual.horizontalAdvance(_words(label)) for label in legend.labels)]) + 2 * PAD + 2
        return QSize(min(max(wide, LEAST), MOST), PAD + 18 + body + LINE * (2 if legend.title else 1) + PAD - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title and unit, the map with its ends, the age, the hatch."""
        painter, tokens, legend = QPainter(self), self._theme.tokens, self._legend
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        unit = unit_text(legend.unit)
        taken = PAD + QFontMetrics(font(SECONDARY)).horizontalAdvance(unit) if unit else 0
        self._say(painter, PAD - 2, self._title(), tokens.text, strong=True, taken=taken)
        self._say(painter, PAD - 2, unit, tokens.muted, right=True)
        y = PAD + 18
        if legend.labels:
            y = self._draw_bands(painter, y)
        elif legend.title:
            y = self._draw_map(painter, y)
        if legend.title:
            self._say(painter, y, f"fixed range{' · ' + self.age if self.age else ''}", tokens.muted)
            y += LINE
        hatch = QRectF(PAD, y + 3, 11, 11)
        painter.setPen(QPen(QColor(tokens.muted), 1))
        painter.setBrush(QBrush(QColor(tokens.muted), Qt.BrushStyle.DiagCrossPattern))
        painter.drawRect(hatch)
        self._say(painter, y, "stale, bad or unknown", tokens.muted, indent=_MARK)

    def _draw_map(self, painter: QPainter, y: int) -> int:
        tokens, legend = self._theme.tokens, self._legend
        painter.drawImage(QRectF(PAD, y, self.width() - 2 * PAD, 8), self._bar)
        self._say(painter, y + 10, self._number(legend.low), tokens.muted)
        self._say(painter, y + 10, self._number(legend.high), tokens.muted, right=True)
        if legend.middle is not None:
            self._say(painter, y + 10, self._number(legend.middle), tokens.muted, centre=True)
        return y + 30

    def _draw_bands(self, painter: QPainter, y: int) -> int:
        for code, label in enumerate(self._legend.labels):
            painter.fillRect(QRectF(PAD, y + 3, 11, 11), QColor(*self._legend.colour(float(code))))
            self._say(painter, y, _words(label), self._theme.tokens.text, indent=_MARK)
            y += LINE
        return y

    def _title(self) -> str:
        return self._legend.title or "Condition"

    def _ends(self) -> str:
        legend = self._legend
        return f"{self._number(legend.low)} to {self._number(legend.high)} {unit_text(legend.unit)}" if legend.title else ""

    def _number(self, value: float) -> str:
        return grouped(value, 0 if float(value).is_integer() else max(self._legend.decimals, 1))

    def _say(
        self,
        painter: QPainter,
        y: float,
        text: str,
        colour: str,
        *,
        strong: bool = False,
        right: bool = False,
        centre: bool = False,
        indent: int = 0,
        taken: int = 0,
    ) -> None:
        painter.setFont(font(weight=QFont.Weight.DemiBold) if strong else font(SECONDARY))
        painter.setPen(QColor(colour))
        flag = Qt.AlignmentFlag
        side = flag.AlignRight if right else flag.AlignHCenter if centre else flag.AlignLeft
        box = QRectF(PAD + indent, y, self.width() - 2 * PAD - indent, LINE)
        fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, round(box.width()) - taken)
        painter.drawText(box, flag.AlignVCenter | side, fitting)


def _words(label: str) -> str:
    return label.replace("_", " ")

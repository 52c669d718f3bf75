"""Painting the strip: grid, lanes, events, loop, pointer and cursor, each in one place; sizes in px."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from twins.timeline import Lane, LaneKind
from ui.axis import context, stamp, step_for, ticks
from ui.event_marks import Cluster, draw_sign
from ui.theme import SECONDARY, Tokens, font, mixed
from ui.time_view import TimeView

AXIS, LABELS = 24, 96  # the height of the axis, the width of the lanes' names
_TICK, _MARK = 92, 10
_BAR, _PITCH, _CLOSEST = 11, 19, 11


def bar_box(lane: int, height: int, lanes: int) -> QRectF:
    """A lane's bar; a lane alone is taller and stands in the middle."""
    if lanes == 1:
        return QRectF(LABELS, AXIS + (height - AXIS) * 0.5 - 3, 0, 16)
    pitch = min(max((height - AXIS - 18) / lanes, _CLOSEST), _PITCH)
    return QRectF(LABELS, AXIS + 18 + lane * pitch, 0, min(_BAR, pitch - 4))


def height_for(lanes: int) -> int:
    """What so many lanes need, px."""
    return 72 if lanes == 1 else AXIS + 18 + lanes * _PITCH


def mark_box(x: float, height: int, lanes: int) -> QRectF:
    """The box of an event's sign at `x`: above the first lane."""
    return QRectF(x - _MARK / 2, bar_box(0, height, lanes).top() - _MARK - 4, _MARK, _MARK)


class StripPainter(QPainter):
    """A painter that knows where times are."""

    def __init__(self, strip: QWidget, tokens: Tokens, view: TimeView, zone: tzinfo) -> None:
        super().__init__(strip)
        self._tokens, self._view, self._zone = tokens, view, zone
        self._width, self._height = strip.width(), strip.height()
        self._room = max(1, self._width - LABELS)
        self._small = font(SECONDARY)
        self._metrics = QFontMetricsF(self._small)
        self.setFont(self._small)
        self.fillRect(strip.rect(), QColor(tokens.panel))

    def say(self, sentence: str) -> None:
        """One sentence instead of everything."""
        self.setPen(QColor(self._tokens.muted))
        self.setFont(font())
        room = QRectF(LABELS, 0, self._room - LABELS, self._height)
        self.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, sentence)
        self.end()

    def grid(self) -> None:
        """Ticks with their labels, and at the left what the labels leave unsaid."""
        room = max(2, self._room // _TICK)
        step = step_for(self._view.span // room)
        free = LABELS + self._say_context(context(max(0, self._view.start), step, self._zone))
        for tick in ticks(self._view.start, self._view.end, room, self._zone):
            x = round(self._x(tick.t)) + 0.5
            self.setPen(QColor(self._tokens.line))
            self.drawLine(QPointF(x, AXIS - 4), QPointF(x, self._height))
            left = x - self._metrics.horizontalAdvance(tick.label) / 2
            if left > free and left + self._metrics.horizontalAdvance(tick.label) < self._width:
                self.setPen(QColor(self._tokens.text if tick.major else self._tokens.muted))
                self.drawText(QPointF(left, 14), tick.label)

    def lanes(
        self, lanes: Sequence[Lane], covered: tuple[np.ndarray, np.ndarray], of_tag: tuple[np.ndarray, np.ndarray], shown: str
    ) -> None:
        """Each lane's name and bar; the shown one's is strong. The plant's bar is where samples are, darker where the
        selected tag has some."""
        for i, lane in enumerate(lanes):
            box = bar_box(i, self._height, len(lanes))
            self.setPen(QColor(self._tokens.text if lane.key == shown else self._tokens.muted))
            named = self._metrics.elidedText(lane.name, Qt.TextElideMode.ElideMiddle, LABELS - 14)
            self.drawText(QRectF(8, box.top() - 4, LABELS - 12, box.height() + 8), Qt.AlignmentFlag.AlignVCenter, named)
            if not lane.key:
                self._stretches(box, covered, mixed(self._tokens.panel, self._tokens.muted, 0.28))
                self._stretches(box, of_tag, mixed(self._tokens.panel, self._tokens.muted, 0.55))
            else:
                self._other_lane(box, lane, lane.key == shown)

    def events(self, found: Sequence[Cluster], times: np.ndarray, known: int, lanes: int) -> None:
        """A sign for each cluster, with its count; what was not known yet is faint."""
        for cluster in found:
            box = mark_box(LABELS + cluster.x, self._height, lanes)
            self.setOpacity(1.0 if times[cluster.first] <= known else 0.38)
            draw_sign(self, box, cluster.sign, self._tokens)
            if cluster.count > 1:
                self._count(box, cluster.count)
        self.setOpacity(1.0)

    def loop(self, start: int, end: int) -> None:
        """The stretch that is repeated: a wash over the lanes and two brackets in the axis."""
        left, right = max(LABELS, self._x(start)), min(self._width, self._x(end))
        if right < LABELS or left > self._width:
            return
        wash = QColor(self._tokens.accent)
        wash.setAlphaF(0.13)
        self.fillRect(QRectF(left, AXIS - 4, right - left, self._height), wash)
        self.setPen(QPen(QColor(self._tokens.accent), 2))
        for t, inward in ((start, 5), (end, -5)):
            x = self._x(t)
            if LABELS <= x <= self._width:
                self.drawPolyline([QPointF(x + inward, AXIS - 4), QPointF(x, AXIS - 4), QPointF(x, self._height)])

    def cursor(self, t: int) -> None:
        """A line through all lanes, with a head to take hold of."""
        x = self._x(t)
        if not LABELS - 1 <= x <= self._width + 1:
            return
        colour = QColor(self._tokens.text)
        self.fillRect(QRectF(x - 0.75, 18, 1.5, self._height), colour)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setPen(Qt.PenStyle.NoPen)
        self.setBrush(colour)
        self.drawPolygon(QPolygonF([QPointF(x - 6, 17), QPointF(x + 6, 17), QPointF(x, 25)]))
        self.setBrush(Qt.BrushStyle.NoBrush)
        self.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def pointer(self, x: float, t: int, resolution: int) -> None:
        """The time under the pointer, in the axis."""
        self.setPen(QPen(QColor(self._tokens.muted), 1, Qt.PenStyle.DotLine))
        self.drawLine(QPointF(x, AXIS), QPointF(x, self._height))
        text = stamp(t, self._zone, resolution)
        width = self._metrics.horizontalAdvance(text) + 14
        left = min(max(LABELS, x - width / 2), self._width - width - 1)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setPen(QColor(self._tokens.muted))
        self.setBrush(QColor(self._tokens.raised))
        self.drawRoundedRect(QRectF(left + 0.5, 1.5, width - 1, 19), 3, 3)
        self.setPen(QColor(self._tokens.text))
        self.drawText(QRectF(left, 1, width, 20), Qt.AlignmentFlag.AlignCenter, text)

    # ------------------------------------------------------------------

    def _x(self, t: int) -> float:
        return LABELS + (t - self._view.start) * (self._room / self._view.span)

    def _say_context(self, text: str) -> float:
        """The width it takes."""
        self.setPen(QColor(self._tokens.muted))
        self.drawText(QPointF(8, 14), text)
        return max(0.0, self._metrics.horizontalAdvance(text) + 20 - LABELS)

    def _stretches(self, box: QRectF, stretches: tuple[np.ndarray, np.ndarray], colour: str) -> None:
        scale = self._room / self._view.span
        lefts = np.maximum((stretches[0] - self._view.start) * scale, 0.0)
        rights = np.minimum((stretches[1] - self._view.start) * scale, float(self._room))
        shown = rights > lefts
        filled = QColor(colour)
        for left, right in zip(lefts[shown].tolist(), rights[shown].tolist(), strict=True):
            self.fillRect(QRectF(LABELS + left, box.top(), max(1.0, right - left), box.height()), filled)

    def _other_lane(self, box: QRectF, lane: Lane, shown: bool) -> None:
        left, right = max(float(LABELS), self._x(lane.start)), min(float(self._width), self._x(lane.end))
        if right <= left:
            return
        whole = QRectF(left, box.top(), right - left, box.height())
        if lane.kind is LaneKind.FORECAST:
            self.fillRect(whole, QColor(mixed(self._tokens.panel, self._tokens.accent, 0.7 if shown else 0.4)))
            return
        if shown:
            self.fillRect(whole, QColor(mixed(self._tokens.panel, self._tokens.accent, 0.4)))
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setPen(QPen(QColor(self._tokens.accent), 1.4, Qt.PenStyle.DashLine))
        self.drawRoundedRect(whole.adjusted(0.7, 0.7, -0.7, -0.7), 3, 3)
        self.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _count(self, box: QRectF, count: int) -> None:
        tiny = QFont(self._small)
        tiny.setPointSizeF(self._small.pointSizeF() * 0.82)
        self.setFont(tiny)
        self.setPen(QColor(self._tokens.muted))
        text = str(count) if count < 100 else "99+"
        self.drawText(QRectF(box.center().x() - 20, box.top() - 12, 40, 12), Qt.AlignmentFlag.AlignCenter, text)
        self.setFont(self._small)

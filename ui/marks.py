"""An alarm's mark: priority by shape and by colour, the same wherever one is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from twins.record import Event
from ui.theme import Tokens

PRIORITIES = ("high", "medium", "low", "diagnostic")  # worst first
STALE = "stale"  # drawn like a diagnostic: something is wrong with what we know, not with the plant


def priority_of(alarm: Event) -> str:
    """A standing alarm's priority; an unknown one counts as medium."""
    said = str(alarm.data.get("priority", "medium"))
    return said if said in PRIORITIES else "medium"


def worst(priorities: Iterable[str]) -> str:
    """The worst of them, "" of none."""
    return min(priorities, key=PRIORITIES.index, default="")


def draw_mark(painter: QPainter, box: QRectF, priority: str, tokens: Tokens) -> None:
    """Draws ◆ high, ▲ medium, ▼ low or ◌ diagnostic to fill `box`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if priority in ("diagnostic", STALE):
        pen = QPen(QColor(tokens.muted), 1.3, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([1.2, 1.5])
        painter.setPen(pen)
        painter.drawEllipse(box.adjusted(1, 1, -1, -1))
    else:
        painter.setPen(QPen(QColor(tokens.edge(priority)), 1.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(QColor(getattr(tokens, priority)))
        painter.drawPath(_shape(box.adjusted(0.5, 0.5, -0.5, -0.5), priority))
    painter.restore()


def _shape(box: QRectF, priority: str) -> QPainterPath:
    middle, left, right = box.center(), box.left(), box.right()
    top, bottom = box.top() + box.height() * 0.06, box.bottom() - box.height() * 0.06
    corners = {
        "high": ((middle.x(), box.top()), (right, middle.y()), (middle.x(), box.bottom()), (left, middle.y())),
        "medium": ((middle.x(), top), (right, bottom), (left, bottom)),
        "low": ((left, top), (right, top), (middle.x(), bottom)),
    }[priority]
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
    path.closeSubpath()
    return path

"""An event's sign: what kind it is, told by a shape, and many signs in one place told by a count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from twins.record import Event, EventKind
from ui.marks import PRIORITIES, draw_mark, priority_of
from ui.theme import Tokens

SIGNS = (*PRIORITIES, "link", "command", "prediction", "note", "returned", "record")  # the weightiest first
_OF_KIND = {
    EventKind.LINK: "link",
    EventKind.GAP: "link",
    EventKind.COMMAND: "command",
    EventKind.PREDICTION: "prediction",
    EventKind.NOTE: "note",
}


def sign_of(event: Event) -> str:
    """One of SIGNS: an alarm's priority while it stands, “returned” once it does not, else what suits the kind."""
    if event.kind is EventKind.ALARM:
        return priority_of(event) if event.stands else "returned"
    if event.kind is EventKind.LINK and event.data.get("state") == "up":
        return "record"
    return _OF_KIND.get(event.kind, "record")


def draw_sign(painter: QPainter, box: QRectF, sign: str, tokens: Tokens) -> None:
    """Draws an alarm’s mark, or quietly: ✕ link down or gap, ▸ command, ○ prediction, □ note, · returned, | anything else."""
    if sign in PRIORITIES:
        draw_mark(painter, box, sign, tokens)
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = QColor(tokens.link if sign in ("command", "prediction", "note") else tokens.muted)
    painter.setPen(QPen(colour, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    inner = box.adjusted(1.5, 1.5, -1.5, -1.5)
    if sign == "link":
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    elif sign == "command":
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([inner.topLeft(), QPointF(inner.right(), inner.center().y()), inner.bottomLeft()]))
    elif sign == "prediction":
        painter.drawEllipse(inner)
    elif sign == "note":
        painter.drawRect(inner)
    elif sign == "returned":
        painter.drawEllipse(inner.center(), 1.6, 1.6)
    else:
        painter.drawLine(QPointF(inner.center().x(), inner.top()), QPointF(inner.center().x(), inner.bottom()))
    painter.restore()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Events that are drawn as one: the first of the weightiest sign stands for all of them."""

    x: float  # px: where the event is, of several the middle of their cell
    sign: str
    count: int
    first: int  # place of the first event; they follow each other
    shown: int  # place of the event that is drawn


def clusters(
    times: NDArray[np.int64], ranks: NDArray[np.int8], start: int, end: int, width: int, cell: int = 18
) -> list[Cluster]:
    """The events (`times` ascending, `ranks` places in SIGNS) of [start, end] on `width` px, one cluster a `cell` of pixels.

    Cells stand still in time, so nothing flickers while the view pans.
    """
    low, high = np.searchsorted(times, start, "left"), np.searchsorted(times, end, "right")
    if low == high:
        return []
    seen, weight = times[low:high], ranks[low:high]
    size = max(1, (end - start) * cell // max(1, width))
    cells = seen // size
    heads = np.flatnonzero(np.append(True, cells[1:] != cells[:-1]))
    counts = np.diff(np.append(heads, len(seen)))
    best = np.minimum.reduceat(weight, heads)
    shown = [int(h + np.argmax(weight[h : h + n] == b)) for h, n, b in zip(heads, counts, best, strict=True)]
    at = np.where(counts > 1, cells[heads] * size + size // 2, seen[shown])
    xs = (at - start) * (width / (end - start))
    rows = zip(xs, best, counts, heads, shown, strict=True)
    return [Cluster(float(x), SIGNS[b], int(n), int(h + low), int(s + low)) for x, b, n, h, s in rows]

"""The trend plot: lines of several tags over one axis of time, with an axis of values for each unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import tzinfo

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent

from twins.asset import Tag, TagKind
from twins.clock import SECOND
from ui.numbers import unit_text
from ui.theme import SECONDARY, Theme, font, mixed
from ui.time_view import TimeView
from ui.trend_axes import TimeAxis, ValueAxis
from ui.trend_items import Scale, TrendItem
from ui.trend_lines import Beside, Line

AXES = 4  # more units than that share the last axis
_WHEEL, _WASH = 0.8, 0.22


class TrendPlot(pg.GraphicsView):
    """Draws what it is given over the stretch of `view`. A click or drag asks for an instant; wheel and axis move the view."""

    sought = Signal(object)  # ns: too long for a C++ int
    laid_out = Signal()

    def __init__(self, theme: Theme, origin: int, zone: tzinfo) -> None:
        super().__init__()
        self._theme, self._origin = theme, origin
        self._view = TimeView(origin, origin + SECOND)
        self._items: dict[str, TrendItem] = {}
        self._limits: list[tuple[pg.ViewBox, pg.InfiniteLine]] = []
        self._lines: dict[str, Line | None] = {}
        self._beside: dict[str, Beside] = {}
        self._limited: tuple[str, ...] = ()
        self._panning: int | None = None
        self._grid = pg.GraphicsLayout()
        self._grid.setContentsMargins(4, 2, 10, 2)
        self._grid.setSpacing(0)
        self.setCentralItem(self._grid)
        self._time = TimeAxis(origin, zone)
        self._grid.addItem(self._time, 2, AXES)
        self._main = pg.ViewBox(enableMenu=False)
        self._grid.addItem(self._main, 1, AXES)
        self._scales = [self._scale(i) for i in range(AXES)]
        self._time.linkToView(self._main)
        self._main.sigResized.connect(self._fit_boxes)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.setZValue(50)
        self._main.addItem(self._cursor, ignoreBounds=True)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def room(self) -> int:
        """How wide the drawing is, px."""
        return max(64, round(self._main.width()))

    @property
    def inside(self) -> QRect:
        """Where lines are drawn, px."""
        return self._main.sceneBoundingRect().toRect()

    @property
    def corner(self) -> tuple[int, int]:
        """The upper right corner of the drawing, px: left of it and above there is room."""
        box = self._main.sceneBoundingRect()
        return round(box.right()), round(box.top())

    def follow(self, view: TimeView) -> None:
        """Shows the stretch of this view from now on."""
        self._view = view
        self.show_stretch()

    def show_stretch(self) -> None:
        """Takes the view's stretch over."""
        self._main.setXRange(self._x(self._view.start), self._x(self._view.end), padding=0)

    def show_cursor(self, t: int) -> None:
        """Moves the cursor's line."""
        self._cursor.setValue(self._x(t))

    def choose(self, tags: Sequence[Tag], colours: Mapping[str, tuple[str, bool]]) -> None:
        """The tags to draw, each with its colour and whether it is dashed; axes are dealt out by unit."""
        for tag in [tag for tag in self._items if tag not in colours]:
            self._items.pop(tag).put(None)
        units = list(dict.fromkeys(_axis_of(tag) for tag in tags))
        for scale in self._scales:
            scale.tags = []
        for tag in tags:
            self._scales[min(units.index(_axis_of(tag)), AXES - 1)].tags.append(tag)
        for scale in self._scales:
            self._deal(scale, colours)

    def show_lines(self, lines: Mapping[str, Line | None], beside: Mapping[str, Beside], limited: Sequence[str]) -> None:
        """The lines of the chosen tags, what other lanes say of them, and which of them show their limits; `fit` comes next."""
        self._lines, self._beside, self._limited = dict(lines), dict(beside), tuple(limited)
        for tag, item in self._items.items():
            item.show_line(lines.get(tag))
            item.show_beside(beside.get(tag, Beside()))

    def fit(self, anew: bool) -> bool:
        """Fits the axes of values to what is seen; unless `anew` they only grow, so that nothing rescales while it plays.

        Tells whether any line is seen."""
        anything = False
        start, end = self._x(self._view.start), self._x(self._view.end)
        for scale in self._scales:
            if anew:
                scale.low, scale.high = math.inf, -math.inf
            for tag in scale.tags:
                line = self._lines.get(tag.path)
                if line is not None and (reach := line.reach(start, end)):
                    scale.reach(*reach)
                    anything = True
                if reach := self._beside.get(tag.path, Beside()).reach(start, end):
                    scale.reach(*reach)
                    anything = True
        self._show_limits()
        for scale in self._scales:
            scale.settle()
        return anything

    # ------------------------------------------------------------------ pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The left button takes the cursor, on the time axis and with the middle button the view."""
        left = event.button() == Qt.MouseButton.LeftButton
        if not left or self._below(event.position()):
            self._panning = self._t(event.position())
        else:
            self.sought.emit(self._t(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags what was taken."""
        if self._panning is not None:
            self._view.pan(self._panning - self._t(event.position()))
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._t(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._panning = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second click is a click."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms time about the pointer; sideways pans."""
        turned = event.angleDelta()
        if turned.x():
            self._view.pan(-round(self._view.span * 0.1 * turned.x() / 120))
        else:
            self._view.zoom(self._t(event.position()), _WHEEL ** (turned.y() / 120))
        event.accept()

    # ------------------------------------------------------------------

    def _x(self, t: int) -> float:
        return (t - self._origin) / SECOND

    def _t(self, at: QPointF) -> int:
        box = self._main.sceneBoundingRect()
        return self._view.start + round((at.x() - box.left()) / max(1.0, box.width()) * self._view.span)

    def _below(self, at: QPointF) -> bool:
        return at.y() > self._main.sceneBoundingRect().bottom()

    def _scale(self, i: int) -> Scale:
        """The first and third axis on the left, the second and fourth on the right; all boxes lie on the same place."""
        column = (AXES - 1, AXES + 1, AXES - 2, AXES + 2)[i]
        axis = ValueAxis("left" if i % 2 == 0 else "right")
        axis.setStyle(tickLength=0, tickFont=font(SECONDARY), autoExpandTextSpace=True)
        box = self._main if i == 0 else pg.ViewBox(enableMenu=False)
        box.setMouseEnabled(False, False)
        box.disableAutoRange()
        axis.linkToView(box)
        unit = pg.LabelItem("")
        self._grid.addItem(axis, 1, column)
        self._grid.addItem(unit, 0, column)
        if box is not self._main:
            self.scene().addItem(box)
            box.setXLink(self._main)
        return Scale(box, axis, unit)

    def _fit_boxes(self) -> None:
        for scale in self._scales[1:]:
            scale.box.setGeometry(self._main.sceneBoundingRect())
            scale.box.linkedViewChanged(self._main, pg.ViewBox.XAxis)
        self.laid_out.emit()

    def _deal(self, scale: Scale, colours: Mapping[str, tuple[str, bool]]) -> None:
        used = bool(scale.tags) or scale is self._scales[0]
        words = {tag.values for tag in scale.tags}
        scale.axis.words = next(iter(words)) if len(words) == 1 else ()
        scale.axis.setVisible(used)
        units = list(dict.fromkeys(unit_text(tag.unit) for tag in scale.tags))
        scale.unit.setText(units[0] if len(units) == 1 else "", size=f"{SECONDARY}px", color=self._theme.tokens.muted)
        scale.unit.setVisible(used)
        for tag in scale.tags:
            item = self._items.setdefault(tag.path, TrendItem())
            item.put(scale.box)
            item.dress(*colours[tag.path], self._wash(colours[tag.path][0], len(colours)))
        one = colours[scale.tags[0].path][0] if len(scale.tags) == 1 and len(self._items) > 1 else self._theme.tokens.muted
        scale.axis.setTextPen(QColor(one))

    def _wash(self, colour: str, tags: int) -> QColor:
        """See-through for one tag or two; for more of them opaque, which Qt fills ten times faster."""
        if tags > 2:
            return QColor(mixed(self._theme.tokens.panel, colour, _WASH))
        wash = QColor(colour)
        wash.setAlphaF(_WASH)
        return wash

    def _show_limits(self) -> None:
        for box, line in self._limits:
            box.removeItem(line)
        self._limits = []
        tokens = self._theme.tokens
        for scale in self._scales:
            for tag in (tag for tag in scale.tags if tag.path in self._limited):
                for name, value in tag.limits.named().items():
                    span = scale.high - scale.low
                    if not scale.low - 0.8 * span <= value <= scale.high + 0.8 * span:
                        continue
                    scale.reach(value, value)
                    colour = tokens.edge("high" if name in ("high_high", "low_low") else "medium")
                    line = pg.InfiniteLine(value, angle=0, pen=pg.mkPen(colour, width=1.2, style=Qt.PenStyle.DashLine))
                    scale.box.addItem(line, ignoreBounds=True)
                    self._limits.append((scale.box, line))

    def _dress(self) -> None:
        tokens = self._theme.tokens
        self.setBackground(tokens.panel)
        self._cursor.setPen(pg.mkPen(tokens.text, width=1.5))
        for axis in (self._time, *(scale.axis for scale in self._scales)):
            axis.setPen(QColor(tokens.line))
            axis.setTextPen(QColor(tokens.muted))
        self._time.setStyle(tickLength=4, tickFont=font(SECONDARY))
        self._scales[0].axis.setGrid(90)


def _axis_of(tag: Tag) -> str:
    """Tags with the same answer share an axis."""
    if tag.kind is TagKind.ENUMERATION:
        return "words " + " ".join(tag.values)
    return "on or off" if tag.kind is TagKind.BOOLEAN else f"in {tag.unit}"

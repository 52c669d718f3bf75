"""What a trend plot is made of: all that is drawn of one tag, and the axis of values that it is drawn by."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from twins.asset import Tag
from ui.trend_axes import ValueAxis, nice_step
from ui.trend_lines import Beside, Line

_DOTS = 120  # fewer samples than that are told apart


class TrendItem:
    """One tag in a box: its band, its line, and dots where samples are few enough to be told apart.

    Bands are bars and solid lines single segments, because Qt paints a long path of many turns a hundred times slower.
    """

    def __init__(self) -> None:
        self.box: pg.ViewBox | None = None
        self._band = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=pg.mkPen(None))
        self._curve = pg.PlotCurveItem(antialias=True)
        self._dots = pg.ScatterPlotItem(size=5, pen=pg.mkPen(None), antialias=True)
        self._band.setZValue(-10)
        self._fan = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=pg.mkPen(None))
        self._fan.setZValue(-20)
        self._interval = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=pg.mkPen(None))
        self._interval.setZValue(-30)
        self._middle, self._other, self._expected = (pg.PlotCurveItem(antialias=True) for _ in range(3))

    def put(self, box: pg.ViewBox | None) -> None:
        """Into another box, or out of all."""
        if box is self.box:
            return
        for item in self._items():
            if self.box is not None:
                self.box.removeItem(item)
            if box is not None:
                box.addItem(item, ignoreBounds=True)
        self.box = box

    def _items(self) -> tuple[pg.GraphicsObject, ...]:
        lines = (self._expected, self._curve, self._middle, self._other, self._dots)
        return (self._interval, self._fan, self._band, *lines)

    def dress(self, colour: str, dashed: bool, wash: QColor) -> None:
        """Colour-blind eyes tell the second four by their dashes; `wash` fills the band."""
        dashes, width = (Qt.PenStyle.DashLine, 1) if dashed else (Qt.PenStyle.SolidLine, 1.5)
        self._curve.setPen(pg.mkPen(colour, width=width, style=dashes))
        self._curve.setSegmentedLineMode("off" if dashed else "on")
        self._band.setOpts(brush=wash)
        self._dots.setBrush(QColor(colour))
        self._fan.setOpts(brush=wash)
        self._interval.setOpts(brush=wash)
        self._expected.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
        self._middle.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DotLine))
        self._other.setPen(pg.mkPen(colour, width=1.2, style=Qt.PenStyle.DashDotLine))

    def show_beside(self, beside: Beside) -> None:
        """What other lanes and the estimator say."""
        for bars, fan in ((self._fan, beside.fan), (self._interval, beside.interval)):
            x0, x1, low, high = fan if fan is not None else ([], [], [], [])
            bars.setOpts(x0=x0, x1=x1, y0=low, y1=high)
        for curve, line in ((self._middle, beside.middle), (self._other, beside.what_if), (self._expected, beside.expected)):
            if line is None:
                curve.clear()
            else:
                curve.setData(line.x, line.y, connect=line.joined, skipFiniteCheck=True)

    def show_line(self, line: Line | None) -> None:
        """Another line, or none."""
        x0, x1, low, high = line.band if line is not None and line.band is not None else ([], [], [], [])
        self._band.setOpts(x0=x0, x1=x1, y0=low, y1=high)
        if line is None:
            self._curve.clear()
        else:
            self._curve.setData(line.x, line.y, connect=line.joined, skipFiniteCheck=True)
        few = line is not None and line.dots is not None and len(line.dots[0]) <= _DOTS
        self._dots.setData(*(line.dots if few else ([], [])))


@dataclass
class Scale:
    """One axis of values: what is drawn on it, and its range, which only grows while the same stretch is shown."""

    box: pg.ViewBox
    axis: ValueAxis
    unit: pg.LabelItem
    tags: list[Tag] = field(default_factory=list)
    low: float = math.inf
    high: float = -math.inf

    def reach(self, low: float, high: float) -> None:
        """Grows to hold these."""
        self.low, self.high = min(self.low, low), max(self.high, high)

    def settle(self) -> None:
        """Sets the range, rounded outward so that small changes don't move it."""
        low, high = (self.low, self.high) if self.low <= self.high else (0.0, 1.0)
        if self.axis.words:
            low, high = -0.4, len(self.axis.words) - 0.6
        else:
            least = 4 * min((10.0**-tag.decimals for tag in self.tags), default=0.0)  # what stands still is not magnified
            span = max(high - low, least, abs(high) * 1e-6, 1e-6)
            step = nice_step(span / 20)
            floor = -span * 0.02 if low >= 0 else -math.inf  # what is never negative gets no room below zero
            low, high = (low + high - span) / 2, (low + high + span) / 2
            low = max(math.floor((low - span * 0.03) / step) * step, floor)
            high = math.ceil((high + span * 0.03) / step) * step
        self.box.setYRange(low, high, padding=0)

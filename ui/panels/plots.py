"""The plots: one tag over another, over the last stretch before the instant that is shown, of the plant and of the chosen
lane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from twins.asset import Plot, Twin
from twins.clock import SECOND, format_duration
from twins.historian import Trend
from twins.historian.query import Answers, Query
from twins.record import Snapshot, Waveform
from twins.timeline import Lane, Timeline
from ui.numbers import tag_label, unit_text
from ui.theme import SECONDARY, Theme, font, mixed

_MOST = 2_000  # points of a tag
_LONGEST_BLOCK = 10 * SECOND  # a block is told when it ends, and may begin so long before
_STEP = SECOND // 5  # a stretch is asked for anew so often
Points = tuple[NDArray[np.float64], NDArray[np.float64]]


class Plots(QWidget):
    """Draws the chosen plot of the package. What is newest is strongest; a dot stands at the cursor."""

    def __init__(self, theme: Theme, twin: Twin, timeline: Timeline) -> None:
        super().__init__()
        import pyqtgraph as pg  # it takes most of a second: not before the panel is wanted

        from ui.trend_axes import ValueAxis

        self._theme, self._twin, self._timeline = theme, twin, timeline
        self._asked, self._shown, self._drawn = Query(), Query(), ""
        self.choice = QComboBox()
        self.choice.setAccessibleName("Plot")
        self.choice.addItems([plot.label for plot in twin.plots])
        self.choice.currentIndexChanged.connect(lambda: self._restyle())
        self.words = QLabel(font=font(SECONDARY))
        self.words.setProperty("muted", True)
        self.view = pg.PlotWidget(axisItems={"bottom": ValueAxis("bottom"), "left": ValueAxis("left")})
        self.view.setMenuEnabled(False)
        self.view.hideButtons()
        self._lane, self._line = (self.view.plot([], [], antialias=True) for _ in range(2))
        self._dot = pg.ScatterPlotItem(size=8, pen=pg.mkPen(None))
        self.view.addItem(self._dot)
        row, column = QHBoxLayout(spacing=8), QVBoxLayout(self, spacing=0)
        row.setContentsMargins(6, 4, 6, 0)
        row.addWidget(self.choice)
        row.addWidget(self.words, 1)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def stand_in(self, root: str) -> None:
        """Chooses the first plot of the twin that one is in, where it has one."""
        own = (i for i, plot in enumerate(self._twin.plots) if plot.asset == root)
        self.choice.setCurrentIndex(next(own, self.choice.currentIndex()))

    @property
    def plot(self) -> Plot:
        """The one that is chosen."""
        return self._twin.plots[max(self.choice.currentIndex(), 0)]

    def wanted(self) -> Query:
        """Both tags over the stretch before the cursor; of the chosen lane too."""
        plot, until = self.plot, -(-self._timeline.cursor // _STEP) * _STEP + 1
        if plot.wave:
            stretch = until - plot.over - _STEP, until + _LONGEST_BLOCK
            if ((plot.wave,), stretch) != (self._asked.waves, (self._asked.start, self._asked.end)):
                self._asked = Query(start=stretch[0], end=stretch[1], waves=(plot.wave,))
            return self._asked
        if ((plot.x, plot.y), until) != (self._asked.tags, self._asked.end) or self._keys() != [q.lane for q in self._asked.also]:
            stretch = (until - plot.over - _STEP, until)
            also = tuple(Query((plot.x, plot.y), *stretch, _MOST, hindsight=True, lane=key) for key in self._keys())
            self._asked = Query((plot.x, plot.y), *stretch, _MOST, also=also)
        return self._asked

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Draws what was answered, up to the cursor."""
        plot, cursor = self.plot, snapshot.time
        if plot.wave:
            if answers.query.waves == (plot.wave,):
                self._present_wave(answers.waves.get(plot.wave, ()), cursor)
            return
        if answers.query.tags != (plot.x, plot.y):
            return
        own = points_of(answers.trends[plot.x], answers.trends[plot.y], cursor - plot.over, cursor)
        lanes = [points_of(a.trends[plot.x], a.trends[plot.y], cursor - plot.over, cursor) for a in answers.also if a.trends]
        self._line.setData(*own)
        self._lane.setData(*(lanes[0] if lanes else ([], [])))
        self._dot.setData(*([each[-1:] for each in own] if len(own[0]) else ([], [])))
        self._reach((own, *lanes))
        said = "" if len(own[0]) else "no samples in this stretch"
        self.words.setText(said or f"the last {format_duration(plot.over)}" + (" · dashed: the what-if" if lanes else ""))

    def _present_wave(self, blocks: tuple[Waveform, ...], cursor: int) -> None:
        """The waveform up to the cursor, in seconds before it."""
        own = trace_of(blocks, cursor - self.plot.over, cursor)
        self._line.setData(*own, connect="finite")
        self._lane.setData([], [])
        self._dot.setData([], [])
        self._reach((own,))
        self.words.setText("" if len(own[0]) else "no samples in this stretch")
        self.view.setXRange(-self.plot.over / SECOND, 0, padding=0)

    def _keys(self) -> list[str]:
        timeline = self._timeline
        chosen: Lane | None = next((lane for lane in timeline.branches if lane.key == timeline.chosen), None)
        return [chosen.key] if chosen is not None else []

    def _reach(self, courses: tuple[Points, ...]) -> None:
        """Axes hold all that is drawn, and only grow while the same plot is shown."""
        if self._drawn != self.plot.name:
            self._drawn, self._ends = self.plot.name, np.array([[np.inf, -np.inf]] * 2)
        for axis in range(2):
            values = np.concatenate([course[axis] for course in courses])
            values = values[np.isfinite(values)]
            if len(values):
                self._ends[axis] = min(self._ends[axis, 0], values.min()), max(self._ends[axis, 1], values.max())
        if np.isfinite(self._ends).all():
            pad = 0.06 * np.maximum(self._ends[:, 1] - self._ends[:, 0], 1e-9)
            (x0, x1), (y0, y1) = self._ends + np.column_stack([-pad, pad])
            self.view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    def _restyle(self) -> None:
        import pyqtgraph as pg
        from PySide6.QtCore import Qt

        tokens = self._theme.tokens
        self.view.setBackground(tokens.panel)
        self._line.setPen(pg.mkPen(tokens.accent, width=1.6))
        self._lane.setPen(pg.mkPen(QColor(mixed(tokens.accent, tokens.panel, 0.35)), width=1.4, style=Qt.PenStyle.DashLine))
        self._dot.setBrush(QColor(tokens.text))
        sides = (("bottom", self.plot.x), ("left", self.plot.wave or self.plot.y))
        for side, path in sides:
            tag, axis = self._twin.tags.get(path), self.view.getAxis(side)
            axis.setTextPen(tokens.muted)
            axis.setPen(tokens.line)
            label = f"{tag_label(tag)} {unit_text(tag.unit)}".strip() if tag else "s before"
            axis.setLabel(label, **{"color": tokens.muted, "font-size": f"{SECONDARY}px"})
            least = 4 * 10.0**-tag.decimals if tag else None  # what stands still is no noise
            self.view.getViewBox().setLimits(**{"minXRange" if side == "bottom" else "minYRange": least})


def trace_of(blocks: tuple[Waveform, ...], start: int, end: int) -> Points:
    """(s before `end`, value) of blocks in order of time; NaN where one doesn't follow on the one before."""
    xs, ys, last = [], [], 0
    for block in blocks:
        t = block.start + block.step * np.arange(len(block.values))
        if last and block.start - last > 2 * block.step:
            xs.append(np.array([np.nan]))
            ys.append(np.array([np.nan]))
        here = (t >= start) & (t <= end) & (t > last)
        xs.append((t[here] - end) / SECOND)
        ys.append(np.asarray(block.values, float)[here])
        last = int(t[-1]) if len(t) else last
    return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.zeros(0), np.zeros(0))


def points_of(x: Trend, y: Trend, start: int, end: int) -> Points:
    """The course of y over x: y where x was measured, linear between its own samples; nothing where either was silent."""
    t = x.t[(x.t >= start) & (x.t <= end)]
    if not len(t) or not len(y.t):
        return np.zeros(0), np.zeros(0)
    here = (t >= y.t[0] - y.gap_ns) & (t <= y.t[-1] + y.gap_ns)
    t = t[here]
    return x.mean[np.searchsorted(x.t, t)], np.interp((t - start).astype(float), (y.t - start).astype(float), y.mean)

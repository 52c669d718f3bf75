"""The trends: tags dragged here, or the selected one, drawn over the stretch that the timeline shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from twins.asset import Tag, TagKind, Twin
from twins.asset.estimated import EXPECTED, SPREAD
from twins.historian import Trend
from twins.historian.query import Answers, Query
from twins.record import Snapshot
from twins.timeline import Lane, LaneKind, Timeline
from ui.asset_model import TAG_MIME
from ui.coverage import bucket_ns
from ui.icons import icon
from ui.numbers import quality_words, shown, tag_inside, tag_label
from ui.selection import Selection
from ui.theme import ICON, Theme, legible
from ui.time_view import TimeView
from ui.trend_legend import WIDTH, Entry, TrendLegend
from ui.trend_lines import Beside, fan_of, interval_of, line_of, standing

MOST = 8
_WIDE = 620  # px: from here on the legend stands beside the plot
_COLOURS = ("#2d6fb0", "#0b8f78", "#8a4fb5", "#5c6770", "#2a9fc4", "#b0478f", "#6b7f1f", "#7a5c4a")  # none is an alarm's


_MIDDLE = ".p50"
_FAN = (".p05", ".p95")  # the quantiles that a forecast's fan lies between


def _told_by(lane: Lane, tags: tuple[str, ...]) -> tuple[str, ...]:
    """What is asked of a lane about tags."""
    return tags if lane.kind is LaneKind.WHAT_IF else (*tags, *(f"{tag}{end}" for tag in tags for end in _FAN))


class TrendsPanel(QWidget):
    """Draws its own tags, or while it has none the selection's. A click or drag on the plot moves the cursor (`moved`)."""

    moved = Signal()

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, timeline: Timeline, view: TimeView) -> None:
        super().__init__()
        from ui.trend_plot import TrendPlot  # pyqtgraph takes most of a second: not before the panel is wanted

        self._theme, self._selection, self._twin, self._timeline = theme, selection, twin, timeline
        self._shared, self._free = view, TimeView(view.start, view.end)
        self._tags: tuple[str, ...] = ()
        self._dismissed: str | None = None
        self._drawn: tuple[str, ...] = ()
        self._asked = Query()
        self._lanes: tuple[Lane, ...] = ()
        self._shown: object = None
        self._fitted: object = None
        self._snapshot = Snapshot.empty()
        self.plot = TrendPlot(theme, timeline.start, ZoneInfo(twin.timezone))
        self.legend = TrendLegend(theme)
        self.link = QToolButton(self.plot, checkable=True, checked=True, iconSize=QSize(ICON, ICON))
        self.link.setStyleSheet("QToolButton { padding: 0 3px; }")
        self.link.setToolTip("Show the same stretch as the timeline")
        self.link.setAccessibleName(self.link.toolTip())
        self.silence = QLabel(self.plot, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, visible=False)
        self.silence.setProperty("muted", True)
        self.silence.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.note = QLabel(wordWrap=True, visible=False, margin=6)
        self.note.setProperty("muted", True)
        self.message = QLabel(
            "Drag a tag here from the tree or the inspector", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True
        )
        self.message.setProperty("muted", True)
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._restyle()

    # ------------------------------------------------------------------ which tags

    @property
    def tags(self) -> tuple[str, ...]:
        """What is drawn: its own tags, else the selected one or the selected asset's first."""
        if self._tags:
            return self._tags
        asset = self._twin.assets.get(self._selection.asset)
        chosen = self._selection.tag or (asset.headline if asset else "")
        return (chosen,) if chosen != self._dismissed and self._drawable(chosen) else ()

    def add(self, path: str) -> None:
        """Draws a tag too; what can't be is refused with a sentence."""
        tag = self._twin.tag(path)
        if tag is None or not self._drawable(path):
            nothing = f"“{path}” is no tag of this twin."
            self._say(nothing if tag is None else f"{tag_label(tag)} is a {tag.kind.value}: there is no line to draw.")
        elif path not in self.tags and len(self.tags) >= MOST:
            self._say(f"{MOST} tags at most; take one off first.")
        else:
            self._say("")
            self._tags = tuple(dict.fromkeys((*self.tags, path)))
            self._choose()

    def remove(self, path: str) -> None:
        """Takes a tag off."""
        self._dismissed = path
        self._tags = tuple(tag for tag in self._tags if tag != path)
        self._choose()

    def state(self) -> dict[str, object]:
        """What to remember."""
        return {"tags": list(self._tags), "linked": self.link.isChecked()}

    def restore(self, state: Mapping[str, object]) -> None:
        """What was remembered; tags that are no more are left out."""
        kept = state.get("tags", [])
        kept = kept if isinstance(kept, list) else []
        self._tags = tuple(tag for tag in kept if isinstance(tag, str) and self._drawable(tag))[:MOST]
        self.link.setChecked(bool(state.get("linked", True)))
        self._choose()

    # ------------------------------------------------------------------ asked and shown

    def wanted(self) -> Query:
        """The trends of what is shown and half as much on both sides, a bucket a pixel."""
        tags = self.tags
        if not tags:
            return Query()
        periods = [tag.period_ns or 0 for tag in self._tags_of(tags)]
        stretch = self._view.around((self._asked.start, self._asked.end), 5 * max(periods) // 2)
        lanes = self._other_lanes()
        asked = (*tags, *self._judging(tags))
        if (stretch, asked, lanes) != ((self._asked.start, self._asked.end), self._asked.tags, self._lanes):
            width = min(4096, self.plot.room * (stretch[1] - stretch[0]) // self._view.span)
            self._lanes = lanes
            also = tuple(Query(_told_by(lane, tags), *stretch, width, hindsight=True, lane=lane.key) for lane in lanes)
            self._asked = Query(asked, *stretch, width, also=also)
        return self._asked

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Moves the cursor; draws lines anew only where the answers are."""
        self._snapshot = snapshot
        if self.tags != self._drawn:
            self._choose()
        self.plot.show_cursor(self._timeline.cursor)
        if answers is not self._shown and answers.query.tags[: len(self._drawn)] == self._drawn and self._drawn:
            self._shown = answers
            self._draw(answers)
        self.legend.show_entries([self._entry(tag) for tag in self._drawn])

    # ------------------------------------------------------------------ drag and drop

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Tags are welcome."""
        if event.mimeData().hasFormat(TAG_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Draws what was dropped, one path a line."""
        for path in bytes(event.mimeData().data(TAG_MIME).data()).decode("utf-8").split():
            self.add(path)
        event.acceptProposedAction()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend goes beside a wide plot and above a narrow one."""
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self._body.setDirection(QBoxLayout.Direction.RightToLeft if wide else QBoxLayout.Direction.TopToBottom)
        self._side.setMaximumWidth(min(max(WIDTH, self.width() * 3 // 10), 380) if wide else 16_777_215)
        self._side.setMinimumWidth(self._side.maximumWidth() if wide else 0)

    # ------------------------------------------------------------------

    @property
    def _view(self) -> TimeView:
        return self._shared if self.link.isChecked() else self._free

    def _lay_out(self) -> None:
        self._side = QWidget()
        column = QVBoxLayout(self._side, spacing=0)
        column.setContentsMargins(0, 2, 4, 2)
        column.addWidget(self.note)
        column.addWidget(self.legend)
        column.addStretch(1)
        drawn = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.RightToLeft, drawn, spacing=0)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.addWidget(self._side)
        self._body.addWidget(self.plot, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.message)
        self._stack.addWidget(drawn)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    def _connect(self) -> None:
        self.legend.removed.connect(self.remove)
        self.legend.chosen.connect(self._select)
        self.plot.sought.connect(self._seek)
        self.plot.laid_out.connect(self._place_link)
        self.link.toggled.connect(self._link)
        self._shared.changed.connect(self._stretch)
        self._free.changed.connect(self._stretch)
        self._selection.changed.connect(self._selected)
        self._theme.changed.connect(self._restyle)
        self.plot.follow(self._view)
        self._choose()

    def _choose(self) -> None:
        """Deals colours and axes out to what is to be drawn now."""
        self._drawn = self.tags
        colours = self._colours()
        self.plot.choose(self._tags_of(self._drawn), {tag: colours[i] for i, tag in enumerate(self._drawn)})
        self.legend.show_entries([self._entry(tag) for tag in self._drawn])
        self._stack.setCurrentIndex(1 if self._drawn else 0)
        self._shown = self._fitted = None
        self.silence.hide()

    def _draw(self, answers: Answers) -> None:
        query = answers.query
        until = min(query.end, self._timeline.end if self._timeline.hindsight else max(self._timeline.cursor, query.start))
        lines = {
            tag: line_of(trend, bucket_ns(trend, query.start, query.end, query.width), self._timeline.start, until)
            for tag, found in answers.trends.items()
            if tag in self._drawn
            for trend in (self._with_standing(tag, found, query.start),)
        }
        limited = self._drawn if len(self._drawn) <= 2 else (self._selection.tag,)
        self.plot.show_lines(lines, self._beside(answers), limited)
        self._fit()

    def _with_standing(self, tag: str, trend: Trend, start: int) -> Trend:
        if self._snapshot.time < start:
            return trend
        return standing(trend, self._snapshot.reading(tag), start)

    def _other_lanes(self) -> tuple[Lane, ...]:
        """The chosen what-if, and the forecast that stands."""
        timeline = self._timeline
        chosen = next((lane for lane in timeline.branches if lane.key == timeline.chosen), None)
        return tuple(dict.fromkeys(lane for lane in (chosen, timeline.forecast) if lane is not None))

    def _beside(self, answers: Answers) -> dict[str, Beside]:
        found = {tag: self._expected(tag, answers) for tag in self._drawn}
        kinds = {lane.key: lane.kind for lane in self._lanes}
        for other in answers.also:
            query, origin = other.query, self._timeline.start
            for tag in found:
                own = other.trends.get(tag, Trend.empty())
                bucket = bucket_ns(own, query.start, query.end, query.width)
                line = line_of(own, bucket, origin, query.end)
                if kinds.get(query.lane) is LaneKind.WHAT_IF:
                    found[tag] = replace(found[tag], what_if=line)
                else:
                    low, high = (other.trends.get(f"{tag}{end}", Trend.empty()) for end in _FAN)
                    found[tag] = replace(found[tag], middle=line, fan=fan_of(low, high, bucket, origin))
        return found

    def _judging(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """What the estimator tells of these tags: what was expected, and how surely; of a parameter its interval."""
        wanted = (f"{tag}.{word}" for tag in tags for word in (EXPECTED, SPREAD))
        ends = (f"{tag.removesuffix(_MIDDLE)}{end}" for tag in tags if tag.endswith(_MIDDLE) for end in _FAN)
        return tuple(path for path in (*wanted, *ends) if path in self._twin.estimated and path in self._snapshot.place)

    def _expected(self, tag: str, answers: Answers) -> Beside:
        query, origin = answers.query, self._timeline.start
        expected, spread, low, high = (
            answers.trends.get(path, Trend.empty())
            for path in (f"{tag}.{EXPECTED}", f"{tag}.{SPREAD}", *(f"{tag.removesuffix(_MIDDLE)}{end}" for end in _FAN))
        )
        if tag.endswith(_MIDDLE) and len(low.t):
            return Beside(interval=fan_of(low, high, bucket_ns(low, query.start, query.end, query.width), origin))
        bucket = bucket_ns(expected, query.start, query.end, query.width)
        until = min(query.end, self._timeline.end)
        return Beside(expected=line_of(expected, bucket, origin, until), interval=interval_of(expected, spread, bucket, origin))

    def _tags_of(self, paths: tuple[str, ...]) -> list[Tag]:
        return [tag for path in paths if (tag := self._twin.tag(path)) is not None]

    def _say_silence(self, anything: bool) -> None:
        """An empty plot says why it is empty."""
        recorded = any(tag in self._snapshot.place for tag in self._drawn)
        seen = "No samples in this stretch" + ("" if self._timeline.hindsight else " that were known then")
        self.silence.setText("" if anything else seen if recorded else "Nothing was ever recorded")
        self.silence.setVisible(not anything)

    def _fit(self) -> None:
        stands = (self._view.start, self._view.end, self._drawn)
        anything = self.plot.fit(anew=stands != self._fitted)
        if self._shown is not None:
            self._say_silence(anything)
        self._fitted = stands

    def _entry(self, path: str) -> Entry:
        [tag], reading = self._tags_of((path,)), self._snapshot.reading(path)
        value, unit = shown(reading, tag)
        colour, dashed = self._colours()[self._drawn.index(path)]
        asset = self._twin.assets.get(tag.asset)
        label = f"{asset.name} {tag_inside(tag)}" if asset and asset.path else tag_label(tag)
        return Entry(path, label, colour, dashed, value, unit, reading.sound, quality_words(reading))

    def _colours(self) -> list[tuple[str, bool]]:
        tokens = self._theme.tokens
        return [(legible(colour, tokens.panel, tokens.text, 3.0), i >= MOST // 2) for i, colour in enumerate(_COLOURS)]

    def _drawable(self, path: str) -> bool:
        tag: Tag | None = self._twin.tag(path)
        return tag is not None and tag.kind not in (TagKind.TEXT, TagKind.WAVEFORM)

    def _seek(self, t: int) -> None:
        self._timeline.seek(t)
        self.plot.show_cursor(self._timeline.cursor)
        self.moved.emit()

    def _place_link(self) -> None:
        right, top = self.plot.corner
        self.link.setFixedSize(ICON + 8, ICON + 2)
        self.link.move(right - self.link.width(), max(0, top - self.link.height() - 1))
        self.silence.setGeometry(self.plot.inside.adjusted(8, 0, -8, 0))

    def _select(self, path: str) -> None:
        [tag] = self._tags_of((path,))
        self._selection.choose(tag.asset, path if path in self._twin.tags else "")

    def _link(self, linked: bool) -> None:
        if not linked:
            self._free.show(self._shared.start, self._shared.end)
        self.plot.follow(self._view)
        self._fit()

    def _stretch(self) -> None:
        self.plot.show_stretch()
        self._fit()

    def _selected(self) -> None:
        self._dismissed = None if not self._tags else self._dismissed
        if self.tags != self._drawn:
            self._choose()

    def _restyle(self) -> None:
        self.link.setIcon(icon("link-variant", self._theme.tokens))
        self._choose()

    def _say(self, sentence: str) -> None:
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))
        if not self._drawn:
            self.message.setText(sentence or "Drag a tag here from the tree or the inspector")

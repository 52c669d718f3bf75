"""The banner: which twin, which mode, which instant, what is alarming, who is here."""

from __future__ import annotations

from collections import Counter
from datetime import tzinfo

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from twins.clock import MINUTE, to_datetime
from twins.historian.query import Answers, Query
from twins.record import EventKind, Snapshot
from twins.record.event import Standing
from twins.record.snapshot import STATION
from twins.timeline import Beside, LaneKind, Mode, Timeline
from ui.elided import ElidedLabel
from ui.marks import PRIORITIES, draw_mark, priority_of
from ui.numbers import age_text
from ui.theme import SECONDARY, Theme, font

_MODES = {LaneKind.PLANT: "replay", LaneKind.WHAT_IF: "whatif", LaneKind.FORECAST: "forecast"}
HEIGHT, MARK, GAP, LEAST_LEFT = 34, 11, 12, 190


class AlarmCounts(QWidget):
    """The standing alarms by priority, each with its shape, colour and word; the shelved ones beside."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bold = font(weight=QFont.Weight.DemiBold)
        self.counts: tuple[tuple[str, int], ...] = ()
        self.shelved = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self.update)

    def show_standing(self, standing: Standing) -> None:
        """Counts what stands."""
        shelved = {event.key for event in standing.of(EventKind.SHELVING)}
        alarms = [event for event in standing.of(EventKind.ALARM) if event.key not in shelved]
        found = Counter(priority_of(event) for event in alarms)
        counts = tuple((priority, found[priority]) for priority in PRIORITIES if found[priority])
        if (counts, len(shelved)) != (self.counts, self.shelved):
            self.counts, self.shelved = counts, len(shelved)
            self.setToolTip(self.text())
            self.setAccessibleName(self.text())
            self.updateGeometry()
            self.update()

    def text(self) -> str:
        """What it shows, in words."""
        words = [f"{count} {priority}" for priority, count in self.counts]
        words += [f"{self.shelved} shelved"] if self.shelved else []
        return " · ".join(words) if words else "no alarms"

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        return QSize(round(self._draw(None)) + 2, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws marks and counts."""
        painter = QPainter(self)
        self._draw(painter)

    def _draw(self, painter: QPainter | None) -> float:
        """Draws from the left, or only measures; the width that takes, px."""
        tokens, x = self._theme.tokens, 0.0
        for priority, count in self.counts:
            if painter:
                draw_mark(painter, QRectF(x, (self.height() - MARK) / 2, MARK, MARK), priority, tokens)
            x = self._word(painter, x + MARK + 5, str(count), self._bold, tokens.text)
            x = self._word(painter, x + 4, priority, font(SECONDARY), tokens.muted) + 12
        said = f"{self.shelved} shelved" if self.shelved else "" if self.counts else "no alarms"
        return self._word(painter, x, said, font(SECONDARY), tokens.muted)

    def _word(self, painter: QPainter | None, x: float, word: str, with_font: QFont, colour: str) -> float:
        width = QFontMetricsF(with_font).horizontalAdvance(word)
        if painter:
            painter.setFont(with_font)
            painter.setPen(QColor(colour))
            painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
        return x + width


class Banner(QWidget):
    """The strip along the top. `menu_button` and `palette_button` are for the window to fill."""

    mode_changed = Signal(str)  # live, lost, replay, whatif or forecast
    hindsight_asked = Signal()
    operator_asked = Signal()  # somebody wants to say who they are

    def __init__(self, theme: Theme, timeline: Timeline, zone: tzinfo, twin_name: str, simulated: bool) -> None:
        super().__init__(objectName="banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._timeline, self._zone, self._was_simulated = timeline, zone, simulated
        bold = font(weight=QFont.Weight.DemiBold)
        self.menu_button = QToolButton(text="≡", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup, toolTip="Menu (F10)")
        self.menu_button.setAccessibleName("Menu")
        name = QLabel("Twindeck", font=bold)
        self._mode = QLabel(objectName="mode", font=bold)
        self._simulated = QLabel("SIMULATED PLANT", objectName="boxed", font=font(SECONDARY), visible=simulated)
        self._simulated.setToolTip("The plant is made of models; so is its clock, which may stand at another day than yours.")
        self._time = QLabel(font=bold)
        self._offset = _muted(QLabel())
        self._known = QToolButton(toolTip="What was known then, or what is known now: click to change")
        self._known.setProperty("quiet", True)
        self._known.clicked.connect(self.hindsight_asked)
        self.alarms = AlarmCounts(theme)
        self.palette_button = QToolButton(text="Ctrl+K", toolTip="Find anything, do anything (Ctrl+K)")
        self.palette_button.setProperty("quiet", True)
        self.operator = QToolButton(toolTip="Who is at the desk; it stands on everything that is done here")
        self.operator.setProperty("quiet", True)
        self.operator.clicked.connect(self.operator_asked)
        self.operator.hide()
        self._groups = (
            self._group([self.menu_button, name, ElidedLabel(twin_name)], 10, (8, 0)),
            self._group([self._mode, self._simulated, self._time, self._offset, self._known], 8, (0, 0)),
            self._group([self.alarms, self.palette_button, self.operator], 12, (0, 12)),
        )
        self.mode = ""
        self.present(Snapshot.empty(timeline.cursor), Answers(Query()))

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Shows the instant that is on the screen, and what stands then."""
        moment = to_datetime(snapshot.time, self._zone)
        self._time.setText(moment.strftime("%Y-%m-%d %H:%M:%S") if self._timeline.end else "no data")
        offset = moment.strftime("%z")
        self._offset.setText(f"UTC{offset[:3]}:{offset[3:5]}".replace("-", "−", 1) if offset != "+0000" else "UTC")
        self._known.setText("hindsight" if snapshot.hindsight else "known then")
        self.alarms.show_standing(snapshot.standing)
        beat = snapshot.standing.get((EventKind.HEARTBEAT, STATION))
        self._was_simulated |= bool(
            beat is not None and beat.data.get("simulated")
        )  # what comes of it, too: a what-if has no beat
        self._simulated.setVisible(self._was_simulated)
        following = self._timeline.mode is Mode.FOLLOWING and self._timeline.live
        shown = self._timeline.shown
        elsewhere = _MODES[shown.kind]
        cut = following and not snapshot.station_lost and _is_cut(snapshot)
        self._show_mode(("lost" if snapshot.station_lost else "live") if following else elsewhere, _silent_for(snapshot), cut)

    def show_operator(self, name: str, asked: bool) -> None:
        """Who is here; nobody, where nobody is asked."""
        self.operator.setVisible(asked)
        self.operator.setText(name or "Sign in")

    def _show_mode(self, mode: str, silent: str, cut: bool) -> None:
        paused = " · PAUSED" if self._timeline.mode is Mode.PAUSED else ""
        replay = "LIVE" + paused if paused and self._near_now() else "REPLAY" + paused
        lane, beside = self._timeline.shown, self._timeline.beside
        against = "" if beside is Beside.ALONE else f" · {beside.value} with the plant"
        named = "" if lane.name == str(lane.kind) else f" · {lane.name}"
        said = {
            "live": "⊘  LINK DOWN" if cut else "●  LIVE",
            "lost": f"⊘  STATION LOST · {silent}",
            "whatif": f"WHAT-IF · {lane.name}{against}{paused}",
            "forecast": f"FORECAST of {to_datetime(lane.start, self._zone):%H:%M}{named}{against}{paused}",
        }
        self._mode.setText(said.get(mode, replay))
        self._known.setVisible(mode == "replay")
        look = "lost" if cut else mode
        if look != self._mode.property("mode"):
            self._mode.setProperty("mode", look)
            self._mode.style().polish(self._mode)
        if mode != self.mode:
            self.mode = mode
            self.mode_changed.emit(mode)

    def _near_now(self) -> bool:
        """A live view that was paused a moment ago, not yet a replay of something else."""
        return self._timeline.live and self._timeline.end - self._timeline.cursor < MINUTE

    def event(self, event: QEvent) -> bool:
        """Places the three groups anew when one of them needs another width."""
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._place()
        return done

    def _place(self) -> None:
        """The middle stands in the middle as long as there is room; the left is the first to be elided."""
        left, middle, right = (group.sizeHint().width() for group in self._groups)
        right = min(right, max(self.width() - middle - 2 * GAP - LEAST_LEFT, 0))
        left = min(left, max(self.width() - middle - right - 2 * GAP, 0))
        x = min(max((self.width() - middle) // 2, left + GAP), self.width() - right - GAP - middle)
        for group, at, width in zip(self._groups, (0, x, self.width() - right), (left, middle, right), strict=True):
            group.setGeometry(at, 0, width, self.height() - 1)

    def _group(self, widgets: list[QWidget], spacing: int, margins: tuple[int, int]) -> QWidget:
        group = QWidget(self)
        row = QHBoxLayout(group, spacing=spacing)
        row.setContentsMargins(margins[0], 0, margins[1], 0)
        for widget in widgets:
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        return group


def _is_cut(snapshot: Snapshot) -> bool:
    """There are links, and none is up."""
    links = snapshot.standing.of(EventKind.LINK)
    return bool(links) and all(link.data.get("state") != "up" for link in links)


def _silent_for(snapshot: Snapshot) -> str:
    """How long ago the station spoke last."""
    beat = snapshot.standing.get((EventKind.HEARTBEAT, STATION))
    return age_text(snapshot.time - beat.time) if beat is not None else ""


def _muted(label: QLabel) -> QLabel:
    label.setProperty("muted", True)
    return label

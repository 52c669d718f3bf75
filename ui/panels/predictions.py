"""The predictions: what is foreseen, the greatest risk first; why, how long is left, and what somebody has decided about it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Twin
from twins.clock import DAY, SECOND
from twins.historian.query import Answers, Query
from twins.prognosis.prediction import Evidence, Prediction, predictions_in, sentence, span
from twins.prognosis.track_record import Outcome, calibration, outcomes_told, reliability
from twins.record import Event, EventKind, Intention, IntentionKind, Snapshot
from twins.timeline import Timeline
from ui.ask import Ask
from ui.axis import stamp
from ui.honesty_plot import HonestyPlot
from ui.life_plot import LifePlot
from ui.numbers import unit_text
from ui.selection import Selection
from ui.theme import SECONDARY, Theme, font

NOTHING = (
    "Nothing is foreseen. What the estimator finds of a model's parameters is compared with the faults that the package "
    "declares, and the package's own predictors look at what is recorded; what is likely stands here with its evidence."
)
_OFTEN = 10 * SECOND

_UNKNOWN = 0.85  # an interval of severity so wide says nothing


class Predictions(QWidget):
    """A click shows the evidence and selects the part; a double click flies there. `intended` carries what is decided."""

    intended = Signal(object)

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, timeline: Timeline) -> None:
        super().__init__()
        self._theme, self._selection, self._twin, self._zone = theme, selection, twin, ZoneInfo(twin.timezone)
        self._timeline = timeline
        self._shown: tuple[Prediction, ...] = ()
        self._overdue: frozenset[str] = frozenset()
        self.list = QListWidget(frameShape=QFrame.Shape.NoFrame, wordWrap=True, spacing=1)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustToContents)
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.list.setAccessibleName("Predictions")
        self.list.setStyleSheet("QListWidget::item { padding: 6px 10px; }")
        self.empty = QLabel(NOTHING, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, margin=18)
        self.empty.setProperty("muted", True)
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText, margin=2, font=font(SECONDARY))
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.plot = LifePlot(theme)
        self.honesty = HonestyPlot(theme)
        self.honesty.setVisible(False)
        self.record = QLabel(font=font(SECONDARY), visible=False, wordWrap=True)
        self.record.setProperty("muted", True)
        self.buttons = {
            verdict: QPushButton(title, toolTip=tip)
            for verdict, title, tip in (
                ("acknowledged", "Acknowledge", "You have seen it"),
                ("planned", "Plan…", "Work is planned; say what and when"),
                ("dismissed", "Dismiss…", "It is no fault; say why"),
            )
        }
        self._lay_out()
        self._connect()

    def wanted(self) -> Query:
        """What was predicted over the last day, and which alarms came of it."""
        end = (self._timeline.end // _OFTEN + 1) * _OFTEN
        kinds = (EventKind.PREDICTION, EventKind.ALARM)
        return Query(start=max(self._timeline.start, end - DAY), end=end, events=True, kinds=kinds, hindsight=True)

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """As they stood at the instant."""
        found = predictions_in(snapshot.standing.of(EventKind.PREDICTION))
        shown = tuple(sorted(found, key=lambda each: (each.verdict == "dismissed", -each.risk_hours)))
        overdue = frozenset(each.key for each in shown if each.deadline <= snapshot.time)
        if (shown, overdue) != (self._shown, self._overdue):
            self._shown, self._overdue = shown, overdue
            self._list()
        if answers.query.events:
            until = self._timeline.end if snapshot.hindsight else snapshot.time
            self._tell_record([event for event in answers.events if event.time <= until], until)

    @property
    def chosen(self) -> Prediction | None:
        """The one whose evidence is shown."""
        row = self.list.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    # ------------------------------------------------------------------

    def _lay_out(self) -> None:
        """The list, below it what scrolls: evidence, fan, track record; the buttons always in reach."""
        told = QWidget()
        inside = QVBoxLayout(told, spacing=6)
        inside.setContentsMargins(12, 8, 12, 8)
        for widget in (self.words, self.plot, self.record, self.honesty):
            inside.addWidget(widget)
        inside.addStretch(1)
        self.told = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        self.told.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.told.setWidget(told)
        self.deciding = QWidget()
        row = QHBoxLayout(self.deciding, spacing=6)
        row.setContentsMargins(12, 6, 12, 8)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.empty, 3)
        column.addWidget(self.list, 1)
        column.addWidget(self.told, 1)
        column.addWidget(self.deciding)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(lambda _: self._tell())
        self.list.itemClicked.connect(lambda _: self._select())
        self.list.itemActivated.connect(lambda _: self._visit())
        self.words.linkActivated.connect(self._follow)
        self._theme.changed.connect(self._tell)
        for verdict, button in self.buttons.items():
            button.clicked.connect(lambda _=False, verdict=verdict: self._decide(verdict))
        self._list()

    def _list(self) -> None:
        before = self.list.currentItem().data(Qt.ItemDataRole.UserRole) if self.list.currentItem() else ""
        self.list.blockSignals(True)
        self.list.clear()
        for each in self._shown:
            item = QListWidgetItem(f"{self._name(each.asset)}   {sentence(each)}\n{self._second(each)}")
            item.setData(Qt.ItemDataRole.UserRole, each.key)
            item.setFont(font(weight=QFont.Weight.Medium if not each.verdict else QFont.Weight.Normal))
            self.list.addItem(item)
        keys = [each.key for each in self._shown]
        self.list.setCurrentRow(keys.index(before) if before in keys else 0 if keys else -1)
        self.list.blockSignals(False)
        for widget in (self.list, self.words, self.deciding):
            widget.setVisible(bool(keys))
        self.plot.setVisible(False)
        self.empty.setVisible(not keys)
        self.told.setVisible(bool(keys or self.record.text()))
        self._tell()

    def _tell_record(self, events: list[Event], until: int) -> None:
        """How earlier predictions have fared, as far as that was known."""
        found = list(outcomes_told(events, until))
        judged = [each for each in found if each.held is not None]
        held = sum(bool(each.held) for each in judged)
        told = f"Track record: {held} of {len(judged)} intervals held what happened" if judged else ""
        waiting = len(found) - len(judged)
        told += f"{' · ' if told else 'Track record: '}{waiting} not yet decided" if waiting else ""
        lines = [f"{self._when(e.prediction.time, 0)} {sentence(e.prediction)}: {_came(e)}" for e in found[-20:]]
        self.record.setText(told)
        self.record.setToolTip("\n".join(lines))
        self.record.setVisible(bool(told))
        self.told.setVisible(bool(told or self._shown))
        quantiles = [(level, share) for level, share in calibration(found) if share is not None]
        self.honesty.show_record(quantiles, [(told_, came) for told_, came, _ in reliability(found)])

    def _second(self, each: Prediction) -> str:
        risk = f"risk {each.risk_hours:,.0f} h of standstill".replace(",", "\u202f")
        due = "overdue since" if each.key in self._overdue else "act by"
        decided = f" · {each.verdict} by {each.by}" if each.verdict else f" · {due} {self._when(each.deadline, each.time)}"
        return risk + decided

    def _tell(self) -> None:
        each = self.chosen
        if each is None:
            return
        tokens = self._theme.tokens
        lines = [
            f"<b>{each.action}</b>" if each.action else "",
            each.description,
            f"{_severe(each)}; since {self._when(each.since, each.time)}",
            *(self._evidence(e, tokens.link) for e in each.evidence),
            f"{each.verdict} by {each.by}{f': {each.why}' if each.why else ''}" if each.verdict else "",
            f"<span style='color:{tokens.muted}'>{each.model} · {each.version} · {self._when(each.time, each.time)}</span>",
        ]
        self.words.setText("<br>".join(line for line in lines if line))
        tag = self._twin.tags.get(each.life.tag) if each.life else None
        self.plot.show_life(each.life, tag.unit if tag else "")

    def _evidence(self, each: Evidence, colour: str) -> str:
        tag = self._twin.tag(each.tag)
        name, unit = (tag.label or tag.name, unit_text(tag.unit)) if tag else (each.tag, "")
        look = f"text-decoration:none; color:{colour}"
        return f'<a style="{look}" href="{each.tag}">{name}</a> {each.words(unit)}'

    def _select(self) -> None:
        each = self.chosen
        if each is not None:
            tag = each.evidence[0].tag if each.evidence else ""
            self._selection.choose(self._part_of(tag) or each.asset, tag)

    def _visit(self) -> None:
        each = self.chosen
        if each is not None:
            self._selection.visit(self._part_of(each.evidence[0].tag if each.evidence else "") or each.asset)

    def _follow(self, tag: str) -> None:
        self._selection.choose(self._part_of(tag), tag)

    def _part_of(self, tag: str) -> str:
        """The component that a tag is about, else the asset that it belongs to."""
        owner = tag.partition(".")[0]
        inside = [path for path, asset in self._twin.assets.items() if tag in asset.shows and path.startswith(f"{owner}/")]
        return inside[0] if inside else owner

    def _decide(self, verdict: str) -> None:
        each = self.chosen
        if each is None:
            return
        if verdict == "acknowledged":
            self._say(each.key, verdict, "")
            return
        field = QLineEdit(maxLength=500)

        def answer(texts: list[str]) -> str | None:
            if not texts[0]:
                return "Some words are needed."
            self._say(each.key, verdict, texts[0])
            return None

        title, words = {
            "planned": ("Plan", f"{each.label}: what is done, and when?"),
            "dismissed": ("Dismiss", f"{each.label}: why is it no fault?"),
        }[verdict]
        Ask(self, f"{title} · {self._name(each.asset)}", words, [("", field)], title, answer).open_over()

    def _say(self, key: str, verdict: str, why: str) -> None:
        self.intended.emit(Intention(IntentionKind.JUDGE, subject=key, why=why, data={"verdict": verdict}))

    def _name(self, path: str) -> str:
        asset = self._twin.assets.get(path)
        return asset.name if asset else path

    def _when(self, t: int, now: int) -> str:
        told = stamp(t, self._zone)
        return told.partition(" ")[2] if abs(t - now) < DAY / 2 else told.partition(" ")[0]


def _came(outcome: Outcome) -> str:
    if outcome.actual is not None:
        return f"came after {span(outcome.actual)}" + ("" if outcome.held else ", outside its interval")
    return "not yet" if outcome.held is None else "did not come"


def _severe(each: Prediction) -> str:
    low, middle, high = each.severity
    if high - low >= _UNKNOWN:
        return "How severe it is can't be told"
    if low == high:  # a predictor of the package tells one number
        return f"Severity {middle:.0%}"
    return f"{middle:.0%} of the fault as it is described ({low:.0%} to {high:.0%})"

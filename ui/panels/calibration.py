"""The calibration: which version of the models is in force, whether they have drifted, and how they are fitted anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Asset, Twin, wandering
from twins.clock import DAY, HOUR, format_time, parse_time
from twins.historian.query import Answers, Query
from twins.physics import Maker, modelled
from twins.record import Snapshot
from twins.timeline import Timeline
from ui.ask import Ask
from ui.axis import stamp
from ui.calibrating import Asked
from ui.calibration_rows import change_row, drift_row, drift_sentence, urgency
from ui.elided import ElidedLabel
from ui.selection import Selection
from ui.theme import SECONDARY, Theme, font
from ui.time_view import TimeView

_STRETCHES = (("Shown in the timeline", 0), ("Last hour", HOUR), ("Last 6 h", 6 * HOUR), ("Last day", DAY),
              ("Last 7 days", 7 * DAY), ("Last 30 days", 30 * DAY), ("All of the recording", -1))  # fmt: skip
_KEPT_BACK = (("Last quarter kept back", "0.25"), ("Last half kept back", "0.5"))
_MANY = 6  # parameters that begin alike are offered as one
_WORST = 6  # rows of drift that are shown
_CORRECT = (
    "Learns, as bounded tables, what the fitted models still leave out of their outputs,\n"
    "where blocks of time that were not fitted confirm it; it is proposed with the parameters"
)
_HOW = "Names of parameters, with a comma between; anemometer_* is all that begin so"
OWN = "The package's own parameters are in force; nobody has calibrated them."


class CalibrationPanel(QWidget):
    """Emits what is asked. A click on an output selects its tag, so that the trends show it with what was expected of it."""

    asked = Signal(object)  # an Asked
    cancelled = Signal()
    judge_asked = Signal()
    rolled_back = Signal(str, str)  # by, why

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, timeline: Timeline, view: TimeView) -> None:
        super().__init__()
        self._theme, self._selection, self._twin, self._timeline, self._view = theme, selection, twin, timeline, view
        self._zone, self._asset, self.operator = ZoneInfo(twin.timezone), "", ""
        self._told: Mapping[str, Any] = {}
        self.version = QLabel(OWN, wordWrap=True)
        self.notice = QLabel(wordWrap=True, visible=False, font=font(weight=QFont.Weight.DemiBold))
        self.scope, self.parameters = QComboBox(), QComboBox(editable=True)
        self.parameters.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.stretch, self.kept_back = QComboBox(), QComboBox()
        for words, span in _STRETCHES:
            self.stretch.addItem(words, span)
        for words, share in _KEPT_BACK:
            self.kept_back.addItem(words, share)
        self.where = QLineEdit(placeholderText="Only where, like: power > 20 kW", maxLength=400)
        self.correct = QCheckBox("Also correct outputs", toolTip=_CORRECT)
        self.run = QPushButton("Calibrate", toolTip="Fits the parameters and proposes them; nothing changes by it")
        self.run.setProperty("primary", True)
        self.cancel = QPushButton("Cancel", visible=False)
        self.bar = QProgressBar(visible=False, textVisible=False, maximumHeight=6)
        self.said = QLabel(wordWrap=True, font=font(SECONDARY))
        self.said.setProperty("muted", True)
        self.judge = QPushButton("Judge now", toolTip="Runs the models over the last six hours and compares")
        self.back = QPushButton("Roll back…", toolTip="The version before stands again; nothing is lost", enabled=False)
        self.drifts, self.history = QVBoxLayout(spacing=0), QVBoxLayout(spacing=6)
        self._lay_out()
        self._connect()

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """What is calibrated doesn't hang on the instant."""

    def refuse(self, why_not: str) -> None:
        """Nothing can be calibrated here."""
        for widget in (self.run, self.judge, self.back):
            widget.setEnabled(not why_not)
            widget.setToolTip(why_not or widget.toolTip())
        if why_not:
            self.said.setText(why_not)

    def show_run(self, done: float | None, said: str = "") -> None:
        """How far a calibration is; None: none is at work."""
        self.run.setVisible(done is None)
        self.cancel.setVisible(done is not None)
        self.bar.setVisible(done is not None)
        self.bar.setRange(0, 0 if done == 0 else 100)  # the first asset tells nothing until it is done
        self.bar.setValue(round(100 * (done or 0.0)))
        if done is not None:
            self.said.setText(f"{said[:1].upper()}{said[1:]}…" if said else "Starting…")

    def say(self, sentence: str) -> None:
        """One sentence below the form."""
        self.said.setText(sentence)

    def show_versions(self, told: Mapping[str, Any]) -> None:
        """All that ever were in force, the newest change on top."""
        self._told = told
        changes = list(told["changes"])
        last = changes[-1] if changes else None
        if told["in_force"]:
            when, data = self._when(last["at"]) if last else "", self._data(told["in_force"])
            fitted = f", fitted to {data['recording']}" if data.get("recording") else ""
            by = f" · {last['change']} by {last['by']} {when}" if last else ""
            self.version.setText(f"Version {told['in_force']} of the models is in force{by}{fitted}")
        else:
            self.version.setText(OWN if not changes else "The package's own parameters are in force again.")
        self.back.setEnabled(bool(told["in_force"]) and self.run.isEnabled())
        _clear(self.history)
        for change in reversed(changes):
            self.history.addWidget(change_row(change, self._data(change["after"]), self._when(change["at"])))

    def show_drift(self, told: Mapping[str, Any]) -> None:
        """Outputs: what has drifted on top, then what is off the most for its range."""
        outputs = sorted(told["outputs"], key=urgency)
        _clear(self.drifts)
        for each in outputs[:_WORST]:
            self.drifts.addWidget(drift_row(each, self._twin, self._theme, self._selection))
        sentence = drift_sentence(told, self._twin)
        self.notice.setText(sentence)
        self.notice.setVisible(bool(sentence))
        judged = f"Judged over {self._when(told['start'])} … {self._when(told['end'])}"
        self.when.setText(judged if outputs else f"{judged}: nothing was recorded that the models could be judged by.")

    # ------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.heading, self.when = ElidedLabel("CALIBRATE"), QLabel("Not judged yet", wordWrap=True, font=font(SECONDARY))
        self.when.setProperty("muted", True)
        for combo in (self.scope, self.stretch, self.kept_back):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        form = QVBoxLayout(spacing=6)
        for widget in (self.scope, self.parameters, self.stretch, self.kept_back, self.where, self.correct):
            form.addWidget(widget)
        deeds = QHBoxLayout(spacing=6)
        deeds.addWidget(self.run, 1)
        deeds.addWidget(self.cancel, 1)
        body = QWidget()
        column = QVBoxLayout(body, spacing=8)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(self.notice)
        column.addWidget(self.version)
        column.addWidget(_headed(self.heading))
        column.addLayout(form)
        column.addLayout(deeds)
        column.addWidget(self.bar)
        column.addWidget(self.said)
        column.addLayout(self._head("HOW FAR OFF", self.judge))
        column.addWidget(self.when)
        column.addLayout(self.drifts)
        column.addLayout(self._head("VERSIONS", self.back))
        column.addLayout(self.history)
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        for widget, name in ((self.scope, "Of which assets"), (self.parameters, "Which parameters"), (self.stretch, "Stretch"),
                             (self.kept_back, "What is kept back to judge by"), (self.where, "Only where")):  # fmt: skip
            widget.setAccessibleName(name)

    def _head(self, words: str, button: QPushButton) -> QHBoxLayout:
        row = QHBoxLayout(spacing=8)
        row.addWidget(_headed(QLabel(words)), 1)
        row.addWidget(button)
        return row

    def _connect(self) -> None:
        self._selection.changed.connect(self._choose)
        self.run.clicked.connect(self._ask)
        self.cancel.clicked.connect(self.cancelled)
        self.judge.clicked.connect(self.judge_asked)
        self.back.clicked.connect(self._roll_back)
        self._choose()

    def _choose(self) -> None:
        """The selected asset, or the nearest above it that has a model; else the first that is estimated."""
        owners = [a.path for a in self._twin.ancestors(self._selection.asset)] if self._selection.asset else []
        estimated = [path for path, each in self._twin.assets.items() if wandering(each)]
        candidates = [*owners, *estimated]
        asset = next((path for path in candidates if modelled(self._twin.assets[path].model)), "")
        if asset == self._asset:
            return
        self._asset = asset
        alike = self._alike()
        self.scope.clear()
        self.scope.addItem(self._twin.assets[asset].name, (asset,))
        if len(alike) > 1:
            self.scope.addItem(f"All {len(alike)} of its type", alike)
        self.parameters.clear()
        for words in _offers(self._twin, self._twin.assets[asset]):
            self.parameters.addItem(words)
        field = self.parameters.lineEdit()
        field.setCursorPosition(0)
        self.parameters.setToolTip(f"{self.parameters.currentText()}\n{_HOW}")

    def _alike(self) -> tuple[str, ...]:
        mine = self._twin.assets[self._asset].type if self._asset else ""
        return tuple(path for path, each in self._twin.assets.items() if each.type == mine and modelled(each.model))

    def _ask(self) -> None:
        assets, names = self.scope.currentData() or (), [n.strip() for n in self.parameters.currentText().split(",") if n.strip()]
        if not assets or not names:
            self.say("Name the parameters that are to be fitted.")
            return
        span = self.stretch.currentData()
        end = self._timeline.plant.end
        start, until = (self._view.start, min(self._view.end, end)) if span == 0 else (end - span, end)
        start = max(start, self._timeline.plant.start)
        times = ("", "") if span < 0 else (format_time(start), format_time(until))
        parameters = tuple(f"{asset}.{name}" for asset in assets for name in names)
        self.asked.emit(Asked(*times, self.kept_back.currentData(), self.where.text().strip(), tuple(assets), parameters,
                              correct=self.correct.isChecked()))  # fmt: skip

    def _roll_back(self) -> None:
        name, why = QLineEdit(self.operator, maxLength=60), QLineEdit(maxLength=500)

        def answer(texts: list[str]) -> str | None:
            if not all(texts):
                return "A name and a reason are needed."
            self.rolled_back.emit(texts[0], texts[1])
            return None

        words = f"Version {self._told['in_force']} is taken back, the one before stands again; all versions are kept."
        Ask(self, "Roll back", words, [("Name", name), ("Why", why)], "Roll back", answer).open_over()

    def _data(self, number: int) -> Mapping[str, Any]:
        found = next((each for each in self._told["versions"] if each["version"] == number), {})
        return found.get("data", {})

    def _when(self, text: str) -> str:
        return stamp(parse_time(text), self._zone).rpartition(":")[0]


def _offers(twin: Twin, asset: Asset) -> list[str]:
    """What is estimated, then families of parameters: anemometer_*."""
    names = [variable.name for variable in Maker(twin.files).model(asset.model).parameters]
    heads = [name.partition("_")[0] for name in names]
    families = [f"{head}_*" for head in dict.fromkeys(heads) if heads.count(head) >= _MANY]
    return [", ".join(wandering(asset)), *families] if wandering(asset) else families


def _headed(label: QLabel) -> QLabel:
    label.setFont(font(SECONDARY, QFont.Weight.DemiBold))
    label.setProperty("heading", True)
    return label


def _clear(column: QVBoxLayout) -> None:
    while (item := column.takeAt(0)) is not None:
        item.widget().deleteLater()

"""The simulation panel: the knobs of what is selected, a fault, a weather and a time; then run it from where the cursor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFont, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Twin
from twins.clock import parse_duration
from twins.historian.query import Answers, Query
from twins.physics import modelled
from twins.record import Snapshot
from twins.simulation.knobs import Knob, knobs_of
from twins.timeline import Timeline
from ui.axis import stamp
from ui.draft import Draft, words_of
from ui.elided import ElidedLabel
from ui.knob_table import NAME, UNIT, VALUE, KnobModel
from ui.runs import RUNNING, WAITING, Run
from ui.selection import Selection
from ui.theme import SECONDARY, Theme, font

WHAT_IF, FORECAST, OPTIMISE, SENSITIVITY = "what-if", "forecast", "optimise", "sensitivity"
_NO_FAULT, _NEW = "no fault", "New scenario"
_NO_MODEL = "Nothing here has a model, so there is nothing to ask what if of; docs/package.md tells of models."
_WEATHERS = (("Recorded inputs", "recorded"), ("Modelled weather", "modelled"))


class SimulationPanel(QWidget):
    """Emits what is to be run; Ctrl+Return runs the what-if. Knobs of several assets can be turned, one asset after the other."""

    run_asked = Signal(object)  # a Draft
    scenario_asked = Signal(str)  # the name of one that is to be filled in
    save_asked = Signal(object)  # a Draft

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, timeline: Timeline) -> None:
        super().__init__()
        self._selection, self._twin, self._timeline = selection, twin, timeline
        self._zone = ZoneInfo(twin.timezone)
        self._asset = ""
        self._snapshot = Snapshot.empty()
        self._rest: Mapping[str, Any] = {}  # of a scenario: what stands in no field
        self.model = KnobModel(theme)
        self.begin = ElidedLabel()
        self.scenario = QComboBox(toolTip="Scenarios of the package, and those that were kept beside the recording")
        self.scenario.addItem(_NEW)
        self.scenario.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.name = QLineEdit(placeholderText="Its name…", toolTip="Name of the what-if", maxLength=60)
        self.duration = QLineEdit("1 h", toolTip="How long: 30 min, 6 h, 2 d")
        self.weather = QComboBox(toolTip="What drives it: inputs as they were measured, or as the models make them")
        for words, value in _WEATHERS:
            self.weather.addItem(words, value)
        self.fault = QComboBox(toolTip="Something that breaks")
        self.fault.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.after = QLineEdit("1 min", toolTip="How long after the beginning it breaks", maximumWidth=90)
        self.find = QLineEdit(placeholderText="Find a knob…", clearButtonEnabled=True)
        self.table = QTableView(showGrid=False)
        self.said = QLabel(wordWrap=True, visible=False)
        self.running = ElidedLabel()  # with the buttons: whoever pressed one sees that it runs
        self.running.setFont(font(SECONDARY))
        self.running.setProperty("muted", True)
        self.running.hide()
        self.changes = QLabel(wordWrap=True, font=font(SECONDARY))
        self.changes.setProperty("muted", True)
        self.run = QPushButton("Run what-if", toolTip="From where the cursor is (Ctrl+Return)")
        self.run.setProperty("primary", True)
        self.foretell = QPushButton("Forecast", toolTip="Many courses from where the cursor is, as a band")
        self.more = QToolButton(text="More ▾", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.search = QAction("Optimise the knobs that were turned", self)
        self.rank = QAction("Rank the knobs that were turned by what they matter", self)
        self.keep = QAction("Keep the scenario as a file beside the recording", self)
        self.clear = QAction("All knobs as they are", self)
        self._lay_out()
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:
        """The first time it is seen it reads the models' units, which takes a moment."""
        super().showEvent(event)
        able = bool(self._around()) or any(modelled(asset.model) for asset in self._twin.assets.values())
        for button in (self.run, self.foretell):
            button.setEnabled(able)
        self.say("" if able else _NO_MODEL)
        self._choose()

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Tells from where a run would begin, and where the set-points stand there."""
        self._snapshot = snapshot.courses or snapshot  # of a difference only what it is the difference of stands anywhere
        self._stand()
        lane = self._timeline.shown
        where = "" if not lane.key else f" · from {lane.name}"
        self.begin.setText(f"From {stamp(self._timeline.cursor, self._zone)}{where}")

    def _stand(self) -> None:
        """The set-points as they stood at the instant that was shown last."""
        stand = {knob.key: _number(self._snapshot, knob.key) for knob in self.model.points}
        self.model.stand({key: round(value, self._twin.tags[key].decimals) for key, value in stand.items() if value is not None})

    def draft(self, kind: str) -> Draft | None:
        """What is filled in; None, with a sentence, where it can't be run."""
        try:
            parse_duration(self.duration.text())
            fault = self.fault.currentData() or ""
            if fault:
                parse_duration(self.after.text())
                fault = f"{fault}@{self.after.text()}"
        except ValueError as problem:
            self.say(f"{str(problem)[:1].upper()}{str(problem)[1:]}.")
            return None
        self.say("")
        name, weather = self.name.text().strip(), self.weather.currentData()
        return Draft(kind, name, self.duration.text(), weather, fault, self.model.changes, self._rest)

    def show_scenarios(self, names: Sequence[str]) -> None:
        """Which there are."""
        if [self.scenario.itemText(i) for i in range(1, self.scenario.count())] == list(names):
            return
        self.scenario.clear()
        self.scenario.addItem(_NEW)
        self.scenario.addItems(list(names))

    def fill(self, draft: Draft) -> None:
        """Another scenario's knobs."""
        self.name.setText(draft.name)
        self.name.setCursorPosition(0)
        self.duration.setText(draft.duration)
        self.weather.setCurrentIndex(max(0, self.weather.findData(draft.weather)))
        name, _, after = draft.fault.partition("@")
        self._show_fault(name)
        self.after.setText(after or "1 min")
        self._rest = draft.rest
        self.model.put(draft.changes)

    def turn(self, values: Mapping[str, float]) -> None:
        """Other values for the knobs that are turned."""
        self.model.put({key: (knob, values.get(key, value)) for key, (knob, value) in self.model.changes.items()})

    def show_runs(self, runs: Sequence[Run]) -> None:
        """What runs now, how far it is, and how many wait."""
        asked = [run for run in runs if not run.quiet]
        at_work = next((run for run in asked if run.state == RUNNING), None)
        waiting = sum(run.state == WAITING for run in asked)
        more = f" · {waiting} waiting" if waiting else ""
        self.running.setText(f"{at_work.name}: {at_work.said or 'beginning'}, {at_work.done:.0%}{more}" if at_work else "")
        self.running.setVisible(at_work is not None)

    def say(self, sentence: str) -> None:
        """What is wrong with what was typed; "" is nothing."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))

    # ------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.table.setModel(self.model)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.horizontalHeader().hide()
        for section, mode in (
            (NAME, QHeaderView.ResizeMode.Stretch),
            (VALUE, QHeaderView.ResizeMode.Fixed),
            (UNIT, QHeaderView.ResizeMode.Fixed),
        ):
            self.table.horizontalHeader().setSectionResizeMode(section, mode)
        self.table.setColumnWidth(VALUE, 84)
        self.table.setColumnWidth(UNIT, 64)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName("Knobs")
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.heading = ElidedLabel()
        self.heading.setFont(font(SECONDARY, QFont.Weight.DemiBold))
        self.heading.setProperty("heading", True)
        form = QGridLayout(horizontalSpacing=8, verticalSpacing=6)
        form.setColumnStretch(1, 3)
        form.setColumnStretch(3, 2)
        form.addWidget(self.scenario, 0, 0, 1, 2)
        form.addWidget(self.name, 0, 2, 1, 2)
        rows = (("Inputs", self.weather, "for", self.duration), ("Fault", self.fault, "after", self.after))
        for row, (before, field, between, beside) in enumerate(rows, 1):
            for column, (words, widget) in enumerate(((before, field), (between, beside))):
                label = QLabel(words)
                label.setBuddy(widget)
                label.setProperty("muted", True)
                form.addWidget(label, row, 2 * column)
                form.addWidget(widget, row, 2 * column + 1)
        deeds = QHBoxLayout(spacing=6)
        for button in (self.run, self.foretell):
            deeds.addWidget(button, 1)
        deeds.addWidget(self.more)
        menu = QMenu(self.more)
        menu.addActions([self.search, self.rank, self.keep, self.clear])
        self.more.setMenu(menu)
        body = QWidget()
        column = QVBoxLayout(body, spacing=6)
        column.setContentsMargins(10, 8, 10, 4)
        self.table.setMinimumHeight(96)
        column.addWidget(self.begin)
        column.addLayout(form)
        head = QHBoxLayout(spacing=8)
        head.addWidget(self.heading, 1)
        head.addWidget(self.find, 1)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.changes)
        deeds.setContentsMargins(10, 0, 10, 8)
        scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        whole = QVBoxLayout(self, spacing=4)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll, 1)
        for words in (self.said, self.running):
            words.setContentsMargins(10, 0, 10, 0)
            whole.addWidget(words)
        whole.addLayout(deeds)
        for field, name in (
            (self.scenario, "Scenario"),
            (self.duration, "How long"),
            (self.weather, "Weather"),
            (self.fault, "Fault"),
            (self.after, "Breaks after"),
        ):
            field.setAccessibleName(name)

    def _connect(self) -> None:
        self._selection.changed.connect(self._choose)
        self.find.textChanged.connect(self.model.seek)
        self.model.complained.connect(self.say)
        self.model.changed.connect(self._tell_changes)
        self.run.clicked.connect(lambda: self.ask(WHAT_IF))
        self.foretell.clicked.connect(lambda: self.ask(FORECAST))
        self.search.triggered.connect(lambda: self.ask(OPTIMISE))
        self.rank.triggered.connect(lambda: self.ask(SENSITIVITY))
        self.clear.triggered.connect(self._forget)
        self.keep.triggered.connect(self._save)
        self.scenario.activated.connect(self._scenario)

    def ask(self, kind: str) -> None:
        """Asks for a run of what is filled in."""
        if draft := self.draft(kind):
            self.run_asked.emit(draft)

    def _save(self) -> None:
        if draft := self.draft(WHAT_IF):
            self.save_asked.emit(draft)

    def _scenario(self, index: int) -> None:
        if index:
            self.scenario_asked.emit(self.scenario.itemText(index))
        else:
            self.name.clear()
            self._forget()

    def _forget(self) -> None:
        self._rest = {}
        self._show_fault("")
        self.model.forget()

    def _choose(self) -> None:
        """The knobs of the selected asset, or of the nearest above it that has a model; while nobody looks, later."""
        if not self.isVisible():
            return
        owners = (asset.path for asset in self._twin.ancestors(self._selection.asset))
        self._asset = next((path for path in owners if modelled(self._twin.assets[path].model)), "")
        knobs = knobs_of(self._twin, self._asset) if self._asset else self._around()
        named = self._twin.assets[self._asset].name if self._asset else "the surroundings"
        self.heading.setText(f"KNOBS OF {named.upper()}" if knobs else "SELECT SOMETHING THAT HAS A MODEL")
        self.find.setVisible(bool(knobs))
        self.model.show(knobs)
        self._stand()
        self._choose_faults()
        self._tell_changes()

    def _around(self) -> tuple[Knob, ...]:
        models = self._twin.environment.get("models")
        return tuple(k for name in (models if isinstance(models, Mapping) else ()) for k in knobs_of(self._twin, name))

    def _choose_faults(self) -> None:
        kept = self.fault.currentData()
        self.fault.clear()
        self.fault.addItem(_NO_FAULT, "")
        assets = [a for a in self._twin.assets.values() if a.path == self._asset or a.path.startswith(f"{self._asset}/")]
        for asset in assets if self._asset else self._twin.assets.values():
            for name, fault in asset.faults.items():
                if fault.get("parameter"):
                    self.fault.addItem(f"{asset.path} {name.replace('_', ' ')}", f"{asset.path}.{name}")
        self._show_fault(kept or "")

    def _show_fault(self, key: str) -> None:
        """Chooses one, also where it is of another asset than the knobs."""
        if key and self.fault.findData(key) < 0:
            asset, _, name = key.rpartition(".")
            self.fault.addItem(f"{asset} {name.replace('_', ' ')}", key)
        self.fault.setCurrentIndex(max(0, self.fault.findData(key)))

    def _tell_changes(self) -> None:
        told = [f"{key} {value:.6g} {knob.unit}".rstrip() for key, (knob, value) in self.model.changes.items()]
        told += words_of(self._rest)
        self.changes.setText(" · ".join(told))
        self.changes.setVisible(bool(told))
        self.clear.setEnabled(bool(told))
        for action in (self.search, self.rank):
            action.setEnabled(bool(self.model.changes))


def _number(snapshot: Snapshot, tag: str) -> float | None:
    reading = snapshot.reading(tag) if tag in snapshot.place else None
    return float(reading.value) if reading is not None and isinstance(reading.value, int | float) else None

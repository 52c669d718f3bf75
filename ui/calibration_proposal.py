"""The proposal of a calibration, to be judged: parameters before and after, the error on what was kept back, and who approves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from twins.clock import parse_time, to_datetime
from ui.calibration_plots import CoursePlot, IntervalPlot
from ui.numbers import ABSENT, brief, grouped, unit_text
from ui.theme import SECONDARY, Theme, font

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_PARAMETERS = ("Parameter", "Before", "After", "90 % interval", "", "Unit", "")
_ERRORS = ("Output", "Steps", "Error before", "Error after", "Of range", "Unit", "")
_BETTER, _WORSE = 0.98, 1.02
_LARGE = 1_000.0


class CalibrationProposal(QDialog):
    """`approved` carries (place of the proposal, name, reason); the dialog stays until it hears what came of it."""

    approved = Signal(object, str, str)

    def __init__(
        self, parent: QWidget, theme: Theme, told: Mapping[str, Any], place: Path, operator: str, why_not: str = ""
    ) -> None:
        """`why_not` says why it can't be approved from here, "" where it can."""
        super().__init__(parent)
        self.setWindowTitle("Calibration: proposal")
        self._theme, self._told, self._place = theme, told, place
        self.parameters, self.errors = _table(_PARAMETERS), _table(_ERRORS)
        self.plot, self.output = CoursePlot(theme), QComboBox()
        self.name = QLineEdit(operator, placeholderText="Your name", maxLength=60)
        self.why = QLineEdit(placeholderText="Why: what was seen, what was done at the plant", maxLength=500)
        self.approve = QPushButton("Approve", default=True)
        self.approve.setProperty("primary", True)
        self.leave = QPushButton(
            "Leave it", autoDefault=False, toolTip="Nothing changes; the proposal stays beside the recording"
        )
        self.said = QLabel(why_not, wordWrap=True)
        self.said.setVisible(bool(why_not))
        changes = any(each["identified"] and each["after"] != each["before"] for each in told["parameters"])
        changes = changes or bool(told.get("corrections"))
        for widget in (self.name, self.why, self.approve):
            widget.setEnabled(changes and not why_not)
        if not changes and not why_not:
            self.say(
                "The data tell of none of these parameters, so there is nothing to approve; take a longer stretch, or others."
            )
        self._lay_out()
        self._fill()
        self.resize(860, 680)

    def say(self, sentence: str) -> None:
        """What stands against it."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))
        self.approve.setEnabled(True)

    # ------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(16, 14, 16, 14)
        told = self._told
        first, last, *kept = (_stamp(text) for text in (told["start"], told["end"], *told["hold_out"]))
        lines = (
            f"Fitted to {first} … {last}, kept back {kept[0]} … {kept[1]} (UTC), in steps of {brief(told['step'])} s,",
            f"from version {told['package']['version']} of the model" + (f", where {told['where']}" if told["where"] else ""),
        )
        head = QLabel(" ".join(lines), wordWrap=True, font=font(SECONDARY))
        head.setProperty("muted", True)
        column.addWidget(head)
        column.addWidget(self.parameters, 3)
        column.addWidget(_heading("ERROR ON THE STRETCH THAT WAS KEPT BACK"))
        column.addWidget(self.errors, 2)
        column.addWidget(self.output)
        column.addWidget(self.plot, 3)
        column.addWidget(self.said)
        row = QHBoxLayout(spacing=8)
        row.addWidget(self.name, 1)
        row.addWidget(self.why, 3)
        row.addWidget(self.leave)
        row.addWidget(self.approve)
        column.addLayout(row)
        self.name.setAccessibleName("Name")
        self.why.setAccessibleName("Reason")
        self.output.setAccessibleName("Output that is drawn")
        self.leave.clicked.connect(self.reject)
        self.approve.clicked.connect(self._approve)
        self.output.currentIndexChanged.connect(self._draw)
        self.errors.currentCellChanged.connect(lambda row, *_: self.output.setCurrentIndex(row))

    def _fill(self) -> None:
        for each in self._told["parameters"]:
            known = each["identified"]
            interval = f"{_brief(each['low'])} … {_brief(each['high'])}" if known else ABSENT
            note = "" if known else "the data don't tell; stays"
            cells = (
                each["parameter"],
                _brief(each["before"]),
                _brief(each["after"]),
                interval,
                "",
                unit_text(each["unit"]),
                note,
            )
            row = _add(self.parameters, cells, strong=2 if known else -1)
            if known:
                plot = IntervalPlot(self._theme, each["before"], each["after"], each["low"], each["high"])
                self.parameters.setCellWidget(row, 4, plot)
        for each in self._told["outputs"]:
            before, after = (each["held_out"][when]["mae"] for when in ("before", "after"))
            cells = (each["tag"], str(each["held_out"]["after"]["n"]), _brief(before), _brief(after),
                     _of_range(after, each["span"]), unit_text(each["unit"]),
                     _verdict(before, after) + self._corrected(each))  # fmt: skip
            _add(self.errors, cells, strong=3)
            self.output.addItem(each["tag"])
        for table, wide in ((self.parameters, 0), (self.errors, 0)):
            table.resizeColumnsToContents()
            table.horizontalHeader().setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        self.parameters.setColumnWidth(4, 120)
        self._draw(0)

    def _corrected(self, each: Mapping[str, Any]) -> str:
        """“, corrected by 38 kW at most”."""
        found = next((one for one in self._told.get("corrections", ()) if one["tag"] == each["tag"]), None)
        return f", corrected by {_brief(found['most'])} {unit_text(each['unit'])} at most" if found else ""

    def _draw(self, place: int) -> None:
        if 0 <= place < len(self._told["outputs"]):
            each = self._told["outputs"][place]
            self.plot.show_course(each["course"], unit_text(each["unit"]), each["tag"])

    def _approve(self) -> None:
        name, why = self.name.text().strip(), self.why.text().strip()
        if not name or not why:
            self.say("A name and a reason are needed; they stand with the version as long as the package does.")
            (self.why if name else self.name).setFocus()
            return
        self.said.setVisible(False)
        self.approve.setEnabled(False)
        self.approved.emit(self._place, name, why)


def _table(heads: Sequence[str]) -> QTableWidget:
    table = QTableWidget(0, len(heads), showGrid=False)
    table.setHorizontalHeaderLabels(list(heads))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(26)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    for place in range(1, len(heads)):
        table.horizontalHeaderItem(place).setTextAlignment(_RIGHT if 1 <= place <= 4 else Qt.AlignmentFlag.AlignLeft)
    table.horizontalHeaderItem(0).setTextAlignment(Qt.AlignmentFlag.AlignLeft)
    return table


def _add(table: QTableWidget, cells: Sequence[str], strong: int) -> int:
    row = table.rowCount()
    table.setRowCount(row + 1)
    for place, cell in enumerate(cells):
        item = QTableWidgetItem(cell)
        item.setToolTip(cell)
        if 1 <= place <= 4:
            item.setTextAlignment(_RIGHT)
        if place == strong:
            item.setFont(font(weight=QFont.Weight.DemiBold))
        table.setItem(row, place, item)
    return row


def _heading(words: str) -> QLabel:
    label = QLabel(words, font=font(SECONDARY, QFont.Weight.DemiBold))
    label.setProperty("heading", True)
    return label


def _verdict(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "not judged"
    return "better" if after < _BETTER * before else "worse" if after > _WORSE * before else "as before"


def _of_range(error: float | None, span: float) -> str:
    return ABSENT if error is None or not span else f"{error / span:.1%}".replace("%", " %")


def _brief(value: float | None) -> str:
    if value is None:
        return ABSENT
    return grouped(value, 0) if abs(value) >= _LARGE else f"{value:.4g}".replace("-", "−")


def _stamp(text: str) -> str:
    return f"{to_datetime(parse_time(text)):%Y-%m-%d %H:%M}"

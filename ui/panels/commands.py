"""The commands: what was asked of the plant in the stretch that is shown, and what became of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import Event, EventKind, Snapshot
from ui.axis import stamp
from ui.event_text import source_text
from ui.numbers import grouped, unit_text
from ui.selection import Selection
from ui.theme import ROW, Theme, font
from ui.time_view import TimeView

NOTHING = (
    "No set-point was given in the stretch shown. Choose a quantity that may be set in the inspector, "
    "such as a turbine's active power limit, to give one."
)
_COLUMNS = ("Time", "What", "Change", "State", "By")
_SIGNS = {"verified": "✓", "refused": "✕", "failed": "✕", "expired": "✕"}
_Index = QModelIndex | QPersistentModelIndex


class Commands(QWidget):
    """One row a command with its last word, the newest on top; a click selects what it was about."""

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, view: TimeView) -> None:
        super().__init__()
        self._selection, self._twin, self._view = selection, twin, view
        self._answers: Answers | None = None
        self._events: tuple[Event, ...] = ()
        self.model = CommandModel(theme, twin)
        self.table = _table(self.model)
        self.empty = QLabel(NOTHING, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, margin=18)
        self.empty.setProperty("muted", True)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.empty, 1)
        column.addWidget(self.table, 1)
        self.table.clicked.connect(self._choose)
        self.table.hide()

    def wanted(self) -> Query:
        """The commands of what the timeline shows."""
        return Query(start=self._view.start, end=self._view.end, events=True, kinds=(EventKind.COMMAND,), hindsight=True)

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """As far as they had come at the instant."""
        if answers.query.events:
            self._events = answers.events
        known = [event for event in self._events if snapshot.hindsight or event.time <= snapshot.time]
        self.model.show(list({event.key: event for event in known}.values())[::-1])
        self.table.setVisible(self.model.rowCount() > 0)
        self.empty.setVisible(self.model.rowCount() == 0)

    def _choose(self, index: QModelIndex) -> None:
        event = self.model.event(index.row())
        tag = self._twin.tags.get(event.subject)
        if tag is not None:
            self._selection.choose(tag.asset, tag.path)


class CommandModel(QAbstractTableModel):
    """The rows."""

    def __init__(self, theme: Theme, twin: Twin) -> None:
        super().__init__()
        self._theme, self._twin, self._zone = theme, twin, ZoneInfo(twin.timezone)
        self._events: list[Event] = []

    def show(self, events: list[Event]) -> None:
        """Other rows, where they are others."""
        if events != self._events:
            self.beginResetModel()
            self._events = events
            self.endResetModel()

    def event(self, row: int) -> Event:  # type: ignore[override]
        """The last word on the command in a row."""
        return self._events[row]

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(self._events)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return len(_COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        event = self._events[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(event, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            reason = f"\n{event.data['reason']}" if event.data.get("reason") else ""
            return f"{event.subject}\n{event.data.get('by', '')}: {event.data.get('why', '')}{reason}"
        if role == Qt.ItemDataRole.ForegroundRole and index.column() in (0, 4):
            return QColor(self._theme.tokens.muted)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return _COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal else None

    def _text(self, event: Event, column: int) -> str:
        data, state = event.data, str(event.data.get("state", ""))
        change = f"{_number(data.get('old'))} → {_number(data.get('value'))} {unit_text(str(data.get('unit', '')))}".rstrip()
        reason = f": {data['reason']}" if data.get("reason") else ""
        texts = (
            stamp(event.time, self._zone).partition(" ")[2],
            source_text(event, self._twin),
            change,
            f"{_SIGNS.get(state, '…')} {state}{reason}",
            str(data.get("by", "")),
        )
        return texts[column]


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "—" if value is None else str(value)
    return grouped(value, 0 if value == int(value) else 2)


def _table(model: CommandModel) -> QTableView:
    table = QTableView(showGrid=False, wordWrap=False, cornerButtonEnabled=False)
    table.setModel(model)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setStyleSheet("QTableView::item { padding: 0 5px; }")
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(ROW)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    for column, sample in enumerate(("12:00:00 ", "T01 Active power", "2 050 → 1 400 kW", "", "M. Operator")):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch if not sample else QHeaderView.ResizeMode.Interactive)
        table.setColumnWidth(column, QFontMetrics(font()).horizontalAdvance(sample) + 14)
    return table

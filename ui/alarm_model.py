"""The table of the alarm list: rows as `alarm_rows` decides them, painted without a widget a row."""

from __future__ import annotations

from datetime import tzinfo

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from twins.asset import Twin
from ui.alarm_rows import AlarmEntry, details, message_words, state_words
from ui.axis import stamp
from ui.event_text import source_text
from ui.marks import priority_of
from ui.theme import Theme, font, mixed

COLUMNS = ("", "Raised", "Source", "What, and what to do", "State", "")
MARK, TIME, SOURCE, MESSAGE, STATE, ACTIONS = range(len(COLUMNS))
PRIORITY_ROLE, BUTTONS_ROLE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


class AlarmModel(QAbstractTableModel):
    """`show` takes the rows of an instant; nothing is told to the view where nothing changed."""

    def __init__(self, theme: Theme, twin: Twin, zone: tzinfo) -> None:
        super().__init__()
        self._theme, self._twin, self._zone = theme, twin, zone
        self._rows: list[AlarmEntry] = []
        self._now = 0
        self._bold = font(weight=QFont.Weight.DemiBold)

    def show(self, rows: list[AlarmEntry], now: int) -> bool:
        """Whether the rows are others than before; where only time passed, what hangs on it is repainted."""
        self._now = now
        if rows == self._rows:
            if any(row.shelving is not None for row in rows):
                self.dataChanged.emit(self.index(0, STATE), self.index(len(rows) - 1, STATE))
            return False
        if [row.key for row in rows] == [row.key for row in self._rows]:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, ACTIONS))
            return True
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
        return True

    def entry(self, row: int) -> AlarmEntry:
        """The row's alarm or group."""
        return self._rows[row]

    def row_of(self, key: str) -> int:
        """Where a key stands; −1 nowhere."""
        return next((i for i, row in enumerate(self._rows) if row.key == key), -1)

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        entry = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._group_text(entry, index.column()) if entry.event is None else self._text(entry, index.column())
        if role == PRIORITY_ROLE:
            return priority_of(entry.event) if entry.event is not None else ""
        if role == BUTTONS_ROLE:
            return buttons_of(entry)
        if role == Qt.ItemDataRole.ToolTipRole and entry.event is not None:
            return details(entry.event)
        if role == Qt.ItemDataRole.BackgroundRole and entry.unacknowledged and entry.event is not None:
            tokens = self._theme.tokens
            strength = 0.16 if entry.event.data.get("state") == "unacknowledged" else 0.06
            return QColor(mixed(tokens.panel, getattr(tokens, priority_of(entry.event), tokens.muted), strength))
        if role == Qt.ItemDataRole.ForegroundRole and (entry.shelving is not None or index.column() == STATE):
            return QColor(self._theme.tokens.muted if not entry.unacknowledged else self._theme.tokens.text)
        if role == Qt.ItemDataRole.FontRole and entry.event is None:
            return self._bold
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal else None

    def _text(self, entry: AlarmEntry, column: int) -> str:
        event = entry.event
        assert event is not None
        since = event.data.get("since")
        return {
            TIME: stamp(since if isinstance(since, int) else event.time, self._zone).partition(" ")[2],
            SOURCE: source_text(event, self._twin),
            MESSAGE: message_words(event),
            STATE: state_words(entry, self._now),
        }.get(column, "")

    def _group_text(self, entry: AlarmEntry, column: int) -> str:
        if entry.shelving is not None:
            return {SOURCE: entry.title, STATE: state_words(entry, self._now)}.get(column, "")
        sign = "▾" if entry.open else "▸"
        return {MARK: sign, SOURCE: f"{entry.count} alarms", MESSAGE: entry.title}.get(column, "")


def buttons_of(entry: AlarmEntry) -> tuple[str, ...]:
    """What can be done to a row."""
    if entry.shelving is not None:
        return ("Unshelve",)
    if entry.event is None:
        return ()
    state = entry.event.data.get("state")
    return (*(("Acknowledge",) if entry.unacknowledged else ("Reset",) if state == "latched" else ()), "Shelve…")

"""The rows of the event list: the newest at the top, as many of a large tuple as match, and as were known by the cursor."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from twins.record import Event
from ui.axis import stamp
from ui.event_marks import sign_of
from ui.event_text import kind_text, message_text, state_text
from ui.stepping import times_of
from ui.theme import Theme

COLUMNS = ("", "Time", "Kind", "Subject", "What happened", "State")
MARK, TIME, KIND, SUBJECT, MESSAGE, STATE = range(len(COLUMNS))
SIGN_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class EventModel(QAbstractTableModel):
    """Events are given ascending; a filter and the cursor decide which are rows. The cursor adds or takes rows at the top."""

    def __init__(self, theme: Theme, zone: tzinfo) -> None:
        super().__init__()
        self._theme, self._zone = theme, zone
        self._events: tuple[Event, ...] = ()
        self._words: list[str] | None = None  # what a filter looks in, made when first needed
        self._filter: tuple[str, ...] = ()
        self._matching = np.zeros(0, np.int64)  # places in _events
        self._times = np.zeros(0, np.int64)  # theirs
        self._cursor, self._all = 0, False
        self._count = 0  # rows

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else self._count

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return len(COLUMNS)

    def event_at(self, row: int) -> Event:
        """The event in a row."""
        return self._events[self._matching[self._count - 1 - row]]

    @property
    def row_at_cursor(self) -> int:
        """The row of the last event by the cursor; −1 before the first."""
        known = int(np.searchsorted(self._times, self._cursor, "right"))
        return self._count - known if 0 < known <= self._count else -1

    def show_events(self, events: tuple[Event, ...]) -> None:
        """Other events; those that only follow on the ones there are inserted."""
        had = len(self._events)
        follows = 0 < had <= len(events) and events[0] == self._events[0] and events[had - 1] == self._events[-1]
        if follows and not self._filter:
            self._events, self._words = events, None
            self._match()
            self._settle()
            return
        self.beginResetModel()
        self._events, self._words = events, None
        self._match()
        self._count = self._known()
        self.endResetModel()

    def show_until(self, cursor: int, hindsight: bool) -> None:
        """Rows until the cursor, or with hindsight all of them."""
        self._cursor, self._all = cursor, hindsight
        self._settle()

    def filter_by(self, text: str) -> None:
        """Only events with all of these words in kind, subject, message or state."""
        self.beginResetModel()
        self._filter = tuple(text.lower().split())
        self._match()
        self._count = self._known()
        self.endResetModel()

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        event = self.event_at(index.row())
        if role == SIGN_ROLE:
            return sign_of(event)
        if role == Qt.ItemDataRole.DisplayRole or (role == Qt.ItemDataRole.ToolTipRole and index.column() >= SUBJECT):
            return self._text(event, index.column())
        if role == Qt.ItemDataRole.ForegroundRole and (event.time > self._cursor or index.column() in (KIND, STATE)):
            return QColor(self._theme.tokens.muted)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal else None

    def _text(self, event: Event, column: int) -> str:
        if column == TIME:
            return stamp(event.time, self._zone)
        return "" if column == MARK else (kind_text, _subject, message_text, state_text)[column - KIND](event)

    def _match(self) -> None:
        if self._filter:
            if self._words is None:
                self._words = [_words(event) for event in self._events]
            found = [i for i, words in enumerate(self._words) if all(word in words for word in self._filter)]
            self._matching = np.array(found, np.int64)
        else:
            self._matching = np.arange(len(self._events))
        self._times = times_of(self._events)[self._matching]

    def _known(self) -> int:
        return len(self._times) if self._all else int(np.searchsorted(self._times, self._cursor, "right"))

    def _settle(self) -> None:
        count = self._known()
        if count > self._count:
            self.beginInsertRows(QModelIndex(), 0, count - self._count - 1)
            self._count = count
            self.endInsertRows()
        elif count < self._count:
            self.beginRemoveRows(QModelIndex(), 0, self._count - count - 1)
            self._count = count
            self.endRemoveRows()


def _subject(event: Event) -> str:
    return event.subject


def _words(event: Event) -> str:
    return " ".join((kind_text(event), event.subject, message_text(event), state_text(event))).lower()

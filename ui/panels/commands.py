"""The commands: what was asked of the plant in the stretch that is shown, and what became of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QLabel, QListView, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import Event, EventKind, Snapshot
from ui.axis import stamp
from ui.event_text import source_text
from ui.numbers import brief, unit_text
from ui.selection import Selection
from ui.theme import SECONDARY, Theme, font
from ui.time_view import TimeView

NOTHING = "No set-point was given in the stretch shown. Choose a quantity that may be set in the inspector to give one."
HEIGHT, MARGIN = 60, 12
LINES = Qt.ItemDataRole.UserRole
_SIGNS = {"verified": "✓", "refused": "✕", "failed": "✕", "expired": "✕"}
_Index = QModelIndex | QPersistentModelIndex


class Commands(QWidget):
    """Three lines a command with its last word, the newest on top; a click selects what it was about."""

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, view: TimeView) -> None:
        super().__init__()
        self._selection, self._twin, self._view = selection, twin, view
        self._events: tuple[Event, ...] = ()
        self.model = CommandModel(twin)
        self.list = QListView(uniformItemSizes=True, visible=False)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Lines(theme, self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.empty = QLabel(NOTHING, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, margin=18)
        self.empty.setProperty("muted", True)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.empty, 1)
        column.addWidget(self.list, 1)
        self.list.clicked.connect(self._choose)
        theme.changed.connect(self.list.viewport().update)

    def wanted(self) -> Query:
        """The commands of what the timeline shows."""
        return Query(start=self._view.start, end=self._view.end, events=True, kinds=(EventKind.COMMAND,), hindsight=True)

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """As far as they had come at the instant."""
        if answers.query.events:
            self._events = answers.events
        known = [event for event in self._events if snapshot.hindsight or event.time <= snapshot.time]
        self.model.show(list({event.key: event for event in known}.values())[::-1])
        self.list.setVisible(self.model.rowCount() > 0)
        self.empty.setVisible(self.model.rowCount() == 0)

    def _choose(self, index: QModelIndex) -> None:
        tag = self._twin.tags.get(self.model.event_at(index.row()).subject)
        if tag is not None:
            self._selection.choose(tag.asset, tag.path)


class CommandModel(QAbstractListModel):
    """The last word on each command."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self._twin, self._zone = twin, ZoneInfo(twin.timezone)
        self._events: list[Event] = []

    def show(self, events: list[Event]) -> None:
        """Other rows, where they are others."""
        if events != self._events:
            self.beginResetModel()
            self._events = events
            self.endResetModel()

    def event_at(self, row: int) -> Event:
        """The last word on the command in a row."""
        return self._events[row]

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(self._events)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        event = self._events[index.row()]
        if role == LINES:
            return self._lines(event)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return "\n".join(self._lines(event))
        return None

    def _lines(self, event: Event) -> tuple[str, str, str]:
        data, state = event.data, str(event.data.get("state", ""))
        change = f"{brief(data.get('old'))} → {brief(data.get('value'))} {unit_text(str(data.get('unit', '')))}".rstrip()
        reason = f": {data['reason']}" if data.get("reason") else ""
        time = stamp(event.time, self._zone).partition(" ")[2]
        return (
            f"{source_text(event, self._twin)}  {change}",
            f"{_SIGNS.get(state, '…')} {state}{reason}",
            f"{time} · {data.get('by', '')}: {data.get('why', '')}",
        )


class _Lines(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = self._theme.tokens
        if option.state & option.state.State_Selected:
            painter.fillRect(option.rect, QColor(tokens.selected))
        looks = ((font(weight=QFont.Weight.Medium), tokens.text), (font(), tokens.text), (font(SECONDARY), tokens.muted))
        for i, (line, (look, colour)) in enumerate(zip(index.data(LINES), looks, strict=True)):
            box = QRectF(option.rect).adjusted(MARGIN, 5 + 17 * i, -MARGIN, 0)
            box.setHeight(17)
            painter.setFont(look)
            painter.setPen(QColor(colour))
            text = QFontMetrics(look).elidedText(line, Qt.TextElideMode.ElideMiddle, round(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        painter.fillRect(QRectF(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), QColor(tokens.line))

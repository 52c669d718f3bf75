"""The event list: what happened in the stretch that the timeline shows, the newest at the top."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import TOLD, Snapshot
from twins.timeline import Timeline
from ui.event_marks import draw_sign
from ui.event_model import KIND, MARK, MESSAGE, SIGN_ROLE, STATE, SUBJECT, TIME, EventModel
from ui.numbers import grouped
from ui.selection import Selection
from ui.theme import ROW, SECONDARY, Theme, font
from ui.time_view import TimeView

_TYPING_MS = 150
_NARROW = 720  # px: the sign alone tells the kind
_WIDTHS = {
    TIME: "2014-06-01 12:00:00  ",
    KIND: "alarm, diagnostic  ",
    SUBJECT: "T01.gearbox_oil_temperature  ",
    STATE: "returned unacknowledged ",
}


class EventsPanel(QWidget):
    """Until the cursor when “known then”, all with hindsight. A double click goes to the event; `moved` fires then."""

    moved = Signal()

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, timeline: Timeline, view: TimeView) -> None:
        super().__init__()
        self._selection, self._twin, self._timeline, self._view = selection, twin, timeline, view
        self._answers: Answers | None = None
        self._at_cursor, self._recorded = -1, False
        self.model = EventModel(theme, ZoneInfo(twin.timezone))
        self.filter = QLineEdit(placeholderText="Filter events…", clearButtonEnabled=True, maximumWidth=320)
        self.filter.setAccessibleName("Filter events")
        self.count = QLabel(font=font(SECONDARY))
        self.count.setProperty("muted", True)
        self.table = _table(self.model, theme)
        self.empty = QLabel(self.table.viewport(), alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.empty.setProperty("muted", True)
        QVBoxLayout(self.table.viewport()).addWidget(self.empty)  # in the middle, whatever size it is
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._lay_out()
        self.filter.textChanged.connect(self._typed)
        self._typing.timeout.connect(self._filter)
        self.table.doubleClicked.connect(self._go)
        theme.changed.connect(self._restyle)
        self._say()

    def wanted(self) -> Query:
        """The events of what the timeline shows."""
        return Query(start=self._view.start, end=self._view.end, events=True, kinds=TOLD, hindsight=True)

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Shows them as they were known at the instant."""
        if answers is not self._answers and answers.query.events:
            self._answers = answers
            self.model.show_events(answers.events)
        self._recorded = bool(snapshot.channels) or self._timeline.start < self._timeline.end
        self.model.show_until(snapshot.time, snapshot.hindsight)
        self._follow()
        self._say()

    def resizeEvent(self, event: object) -> None:
        """What happened gets the room."""
        super().resizeEvent(event)
        self.table.setColumnHidden(KIND, self.width() < _NARROW)
        self.table.setColumnWidth(SUBJECT, min(_width_of(SUBJECT), round(self.width() * 0.22)))

    # ------------------------------------------------------------------

    def _lay_out(self) -> None:
        top = QHBoxLayout(spacing=12)
        top.setContentsMargins(8, 4, 12, 4)
        top.addWidget(self.filter, 1)
        top.addStretch(0)
        top.addWidget(self.count)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.table, 1)

    def _restyle(self) -> None:
        self.table.viewport().update()

    def _typed(self, text: str) -> None:
        self._typing.start()

    def _filter(self) -> None:
        self.model.filter_by(self.filter.text())
        self._at_cursor = -1
        self._follow()
        self._say()

    def _follow(self) -> None:
        """Keeps the row at the cursor in sight, unless somebody has scrolled away from it."""
        row = self.model.row_at_cursor
        if row == self._at_cursor:
            return
        seen = self._at_cursor < 0 or self._visible(self._at_cursor)
        self._at_cursor = row
        if seen and row >= 0:
            self.table.doItemsLayout()  # else the view scrolls by the number of rows it had before
            self.table.scrollTo(self.model.index(row, TIME))

    def _visible(self, row: int) -> bool:
        top = self.table.rowAt(0)
        last = self.table.rowAt(self.table.viewport().height() - 1)
        return top - 2 <= row and (last < 0 or row <= last + 2)

    def _say(self) -> None:
        rows = self.model.rowCount()
        said = f"{grouped(rows, 0)} event{'' if rows == 1 else 's'}"
        self.count.setText(said if self._timeline.hindsight else f"{said} known by then")
        self.empty.setVisible(rows == 0)
        if rows == 0:
            elsewhere = "No events in what the timeline shows. Zoom out there, or move the cursor on."
            nothing = elsewhere if self._recorded else "Alarms, notes and other events of a recording are listed here."
            self.empty.setText(f"No event matches “{self.filter.text()}”." if self.filter.text() else nothing)

    def _go(self, index: QModelIndex) -> None:
        event = self.model.event_at(index.row())
        self._timeline.seek(event.time)
        tag = self._twin.tags.get(event.subject)
        if tag is not None:
            self._selection.choose(tag.asset, tag.path)
        elif event.subject in self._twin.assets:
            self._selection.choose(event.subject)
        self.moved.emit()


class _SignDelegate(QStyledItemDelegate):
    """Draws the event's sign in the middle of its cell."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Ground first, then the sign."""
        super().paint(painter, option, index)
        middle = QRectF(option.rect).center()
        draw_sign(painter, QRectF(middle.x() - 5, middle.y() - 5, 11, 11), index.data(SIGN_ROLE), self._theme.tokens)


def _table(model: EventModel, theme: Theme) -> QTableView:
    table = QTableView(showGrid=False, wordWrap=False, cornerButtonEnabled=False)
    table.setModel(model)
    table.setStyleSheet("QTableView::item { padding: 0 5px; }")
    table.setItemDelegateForColumn(MARK, _SignDelegate(theme, table))
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(ROW)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setMinimumSectionSize(28)
    header.setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
    table.setColumnWidth(MARK, 30)
    for column in _WIDTHS:
        table.setColumnWidth(column, _width_of(column))
    return table


def _width_of(column: int) -> int:
    return QFontMetrics(font()).horizontalAdvance(_WIDTHS[column]) + 16

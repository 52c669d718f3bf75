"""The alarm list: what asks for an operator, worst first, and what can be done about it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from twins import clock
from twins.asset import Twin
from twins.clock import MINUTE, SECOND
from twins.historian.query import Answers, Query
from twins.record import Event, EventKind, Intention, IntentionKind, Snapshot
from ui.alarm_model import AlarmModel
from ui.alarm_rows import AlarmEntry, entries, is_flooded, message_words
from ui.alarm_table import AlarmTable
from ui.ask import Ask
from ui.event_text import source_text
from ui.numbers import grouped, unit_text
from ui.selection import Selection
from ui.standpoint import Standpoint
from ui.theme import SECONDARY, Theme, font

EVERY_NS = SECOND // 4  # a flood is shown four times a second, whatever comes
_STEP = 10 * SECOND
_DURATIONS = ("15 min", "5 min", "60 min", "4 h", "8 h")
NOTHING = "Nothing asks for you. Alarms that stand at the instant shown are listed here, with what to do about them."


class Alarms(QWidget):
    """Emits what is wanted: `intended` an Intention, `note_asked` a subject. A click selects, a double click flies there."""

    intended = Signal(object)
    note_asked = Signal(str)

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, standpoint: Standpoint) -> None:
        super().__init__()
        self._theme, self._selection, self._twin, self._standpoint = theme, selection, twin, standpoint
        self._snapshot, self._shown_at, self._shown = Snapshot.empty(), 0, None
        self._recent: tuple[Event, ...] = ()
        self._flooded, self._opened = False, frozenset[str]()
        self.model = AlarmModel(theme, twin, ZoneInfo(twin.timezone))
        self.table = AlarmTable(self.model, theme)
        self.filter = QLineEdit(placeholderText="Filter alarms…", clearButtonEnabled=True, maximumWidth=260)
        self.filter.setAccessibleName("Filter alarms")
        self.head = QLabel(font=font(SECONDARY))
        self.all = QPushButton("Acknowledge all shown", focusPolicy=Qt.FocusPolicy.TabFocus, font=font(SECONDARY))
        self.empty = QLabel(NOTHING, self.table.viewport(), alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.empty.setProperty("muted", True)
        QVBoxLayout(self.table.viewport()).addWidget(self.empty)  # in the middle, whatever size it is
        self._typing = QTimer(self, singleShot=True, interval=150)
        self._lay_out()
        self._connect()
        self._stand()

    def wanted(self) -> Query:
        """The alarms of the last ten minutes, to tell a flood; asked anew every ten seconds, or as the plant goes on."""
        end = (self._snapshot.time // _STEP + 1) * _STEP
        return Query(start=end - 10 * MINUTE - _STEP, end=end, events=True, kinds=(EventKind.ALARM,))

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """As they stood at the instant."""
        jumped = abs(snapshot.time - self._snapshot.time) > SECOND
        self._snapshot, self._recent = snapshot, answers.events if answers.query.events else self._recent
        if jumped or clock.monotonic() - self._shown_at > EVERY_NS:
            self._refresh()

    def acknowledge_selected(self) -> None:
        """The rows that are chosen, else the first that asks."""
        rows = [row for row in self._chosen() if row.unacknowledged]
        rows = rows or [row for row in self._rows() if row.unacknowledged][:1]
        self._acknowledge(rows)

    def shelve_selected(self) -> None:
        """Asks for how long and why."""
        if chosen := [row for row in self._chosen() if row.event is not None and row.shelving is None]:
            self.ask_shelving(chosen[0])

    def ask_shelving(self, entry: AlarmEntry) -> None:
        """For how long, and why?"""
        duration, why = QComboBox(), QLineEdit(placeholderText="Reason", maxLength=400)
        duration.addItems(_DURATIONS)
        event = entry.event

        def answer(texts: list[str]) -> str | None:
            if not texts[1]:
                return "Shelving needs a reason."
            data = {"duration_ns": clock.parse_duration(texts[0])}
            self.intended.emit(Intention(IntentionKind.SHELVE, subject=entry.key, why=texts[1], data=data))
            return None

        told = f"{source_text(event, self._twin)}: {event.data.get('message', '')}" if event is not None else entry.key
        Ask(
            self, "Shelve an alarm", f"{told}\nIt comes back unacknowledged.", [("For", duration), ("Why", why)], "Shelve", answer
        ).open_over()

    def ask_limit(self, event: Event) -> None:
        """Another limit, and why?"""
        old, unit = event.data.get("limit"), unit_text(str(event.data.get("unit", "")))
        value, why = (
            QLineEdit(placeholderText=f"New limit in {unit}" if unit else "New limit"),
            QLineEdit(placeholderText="Reason", maxLength=400),
        )

        def answer(texts: list[str]) -> str | None:
            try:
                wanted = float(texts[0].replace(",", ".")) if texts[0] else None
            except ValueError:
                return f"“{texts[0]}” is no number."
            if not texts[1]:
                return "Changing a limit needs a reason."
            self.intended.emit(Intention(IntentionKind.LIMIT, subject=event.key, why=texts[1], data={"value": wanted}))
            return None

        now = f"{source_text(event, self._twin)}, now {grouped(old, 1) if isinstance(old, int | float) else '—'} {unit}"
        words = f"{now}\nLeave the field empty to give back the package's own."
        Ask(self, "Change a limit", words, [("To", value), ("Why", why)], "Change", answer).open_over()

    def resizeEvent(self, event: object) -> None:
        """The columns share the room."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.table.fit(self.width())

    # ------------------------------------------------------------------

    def _lay_out(self) -> None:
        top = QHBoxLayout(spacing=12)
        top.setContentsMargins(8, 4, 8, 4)
        top.addWidget(self.filter, 1)
        top.addWidget(self.head, 2)
        top.addWidget(self.all)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self.table, 1)

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda: self._typing.start())
        self._typing.timeout.connect(self._refresh)
        self.all.clicked.connect(lambda: self._acknowledge([row for row in self._rows() if row.unacknowledged]))
        self.table.pressed_button.connect(self._pressed)
        self.table.clicked.connect(self._clicked)
        self.table.activated.connect(self._visit)
        self.table.doubleClicked.connect(self._visit)
        self.table.customContextMenuRequested.connect(self._menu)
        self._standpoint.changed.connect(self._stand)
        self._theme.changed.connect(self.table.viewport().update)

    def _refresh(self) -> None:
        snapshot, self._shown_at = self._snapshot, clock.monotonic()
        self._flooded, new, first = is_flooded(self._recent, snapshot.time, self._flooded)
        words = tuple(self.filter.text().lower().split())
        chosen = [row.key for row in self._chosen()]
        rows = entries(snapshot, self._twin, words, flooded=self._flooded, opened=self._opened)
        if self.model.show(rows, snapshot.time):
            self._choose(chosen)
        self._say(rows, new, first)

    def _say(self, rows: list[AlarmEntry], new: int, first: Event | None) -> None:
        waiting = sum(row.unacknowledged for row in rows)
        standing = len(self._snapshot.standing.of(EventKind.ALARM))
        if self._flooded and first is not None:
            said = f"ALARM FLOOD · {new} in 10 min · first out {source_text(first, self._twin)} {first.data.get('message', '')}"
        else:
            said = f"{standing} standing · {waiting} to acknowledge" if standing else ""
        self.head.setText(said)
        self.head.setFont(font(SECONDARY, QFont.Weight.DemiBold if self._flooded else QFont.Weight.Normal))
        self.head.setToolTip(said)
        self.all.setVisible(standing > 0)
        self.all.setEnabled(self._standpoint.may_act and (waiting > 0 or self._flooded))
        self.empty.setText(f"No alarm matches “{self.filter.text()}”." if standing and not rows else NOTHING)
        self.empty.setVisible(not rows)

    def _stand(self) -> None:
        self.table.enable(self._standpoint.may_act, self._standpoint.why_not)
        self.all.setToolTip(self._standpoint.why_not)
        self._refresh()

    def _rows(self) -> list[AlarmEntry]:
        """All that fit, also inside closed groups."""
        words = tuple(self.filter.text().lower().split())
        return [row for row in entries(self._snapshot, self._twin, words) if row.event is not None]

    def _chosen(self) -> list[AlarmEntry]:
        return [self.model.entry(index.row()) for index in self.table.selectionModel().selectedRows()]

    def _choose(self, keys: list[str]) -> None:
        selection = self.table.selectionModel()
        for key in keys:
            if (row := self.model.row_of(key)) >= 0:
                index = self.model.index(row, 0)
                selection.select(index, selection.SelectionFlag.Select | selection.SelectionFlag.Rows)

    def _acknowledge(self, rows: list[AlarmEntry]) -> None:
        if rows:
            keys = [row.key for row in rows]
            subject = keys[0] if len(keys) == 1 else ""
            self.intended.emit(Intention(IntentionKind.ACKNOWLEDGE, subject=subject, data={"keys": keys}))

    def _pressed(self, row: int, button: str) -> None:
        entry = self.model.entry(row)
        if not self._standpoint.may_act:
            return
        if button == "Acknowledge":
            self._acknowledge([entry])
        elif button == "Shelve…":
            self.ask_shelving(entry)
        else:
            kind = IntentionKind.UNSHELVE if button == "Unshelve" else IntentionKind.RESET
            self.intended.emit(Intention(kind, subject=entry.key))

    def _clicked(self, index: QModelIndex) -> None:
        entry = self.model.entry(index.row())
        if entry.event is None and entry.shelving is None:
            self._opened = self._opened ^ {entry.key}
            self._refresh()
        elif entry.event is not None:
            self._select(entry.event)

    def _visit(self, index: QModelIndex) -> None:
        event = self.model.entry(index.row()).event
        if event is not None:
            self._select(event)
            self._selection.visit(self._selection.asset)

    def _select(self, event: Event) -> None:
        """The component that shows the tag, else its asset."""
        tag = self._twin.tags.get(event.subject)
        if tag is None:
            self._selection.choose(event.subject)
            return
        below = (a.path for a in self._twin.assets.values() if a.path.startswith(f"{tag.asset}/") and tag.path in a.shows)
        self._selection.choose(next(below, tag.asset), tag.path)

    def _menu(self, point: QPoint) -> None:
        index = self.table.indexAt(point)
        event = self.model.entry(index.row()).event if index.isValid() else None
        if event is None:
            return
        menu = QMenu(self)
        menu.addAction("Show where it is", lambda: self._visit(index))
        change = menu.addAction("Change limit…", lambda: self.ask_limit(event))
        change.setEnabled(self._standpoint.may_act and isinstance(event.data.get("limit"), int | float))
        menu.addAction("Add a note…", lambda: self.note_asked.emit(event.subject)).setEnabled(self._standpoint.may_note)
        menu.setToolTip(message_words(event))
        menu.popup(self.table.viewport().mapToGlobal(point))

"""The set-point: select, see old and new value and what must hold, say why, confirm; then how far the command has come."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from twins.asset import Tag, TagKind, Twin
from twins.commanding import Permissive, permissives_of
from twins.expression import ExpressionError
from twins.record import Event, EventKind, Intention, IntentionKind, Snapshot
from ui.numbers import ABSENT, age_text, brief, grouped, shown, tag_label, unit_text, value_text
from ui.standpoint import Standpoint
from ui.theme import SECONDARY, Theme, font

_STAGES = ("requested", "sent", "acknowledged", "verified")
_WORDS = {
    "requested": "requested",
    "sent": "sent",
    "acknowledged": "acknowledged by the plant",
    "verified": "verified by readback",
}


class SetPoint(QWidget):
    """Of one writable tag. `intended` carries the command; the target is never shown as the actual."""

    intended = Signal(object)
    grown = Signal()  # it says more than before: who holds it shows all of it

    def __init__(self, theme: Theme, tag: Tag, twin: Twin, standpoint: Standpoint) -> None:
        super().__init__()
        self._theme, self._tag, self._twin, self._standpoint = theme, tag, twin, standpoint
        self._permissives: tuple[Permissive, ...] = ()
        self._asked, self._ended = "", None  # the command given here, and its last word
        self._now = ABSENT
        self.field: QLineEdit | QComboBox = self._make_field()
        self.why = QLineEdit(placeholderText="Reason", maxLength=400)
        self.confirm = QPushButton("Confirm…", focusPolicy=Qt.FocusPolicy.TabFocus)
        self.send = QPushButton("Send", visible=False)
        self.send.setProperty("primary", True)
        self.back = QPushButton("Back", visible=False)
        self.actual, self.state, self.question, self.complaint, self.conditions = (QLabel(wordWrap=True) for _ in range(5))
        self._lay_out()
        self.confirm.clicked.connect(self._ask)
        self.send.clicked.connect(self._send)
        self.back.clicked.connect(lambda: self._step(False))
        standpoint.changed.connect(self._stand)
        self._stand()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """What is known now: the actual value, what must hold, how far a command has come."""
        reading = snapshot.reading(self._tag.path)
        value, unit = shown(reading, self._tag)
        self._now = f"{value} {unit}".rstrip()
        self.actual.setText(f"{self._now} →")
        try:
            self._permissives = permissives_of(self._tag, self._twin, snapshot)
        except ExpressionError as problem:
            self._permissives = (Permissive(str(problem), False),)
        self._tell_conditions()
        self._tell_state(snapshot)

    def _make_field(self) -> QLineEdit | QComboBox:
        if self._tag.kind in (TagKind.BOOLEAN, TagKind.ENUMERATION):
            box = QComboBox()
            words = self._tag.values if self._tag.kind is TagKind.ENUMERATION else ("true", "false")
            for word in words:
                box.addItem(value_text(word, self._tag), word)
            return box
        field = QLineEdit(maxLength=60)
        if self._tag.range:
            field.setPlaceholderText(f"{grouped(self._tag.range[0], 0)} … {grouped(self._tag.range[1], 0)}")
        return field

    def _lay_out(self) -> None:
        heading = QLabel(f"SET-POINT · {tag_label(self._tag).upper()}", font=font(SECONDARY, QFont.Weight.DemiBold))
        heading.setProperty("heading", True)
        for label in (self.state, self.conditions):
            label.setFont(font(SECONDARY))
            label.setProperty("muted", True)
        for label in (self.question, self.complaint):
            label.setFont(font(weight=QFont.Weight.Medium))
            label.hide()
        self.field.setAccessibleName(f"New value of {tag_label(self._tag)}")
        self.why.setAccessibleName("Reason")
        values, deeds = QHBoxLayout(spacing=8), QHBoxLayout(spacing=8)
        unit = QLabel(unit_text(self._tag.unit))
        unit.setProperty("muted", True)
        values.addWidget(self.actual)
        values.addWidget(self.field, 1)
        values.addWidget(unit)
        for button in (self.confirm, self.send, self.back):
            deeds.addWidget(button)
        deeds.addWidget(self.conditions, 1)
        column = QVBoxLayout(self, spacing=6)
        column.setContentsMargins(12, 8, 12, 10)
        column.addWidget(heading)
        column.addLayout(values)
        column.addWidget(self.why)
        column.addWidget(self.question)
        column.addLayout(deeds)
        column.addWidget(self.complaint)
        column.addWidget(self.state)

    def _stand(self) -> None:
        may = self._standpoint.may_act
        for widget in (self.field, self.why, self.confirm, self.send):
            widget.setEnabled(may)
            widget.setToolTip(self._standpoint.why_not)
        if not may:
            self._step(False)

    def _wanted(self) -> str:
        return str(self.field.currentData()) if isinstance(self.field, QComboBox) else self.field.text().strip()

    def _number(self) -> str:
        """What was typed, as a number is written everywhere: a comma is a point, and thousands need no gaps."""
        return "".join(self._wanted().split()).replace(",", ".")

    def _ask(self) -> None:
        """The second, deliberate step."""
        blamed, complaint = self._complaint()
        self.complaint.setText(complaint)
        self.complaint.setVisible(blamed is not None)
        if blamed is not None:
            blamed.setFocus(Qt.FocusReason.OtherFocusReason)
            self.grown.emit()
            return
        unit = unit_text(self._tag.unit)
        asset = " ".join(a.name for a in reversed(tuple(self._twin.ancestors(self._tag.asset))) if a.path)
        self.question.setText(
            f"Set {asset} {tag_label(self._tag)} from {self._now} to {self._wanted()} {unit}, because: {self.why.text().strip()}?"
        )
        self._step(True)

    def _complaint(self) -> tuple[QWidget | None, str]:
        """The field that is to blame, and why."""
        if isinstance(self.field, QLineEdit) and self._tag.kind in (TagKind.NUMBER, TagKind.INTEGER):
            try:
                value = float(self._number())
            except ValueError:
                return self.field, "Write the new value as a number."
            low, high = self._tag.range or (-float("inf"), float("inf"))
            if not low <= value <= high:
                return self.field, f"It goes from {grouped(low, 0)} to {grouped(high, 0)} {unit_text(self._tag.unit)}."
        return (None, "") if self.why.text().strip() else (self.why, "A set-point needs a reason.")

    def _step(self, asking: bool) -> None:
        self.question.setVisible(asking)
        self.send.setVisible(asking)
        self.back.setVisible(asking)
        self.confirm.setVisible(not asking)
        for widget in (self.field, self.why):
            widget.setEnabled(self._standpoint.may_act and not asking)
        if asking:
            self.send.setFocus(Qt.FocusReason.OtherFocusReason)
            self.grown.emit()

    def _send(self) -> None:
        counted = self._tag.kind in (TagKind.NUMBER, TagKind.INTEGER)
        value = self._number() if counted else self._wanted()
        data = {"value": value, "lane": "live"}
        intention = Intention(IntentionKind.COMMAND, subject=self._tag.path, why=self.why.text().strip(), data=data)
        self._asked, self._ended = intention.id, None
        self._step(False)
        self.why.clear()
        if isinstance(self.field, QLineEdit):
            self.field.clear()
        self.state.setText("on its way to the station…")
        self.intended.emit(intention)

    def _tell_conditions(self) -> None:
        unmet = [each for each in self._permissives if not each.holds]
        if not self._permissives:
            self.conditions.setText("")
        elif unmet:
            self.conditions.setText("\n".join(f"✕ {each.text}: {each.why}" for each in unmet))
        else:
            n = len(self._permissives)
            self.conditions.setText(f"permissives {n} of {n}")
        self.conditions.setToolTip("\n".join(f"{'✓' if each.holds else '✕'} {each.text}" for each in self._permissives))

    def _tell_state(self, snapshot: Snapshot) -> None:
        open_ = [e for e in snapshot.standing.of(EventKind.COMMAND) if e.subject == self._tag.path]
        if open_:
            self.state.setText(progress_words(open_[-1], snapshot.time))
        elif self._ended is not None and self._ended.time <= snapshot.time:
            self.state.setText(progress_words(self._ended, snapshot.time))
        elif not self._asked or self._ended is not None:
            self.state.setText("")

    def hear_commands(self, events: tuple[Event, ...]) -> None:
        """The commands of the last minutes: what became of the one that was given here."""
        mine = [event for event in events if event.key == self._asked and self._asked]
        if mine and not mine[-1].stands:
            self._ended = mine[-1]


def progress_words(event: Event, now: int) -> str:
    """“1 400 kW by MO: requested ✓ sent ✓ acknowledged by the plant … 2 s ago”."""
    data = event.data
    state, value = str(data.get("state")), data.get("value")
    target = f"{brief(value)} {unit_text(str(data.get('unit', '')))}".rstrip()
    ago = f"{age_text(now - event.time)} ago"
    if state in _STAGES:
        reached = _STAGES[: _STAGES.index(state) + 1]
        return f"{target} by {data.get('by', '')}: " + " · ".join(f"{_WORDS[each]} ✓" for each in reached) + f" · {ago}"
    return f"✕ {target} {state}: {data.get('reason', '')} · {ago}"

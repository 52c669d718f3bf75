"""The standpoint: whether one may act from here, and if not, why not."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Standpoint(QObject):
    """Acting needs a desk, a name and the live view; a note needs no live view. `changed` fires when an answer is another."""

    changed = Signal()

    def __init__(self, *, desk: bool) -> None:
        super().__init__()
        self._desk, self._live, self._lost = desk, False, False
        self.operator = ""

    @property
    def why_not(self) -> str:
        """The reason in one sentence, "" where one may act."""
        if self.why_no_note:
            return self.why_no_note
        if not self._live:
            return "Only in LIVE: what is shown here is another time. Press End to go live."
        return "The station is lost: nobody would answer." if self._lost else ""

    @property
    def why_no_note(self) -> str:
        """The same for notes."""
        if not self._desk:
            return "This recording has no station that could answer."
        return "" if self.operator else "Say who you are first: click “Sign in” at the top right."

    @property
    def may_act(self) -> bool:
        """Acknowledge, shelve, command."""
        return not self.why_not

    @property
    def may_note(self) -> bool:
        """Write a note."""
        return not self.why_no_note

    def stand(self, *, live: bool, lost: bool) -> None:
        """What is shown now."""
        if (live, lost) != (self._live, self._lost):
            self._live, self._lost = live, lost
            self.changed.emit()

    def sign_in(self, operator: str) -> None:
        """Who is here."""
        if operator != self.operator:
            self.operator = operator
            self.changed.emit()

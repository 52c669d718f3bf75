"""Notes: a few words pinned to a thing and an instant."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from twins.asset import Twin
from twins.record import Event, EventKind, Intention, IntentionKind
from ui.ask import Ask
from ui.axis import stamp
from ui.event_text import source_text

LONGEST = 4000


def ask_note(parent: QWidget, twin: Twin, subject: str, instant: int, intend: Callable[[Intention], None]) -> None:
    """Asks for the words of a note about `subject` (an asset or a tag) at `instant` (ns UTC)."""
    field = QPlainTextEdit(placeholderText="What should be remembered?", tabChangesFocus=True)
    field.setFixedHeight(96)

    def answer(texts: list[str]) -> str | None:
        if not texts[0]:
            return "A note needs some text."
        intend(Intention(IntentionKind.NOTE, "", instant, subject, "", {"text": texts[0][:LONGEST], "about": instant}))
        return None

    about = source_text(Event(instant, EventKind.NOTE, subject), twin)
    words = f"{about} · {stamp(instant, ZoneInfo(twin.timezone))}"
    Ask(parent, "Add a note", words, [("", field)], "Add note", answer).open_over()

"""The duty: who is at the desk, what they may do from here, and that what they say reaches the station."""

from __future__ import annotations

import contextlib
import getpass
import secrets
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLineEdit

from twins.record import Intention, IntentionKind, Snapshot
from twins.timeline import Mode
from ui.ask import Ask
from ui.main_window import MainWindow, Opened
from ui.postman import Postman
from ui.settings import Settings
from ui.standpoint import Standpoint

OPERATOR, LONGEST_NAME = "operator", 60
SHOWN_MS = 5000


class Duty(QObject):
    """Of one window. Where there is no station nothing can be said, and nobody is asked for a name."""

    def __init__(self, window: MainWindow, opened: Opened, settings: Settings, cursor: Callable[[], int], operator: str) -> None:
        super().__init__(window)
        self._window, self._settings, self._cursor = window, settings, cursor
        self._name = secrets.token_hex(3)  # of this window
        self.standpoint = Standpoint(desk=opened.desk is not None)
        self._postman = Postman(opened.desk) if opened.desk else None
        if self._postman:
            self._postman.failed.connect(window.status.notify)
        self._shown: object = None
        self.shows: Callable[[], dict[str, object]] = dict  # what the window shows, as an event tells it
        self._timer = QTimer(self, interval=SHOWN_MS)
        self._timer.timeout.connect(self._tell_shown)
        window.banner.operator_asked.connect(self.ask_name)
        window.closing.connect(self.end)
        self._show_operator()
        if operator:
            self.sign_in(operator)

    def begin(self) -> None:
        """The window stands: whoever is there says who they are."""
        if self._postman:
            self._timer.start()
            if not self.standpoint.operator:
                self.ask_name()

    def stand(self, snapshot: Snapshot, mode: Mode, live: bool) -> None:
        """What is shown now decides what one may do."""
        self.standpoint.stand(live=live and mode is Mode.FOLLOWING, lost=snapshot.station_lost)

    def intend(self, intention: Intention) -> None:
        """Says it in the operator's name, at the instant that is shown; or says why it can't be said."""
        why_not = self.standpoint.why_no_note if intention.kind is IntentionKind.NOTE else self.standpoint.why_not
        if why_not or self._postman is None:
            self._window.status.notify(why_not)
            return
        self._postman.post(replace(intention, by=self.standpoint.operator, time=intention.time or self._cursor()))

    def ask_name(self) -> None:
        """Who is here?"""
        field = QLineEdit(self.standpoint.operator or self._settings.get(OPERATOR, "") or _login(), maxLength=LONGEST_NAME)
        field.selectAll()
        words = "Your name stands on every acknowledgement, set-point and note."
        form = Ask(self._window, "Who is at the desk?", words, [("", field)], "Sign in", self._named, leave="Only look")
        form.open_over()

    def sign_in(self, name: str) -> None:
        """Somebody takes over."""
        if self.standpoint.operator:
            self._say_operator("off")
        self._settings.put(OPERATOR, name)
        self.standpoint.sign_in(name)
        self._say_operator("on")
        self._show_operator()

    def end(self) -> None:
        """The window closes."""
        self._timer.stop()
        if self._postman:
            if self.standpoint.operator:
                self._say_operator("off")
            self._postman.close()
            self._postman = None

    def _named(self, texts: list[str]) -> str | None:
        if not texts[0]:
            return "A name is needed to act; leave the form to only look."
        self.sign_in(texts[0])
        return None

    def _say_operator(self, state: str) -> None:
        if self._postman:
            data = {"state": state, "window": self._name}
            self._postman.post(Intention(IntentionKind.OPERATOR, self.standpoint.operator, self._cursor(), "", "", data))

    def _show_operator(self) -> None:
        self._window.banner.show_operator(self.standpoint.operator, self._postman is not None)

    def _tell_shown(self) -> None:
        """What this window shows is part of the record: “what did the operator see?”."""
        shown = self.shows()
        if self._postman and shown != self._shown:
            self._shown = shown
            data = {"window": self._name, **shown}
            subject = str(shown.get("selected", ""))
            self._postman.post(Intention(IntentionKind.SHOWN, self.standpoint.operator, self._cursor(), subject, "", data))


def _login() -> str:
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""

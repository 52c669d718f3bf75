"""The annunciator: a sound for an alarm that nobody has seen yet. To silence it is not to acknowledge."""

from __future__ import annotations

import math
import shutil
import struct
import sys
import wave
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal
from PySide6.QtWidgets import QApplication

from twins.record import Event, EventKind, Snapshot
from ui.alarm_rows import UNACKNOWLEDGED
from ui.marks import PRIORITIES, priority_of, worst

_PLAYERS = ("pw-play", "paplay", "aplay", "afplay")
_RATE, _REPEAT_MS = 22_050, 4000
_TONES = {"high": (988, 784, 988, 784), "medium": (784, 659), "low": (523,), "diagnostic": ()}  # Hz, one after the other


class Annunciator(QObject):
    """Hears the live snapshot only. High ones repeat until they are acknowledged, shelved, gone or silenced."""

    sounding = Signal(bool)  # whether something would repeat

    def __init__(self, folder: Path, *, on: bool = True) -> None:
        super().__init__()
        self._folder, self.on = folder, on
        self._known: set[tuple[str, int]] | None = None  # alarm and when it was raised
        self._repeating = ""
        self._player = next((path for name in _PLAYERS if (path := shutil.which(name))), "")
        self._timer = QTimer(self, interval=_REPEAT_MS)
        self._timer.timeout.connect(self._again)
        self.played: list[str] = []  # priorities, newest last

    def hear(self, snapshot: Snapshot) -> None:
        """A new one sounds once; what stood before the window opened does not."""
        shelved = {event.key for event in snapshot.standing.of(EventKind.SHELVING)}
        waiting = [
            e for e in snapshot.standing.of(EventKind.ALARM) if e.data.get("state") in UNACKNOWLEDGED and e.key not in shelved
        ]
        now = {(event.key, _raised(event)) for event in waiting}
        new = [event for event in waiting if self._known is not None and (event.key, _raised(event)) not in self._known]
        self._known = now
        if new:
            self.play(priority := worst(map(priority_of, new)))
            self._repeat(priority if priority == PRIORITIES[0] else self._repeating)
        if self._repeating and not any(priority_of(event) == self._repeating for event in waiting):
            self.silence()

    def silence(self) -> None:
        """No more of this one; the next alarm sounds again."""
        self._repeat("")

    def play(self, priority: str) -> None:
        """Once, without waiting for it."""
        self.played = [*self.played[-99:], priority]
        if not self.on or not _TONES[priority]:
            return
        try:
            sound = _sound(self._folder, priority)
            if sys.platform == "win32":
                import winsound

                winsound.PlaySound(str(sound), winsound.SND_FILENAME | winsound.SND_ASYNC)
            elif not (self._player and QProcess.startDetached(self._player, [str(sound)])):
                QApplication.beep()
        except (OSError, RuntimeError):
            QApplication.beep()

    def _repeat(self, priority: str) -> None:
        if priority != self._repeating:
            self._repeating = priority
            self._timer.start() if priority else self._timer.stop()
            self.sounding.emit(bool(priority))

    def _again(self) -> None:
        self.play(self._repeating)


def _raised(event: Event) -> int:
    since = event.data.get("since")
    return since if isinstance(since, int) else event.time


def _sound(folder: Path, priority: str) -> Path:
    """A short melody, written once."""
    path = folder / f"alarm-{priority}.wav"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        notes = [_note(hertz) for hertz in _TONES[priority]]
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes(b"".join(notes))
    return path


def _note(hertz: int, seconds: float = 0.16) -> bytes:
    n = int(_RATE * seconds)
    fade = [min(1.0, i / 300, (n - i) / 1500) for i in range(n)]
    return b"".join(struct.pack("<h", int(9000 * fade[i] * math.sin(2 * math.pi * hertz * i / _RATE))) for i in range(n))

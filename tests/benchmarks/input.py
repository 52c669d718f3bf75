"""Input: how long a key press waits while a year is replayed at 128×. Goal: under 100 ms."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from seek import TWIN, a_year

from twins.clock import DAY
from twins.package.loader import load
from ui.opening import prepare
from ui.settings import Settings
from ui.workplace import Workplace

PRESSES, EVERY_MS = 150, 40


class Probe(QObject):
    """Posts an event that waits in the queue like any key press, and notes when it was delivered."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def press(self) -> None:
        begun = time.perf_counter()
        event = QKeyEvent(QEvent.Type.User, 0, 0)  # type: ignore[call-overload]
        self._begun = begun
        QApplication.postEvent(self, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            self.waited.append(time.perf_counter() - self._begun)
            return True
        return super().event(event)


def main():
    tags = [tag for tag in load(TWIN).tags.values() if tag.kind.value == "number" and not tag.computed]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.twin-recording"
        a_year(path, tags).close()
        app = QApplication(sys.argv[:1])
        kept, opened, timeline = prepare(TWIN, path, 40 * DAY)
        place = Workplace(app, opened, timeline, Settings(Path(folder) / "settings.json"))
        place.window.resize(1600, 1000)
        waited = []
        for name, speed in (("paused", 0.0), ("playing at 128×", 128.0)):
            probe, timer = Probe(), QTimer()
            timer.timeout.connect(probe.press)
            place.window.show()
            begun = time.perf_counter()
            while time.perf_counter() - begun < 4:
                app.processEvents()
            if speed:
                timeline.speed = speed
                timeline.play()
            timer.start(EVERY_MS)
            while len(probe.waited) < PRESSES:
                app.processEvents()
                time.sleep(0.0005)
            timer.stop()
            waited = np.array(probe.waited) * 1e3
            print(
                f"input latency {name}, ms: median {np.median(waited):.1f}, p95 {np.percentile(waited, 95):.1f}, worst {waited.max():.1f}"
            )
        place.window.close()
        kept.close()


if __name__ == "__main__":
    main()

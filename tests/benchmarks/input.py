"""Input: how long a key press waits while a year is replayed at 128×. Goal: under 100 ms."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from seek import TWIN, a_year

from twins.clock import DAY
from twins.package.loader import load
from ui.opening import prepare
from ui.settings import Settings
from ui.workplace import Workplace

PRESSES, EVERY_S = 150, 0.04


class Press(QEvent):
    """Waits in the queue like any key press, and knows since when."""

    def __init__(self) -> None:
        super().__init__(QEvent.Type.User)
        self.begun = time.perf_counter()


class Probe(QObject):
    """Is pressed from another thread, as a keyboard would, whatever the window is doing; notes how long each press waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def press_all(self) -> None:
        for _ in range(PRESSES):
            QApplication.postEvent(self, Press())
            time.sleep(EVERY_S)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, Press):
            self.waited.append(time.perf_counter() - event.begun)
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
        place.window.show()
        for name, speed in (("paused", 0.0), ("playing at 128×", 128.0)):
            begun = time.perf_counter()
            while time.perf_counter() - begun < 4:
                app.processEvents()
            if speed:
                timeline.speed = speed
                timeline.play()
            probe = Probe()
            threading.Thread(target=probe.press_all, daemon=True).start()
            while len(probe.waited) < PRESSES:
                app.processEvents()
                time.sleep(0.0005)
            waited = np.array(probe.waited) * 1e3
            middle, p95 = np.percentile(waited, (50, 95))
            print(f"input latency {name}, ms: median {middle:.1f}, p95 {p95:.1f}, worst {waited.max():.1f}")
        place.window.close()
        kept.close()


if __name__ == "__main__":
    main()

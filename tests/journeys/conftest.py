"""A window opened as a user opens it, and closed as one closes it."""

from __future__ import annotations

import pytest

from ui.opening import prepare
from ui.settings import Settings
from ui.workplace import Workplace


@pytest.fixture
def open_window(qtbot, qapp, tmp_path):
    """`open_window(package, recording, at)` → a furnished workplace on a real screen."""
    opened = []

    def open_(package, recording, at=None, size=(1280, 800)):
        kept, what, timeline = prepare(package, recording, at)
        place = Workplace(qapp, what, timeline, Settings(tmp_path / "settings.json"))
        with qtbot.waitSignal(place.window.furnished, timeout=30_000):
            place.window.resize(*size)
            place.window.show()
        opened.append((kept, place))
        return place

    yield open_
    for kept, place in opened:
        place.window.close()
        kept.close()

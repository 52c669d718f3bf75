"""A window opened as a user opens it, and closed as one closes it."""

from __future__ import annotations

import pytest

from tests.rig import closing_all
from twins.historian.query import Query
from ui.opening import prepare
from ui.settings import Settings
from ui.workplace import Workplace


@pytest.fixture
def open_window(qtbot, qapp, tmp_path):
    """`open_window(package, recording, at)` → a furnished workplace on a real screen."""
    opened = []

    def open_(package, recording, at=None, size=(1280, 800), operator=""):
        kept, what, timeline = prepare(package, recording, at)
        place = Workplace(qapp, what, timeline, Settings(tmp_path / "settings.json"), operator=operator)
        with qtbot.waitSignal(place.window.furnished, timeout=60_000):
            place.window.resize(*size)
            place.window.show()
        opened.append((kept, place))
        return place

    yield open_
    for kept, place in opened:
        place.window.close()
        kept.close()


@pytest.fixture
def keep():
    """`keep(thing)`: it is closed in the end, whatever happens."""
    with closing_all() as keeper:
        yield keeper


class Listener:
    """A panel that only remembers the snapshots it was shown."""

    def __init__(self):
        self.shown = []

    def wanted(self):
        return Query()

    def present(self, snapshot, answers):
        self.shown.append(snapshot)


@pytest.fixture
def listen():
    """`listen(place)` → the list of snapshots that the window is shown from now on."""

    def to(place):
        listener = Listener()
        place.window.refresh.add(listener)
        return listener.shown

    return to

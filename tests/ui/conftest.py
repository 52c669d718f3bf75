"""A whole window in the test's own process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from ui.workplace import Workplace


@pytest.fixture
def standing(qtbot, qapp):
    """`with standing(place):` it is furnished, its scene can draw, and it has the focus; whatever comes, it is closed."""

    @contextlib.contextmanager
    def stands(made: Workplace) -> Iterator[None]:
        try:
            with qtbot.waitSignal(made.window.furnished, timeout=60_000):
                made.window.show()
            qtbot.waitUntil(lambda: made.views.has_picture("Overview"), timeout=60_000)
            made.window.activateWindow()
            with qtbot.waitActive(made.window):
                made.window.raise_()
            yield
        finally:
            made.window.close()
            made.window.deleteLater()
            qapp.setStyleSheet("")

    return stands

"""A whole window in the test's own process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget

from ui.workplace import Workplace


@pytest.fixture
def in_front(qtbot):
    """Gives a window the keys, until it, or a widget in it, has them; asks again, as an X server without a window manager forgets
    who asked while it was busy, and who had them when another window goes."""

    def asked(window: QWidget, inside: QWidget | None) -> bool:
        if window.isActiveWindow():
            return inside is None or inside.hasFocus()
        window.raise_()
        window.activateWindow()
        return False

    return lambda window, inside=None: qtbot.waitUntil(lambda: asked(window, inside), timeout=60_000)


@pytest.fixture
def standing(qtbot, qapp, in_front):
    """`with standing(place):` it is furnished, its scene can draw, and it has the focus; whatever comes, it is closed."""

    @contextlib.contextmanager
    def stands(made: Workplace) -> Iterator[None]:
        try:
            with qtbot.waitSignal(made.window.furnished, timeout=60_000):
                made.window.show()
            qtbot.waitUntil(lambda: made.views.has_picture("Overview"), timeout=60_000)
            in_front(made.window)
            yield
        finally:
            made.window.close()
            made.window.deleteLater()
            qapp.setStyleSheet("")

    return stands

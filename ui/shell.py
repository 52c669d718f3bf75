"""The shell: what is painted at once, before the slow parts of the window are even imported, where the window will stand."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.settings import Settings
from ui.theme import GREY, THEMES, font

GEOMETRY, THEME = "geometry", "theme"
STRIP = 34  # px, the banner's height


class Shell(QWidget):
    """The ground, the strip along the top and one line of text; closed by whoever puts the real window in its place."""

    def __init__(self, settings: Settings, words: str) -> None:
        super().__init__()
        self._tokens = THEMES.get(settings.get(THEME, GREY.name), GREY)
        self._words = words
        self.painted = False
        self.setWindowTitle("Twindeck")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        stand(self, settings)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it."""
        painter, tokens = QPainter(self), self._tokens
        painter.fillRect(self.rect(), QColor(tokens.panel))
        painter.fillRect(QRect(0, STRIP - 1, self.width(), 1), QColor(tokens.line))
        painter.setFont(font())
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRect(54, 0, 200, STRIP), Qt.AlignmentFlag.AlignVCenter, "Twindeck")
        painter.setPen(QColor(tokens.muted))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
        self.painted = True


def stand(window: QWidget, settings: Settings) -> None:
    """Where the window stood last, if a screen is still there; else most of this one."""
    room = QGuiApplication.primaryScreen().availableGeometry()
    window.setMinimumSize(min(960, room.width()), min(600, room.height()))
    window.resize(min(1600, room.width()), min(1000, room.height()))
    kept = settings.get(GEOMETRY, [])
    if len(kept) == 5 and all(type(number) is int for number in kept):
        x, y, width, height, largest = kept
        window.move(x, y)
        most = QGuiApplication.primaryScreen().availableVirtualSize()  # of all screens: it may have been a larger one
        window.resize(min(width, most.width()), min(height, most.height()))
        if largest:
            window.setWindowState(Qt.WindowState.WindowMaximized)
    keep_visible(window)


def keep_visible(window: QWidget) -> None:
    """Moves a window that a vanished screen took with it back onto one that is there, shrunk where it must be."""
    frame = window.geometry()
    seen = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    if any(room.intersected(frame).width() >= 120 and room.contains(frame.topLeft()) for room in seen):
        return
    home = QGuiApplication.primaryScreen().availableGeometry()
    size = frame.size().boundedTo(home.size())
    placed = QRect(home.topLeft(), size)
    placed.moveCenter(home.center())
    window.setGeometry(placed)

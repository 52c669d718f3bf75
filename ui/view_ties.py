"""What saved viewpoints have to do with the scene: one flies to them, keeps one's own, and sees each as a picture."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from twins.asset import Viewpoint
from ui.main_window import MainWindow
from ui.panels.views import PICTURE
from ui.theme import Theme
from ui.viewpoints import OwnViewpoints

PICTURE_EVERY_MS = 150


class ViewTies(QObject):
    """Made when all panels stand."""

    def __init__(self, window: MainWindow, own: OwnViewpoints, theme: Theme) -> None:
        super().__init__(window)
        self._own, self._scene, self._views = own, window.panel("scene"), window.panel("views")
        self._to_picture: list[Viewpoint] = []
        self._views.chosen.connect(self._scene.go)
        self._views.save_asked.connect(self._save)
        self._views.forget_asked.connect(self._forget)
        self.retake()
        theme.changed.connect(self.retake)
        window.closing.connect(self._to_picture.clear)

    def retake(self) -> None:
        """All pictures anew, one after the other."""
        idle, self._to_picture[:] = not self._to_picture, self._views.viewpoints
        if idle:
            self._take()

    def _take(self) -> None:
        """One viewpoint, then time for everything else; none before the scene can draw."""
        if not self._to_picture:
            return
        viewpoint = self._to_picture.pop(0)
        picture = self._scene.picture_from(viewpoint, PICTURE.width(), PICTURE.height())
        if picture.isNull():
            self._to_picture.insert(0, viewpoint)
        else:
            self._views.show_picture(viewpoint.name, picture)
        QTimer.singleShot(PICTURE_EVERY_MS, self, self._take)

    def _save(self, name: str) -> None:
        self._own.keep(self._scene.viewpoint(name))
        self._views.show_own(self._own.all())
        self._views.show_picture(name, self._scene.picture())

    def _forget(self, name: str) -> None:
        self._own.forget(name)
        self._views.show_own(self._own.all())

"""The selection: the one asset, and the one tag, that the panels speak about."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """`asset` is a path ("" is the twin itself); `tag` is a tag's path or ""."""

    changed = Signal()
    visited = Signal(str)  # an asset was asked to be flown to

    def __init__(self) -> None:
        super().__init__()
        self.asset = ""
        self.tag = ""

    def choose(self, asset: str, tag: str = "") -> None:
        """Selects; the same again says nothing."""
        if (asset, tag) != (self.asset, self.tag):
            self.asset, self.tag = asset, tag
            self.changed.emit()

    def visit(self, asset: str) -> None:
        """Selects and asks the scene to fly there."""
        self.choose(asset)
        self.visited.emit(asset)

"""The descent: into a twin that is nested in another, and out again; all panels stay on one timeline."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from twins.asset import Twin, Viewpoint


class Descent(QObject):
    """`root` is the twin that one is in: a path, "" for the whole. `entered` is told where the camera is to go, too."""

    changed = Signal()
    entered = Signal(str)

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self._twin = twin
        self.root = ""

    def enter(self, path: str) -> None:
        """Into a twin that is nested in this one, or out into one around it."""
        if path in self._twin.roots:
            self._stand(path)
            self.entered.emit(path)

    def out(self) -> None:
        """Into the twin around this one."""
        if self.root:
            self.enter(self._twin.root_of(self._twin.assets[self.root].parent))

    def towards(self, asset: str) -> str:
        """The twin that one steps into on the way from here to an asset; "" where that is not in a deeper one."""
        above = [each.path for each in self._twin.ancestors(asset)]
        deeper = [path for path in above[: above.index(self.root)] if self._twin.assets[path].twin] if self.root in above else []
        return deeper[-1] if deeper else ""

    def follow(self, asset: str) -> None:
        """What is selected elsewhere is never out of sight: as far out as it takes."""
        above = {each.path for each in self._twin.ancestors(asset)}
        root = self.root
        while root not in above and root:
            root = self._twin.root_of(self._twin.assets[root].parent)
        self._stand(root)

    @property
    def trail(self) -> tuple[str, ...]:
        """From the whole to where one is."""
        above = [each.path for each in self._twin.ancestors(self.root) if not each.path or each.twin]
        return tuple(reversed(above))

    def viewpoint(self) -> Viewpoint | None:
        """Where the twin that one is in is seen from: the first of its own viewpoints."""
        own = (view for view in self._twin.viewpoints if view.asset == self.root and view.name.startswith(f"{self.root}/"))
        return next(own, None)

    def _stand(self, root: str) -> None:
        if root != self.root:
            self.root = root
            self.changed.emit()

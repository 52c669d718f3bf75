"""The docks: where each panel stands, how the places are kept, and how they come back visible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QLabel, QWidget
from PySide6QtAds import ads

from ui.shell import keep_visible

CENTRE, LEFT, RIGHT, BELOW_RIGHT, BOTTOM, LOWEST = "centre", "left", "right", "below right", "bottom", "lowest"


@dataclass(frozen=True, slots=True)
class Dock:
    """One panel of the window: `make` builds it, after the shell has been painted. `promise` is what stands there until then."""

    id: str
    title: str
    place: str
    make: Callable[[], QWidget]
    promise: str = ""


class Docks(ads.CDockManager):
    """The panels' places. The centre and the bottom (the transport) never move; the rest may be moved, tabbed and floated."""

    def __init__(self, parent: QWidget, docks: Sequence[Dock]) -> None:
        flag = ads.CDockManager.eConfigFlag
        ads.CDockManager.setConfigFlags(
            flag.OpaqueSplitterResize | flag.HideSingleCentralWidgetTitleBar | flag.FloatingContainerHasWidgetTitle
        )
        super().__init__(parent)
        self.setStyleSheet("")  # the window's own sheet speaks
        self._version = crc32(" ".join(sorted(dock.id for dock in docks)).encode()) & 0x7FFFFFFF
        self.rows = {dock.id: dock for dock in docks}
        self.widgets: dict[str, ads.CDockWidget] = {}
        areas: dict[str, ads.CDockAreaWidget] = {}
        for dock in sorted(docks, key=lambda dock: list(_BESIDE).index(dock.place)):
            self.widgets[dock.id] = self._put(dock, areas)
        for area in areas.values():
            area.setCurrentIndex(0)
        self._first = self.saveState(self._version)

    def fill(self, name: str) -> QWidget:
        """Makes one panel and puts it in its place."""
        widget = self.rows[name].make()
        self.widgets[name].setWidget(widget, ads.CDockWidget.eInsertMode.ForceNoScrollArea)
        return widget

    def share(self, width: int, height: int) -> None:
        """Divides the window's room as it looks best, px."""
        side, right = min(max(round(width * 0.19), 300), 420), min(max(round(width * 0.245), 360), 520)
        lowest, bottom = min(max(round(height * 0.2), 164), 300), 106
        self._size(CENTRE, [side, width - side - right, right])
        self._size(BELOW_RIGHT, [round((height - lowest - bottom) * 0.54), round((height - lowest - bottom) * 0.46)])
        self._size(BOTTOM, [height - bottom - lowest, bottom, lowest])

    def make_room(self, name: str, height: int) -> None:
        """The panel gets so many px of height, where it has less; what is largest above or below gives them."""
        area = self.widgets[name].dockAreaWidget()
        sizes = self.splitterSizes(area) if area is not None else []
        splitter = area.parentSplitter() if area is not None else None
        place = splitter.indexOf(area) if splitter is not None else -1
        if 0 <= place < len(sizes) and sizes[place] < height:
            largest = max((k for k in range(len(sizes)) if k != place), key=lambda k: sizes[k])
            sizes[largest] -= height - sizes[place]
            sizes[place] = height
            self.setSplitterSizes(area, sizes)

    def state(self) -> str:
        """The layout as text."""
        return bytes(self.saveState(self._version).toBase64()).decode("ascii")

    def bring_back(self, state: str) -> bool:
        """Restores a layout; False where it is none of this window's, then nothing changes."""
        raw = QByteArray.fromBase64(state.encode("ascii", "ignore"))
        if not raw.startsWith(b"<?xml") or not self.restoreState(raw, self._version):
            return False
        for floating in self.floatingWidgets():
            keep_visible(floating)
        return True

    def on_top(self) -> list[str]:
        """The panels whose tabs are on top, one of each area."""
        return [name for name, dock in self.widgets.items() if not dock.isClosed() and dock.isCurrentTab()]

    def put_on_top(self, names: Sequence[str]) -> None:
        """These are on top; in an area that has none of them the panel that is first there. Areas are not asked: the binding ends
        one when what it hands out for it is let go of."""
        asked = [name for name in names if name in self.widgets]
        for name in (*reversed(self.widgets), *asked):
            if not self.widgets[name].isClosed():
                self.widgets[name].setAsCurrentTab()

    def reset(self) -> None:
        """Everything back in its first place."""
        self.restoreState(self._first, self._version)
        self.share(self.width(), self.height())

    def reveal(self, name: str) -> None:
        """Opens a panel and brings its tab to the front."""
        self.widgets[name].toggleView(True)
        self.widgets[name].setAsCurrentTab()

    def _put(self, dock: Dock, areas: dict[str, ads.CDockAreaWidget]) -> ads.CDockWidget:
        widget = ads.CDockWidget(self, dock.title)
        widget.setObjectName(dock.id)
        widget.setWidget(_promise(dock.promise), ads.CDockWidget.eInsertMode.ForceNoScrollArea)
        widget.setMinimumSizeHintMode(ads.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromContent)
        widget.setFeature(ads.CDockWidget.DockWidgetFeature.DockWidgetClosable, False)
        if dock.place in areas:
            self.addDockWidget(ads.DockWidgetArea.CenterDockWidgetArea, widget, areas[dock.place])
            return widget
        side, beside = _BESIDE[dock.place]
        if dock.place == CENTRE:
            widget.setFeature(ads.CDockWidget.DockWidgetFeature.NoTab, True)
            areas[dock.place] = self.setCentralWidget(widget)
        else:
            areas[dock.place] = self.addDockWidget(side, widget, areas.get(beside))
        if dock.place == BOTTOM:
            widget.setFeatures(ads.CDockWidget.DockWidgetFeature.NoTab)
            areas[dock.place].titleBar().setVisible(False)
        return widget

    def _size(self, place: str, sizes: list[int]) -> None:
        here = (self.widgets[name].dockAreaWidget() for name, dock in self.rows.items() if dock.place == place)
        area = next((area for area in here if area is not None), None)
        if area is not None:
            self.setSplitterSizes(area, sizes)


_BESIDE = {
    CENTRE: (ads.DockWidgetArea.CenterDockWidgetArea, ""),
    BOTTOM: (ads.DockWidgetArea.BottomDockWidgetArea, ""),
    LOWEST: (ads.DockWidgetArea.BottomDockWidgetArea, BOTTOM),
    LEFT: (ads.DockWidgetArea.LeftDockWidgetArea, CENTRE),
    RIGHT: (ads.DockWidgetArea.RightDockWidgetArea, CENTRE),
    BELOW_RIGHT: (ads.DockWidgetArea.BottomDockWidgetArea, RIGHT),
}  # each place: on which side of which other


def _promise(words: str) -> QLabel:
    label = QLabel(words, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, margin=16)
    label.setProperty("muted", True)
    return label

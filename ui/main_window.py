"""The window: banner, docks and status line. The shell is painted first, then each panel is made in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QMessageBox, QVBoxLayout, QWidget

from twins.asset import Twin
from twins.historian.place import days_of
from twins.historian.recording import Recording
from twins.timeline import Timeline
from ui.banner import Banner
from ui.docks import Dock, Docks
from ui.live_strip import LiveStrip
from ui.refresh import Refresh
from ui.settings import Settings
from ui.shell import GEOMETRY, stand
from ui.status import StatusLine
from ui.theme import Theme

LAYOUT, TABS = "layout", "tabs"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a window is opened on. `open_recording` is called in the reading thread, so that the connection is its own."""

    twin: Twin
    recording: Path
    open_recording: Callable[[], Recording]
    meshes: Callable[[], Mapping[tuple[str, str], object]]  # (asset, part) → its mesh; read when the scene is built
    simulated: bool = False
    package: Path | None = None  # what runs take; None: the one in the recording
    branches: tuple[Path, ...] = ()  # what-ifs and forecasts that don't lie beside the recording
    desk: Path | None = None  # the record whose station hears what is said here; None: nobody does


class MainWindow(QMainWindow):
    """Holds everything together; `furnished` fires once every panel stands."""

    furnished = Signal()
    closing = Signal()  # the last moment to keep something
    damage_found = Signal(tuple)

    def __init__(self, opened: Opened, timeline: Timeline, theme: Theme, settings: Settings, docks: Sequence[Dock]) -> None:
        super().__init__()
        self.setWindowTitle(f"{opened.twin.name} – Twindeck")
        self._settings, self._timeline = settings, timeline
        self._tabs = f"{TABS}/{opened.twin.id}"
        self._to_make = [dock.id for dock in docks]
        self._made: dict[str, QWidget] = {}
        self._damage: tuple[str, ...] = ()
        zone = ZoneInfo(opened.twin.timezone)
        self.banner = Banner(theme, timeline, zone, opened.twin.name, opened.simulated)
        self.strip = LiveStrip(theme, opened.twin, timeline)
        self.refresh = Refresh(timeline, opened.open_recording, record=opened.recording, more=opened.branches)
        self.status = StatusLine(
            opened.recording.stem,
            opened.twin.notice,
            lambda: _size(opened.recording),
            lambda: (self.refresh.frame_ns, self.refresh.lag_ns),
        )
        self._frame = QFrame(objectName="frame")
        self.docks = Docks(self._frame, docks)
        self._lay_out()
        self._connect()
        stand(self, settings)

    def panel(self, name: str) -> QWidget:
        """A panel that stands; KeyError before it does."""
        return self._made[name]

    def toggle_full_screen(self) -> None:
        """The whole screen, or a window again."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def event(self, event: QEvent) -> bool:
        """Begins to furnish after the first paint."""
        done = super().event(event)
        if event.type() == QEvent.Type.Paint and self._to_make and not self._made:
            QTimer.singleShot(0, self._furnish)
        return done

    def showEvent(self, event: QShowEvent) -> None:
        """A layout that was kept, or the first one for this size; on top is what was so on this twin, else each first tab."""
        super().showEvent(event)
        if not self.docks.bring_back(self._settings.get(LAYOUT, "")):
            self.docks.share(self._frame.width() - 4, self._frame.height() - 4)
        self.docks.put_on_top([name for name in self._settings.get(self._tabs, []) if isinstance(name, str)])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keeps the layout, then ends what runs: the reader first, then the 3D."""
        self.closing.emit()
        self._settings.put(LAYOUT, self.docks.state())
        self._settings.put(self._tabs, self.docks.on_top())
        if not self.isFullScreen():
            at, size = (
                (self.pos(), self.size())
                if not self.isMaximized()
                else (self.normalGeometry().topLeft(), self.normalGeometry().size())
            )
            self._settings.put(GEOMETRY, [at.x(), at.y(), size.width(), size.height(), int(self.isMaximized())])
        self._to_make.clear()
        self.refresh.close()
        for widget in self._made.values():
            widget.close()
        super().closeEvent(event)

    def _furnish(self) -> None:
        """Makes the next panel; the window stays usable in between."""
        if not self._to_make:
            return
        name = self._to_make.pop(0)
        self._made[name] = self.docks.fill(name)
        self.refresh.add(self._made[name])
        if self._to_make:
            QTimer.singleShot(0, self._furnish)
        else:
            self.furnished.emit()

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self._frame, spacing=0)
        inside.setContentsMargins(2, 2, 2, 2)
        inside.addWidget(self.docks)
        shell = QWidget(objectName="shell")
        column = QVBoxLayout(shell, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.banner)
        column.addWidget(self.strip)
        column.addWidget(self._frame, 1)
        column.addWidget(self.status)
        self.setCentralWidget(shell)

    def _connect(self) -> None:
        self.banner.mode_changed.connect(self._show_mode)
        self._show_mode(self.banner.mode)
        self.refresh.add(self.banner)
        self.refresh.add(self.status)
        self.refresh.live.connect(self.strip.hear)
        self.refresh.live.connect(self.status.hear)
        self.refresh.failed.connect(self.status.complain)
        self.refresh.read.connect(self._hear)
        self.refresh.start()
        self.status.damage_asked.connect(self._tell_damage)
        if self._settings.notice:
            self.status.notify(self._settings.notice)

    def _show_mode(self, mode: str) -> None:
        self._frame.setProperty("mode", mode)
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)
        self.banner.setProperty("mode", mode)

    def _hear(self, span: tuple[int, int] | None, damage: tuple[str, ...]) -> None:
        if span is not None and (span[0] < self._timeline.start or span[1] > self._timeline.end):
            self._timeline.extend(*span)
        if damage != self._damage:
            self._damage = damage
            self.status.show_damage(damage)

    def _tell_damage(self) -> None:
        box = QMessageBox(
            QMessageBox.Icon.NoIcon, "Damage in the recording", "These places could not be read; the rest is whole.", parent=self
        )
        box.setDetailedText("\n".join(self._damage))
        box.setInformativeText("\n".join(self._damage[:6]))
        box.open()


def _size(recording: Path) -> int:
    """Bytes of its files and of what SQLite keeps beside them."""
    days = days_of(recording) or [recording]
    beside = [path for day in days for path in (day, day.with_name(day.name + "-wal"))]
    return sum(path.stat().st_size for path in beside if path.is_file())

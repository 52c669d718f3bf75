"""The guide: leads through a package's tour, step by step, and leaves the window as the operator had it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut

from scene.legend import Choice
from scene.still import named_choice
from twins import InputError, clock
from twins.asset import Step, Tour, Viewpoint
from ui.settings import Settings
from ui.tour_bar import TourBar, TourCard

if TYPE_CHECKING:
    from ui.docks import Docks
    from ui.scene_tools import SceneTools
    from ui.scene_view import SceneView
    from ui.selection import Selection

FLIGHT_S = 1.8  # from one step's view to the next
TICK_MS = 50
TOURED = "toured"
_HANDS = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


@dataclass(frozen=True, slots=True)
class _Before:
    """How the operator had it."""

    pose: Viewpoint
    choice: Choice
    asset: str
    tag: str
    panels: tuple[str, ...]


class Guide(QObject):
    """`begin_fault` starts a fault in a demo's own plant; None where the plant is not ours to break.

    It only moves the camera, colours, selects and brings panels to the front. Whoever takes hold of the scene or selects
    something themselves pauses it.
    """

    def __init__(
        self,
        tour: Tour,
        scene: SceneView,
        tools: SceneTools,
        selection: Selection,
        docks: Docks,
        begin_fault: Callable[[str], None] | None,
    ) -> None:
        super().__init__(scene)
        self.tour, self._scene, self._tools, self._selection, self._docks = tour, scene, tools, selection, docks
        self._begin_fault = begin_fault
        self.bar = TourBar(scene, tools.bar)
        self.card: TourCard | None = None
        self.step, self.paused, self._before, self._own = -1, False, None, False
        self._gone_ms, self._ticked = 0.0, clock.monotonic()
        self._begun: set[str] = set()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), scene.window(), self.leave, enabled=False)
        self.bar.asked.connect(lambda what: getattr(self, what)())
        selection.changed.connect(self._heard)
        scene.installEventFilter(self)

    @property
    def leading(self) -> bool:
        """A tour is under way."""
        return self._before is not None

    @property
    def apt(self) -> bool:
        """There is a tour, and what it shows can happen here: a plant that breaks on demand is there where one is needed."""
        breaks = bool(self.tour.begins) or any(step.fault for step in self.tour.steps)
        return bool(self.tour.steps) and (self._begin_fault is not None or not breaks)

    def offer(self, settings: Settings, twin: str) -> None:
        """A card over the scene, the first time that this twin is opened here."""
        if not self.apt or twin in (known := settings.get(TOURED, [])):
            return

        def answered() -> None:
            settings.put(TOURED, [*known, twin])
            if self.card is not None:
                self.card.hide()

        seconds = sum(step.seconds for step in self.tour.steps)
        self.card = TourCard(self._scene, self._tools.bar, self.tour.name, _long(seconds))
        self.card.declined.connect(answered)
        self.card.taken.connect(answered)
        self.card.taken.connect(self.begin)
        self.card.show()
        self.card.settle()

    def rise(self) -> None:
        """Above whatever the scene has put on itself since."""
        for low in (self.card, self.bar):
            if low is not None and low.isVisible():
                low.settle()

    def begin(self) -> None:
        """From the first step; where one is under way, from its start again."""
        if not self.tour.steps:
            return
        if self.card is not None:
            self.card.hide()
        if self._before is None:
            panels = tuple(name for name, widget in self._docks.widgets.items() if widget.isCurrentTab())
            self._before = _Before(
                self._scene.viewpoint(""), self._scene.scene.choice, self._selection.asset, self._selection.tag, panels
            )
        self.paused = False
        self.bar.show_pause(False)
        self._escape.setEnabled(True)
        self._take(0)
        self.bar.setFocus()
        self._timer.start()

    def back(self) -> None:
        """The step before."""
        self._take(max(self.step - 1, 0))

    def next(self) -> None:
        """The next step; after the last one it is over."""
        self._take(self.step + 1) if self.step + 1 < len(self.tour.steps) else self.leave()

    def pause(self) -> None:
        """Stays at this step, or goes on."""
        self.paused = not self.paused
        self.bar.show_pause(self.paused)

    def leave(self) -> None:
        """The operator's own view again, as it was."""
        if (before := self._before) is None:
            return
        self._timer.stop()
        self._escape.setEnabled(False)
        self.bar.hide()
        self._before, self._own = None, True
        for panel in before.panels:
            self._docks.widgets[panel].setAsCurrentTab()
        self._colour(before.choice)
        self._selection.choose(before.asset, before.tag)
        self._scene.go(before.pose, FLIGHT_S / 2)
        self._own = False
        self._scene.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whoever takes hold of the scene has the camera."""
        if self.leading and not self.paused and event.type() in _HANDS:
            self.pause()
        return False

    # ------------------------------------------------------------------

    def _take(self, place: int) -> None:
        self.step, self._gone_ms, self._ticked = place, 0.0, clock.monotonic()
        step, count = self.tour.steps[place], len(self.tour.steps)
        self._own = True
        self._show(step)
        self._own = False
        self.bar.gone.setValue(0)
        self.bar.tell(step.say, f"{self.tour.name} · {place + 1} of {count}", place == 0, place == count - 1)

    def _show(self, step: Step) -> None:
        """What can't be shown (an older window's panel, a viewpoint that is gone) is passed over: no step blocks."""
        twin = self._scene.scene.twin
        viewpoint = next((each for each in twin.viewpoints if each.name == step.viewpoint), None)
        if viewpoint is not None:
            self._scene.go(viewpoint, FLIGHT_S)
        elif step.asset in twin.assets and step.asset:
            self._scene.fit(step.asset, FLIGHT_S)
        if step.select and step.select in twin.assets:
            self._selection.choose(step.select)
        with suppress(InputError):
            if choice := named_choice(twin, step.colour_by):
                self._colour(choice)
        if step.shows in self._docks.widgets:
            self._docks.reveal(step.shows)
        if step.fault and self._begin_fault is not None and step.fault not in self._begun:
            self._begun.add(step.fault)
            self._begin_fault(step.fault)

    def _colour(self, choice: Choice) -> None:
        """For as long as the tour lasts; what the operator chose stays remembered."""
        self._scene.colour_by(choice)
        self._tools.show_choice(choice)

    def _heard(self) -> None:
        if self.leading and not self._own and not self.paused:
            self.pause()

    def _tick(self) -> None:
        now = clock.monotonic()
        passed, self._ticked = (now - self._ticked) / 1e6, now
        if self.paused:
            return
        lasts = self.tour.steps[self.step].seconds * 1000
        self._gone_ms += passed
        self.bar.gone.setValue(round(min(self._gone_ms / lasts, 1.0) * 1000))
        if self._gone_ms >= lasts:
            if self.step + 1 < len(self.tour.steps):
                self.next()
            else:
                self.pause()  # the last words stay until somebody has read them


def _long(seconds: float) -> str:
    minutes = round(seconds / 60)
    return "half a minute" if seconds < 45 else "a minute" if minutes <= 1 else f"{minutes} minutes"

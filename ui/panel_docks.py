"""The panels of a workplace: where each stands, and how it is made once the shell is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ui.docks import BELOW_RIGHT, BOTTOM, CENTRE, LEFT, LOWEST, RIGHT, Dock

if TYPE_CHECKING:
    from ui.workplace import Workplace


class Panels:
    """Makers of panels; each is imported when it is made."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    def docks(self) -> tuple[Dock, ...]:
        """Where each stands."""
        return (
            Dock("scene", "Scene", CENTRE, self._scene, "The scene is being built…"),
            Dock("assets", "Assets", LEFT, self._assets),
            Dock("views", "Views", LEFT, self._views),
            Dock("inspector", "Inspector", RIGHT, self._inspector),
            Dock("trends", "Trends", BELOW_RIGHT, self._trends),
            *([Dock("plots", "Plots", BELOW_RIGHT, self._plots)] if self._place.opened.twin.plots else []),
            Dock("timeline", "Timeline", BOTTOM, self._timeline),
            Dock("alarms", "Alarms", LOWEST, self._alarms),
            Dock("events", "Events", LOWEST, self._events),
            Dock("simulation", "Simulation", RIGHT, self._simulation),
            Dock("predictions", "Predictions", RIGHT, self._predictions),
            Dock("commands", "Commands", RIGHT, self._commands),
            Dock("calibration", "Calibration", LEFT, self._calibration),
            Dock("scenarios", "Scenarios", LOWEST, self._scenarios),
        )

    def _scene(self) -> QWidget:
        from ui.scene_view import SceneView

        return SceneView(self._place.opened.twin, self._place.opened.meshes(), self._place.theme, self._place.probe)

    def _assets(self) -> QWidget:
        from ui.panels.assets import Assets

        return Assets(self._place.theme, self._place.selection, self._place.opened.twin)

    def _views(self) -> QWidget:
        from ui.panels.views import Views

        return Views(self._place.theme, self._place.opened.twin.viewpoints, self._place.own.all())

    def _inspector(self) -> QWidget:
        from ui.panels.inspector import Inspector

        return Inspector(self._place.theme, self._place.selection, self._place.opened.twin, self._place.standpoint)

    def _predictions(self) -> QWidget:
        from ui.panels.predictions import Predictions

        return Predictions(self._place.theme, self._place.selection, self._place.opened.twin, self._place.timeline)

    def _timeline(self) -> QWidget:
        from ui.panels.timeline import TimelinePanel

        return TimelinePanel(
            self._place.theme, self._place.selection, self._place.opened.twin, self._place.timeline, self._place.view
        )

    def _trends(self) -> QWidget:
        from ui.panels.trends import TrendsPanel

        return TrendsPanel(
            self._place.theme, self._place.selection, self._place.opened.twin, self._place.timeline, self._place.view
        )

    def _plots(self) -> QWidget:
        from ui.panels.plots import Plots

        return Plots(self._place.theme, self._place.opened.twin, self._place.timeline)

    def _alarms(self) -> QWidget:
        from ui.panels.alarms import Alarms

        return Alarms(self._place.theme, self._place.selection, self._place.opened.twin, self._place.standpoint)

    def _commands(self) -> QWidget:
        from ui.panels.commands import Commands

        return Commands(self._place.theme, self._place.selection, self._place.opened.twin, self._place.view)

    def _simulation(self) -> QWidget:
        from ui.panels.simulation import SimulationPanel

        return SimulationPanel(self._place.theme, self._place.selection, self._place.opened.twin, self._place.timeline)

    def _calibration(self) -> QWidget:
        from ui.panels.calibration import CalibrationPanel

        return CalibrationPanel(
            self._place.theme, self._place.selection, self._place.opened.twin, self._place.timeline, self._place.view
        )

    def _scenarios(self) -> QWidget:
        from ui.panels.scenarios import ScenariosPanel

        return ScenariosPanel(self._place.theme, self._place.opened.twin, self._place.timeline)

    def _events(self) -> QWidget:
        from ui.panels.events import EventsPanel

        return EventsPanel(
            self._place.theme, self._place.selection, self._place.opened.twin, self._place.timeline, self._place.view
        )

"""What-ifs in the window: the ties between knobs, runs, lanes and the scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from twins.expression import conversion
from twins.record import Intention, IntentionKind
from twins.timeline import Beside, Timeline
from ui.duty import Duty
from ui.main_window import MainWindow, Opened
from ui.runs import Run
from ui.simulating import Simulating
from ui.strip_paint import height_for
from ui.theme import Theme

if TYPE_CHECKING:
    from scene.twin_scene import TwinScene


class WhatIfs(QObject):
    """Knobs become runs, runs become lanes, lanes are shown: alone, over the plant, or beside it."""

    def __init__(self, window: MainWindow, opened: Opened, timeline: Timeline, duty: Duty, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._opened, self._timeline, self._duty, self._theme = window, opened, timeline, duty, theme
        self._scenes: dict[str, TwinScene] = {}  # of the lane that is split off
        self.simulating = Simulating(opened, timeline)
        self._tie_runs()
        self._tie_lanes()
        Thread(target=conversion, args=("kW", "W"), name="units", daemon=True).start()  # a quarter of a second, the first time

    def _tie_runs(self) -> None:
        window, panel, simulating = self._window, self._window.panel("simulation"), self.simulating
        panel.run_asked.connect(simulating.start)
        panel.save_asked.connect(simulating.save)
        panel.scenario_asked.connect(self._fill)
        simulating.said.connect(window.status.notify)
        simulating.runs.changed.connect(lambda: panel.show_runs(simulating.runs.queue))
        simulating.written.connect(window.refresh.look)
        simulating.proposed.connect(self._propose)
        simulating.ranked.connect(self._rank)
        window.closing.connect(simulating.close)
        self._tell_scenarios()

    def _tie_lanes(self) -> None:
        window, simulating = self._window, self.simulating
        scenarios, timeline = window.panel("scenarios"), window.panel("timeline")
        scenarios.lane_asked.connect(timeline.show_lane)
        scenarios.beside_asked.connect(timeline.show_beside)
        scenarios.compare_asked.connect(simulating.compare)
        scenarios.cancel_asked.connect(self._cancel)
        scenarios.remove_asked.connect(simulating.remove)
        simulating.runs.changed.connect(lambda: scenarios.show_runs(simulating.runs.queue))
        simulating.compared.connect(scenarios.show_comparison)
        timeline.moved.connect(self._arrange)
        window.refresh.branched.connect(scenarios.show_branches)
        window.refresh.branched.connect(lambda _: window.docks.make_room("timeline", height_for(len(self._timeline.lanes))))
        for told in (simulating.written, window.refresh.branched):
            told.connect(lambda *_: self._tell_scenarios())

    def _tell_scenarios(self) -> None:
        self._window.panel("simulation").show_scenarios(self.simulating.scenarios())

    def _fill(self, name: str) -> None:
        if draft := self.simulating.read(name):
            self._window.panel("simulation").fill(draft)

    def _cancel(self, run: Run) -> None:
        self.simulating.runs.cancel(run)
        self.simulating.runs.forget(run)

    def _arrange(self) -> None:
        """One scene, or the lane's beside the plant's: in its own package's shape."""
        lane, scene = self._timeline.shown, self._window.panel("scene")
        if self._timeline.beside is not Beside.SPLIT or not lane.key:
            scene.split(None)
            return
        if lane.key not in self._scenes:
            from ui.lane_scene import scene_of

            self._scenes = {lane.key: scene_of(Path(lane.key), self._opened)}
            self._scenes[lane.key].motion.spinning = scene.scene.motion.spinning
        scene.split(self._scenes[lane.key])

    def _propose(self, told: Mapping[str, Any]) -> None:
        from ui.proposal import Proposal

        dialog = Proposal(self._window, told, self._duty.standpoint.why_not)
        dialog.filled.connect(self._window.panel("simulation").turn)
        dialog.commanded.connect(self._command)
        dialog.show()

    def _command(self, commands: Sequence[Mapping[str, Any]], why: str) -> None:
        for each in commands:
            data = {"value": f"{each['value']:g}", "lane": "live"}
            self._duty.intend(Intention(IntentionKind.COMMAND, subject=each["tag"], why=why, data=data))

    def _rank(self, told: Mapping[str, Any]) -> None:
        from ui.proposal import Influences

        Influences(self._window, self._theme, told).show()

"""Calibration in the window: the ties between its panel, its runs, its proposal and the status line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from ui.calibrating import Calibrating
from ui.duty import Duty
from ui.main_window import MainWindow, Opened
from ui.theme import Theme

TITLE, DRIFTED = "Calibration", "Calibration · drifted"


class Calibrations(QObject):
    """What is asked becomes a run, a proposal a dialog, a change of version a sentence, a drift a notice that stays."""

    def __init__(self, window: MainWindow, opened: Opened, calibrating: Calibrating, duty: Duty, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._opened, self._duty, self._theme = window, opened, duty, theme
        self.calibrating, self.panel = calibrating, window.panel("calibration")
        self.proposal: Any = None
        panel = self.panel
        panel.refuse(calibrating.why_not)
        panel.asked.connect(calibrating.start)
        panel.cancelled.connect(calibrating.cancel)
        panel.judge_asked.connect(calibrating.judge)
        panel.rolled_back.connect(calibrating.roll_back)
        calibrating.proposed.connect(self._propose)
        calibrating.approved.connect(self._changed)
        calibrating.refused.connect(self._refused)
        calibrating.versions.connect(panel.show_versions)
        calibrating.drifted.connect(self._drift)
        calibrating.changed.connect(self._show_run)
        calibrating.said.connect(self._say)
        window.closing.connect(calibrating.close)
        self._drifted = False
        calibrating.begin()

    def _show_run(self) -> None:
        self.panel.operator = self._duty.standpoint.operator
        run = self.calibrating.run
        self.panel.show_run(run.done if run else None, run.said if run else "")

    def _say(self, sentence: str) -> None:
        self.panel.say(sentence)
        self._window.status.notify(sentence)

    def _propose(self, told: Mapping[str, Any], place: Path) -> None:
        from ui.calibration_proposal import CalibrationProposal

        self.panel.say(f"Proposed; it stands in {place.name} beside the recording.")
        self.proposal = CalibrationProposal(self._window, self._theme, told, place, self._duty.standpoint.operator)
        self.proposal.approved.connect(self.calibrating.approve)
        self.proposal.show()

    def _changed(self, told: Mapping[str, Any]) -> None:
        if self.proposal is not None:
            self.proposal.accept()
            self.proposal = None
        number = told["model_version"]
        words = f"Version {number} of the models is in force" if number else "The package's own parameters are in force again"
        more = "; a station that runs on this package takes it up within seconds" if self._opened.desk else ""
        self._say(f"{words}{more}.")

    def _refused(self, sentence: str) -> None:
        if self.proposal is not None:
            self.proposal.say(sentence)
        else:
            self._say(sentence)

    def _drift(self, told: Mapping[str, Any]) -> None:
        from ui.calibration_rows import drift_sentence

        self.panel.show_drift(told)
        sentence, before = drift_sentence(told, self._opened.twin), self._drifted
        self._drifted = bool(sentence)
        self._window.docks.widgets["calibration"].setWindowTitle(DRIFTED if sentence else TITLE)
        if sentence:
            self._window.status.notify(sentence)
        elif before:
            self._window.status.notify("The models are as near to what is measured as when they were approved.")

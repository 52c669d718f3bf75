"""Calibrating in the window: what is asked becomes a command of this program, what it answers is shown, and drift is watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from twins.clock import format_time, now
from twins.package.archive import ROOT
from twins.package.calibration import CALIBRATION
from twins.simulation.branches import folder_of
from twins.timeline import Timeline
from ui.main_window import Opened
from ui.runs import FAILED, Run, Runs

NO_PACKAGE = (
    "The window was opened on a recording alone. Open it with its package to calibrate: open TWIN --recording FILE. "
    "A version belongs to a package."
)
NO_RECORDING = "Nothing is recorded that could be calibrated by; open a recording first."
JUDGED_EVERY_MS, FIRST_MS = 15 * 60_000, 8_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the panel asks: times as ISO 8601, "" for the ends; `hold_out` a share; names as --asset, --parameter take them."""

    start: str
    until: str
    hold_out: str
    where: str
    assets: tuple[str, ...]
    parameters: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    correct: bool = False


class Calibrating(QObject):
    """Owns a queue of its own. Signals carry what the commands answered, as JSON."""

    proposed = Signal(object, object)  # a proposal and the file it stands in
    approved = Signal(object)  # the version in force
    refused = Signal(str)  # why something was not approved or rolled back
    versions = Signal(object)
    drifted = Signal(object)
    changed = Signal()  # the queue is another
    said = Signal(str)  # for the status line

    def __init__(self, opened: Opened, timeline: Timeline) -> None:
        super().__init__()
        self._opened, self._timeline = opened, timeline
        self.runs = Runs()
        self.runs.changed.connect(lambda: self.changed.emit())
        self.runs.ended.connect(self._hear)
        self._timer = QTimer(self, interval=JUDGED_EVERY_MS)
        self._timer.timeout.connect(self._judge_live)

    @property
    def why_not(self) -> str:
        """Why nothing can be calibrated here; "" where it can."""
        if self._opened.package is None:
            return NO_PACKAGE
        return "" if self._opened.recording.exists() else NO_RECORDING

    @property
    def run(self) -> Run | None:
        """The calibration that is at work."""
        return next((run for run in self.runs.queue if run.name == "calibrate" and run.state != FAILED), None)

    def begin(self) -> None:
        """The window stands: versions are read, and where one is in force its drift is judged now and then."""
        if self.why_not or not _calibrated(self._opened.package):
            return
        self.read_versions()
        QTimer.singleShot(FIRST_MS, self._judge_first)

    def start(self, asked: Asked) -> None:
        """Calibrates, in a process of its own."""
        if self.why_not:
            self.said.emit(self.why_not)
            return
        place = folder_of(self._opened.recording) / f"calibration {format_time(now())[:19].replace(':', '.')}.json"
        try:
            place.parent.mkdir(exist_ok=True)
        except OSError as problem:
            self.said.emit(f"{place.parent} can't be made: {problem.strerror}.")
            return
        words = ["calibrate", str(self._opened.package), "--from", str(self._opened.recording), "--hold-out", asked.hold_out]
        for option, text in (("--start", asked.start), ("--until", asked.until), ("--where", asked.where)):
            words += [option, text] if text else []
        for option, texts in (("--asset", asked.assets), ("--parameter", asked.parameters), ("--output", asked.outputs)):
            words += [word for text in texts for word in (option, text)]
        words += ["--correct"] if asked.correct else []
        self._add("calibrate", (*words, "--to", str(place)), lambda told: self.proposed.emit(told, place))

    def cancel(self) -> None:
        """Ends the calibration; nothing is written."""
        if self.run is not None:
            self.runs.cancel(self.run)

    def approve(self, place: Path, by: str, why: str) -> None:
        """Puts a proposal into force."""
        self._change(("approve", str(self._opened.package), str(place), "--by", by, "--why", why))

    def roll_back(self, by: str, why: str) -> None:
        """The version before stands again."""
        self._change(("rollback", str(self._opened.package), "--by", by, "--why", why))

    def read_versions(self) -> None:
        """Which there are."""
        if self._opened.package is not None:
            self._add("versions", ("versions", str(self._opened.package)), lambda told: self.versions.emit(told))

    def judge(self, span: str = "6 h") -> None:
        """How far off the models are by now."""
        if not self.why_not and not any(run.name == "drift" and run.state != FAILED for run in self.runs.queue):
            words = ("drift", str(self._opened.package), "--from", str(self._opened.recording), "--last", span)
            self._add("drift", words, lambda told: self.drifted.emit(told))

    def close(self) -> None:
        """Ends what runs."""
        self._timer.stop()
        self.runs.close()

    # ------------------------------------------------------------------

    def _add(self, name: str, words: tuple[str, ...], then: Callable[[Any], None]) -> None:
        self.runs.add(Run(name, words, then, quiet=True))

    def _change(self, words: tuple[str, ...]) -> None:
        def then(told: Mapping[str, Any]) -> None:
            self.approved.emit(told)
            self.read_versions()
            self.judge()
            self._timer.start()

        self._add("approve", words, then)

    def _judge_first(self) -> None:
        self.judge()
        self._timer.start()

    def _judge_live(self) -> None:
        if self._timeline.live:
            self.judge()

    def _hear(self, run: Run) -> None:
        if run.state != FAILED:
            return
        said = run.said or f"{run.name} failed"
        self.refused.emit(said) if run.name == "approve" else self.said.emit(said)
        self.runs.forget(run)


def _calibrated(package: Path | None) -> bool:
    """Whether it has versions at all; a zip is asked when it matters."""
    if package is None or not package.exists():
        return False
    if package.is_file() and package.name != ROOT:
        return True
    return ((package if package.is_dir() else package.parent) / CALIBRATION).exists()

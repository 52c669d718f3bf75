"""Simulating: a draft becomes a scenario file and a run beside the record, whose branch the timeline then finds."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import yaml
from PySide6.QtCore import QObject, QTimer, Signal

from twins import InputError
from twins.clock import MINUTE, SECOND, format_time
from twins.simulation.branches import folder_of
from twins.simulation.scenario_file import packaged, packaged_scenario, read_scenario
from twins.timeline import LaneKind, Timeline
from ui.draft import Draft, draft_of, written
from ui.main_window import Opened
from ui.panels.simulation import FORECAST, OPTIMISE, SENSITIVITY, WHAT_IF
from ui.runs import Run, Runs

_BEYOND = "The record doesn't reach that far yet: these are their own figures."
_REISSUED, _AHEAD = 15 * MINUTE, "6 h"


class Simulating(QObject):
    """Owns the queue. `compared` carries a comparison as JSON (or None) and a sentence; `said` is for the status line."""

    compared = Signal(object, str)
    said = Signal(str)
    written = Signal()  # a branch has been written
    proposed = Signal(object)  # what an optimisation found, as JSON
    ranked = Signal(object)  # what a sensitivity found

    def __init__(self, opened: Opened, timeline: Timeline) -> None:
        super().__init__()
        self._opened, self._timeline = opened, timeline
        self.runs = Runs()
        self.runs.ended.connect(self._tell)
        self.live = False  # forecasts are issued anew while the plant is live
        self._timer = QTimer(self, interval=20_000)
        self._timer.timeout.connect(self.foretell)
        self._timer.start()
        self._found: dict[object, object] = {}
        self._wanted: object = None

    def scenarios(self) -> list[str]:
        """Those of the package, then those that were kept beside the record."""
        kept = sorted(self._folder().glob("*.yaml")) if self._folder().is_dir() else []
        return [*packaged(self._opened.twin), *(path.stem for path in kept)]

    def read(self, name: str) -> Draft | None:
        """A scenario, as the panel has it."""
        twin = self._opened.twin
        try:
            inside = name in packaged(twin)
            found = packaged_scenario(twin, name) if inside else read_scenario(self._folder() / f"{name}.yaml", twin)
        except InputError as problem:
            self.said.emit(str(problem).splitlines()[0])
            return None
        return draft_of(found, name, twin)

    def save(self, draft: Draft) -> None:
        """Keeps it as a file that can be handed on."""
        if path := self._write(draft):
            self.said.emit(f"Saved as {path}.")

    def start(self, draft: Draft) -> None:
        """Puts it in the queue."""
        if not self._opened.recording.exists():
            self.said.emit("Nothing is recorded that a run could begin from; open a recording first.")
            return
        path = self._write(draft, fresh=draft.kind in (WHAT_IF, FORECAST))
        if path is None:
            return
        lane = self._timeline.shown
        source = Path(lane.key) if lane.kind is LaneKind.WHAT_IF else self._opened.recording
        cursor = self._timeline.cursor if lane.kind is LaneKind.WHAT_IF else min(self._timeline.cursor, self._timeline.plant.end)
        at = ["--from", str(source), "--at", format_time(cursor)]
        package = str(self._opened.package or self._opened.recording)
        common = [package, *at, "--scenario", str(path), "--for", draft.duration]
        if draft.kind in (OPTIMISE, SENSITIVITY):
            if not draft.changes:
                self.said.emit("Turn the knobs first that are to be looked at.")
                return
            knobs = [part for key in draft.changes for part in ("--knob", key)]
            then = self.proposed.emit if draft.kind == OPTIMISE else self.ranked.emit
            self.runs.add(Run(f"{draft.kind} {path.stem}", (draft.kind, *common, *knobs), then))
            return
        to = path.with_suffix(".twin-recording")
        verb = "forecast" if draft.kind == FORECAST else "simulate"
        self.runs.add(Run(to.stem, (verb, *common, "--to", str(to)), lambda _answer: self.written.emit()))

    def foretell(self) -> None:
        """A forecast from now, where one is wanted and the newest is a quarter of an hour old."""
        timeline = self._timeline
        newest = max((lane.start for lane in timeline.branches if lane.kind is LaneKind.FORECAST), default=0)
        busy = any(run.quiet for run in self.runs.queue)
        if not self.live or not timeline.live or busy or timeline.plant.end - newest < _REISSUED:
            return
        at = format_time(timeline.plant.end // SECOND * SECOND)
        to = self._folder() / f"forecast {at.replace(':', '.')}.twin-recording"
        package = str(self._opened.package or self._opened.recording)
        line = ("forecast", package, "--from", str(self._opened.recording), "--for", _AHEAD, "--to", str(to))
        try:
            to.parent.mkdir(exist_ok=True)
        except OSError as problem:
            self.said.emit(f"{to.parent} can't be made: {problem.strerror}.")
            return
        self.runs.add(Run(to.stem, line, lambda _answer: self.written.emit(), quiet=True))

    def compare(self, keys: tuple[str, ...]) -> None:
        """Key figures of branches against the plant's, and each other's, reckoned beside."""
        stamp = tuple((key, Path(key).stat().st_mtime if Path(key).exists() else 0.0) for key in keys)
        self._wanted = stamp
        begins = max((lane.start for lane in self._timeline.branches if lane.key in keys), default=0)
        both = [str(self._opened.recording)] if begins < self._timeline.plant.end else []

        def take(answer: object) -> None:
            if both and isinstance(answer, dict):
                answer["courses"] = ["Plant", *answer["courses"][1:]]
            self._found[stamp] = answer
            if self._wanted == stamp:
                self.compared.emit(answer, _note(answer) if both else _BEYOND)

        if stamp in self._found:
            take(self._found[stamp])
            return
        self.compared.emit(None, "")
        self.runs.add(Run("compare", ("compare", *both, *keys), take, quiet=True))

    def remove(self, key: str) -> None:
        """Deletes a branch; its scenario stays."""
        try:
            for beside in ("", "-wal", "-shm"):
                Path(key + beside).unlink(missing_ok=True)
        except OSError as problem:
            self.said.emit(f"{key} can't be removed: {problem.strerror}.")
        self.written.emit()

    def close(self) -> None:
        """Ends what runs."""
        self._timer.stop()
        self.runs.close()

    # ------------------------------------------------------------------

    def _folder(self) -> Path:
        return folder_of(self._opened.recording)

    def _write(self, draft: Draft, *, fresh: bool = False) -> Path | None:
        """The scenario as a file; with `fresh` under a name that no branch has yet."""
        name = draft.name or _name_for(draft)
        if fresh:
            taken = {lane.name for lane in self._timeline.branches} | {run.name for run in self.runs.queue}
            more = (f"{name} ({k})" for k in itertools.count(2))
            name = next(each for each in itertools.chain([name], more) if each not in taken)
        fit = re.sub(r"[^\w .+,()=-]", " ", name).strip() or "what-if"
        path = self._folder() / f"{fit}.yaml"
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_text(yaml.safe_dump(written(draft, name), allow_unicode=True, sort_keys=False), encoding="utf-8")
        except OSError as problem:
            self.said.emit(f"{path} can't be written: {problem.strerror}.")
            return None
        return path

    def _tell(self, run: Run) -> None:
        if run.state == "failed":
            self.said.emit(run.said or f"{run.name} failed.")
            if run.quiet:
                self.runs.forget(run)


def _note(answer: object) -> str:
    without = answer.get("without", []) if isinstance(answer, dict) else []
    return f"Of what the record knows, too: without {', '.join(without)}." if without else ""


def _name_for(draft: Draft) -> str:
    """By what is otherwise."""
    parts = [f"{key} {value:.4g}" for key, (_, value) in list(draft.changes.items())[:2]]
    parts += [draft.fault.partition("@")[0]] if draft.fault else []
    return ", ".join(parts) or ("forecast" if draft.kind == FORECAST else "unchanged")

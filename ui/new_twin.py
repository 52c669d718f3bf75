"""A new twin from the user's own files: asked for here, made by `main.py new` in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from ui.runs import DONE, MAIN, RUNNING, Run, Runs

FILTER = "Models and tag lists (*.glb *.gltf *.stl *.obj *.ply *.ifc *.json *.csv *.tsv);;All files (*)"


class NewTwin(QObject):
    """`notify` says one sentence in the window."""

    def __init__(self, window: QWidget, notify: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window, self._notify = window, notify
        self.runs = Runs()
        self.runs.setParent(self)
        self.runs.changed.connect(self._tell)
        self.runs.ended.connect(self._end)

    def ask(self) -> None:
        """Which files, and where to."""
        files, _ = QFileDialog.getOpenFileNames(self._window, "New twin: which files?", "", FILTER)
        if not files:
            return
        first = Path(files[0])
        wanted = str(first.parent / f"{first.stem}-twin")
        folder, _ = QFileDialog.getSaveFileName(self._window, "New twin: which folder shall be made?", wanted, "Folder (*)")
        if folder:
            self.make(Path(folder), [Path(file) for file in files])

    def make(self, folder: Path, files: Sequence[Path]) -> None:
        """Begins; whatever comes of it is said."""
        arguments = ["new", str(folder), *(word for file in files for word in ("--from", str(file)))]
        self.runs.add(Run(folder.name, tuple(arguments), self._offer))

    def close(self) -> None:
        """Ends what runs."""
        self.runs.close()

    def _tell(self) -> None:
        for run in self.runs.queue:
            if run.state == RUNNING and run.said:
                self._notify(f"{run.name}: {run.said}")

    def _end(self, run: Run) -> None:
        if run.state != DONE:
            self._notify(run.said or f"{run.name} was not made")

    def _offer(self, answer: object) -> None:
        """Says what was made, and opens it in a window of its own where that is wanted."""
        if not isinstance(answer, dict):
            return
        counted = f"{answer['assets']:,} assets, {answer['shapes']:,} with a shape, {answer['tags']:,} tags."
        box = QMessageBox(QMessageBox.Icon.NoIcon, "New twin", f"{answer['folder']}\n{counted}", parent=self._window)
        box.setInformativeText("\n".join(answer["notes"][:6]))
        show = box.addButton("Open it", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Later", QMessageBox.ButtonRole.RejectRole)
        show.clicked.connect(lambda: QProcess.startDetached(sys.executable, [str(MAIN), "open", str(answer["folder"])]))
        box.open()

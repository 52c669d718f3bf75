"""Start: from the command to the painted shell and to the first 3D frame, beside a naive window of pyvista, pyvistaqt and pyqtgraph.

Goals: shell ≤ 0.4 s; first 3D frame ≤ half of the naive window's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
ROUNDS = 7

OURS = """
import sys, time
from pathlib import Path
from ui.application import prepare
from ui.settings import Settings
from ui.workplace import Workplace
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
kept, opened, timeline = prepare(Path(sys.argv[1]), None, None)
app = QApplication([])
place = Workplace(app, opened, timeline, Settings(Path(sys.argv[2]) / "settings.json"))
told = []
def tell(what):
    print(what, time.time_ns(), flush=True)
place.window.show()
while not place.window.windowHandle().isExposed():
    app.processEvents()
app.processEvents()
tell("shell")
def ready():
    tell("frame")
    app.quit()
place.window.furnished.connect(lambda: place.scene.ready.connect(ready))
app.exec()
import os
os._exit(0)
"""

NAIVE = """
import time
import pyvista, pyqtgraph
from pyvistaqt import QtInteractor
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1600, 1000)
view = QtInteractor(window, auto_update=False)
window.setCentralWidget(view)
view.add_mesh(pyvista.Sphere())
window.show()
while not window.windowHandle().isExposed():
    app.processEvents()
view.render()
app.processEvents()
print("frame", time.time_ns(), flush=True)
import os
os._exit(0)
"""


def timed(code, *arguments):
    """Seconds from the start of the interpreter to each mark."""
    begun = time.time_ns()
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    marks = dict(line.split() for line in done.stdout.splitlines() if line.count(" ") == 1)
    if "frame" not in marks:
        raise SystemExit(done.stderr)
    return {what: (int(at) - begun) / 1e9 for what, at in marks.items()}


def main():
    twin = ROOT / "resources" / "twins" / "north-ridge"
    with tempfile.TemporaryDirectory() as folder:
        timed(OURS, twin, folder), timed(NAIVE)  # warm
        ours, naive = [], []
        for _ in range(ROUNDS):
            ours.append(timed(OURS, twin, folder))
            naive.append(timed(NAIVE))
    shell, frame = (np.median([marks[what] for marks in ours]) for what in ("shell", "frame"))
    other = np.median([marks["frame"] for marks in naive])
    print(f"shell painted {shell:.2f} s; first 3D frame {frame:.2f} s, naive {other:.2f} s: ratio {frame / other:.2f}")


if __name__ == "__main__":
    main()

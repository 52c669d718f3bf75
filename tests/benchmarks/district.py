"""A district of 10,000 assets: what opening it, drawing it, painting an instant, and scrolling its tree cost.

Run it under a display (`xvfb-run -a`); the pictures are drawn by whatever renders there.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

T = TypeVar("T")
COLUMNS, ROWS, SIZE = 36, 30, (1200, 800)
START = 1_700_000_000


def main() -> dict[str, float]:
    """Prints and returns its figures, s or ms."""
    from district import written

    with tempfile.TemporaryDirectory() as folder:
        figures = _measured(written(Path(folder) / "district", COLUMNS, ROWS))
    for name, value in figures.items():
        print(f"  {name:<24} {value:>12,.2f}", flush=True)
    return figures


def _measured(folder: Path) -> dict[str, float]:
    from scene.camera import Pose
    from scene.legend import choices_of
    from scene.picture import OffScreen
    from scene.twin_scene import TwinScene
    from twins.clock import SECOND
    from twins.historian.file import RecordingFile
    from twins.package.opening import OpenPackage
    from twins.record import Samples

    found: dict[str, float] = {}
    package, found["load_s"] = _timed(lambda: OpenPackage.at(folder))
    twin = package.twin
    found |= {"assets": len(twin.assets), "tags": len(twin.tags)}
    meshes, found["meshes_s"] = _timed(package.meshes)
    scene, found["scene_s"] = _timed(lambda: TwinScene(twin, meshes))
    found["triangles"] = float(sum(len(mesh.triangles) for mesh in meshes.values()))
    print("  " + ", ".join(f"{name} {value:,.0f}" for name, value in found.items()), flush=True)
    recording = RecordingFile.create(folder / "r.twin-recording", b"", twin.id, START * SECOND, simulated=True)
    numbers = [tag for tag in twin.tags.values() if tag.unit and not tag.computed]
    rng = np.random.default_rng(1)
    recording.append(Samples.join([_sample(tag, rng) for tag in numbers]), [])
    snapshot, found["state_ms"] = _timed(lambda: recording.at((START + 1) * SECOND))
    choice = next(each for each in choices_of(twin) if each.title == "Mean speed")
    _, found["colour_by_ms"] = _timed(lambda: scene.colour_by(choice))
    found["paint_ms"] = _median(lambda _: scene.show(snapshot, 0.0), 15)
    screen = OffScreen(scene, samples=0)
    poses = [Pose.of([2_600 * np.cos(a), 2_600 * np.sin(a), 900], [0, 0, 0]) for a in np.linspace(0, 1, 12)]
    _, found["first_frame_ms"] = _timed(lambda: screen.picture(poses[0], *SIZE))
    found["orbit_far_ms"] = _median(lambda k: screen.picture(poses[k], *SIZE), 5)
    street = [Pose.of([60 * np.cos(a), 60 * np.sin(a), 40], [0, 0, 0]) for a in np.linspace(0, 1, 12)]
    found["orbit_near_ms"] = _median(lambda k: screen.picture(street[k], *SIZE), 5)
    screen.close()
    for name in ("load_s", "meshes_s", "scene_s"):
        found[name] /= 1_000
    return found | _tree(twin, snapshot)


def _sample(tag, rng):  # type: ignore[no-untyped-def]
    from twins.clock import SECOND
    from twins.record import Channel, Samples

    return Samples.numbers(Channel.of(tag), [START * SECOND], [float(rng.uniform(*(tag.range or (0.0, 1.0))))])


def _tree(twin, snapshot) -> dict[str, float]:  # type: ignore[no-untyped-def]
    from PySide6.QtWidgets import QApplication, QTreeView

    from ui.panels.assets import Assets
    from ui.selection import Selection
    from ui.theme import Theme

    app = QApplication.instance() or QApplication([])
    panel, made = _timed(lambda: Assets(Theme(), Selection(), twin))
    panel.resize(300, 900)
    panel.show()
    app.processEvents()
    view = panel.findChild(QTreeView)
    view.expandAll()
    app.processEvents()
    bar = view.verticalScrollBar()
    _, shown = _timed(lambda: (panel.model.show(snapshot) if hasattr(panel, "model") else None, app.processEvents()))

    def scroll(k: int) -> None:
        bar.setValue(bar.maximum() * k // 20)
        view.viewport().repaint()
        app.processEvents()

    return {"tree_made_ms": made, "tree_snapshot_ms": shown, "tree_scroll_ms": _median(scroll, 20)}


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    done = work()
    return done, (time.perf_counter() - began) * 1_000


def _median(work: Callable[[int], object], n: int) -> float:
    return statistics.median(_timed(lambda k=k: work(k))[1] for k in range(n))  # type: ignore[misc]


if __name__ == "__main__":
    main()

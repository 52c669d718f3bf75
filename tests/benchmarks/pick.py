"""Picking among 100,000 assets of 24 triangles: our boxes and triangles against VTK's hardware selector; do both agree?"""

from __future__ import annotations

import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scene.camera import VIEW_ANGLE_DEG, Pose, ray_through
from scene.picking import Picker
from scene.stage import Stage
from twins.asset import Part
from twins.geometry.mesh import Mesh

ASSETS, ROUNDS, PIXELS, WIDTH, HEIGHT = 100_000, 15, 1_000, 1200, 900
ROUNDING = 1 / 128  # of a pixel
GOALS = {"ratio": 1_000.0, "agree": 1.0}


def main() -> dict[str, float]:
    """Prints a table and returns its figures: times in ms, the ratio of medians round by round, the share of pixels agreed on."""
    stage = _stage()
    side = np.ceil(np.sqrt(ASSETS))
    pose = Pose.of([side * 0.1, -side * 0.4, side * 1.1], [side / 2, side / 2, 0])
    picker = Picker(stage)
    begun = time.perf_counter()
    picker.move(np.arange(len(stage)), stage.world(np.zeros((0, 4, 4))), stage.boxes(np.zeros((0, 4, 4))))
    built = (time.perf_counter() - begun) * 1e3
    selector, owner = _selector(stage, pose)
    pixels = np.random.default_rng(3).integers([0, 0], [WIDTH, HEIGHT], (PIXELS, 2))
    ours, theirs = [], []
    for x, y in pixels[:ROUNDS].tolist():
        ours.append(statistics.median(_timed(lambda x=x, y=y: _picked(picker, pose, x, y)) for _ in range(5)))
        selector.SetArea(x, HEIGHT - 1 - y, x, HEIGHT - 1 - y)
        theirs.append(_timed(selector.Select))
    figures = {
        "build_ms": built,
        "ours_ms": statistics.median(ours),
        "selector_ms": statistics.median(theirs),
        "ratio": statistics.median(t / o for t, o in zip(theirs, ours, strict=True)),
        "agree": _agreement(picker, pose, selector, owner, pixels),
    }
    print(f"pick among {ASSETS:,} assets, medians of {ROUNDS} interleaved rounds; {PIXELS:,} pixels compared")
    for name, value in figures.items():
        goal = GOALS.get(name)
        print(
            f"  {name:<12} {value:>10.3f}"
            + ("" if goal is None else f"   goal ≥ {goal:g} {'met' if value >= goal else 'MISSED'}")
        )
    return figures


def _picked(picker: Picker, pose: Pose, x: float, y: float) -> int:
    hit = picker.pick(*ray_through(pose, x + 0.5, y + 0.5, WIDTH, HEIGHT))
    return -1 if hit is None else hit.place


def _on_an_edge(picker: Picker, pose: Pose, x: int, y: int) -> bool:
    """The rasteriser rounds corners to 1/256 of a pixel, so that nearer to an edge than that it can't tell."""
    around = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return len({_picked(picker, pose, x + dx * ROUNDING, y + dy * ROUNDING) for dx, dy in around}) > 1


def _agreement(picker: Picker, pose: Pose, selector, owner: np.ndarray, pixels: np.ndarray) -> float:
    """Both asked at the same pixels; the selector reads the whole picture once."""
    selector.SetArea(0, 0, WIDTH - 1, HEIGHT - 1)
    selector.CaptureBuffers()
    same, hits = 0, 0
    for x, y in pixels.tolist():
        told = selector.GenerateSelection(x, HEIGHT - 1 - y, x, HEIGHT - 1 - y)
        theirs = int(owner[told.GetNode(0).GetSelectionList().GetValue(0)]) if told.GetNumberOfNodes() else -1
        hits += theirs >= 0
        same += theirs == _picked(picker, pose, x, y) or _on_an_edge(picker, pose, x, y)
    assert hits > PIXELS / 10, "the selector saw nothing"
    return same / len(pixels)


def _timed(work) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def _asset() -> Mesh:
    turn = np.arange(7) * np.pi / 3
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(7)], axis=1) * 0.4
    half, points, triangles = np.array([0, 0, 0.1]), [], []
    for low, high in pairwise(ring):
        first = len(points)
        points += [low - half, high - half, high + half, low + half, -3 * half, 3 * half]
        corners = ((0, 1, 2), (0, 2, 3), (1, 0, 4), (3, 2, 5))
        triangles += [[first + corner for corner in three] for three in corners]
    array = np.array(points, np.float32)
    return Mesh(array, np.zeros_like(array), np.array(triangles, np.int32))


def _stage() -> Stage:
    mesh, side = _asset(), int(np.ceil(np.sqrt(ASSETS)))
    frames = np.broadcast_to(np.eye(4), (ASSETS, 4, 4)).copy()
    frames[:, 0, 3], frames[:, 1, 3] = np.arange(ASSETS) % side, np.arange(ASSETS) // side
    names = [f"A{i}" for i in range(ASSETS)]
    parts = tuple(Part(name, "body") for name in names)
    return Stage(parts, (mesh,) * ASSETS, tuple(names), np.full(ASSETS, -1), frames, (), {})


def _selector(stage: Stage, pose: Pose):
    from vtkmodules.vtkCommonDataModel import vtkDataObject
    from vtkmodules.vtkRenderingCore import vtkHardwareSelector, vtkRenderer
    from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow

    from scene.arrays import polydata
    from scene.solids import actor_of

    mesh = stage.meshes[0]
    points = (mesh.points[None] + stage.frame[:, None, :3, 3]).reshape(-1, 3).astype(np.float32)
    triangles = (mesh.triangles[None] + (np.arange(ASSETS) * len(mesh.points))[:, None, None]).reshape(-1, 3)
    renderer, window = vtkRenderer(), vtkEGLRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(WIDTH, HEIGHT)
    window.AddRenderer(renderer)
    renderer.AddActor(actor_of(polydata(points, np.zeros_like(points), triangles.astype(np.int32))))
    camera = renderer.GetActiveCamera()
    camera.SetViewAngle(VIEW_ANGLE_DEG)
    camera.SetPosition(*pose.eye)
    camera.SetFocalPoint(*pose.focus)
    camera.SetViewUp(*pose.up)
    camera.SetClippingRange(pose.distance * 0.2, pose.distance * 3)
    window.Render()
    selector = vtkHardwareSelector()
    selector.SetRenderer(renderer)
    selector.SetFieldAssociation(vtkDataObject.FIELD_ASSOCIATION_CELLS)
    _kept.append(window)
    return selector, np.repeat(np.arange(ASSETS), len(mesh.triangles))


_kept: list[object] = []  # a window must outlive its selector

if __name__ == "__main__":
    main()

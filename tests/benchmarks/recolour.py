"""Recolouring 100,000 assets of 24 triangles: our value texture against pyvista's scalars and VTK's glyphs, in one run.

With `GALLIUM_NOOP=1` Mesa throws the graphics work away; what is left is the CPU's cost beside an infinitely fast graphics card;
that part runs in a child process. The pictures of all ways are compared under the real renderer.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

ASSETS, ROUNDS, SIZE = 100_000, 15, (400, 300)
FRAMES = range(3)  # in a row each round, as a view draws them; their median counts
GOALS = {"mesh_v_ratio": 50.0, "glyph_ratio": 20.0, "rerender_ratio": 1.10, "picture_difference": 1.0}
Way = tuple[Callable[[np.ndarray], None], Callable[[], np.ndarray]]  # recolour and draw; read the picture


def main() -> dict[str, float]:
    """Prints a table and returns its figures: times in ms, ratios peer / ours."""
    found = {"noop": _in_child({"GALLIUM_NOOP": "1"}), "drawn": _in_child({})}
    noop, drawn = found["noop"], found["drawn"]
    figures = {
        "ours_ms": noop["ours"],
        "mesh_v_ms": noop["mesh_v"],
        "glyph_ms": noop["glyph"],
        "rerender_ms": noop["rerender"],
        "mesh_v_ratio": noop["mesh_v_ratio"],
        "glyph_ratio": noop["glyph_ratio"],
        "drawn_ours_ms": drawn["ours"],
        "drawn_rerender_ms": drawn["rerender"],
        "rerender_ratio": drawn["rerender_ratio"],
        "picture_difference": drawn["picture_difference"],
    }
    _print(figures)
    return figures


def _print(figures: dict[str, float]) -> None:
    print(f"recolour {ASSETS:,} assets × 24 triangles, medians of {ROUNDS} interleaved rounds")
    for name, value in figures.items():
        goal = GOALS.get(name)
        sign = "≥" if name in ("mesh_v_ratio", "glyph_ratio") else "≤"
        met = goal is None or (value >= goal if sign == "≥" else value <= goal)
        print(f"  {name:<20} {value:>10.3f}" + ("" if goal is None else f"   goal {sign} {goal:g} {'met' if met else 'MISSED'}"))


def _in_child(environment: dict[str, str]) -> dict[str, float]:
    child = subprocess.run(
        [sys.executable, __file__, "--child"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if child.returncode:
        raise RuntimeError(child.stderr[-2000:])
    return json.loads(child.stdout.splitlines()[-1])


def _child() -> dict[str, float]:
    """Medians of the ways and of the ratios, round by round."""
    draws = np.random.default_rng(1).random((ROUNDS + 2, ASSETS)).astype(np.float32)
    ways = {"ours": _ours(), "mesh_v": _mesh_v(), "glyph": _glyph()}
    took: dict[str, list[float]] = {name: [] for name in (*ways, "rerender")}
    for k, values in enumerate(draws):
        frames = [np.roll(values, shift) for shift in FRAMES]
        for name, (recolour, _) in ways.items():
            took[name].append(statistics.median(_timed(partial(recolour, frame)) for frame in frames))
        took["rerender"].append(statistics.median(_timed(_ours_again) for _ in FRAMES))
        if k < 2:  # the first rounds build shaders and buffers
            for times in took.values():
                times.clear()
    figures = {name: statistics.median(times) for name, times in took.items()}
    for peer in ("mesh_v", "glyph"):
        figures[f"{peer}_ratio"] = statistics.median(p / o for p, o in zip(took[peer], took["ours"], strict=True))
    figures["rerender_ratio"] = statistics.median(o / r for o, r in zip(took["ours"], took["rerender"], strict=True))
    pictures = {name: picture() for name, (_, picture) in ways.items()}
    figures["picture_difference"] = float(np.abs(pictures["ours"].astype(int) - pictures["mesh_v"]).mean())
    figures["picture_spread"] = float(pictures["ours"].std())
    return figures


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


# the ways; each asset is a six-sided bolt of 24 triangles with sharp edges, and all are lit by one headlight


def _asset() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, normals, triangles: every face has points of its own, as sharp edges need."""
    turn = np.arange(7) * np.pi / 3
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(7)], axis=1) * 0.4
    half = np.array([0, 0, 0.1])
    faces = []
    for low, high in pairwise(ring):
        faces.append([low - half, high - half, high + half, low + half])
        faces += [[high - half, low - half, -3 * half], [low + half, high + half, 3 * half]]
    points, normals, triangles = [], [], []
    for face in faces:
        first = len(points)
        normal = np.cross(np.subtract(face[1], face[0]), np.subtract(face[2], face[0]))
        points += face
        normals += [normal / np.linalg.norm(normal)] * len(face)
        triangles += [[first, first + k, first + k + 1] for k in range(1, len(face) - 1)]
    return np.array(points, np.float32), np.array(normals, np.float32), np.array(triangles, np.int32)


def _places() -> np.ndarray:
    side = int(np.ceil(np.sqrt(ASSETS)))
    place = np.arange(ASSETS)
    return np.stack([place % side, place // side, np.zeros(ASSETS)], axis=1).astype(np.float32)


def _headings_deg() -> np.ndarray:
    return np.random.default_rng(2).uniform(0, 360, ASSETS).astype(np.float32)


def _merged() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    points, normals, faces = _asset()
    cosine, sine, none = np.cos(turn := np.radians(_headings_deg())), np.sin(turn), np.zeros(ASSETS)
    about_z = np.stack([cosine, sine, none, -sine, cosine, none, none, none, none + 1], axis=1).reshape(-1, 3, 3)  # for rows
    whole = (points @ about_z + _places()[:, None]).reshape(-1, 3).astype(np.float32)
    corners = (faces[None] + (np.arange(ASSETS) * len(points))[:, None, None]).reshape(-1, 3)
    return (
        whole,
        (normals @ about_z).reshape(-1, 3).astype(np.float32),
        corners.astype(np.int32),
        np.repeat(np.arange(ASSETS), len(points)),
    )


def _look(renderer, near: bool = False) -> None:
    """At all of them, or for the comparison of pictures at some hundreds, from aslant."""
    renderer.SetBackground(0, 0, 0)
    camera, middle = renderer.GetActiveCamera(), np.ceil(np.sqrt(ASSETS)) / 2
    away = 40.0 if near else middle * 4
    camera.SetFocalPoint(middle, middle, 0)
    camera.SetPosition(middle - away * 0.3, middle - away * 0.4, away)
    camera.SetViewUp(0, 1, 0)
    camera.SetClippingRange(away * 0.2, away * 4)


def _pyvista_polydata(points: np.ndarray, normals: np.ndarray, corners: np.ndarray):
    import pyvista

    data = pyvista.PolyData(points, np.c_[np.full(len(corners), 3), corners].ravel())
    data.point_data["Normals"] = normals
    data.point_data.active_normals_name = "Normals"
    return data


def _shown(plotter) -> None:
    import pyvista

    plotter.disable_anti_aliasing()
    plotter.add_light(pyvista.Light(light_type="headlight"))
    plotter.show(auto_close=False, interactive=False)
    _look(plotter.renderer)


_kept: dict[str, object] = {}


def _ours() -> Way:
    from vtkmodules.vtkRenderingCore import vtkRenderer
    from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow

    from scene import colour_maps
    from scene.appearance import Appearance, State
    from scene.arrays import polydata
    from scene.colouring import Colouring
    from scene.palette import GREY
    from scene.solids import actor_of

    colouring = Colouring(ASSETS)
    points, normals, corners, owner = _merged()
    actor = actor_of(polydata(points, normals, corners, colouring.coordinates(owner)))
    colouring.dress(actor)
    actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("ambientShare", 0.0)
    colouring.use_palette(GREY)
    colouring.use_map(colour_maps.sequential())
    renderer, window = vtkRenderer(), vtkEGLRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(*SIZE)
    window.AddRenderer(renderer)
    renderer.AddActor(actor)
    _look(renderer)
    good = np.full(ASSETS, State.GOOD, np.uint8)
    _kept["ours"] = (window, colouring)

    def recolour(values: np.ndarray) -> None:
        colouring.paint(Appearance(values, good))
        window.Render()
        window.WaitForCompletion()

    return recolour, lambda: _picture(renderer, window)


def _ours_again() -> None:
    window, _ = _kept["ours"]
    window.Render()
    window.WaitForCompletion()


def _mesh_v() -> Way:
    import pyvista

    from scene import colour_maps

    points, normals, corners, owner = _merged()
    mesh = _pyvista_polydata(points, normals, corners)
    mesh["v"] = np.zeros(len(points), np.float32)
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE, lighting="none")
    table = pyvista.LookupTable(values=np.c_[colour_maps.sequential(), np.full(256, 255, np.uint8)], scalar_range=(0, 1))
    plotter.add_mesh(mesh, scalars="v", cmap=table, show_scalar_bar=False)
    _shown(plotter)

    def recolour(values: np.ndarray) -> None:
        mesh["v"] = values[owner]
        plotter.render()
        plotter.render_window.WaitForCompletion()

    return recolour, lambda: _picture(plotter.renderer, plotter.render_window)


def _glyph() -> Way:
    import pyvista
    from vtkmodules.vtkRenderingCore import vtkActor, vtkGlyph3DMapper

    from scene import colour_maps

    places = pyvista.PolyData(_places())
    places["heading"] = np.stack([np.zeros(ASSETS), np.zeros(ASSETS), _headings_deg()], axis=1).astype(np.float32)
    places["v"] = np.zeros(ASSETS, np.float32)
    mapper, actor = vtkGlyph3DMapper(), vtkActor()
    mapper.SetInputData(places)
    mapper.SetSourceData(_pyvista_polydata(*_asset()))
    mapper.ScalingOff()
    mapper.SetOrientationArray("heading")
    mapper.SetOrientationModeToRotation()
    mapper.SetScalarModeToUsePointFieldData()
    mapper.SelectColorArray("v")
    table = pyvista.LookupTable(values=np.c_[colour_maps.sequential(), np.full(256, 255, np.uint8)], scalar_range=(0, 1))
    mapper.SetLookupTable(table)
    mapper.SetUseLookupTableScalarRange(True)
    actor.SetMapper(mapper)
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE, lighting="none")
    plotter.renderer.AddActor(actor)
    _shown(plotter)

    def recolour(values: np.ndarray) -> None:
        places["v"] = values
        plotter.render()
        plotter.render_window.WaitForCompletion()

    return recolour, lambda: _picture(plotter.renderer, plotter.render_window)


def _picture(renderer, window) -> np.ndarray:
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    from scene.arrays import as_numpy

    _look(renderer, near=True)
    window.Render()
    pixels = vtkUnsignedCharArray()
    width, height = window.GetSize()
    window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
    return as_numpy(pixels).reshape(height, width, 3).copy()


if __name__ == "__main__":
    if "--child" in sys.argv:
        print(json.dumps(_child()))
    else:
        main()

"""Recolouring 100,000 assets of 24 triangles: our value texture against pyvista's scalars and VTK's glyphs, in one run.

With `GALLIUM_NOOP=1` Mesa throws the graphics work away, and what is left is the CPU's cost beside an infinitely fast graphics card;
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

import numpy as np

ASSETS, ROUNDS, SIZE = 100_000, 17, (800, 600)
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
        [sys.executable, __file__, "--child"], env=os.environ | environment, capture_output=True, text=True, check=False, timeout=900
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
        for name, (recolour, _) in ways.items():
            took[name].append(_timed(lambda recolour=recolour, values=values: recolour(values)))
        took["rerender"].append(_timed(_ours_again))
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


# the ways; each asset is a little double pyramid of 24 triangles, lit by nothing, so that pictures can be compared


def _asset() -> tuple[np.ndarray, np.ndarray]:
    turn = np.arange(6) * np.pi / 3
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(6)], axis=1) * 0.4
    points = np.concatenate([ring + [0, 0, -0.1], ring + [0, 0, 0.1], [[0, 0, -0.3], [0, 0, 0.3]]]).astype(np.float32)
    faces = []
    for i in range(6):
        j = (i + 1) % 6
        faces += [[i, j, j + 6], [i, j + 6, i + 6], [j, i, 12], [i + 6, j + 6, 13]]
    return points, np.array(faces, np.int32)


def _places() -> np.ndarray:
    side = int(np.ceil(np.sqrt(ASSETS)))
    place = np.arange(ASSETS)
    return np.stack([place % side, place // side, np.zeros(ASSETS)], axis=1).astype(np.float32)


def _merged() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points, faces = _asset()
    whole = (points[None] + _places()[:, None]).reshape(-1, 3)
    corners = (faces[None] + (np.arange(ASSETS) * len(points))[:, None, None]).reshape(-1, 3)
    return whole, corners.astype(np.int32), np.repeat(np.arange(ASSETS), len(points))


def _look(renderer) -> None:
    renderer.SetBackground(0, 0, 0)
    camera, side = renderer.GetActiveCamera(), np.ceil(np.sqrt(ASSETS))
    camera.SetFocalPoint(side / 2, side / 2, 0)
    camera.SetPosition(side / 2, side / 2, side * 2)
    camera.SetClippingRange(side, side * 3)


_kept: dict[str, object] = {}


def _ours() -> Way:
    from vtkmodules.vtkRenderingCore import vtkRenderer
    from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow

    from scene import colour_maps
    from scene.appearance import Appearance, State
    from scene.arrays import polydata
    from scene.colouring import Colouring
    from scene.solids import actor_of

    colouring = Colouring(ASSETS)
    points, corners, owner = _merged()
    actor = actor_of(polydata(points, np.zeros_like(points) + [0, 0, 1], corners, colouring.coordinates(owner)))
    actor.GetProperty().LightingOff()
    colouring.dress(actor)
    actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("ambientShare", 0.0)
    from scene.palette import GREY

    colouring.use_palette(GREY)
    colouring.use_map(colour_maps.sequential())
    renderer, window = vtkRenderer(), vtkEGLRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(*SIZE)
    window.AddRenderer(renderer)
    renderer.AddActor(actor)
    _look(renderer)
    good = np.full(ASSETS, State.GOOD, np.float32)
    _kept["ours"] = (window, colouring)

    def recolour(values: np.ndarray) -> None:
        colouring.paint(Appearance(values, good))
        window.Render()
        window.WaitForCompletion()

    return recolour, lambda: _pixels(window)


def _ours_again() -> None:
    window, _ = _kept["ours"]
    window.Render()
    window.WaitForCompletion()


def _mesh_v() -> Way:
    import pyvista

    from scene import colour_maps

    points, corners, owner = _merged()
    mesh = pyvista.PolyData(points, np.c_[np.full(len(corners), 3), corners].ravel())
    mesh["v"] = np.zeros(len(points), np.float32)
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE)
    plotter.disable_anti_aliasing()
    table = pyvista.LookupTable(values=np.c_[colour_maps.sequential(), np.full(256, 255, np.uint8)], scalar_range=(0, 1))
    plotter.add_mesh(mesh, scalars="v", cmap=table, lighting=False, show_scalar_bar=False, interpolate_before_map=False)
    _look(plotter.renderer)
    plotter.show(auto_close=False, interactive=False)

    def recolour(values: np.ndarray) -> None:
        mesh["v"] = values[owner]
        plotter.render()
        plotter.render_window.WaitForCompletion()

    return recolour, lambda: _pixels(plotter.render_window)


def _glyph() -> Way:
    import pyvista
    from vtkmodules.vtkRenderingCore import vtkActor, vtkGlyph3DMapper

    from scene import colour_maps

    points, corners = _asset()
    source = pyvista.PolyData(points, np.c_[np.full(len(corners), 3), corners].ravel())
    places = pyvista.PolyData(_places())
    places["v"] = np.zeros(ASSETS, np.float32)
    mapper, actor = vtkGlyph3DMapper(), vtkActor()
    mapper.SetInputData(places)
    mapper.SetSourceData(source)
    mapper.ScalingOff()
    mapper.OrientOff()
    mapper.SetScalarModeToUsePointFieldData()
    mapper.SelectColorArray("v")
    table = pyvista.LookupTable(values=np.c_[colour_maps.sequential(), np.full(256, 255, np.uint8)], scalar_range=(0, 1))
    mapper.SetLookupTable(table)
    mapper.SetUseLookupTableScalarRange(True)
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE)
    plotter.disable_anti_aliasing()
    plotter.renderer.AddActor(actor)
    _look(plotter.renderer)
    plotter.show(auto_close=False, interactive=False)

    def recolour(values: np.ndarray) -> None:
        places["v"] = values
        plotter.render()
        plotter.render_window.WaitForCompletion()

    return recolour, lambda: _pixels(plotter.render_window)


def _pixels(window) -> np.ndarray:
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    from scene.arrays import as_numpy

    pixels = vtkUnsignedCharArray()
    width, height = window.GetSize()
    window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
    return as_numpy(pixels).reshape(height, width, 3).copy()


if __name__ == "__main__":
    if "--child" in sys.argv:
        print(json.dumps(_child()))
    else:
        main()

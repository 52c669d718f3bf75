"""What the sandboxed child does with a mesh file: it is read strictly, and plain arrays with names come out."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.geometry.creases import creased_apart
from twins.geometry.gltf import Gltf, read_gltf

MOST_TRIANGLES = 2_000_000
Z_UP = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float64)  # glTF is y up, −z forward
Y_UP_FORMATS = (".glb", ".gltf")
FARTHEST = 1e7  # metres from the origin


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One piece: its names from the outermost, its points about its own origin, and where that is in the file's frame (z up)."""

    names: tuple[str, ...]
    points: npt.NDArray[np.float64]
    triangles: npt.NDArray[np.int64]
    origin: npt.NDArray[np.float64]


def pieces(path: str) -> dict[str, Any]:
    """`points`, `normals`, `triangles` of all pieces in a row, about each piece's own origin, and `pieces`: names, points
    from–to, triangles from–to and the origin of each."""
    file = Path(path)
    glb = file.suffix.lower() in Y_UP_FORMATS
    found = list(limited(_of_gltf(read_gltf(file)) if glb else foreign(file)))
    if not found:
        raise ValueError("it holds no triangles")
    return _in_a_row(found)


def foreign(file: Path, **options: Any) -> Iterable[Found]:
    """The pieces of an STL, OBJ or PLY file. Raises ValueError where it can't be read."""
    import trimesh

    try:
        kind = file.suffix[1:].lower()
        scene = trimesh.load_scene(io.BytesIO(file.read_bytes()), file_type=kind, resolver=None, **options)
    except (MemoryError, RecursionError):
        raise
    except Exception as damage:  # each reader fails in its own words, which help nobody
        raise ValueError("it is damaged, or keeps its data in other files") from damage
    for node in scene.graph.nodes_geometry:
        matrix, geometry = scene.graph[node]
        part = scene.geometry[geometry]
        faces = np.asarray(getattr(part, "faces", np.zeros((0, 3))), np.int64)
        names = dict.fromkeys((str(node), str(geometry)))
        yield placed(tuple(names), np.asarray(part.vertices, np.float64), faces, np.asarray(matrix, np.float64))


def placed(
    names: tuple[str, ...], points: npt.NDArray[np.float64], triangles: npt.NDArray[np.int64], matrix: npt.NDArray[np.float64]
) -> Found:
    """A piece whose points stand in the frame `matrix`; a mirroring one turns the triangles over. Raises ValueError."""
    if len(triangles):
        if not np.isfinite(points).all() or not np.isfinite(matrix).all():
            raise ValueError("it has coordinates that are not finite")
        if triangles.min() < 0 or triangles.max() >= len(points):
            raise ValueError("it has triangles of points that don't exist")
        if max(np.abs(points @ matrix[:3, :3].T + matrix[:3, 3]).max(), np.abs(matrix[:3, 3]).max()) > FARTHEST:
            raise ValueError("it has coordinates far beyond 10,000 km")
    mirrored = np.linalg.det(matrix[:3, :3]) < 0
    turned = points @ matrix[:3, :3].T
    return Found(names, turned, triangles[:, ::-1] if mirrored else triangles, matrix[:3, 3])


def limited(found: Iterable[Found]) -> Iterable[Found]:
    """Those with triangles. Raises ValueError where there are too many of these."""
    total = 0
    for each in found:
        total += len(each.triangles)
        if total > MOST_TRIANGLES:
            raise ValueError(f"it has more than {MOST_TRIANGLES:,} triangles")
        if len(each.triangles):
            yield each


def _of_gltf(gltf: Gltf) -> Iterable[Found]:
    for place, node in enumerate(gltf.nodes):
        if node.mesh >= 0:
            shape = gltf.shape(node.mesh)
            names = dict.fromkeys(filter(None, [*_chain(gltf, place), shape.name]))
            yield placed(tuple(names), shape.points, shape.triangles, Z_UP @ node.matrix)


def _chain(gltf: Gltf, place: int) -> list[str]:
    """From the outermost assembly to the node itself."""
    names: list[str] = []
    while place >= 0 and len(names) < 64:
        names.append(gltf.nodes[place].name)
        place = gltf.nodes[place].parent
    return names[::-1]


def _in_a_row(found: list[Found]) -> dict[str, Any]:
    starts = np.cumsum([0, *(len(each.points) for each in found)])
    owner = np.repeat(np.arange(len(found)), np.diff(starts))
    triangles = np.concatenate([each.triangles + start for each, start in zip(found, starts, strict=False)])
    mesh, of_points, of_triangles = creased_apart(np.concatenate([each.points for each in found]), triangles, owner)
    edges = np.arange(len(found) + 1)
    point, triangle = np.searchsorted(of_points, edges), np.searchsorted(of_triangles, edges)
    return {
        "points": mesh.points,
        "normals": mesh.normals,
        "triangles": mesh.triangles - point[of_triangles, None].astype(np.int32),
        "pieces": [
            [each.names, int(point[k]), int(point[k + 1]), int(triangle[k]), int(triangle[k + 1]), each.origin.tolist()]
            for k, each in enumerate(found)
            if triangle[k + 1] > triangle[k]
        ],
    }

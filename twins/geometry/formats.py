"""What the sandboxed child does with a mesh file: trimesh reads it, and plain arrays with names come out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from twins.geometry.creases import creased
from twins.geometry.mesh import Mesh

if TYPE_CHECKING:
    import trimesh

MOST_TRIANGLES = 2_000_000
Z_UP = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float64)  # glTF is y up, −z forward
Y_UP_FORMATS = (".glb", ".gltf")


def pieces(path: str) -> dict[str, Any]:
    """`points`, `normals`, `triangles` of all pieces in a row, and `pieces`: names, points from–to, triangles from–to of each."""
    import trimesh

    file = Path(path)
    try:
        scene = trimesh.load_scene(io.BytesIO(file.read_bytes()), file_type=file.suffix[1:].lower(), resolver=None)
    except (MemoryError, RecursionError):
        raise
    except Exception as damage:  # each reader fails in its own words, which help nobody
        raise ValueError("it is damaged, or keeps its data in other files") from damage
    upright = Z_UP if file.suffix.lower() in Y_UP_FORMATS else np.eye(4)
    found = _meshes(scene, upright)
    if not found:
        raise ValueError("it holds no triangles")
    return _in_a_row(found)


def _meshes(scene: trimesh.Scene, upright: npt.NDArray[np.float64]) -> list[tuple[list[str], Mesh]]:
    found = []
    total = 0
    for node in scene.graph.nodes_geometry:
        matrix, geometry = scene.graph[node]
        part = scene.geometry[geometry]
        faces = np.asarray(getattr(part, "faces", np.zeros((0, 3))))
        total += len(faces)
        if total > MOST_TRIANGLES:
            raise ValueError(f"it has more than {MOST_TRIANGLES:,} triangles")
        if len(faces):
            found.append((_names(scene, str(node), str(geometry)), _mesh(np.asarray(part.vertices), faces, upright @ matrix)))
    return [(names, mesh) for names, mesh in found if len(mesh.triangles)]


def _mesh(points: npt.NDArray[np.float64], faces: npt.NDArray[np.int64], matrix: npt.NDArray[np.float64]) -> Mesh:
    if not np.isfinite(points).all() or not np.isfinite(matrix).all() or np.abs(points).max() > 1e7:
        raise ValueError("it has coordinates that are not finite, or far beyond 10,000 km")
    if faces.min() < 0 or faces.max() >= len(points):
        raise ValueError("it has triangles of points that don't exist")
    moved = points @ matrix[:3, :3].T + matrix[:3, 3]
    return creased(moved, faces if np.linalg.det(matrix[:3, :3]) >= 0 else faces[:, ::-1])


def _names(scene: trimesh.Scene, node: str, geometry: str) -> list[str]:
    """From the outermost assembly to the mesh, without the scene's own root."""
    parents = scene.graph.transforms.parents
    chain = [node]
    while (above := parents.get(chain[-1])) is not None and str(above) != scene.graph.base_frame and len(chain) < 64:
        chain.append(str(above))
    return list(dict.fromkeys([*reversed(chain), geometry]))


def _in_a_row(found: list[tuple[list[str], Mesh]]) -> dict[str, Any]:
    places, point, triangle = [], 0, 0
    for names, mesh in found:
        places.append([names, point, point + len(mesh.points), triangle, triangle + len(mesh.triangles)])
        point, triangle = point + len(mesh.points), triangle + len(mesh.triangles)
    return {
        "points": np.concatenate([mesh.points for _, mesh in found]),
        "normals": np.concatenate([mesh.normals for _, mesh in found]),
        "triangles": np.concatenate([mesh.triangles for _, mesh in found]),
        "pieces": places,
    }

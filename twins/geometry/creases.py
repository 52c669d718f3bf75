"""Normals by crease angle: a tower is smooth and a box is sharp, without anyone saying which."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twins.geometry.mesh import Mesh, unit

Points = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.int64]

WELD_M = 1e-5  # points closer than this are one point
BLOCK = 200_000  # corners worked on at once: bounds the memory


def creased(points: Points, triangles: npt.NDArray[np.integer], sharp_deg: float = 35.0) -> Mesh:
    """A mesh of `points[n, 3]`, `triangles[m, 3]` whose points are split where faces meet at more than `sharp_deg`."""
    points, welded = weld(points, triangles.astype(np.int64))
    if not len(welded):
        return Mesh.empty()
    normals = _corner_normals(points, welded, np.cos(np.radians(sharp_deg)))
    return _split(points, welded, normals)


def creased_apart(
    points: Points, triangles: npt.NDArray[np.integer], owner: npt.NDArray[np.integer], sharp_deg: float = 35.0
) -> tuple[Mesh, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Many meshes at once, none welded to another: `owner[n]` numbers the mesh of each point, in rising order.

    Answers one mesh, with the owner of each of its points and triangles, in rising order too.
    """
    points, welded, owner = _weld(points, triangles.astype(np.int64), owner)
    if not len(welded):
        return Mesh.empty(), np.zeros(0, np.intp), np.zeros(0, np.intp)
    mesh, at = _split_at(points, welded, _corner_normals(points, welded, np.cos(np.radians(sharp_deg))))
    return mesh, owner[at].astype(np.intp), owner[welded[:, 0]].astype(np.intp)


def weld(points: Points, triangles: Triangles) -> tuple[Points, Triangles]:
    """Coinciding points as one, and triangles that have no area left out."""
    points, triangles, _ = _weld(points, triangles, np.zeros(len(points), np.int64))
    return points, triangles


def _weld(
    points: Points, triangles: Triangles, owner: npt.NDArray[np.integer]
) -> tuple[Points, Triangles, npt.NDArray[np.integer]]:
    keys = np.column_stack([owner, np.round(points / WELD_M).astype(np.int64)])
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    points, triangles, owner = points[first], place.reshape(-1)[triangles], owner[first]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    sizes = np.linalg.norm(_crosses(points, triangles), axis=1)
    return points, triangles[sizes > 1e-12], owner


def _crosses(points: Points, triangles: Triangles) -> Points:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def _corner_normals(points: Points, triangles: Triangles, cosine: float) -> Points:
    """For each of the 3m corners: the faces at its point that are nearly in its own plane, weighted by their angle there."""
    faces = unit(_crosses(points, triangles))
    angles = _angles(points, triangles)
    at = triangles.reshape(-1)
    order = np.argsort(at, kind="stable")
    counts = np.bincount(at, minlength=len(points))
    starts = np.cumsum(counts) - counts
    normals = np.empty((len(at), 3))
    for low in range(0, len(at), BLOCK):
        corners = np.arange(low, min(low + BLOCK, len(at)))
        fans = counts[at[corners]]
        ends = np.cumsum(fans)
        mine = np.repeat(corners, fans)
        nth = np.arange(ends[-1]) - np.repeat(ends - fans, fans)
        others = order[starts[at[mine]] + nth]
        near = np.einsum("ij,ij->i", faces[mine // 3], faces[others // 3]) >= cosine - 1e-9
        weighted = faces[others // 3] * (angles[others] * near)[:, None]
        normals[corners] = np.add.reduceat(weighted, ends - fans, axis=0)
    return unit(normals)


def _angles(points: Points, triangles: Triangles) -> npt.NDArray[np.float64]:
    """The angle at each of the 3m corners, in radians."""
    corners = points[triangles]
    onward = unit(np.roll(corners, -1, axis=1) - corners)
    back = unit(np.roll(corners, 1, axis=1) - corners)
    return np.arccos(np.clip(np.einsum("ijk,ijk->ij", onward, back), -1, 1)).reshape(-1)


def _split(points: Points, triangles: Triangles, normals: Points) -> Mesh:
    """One point for each different pair of place and normal."""
    return _split_at(points, triangles, normals)[0]


def _split_at(points: Points, triangles: Triangles, normals: Points) -> tuple[Mesh, npt.NDArray[np.int64]]:
    """And at which of `points` each stands."""
    at = triangles.reshape(-1)
    keys = np.column_stack([at, np.round(normals * 1000).astype(np.int64)])
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    mesh = Mesh(
        points[at[first]].astype(np.float32),
        normals[first].astype(np.float32),
        place.reshape(-1, 3).astype(np.int32),
    )
    return mesh, at[first]

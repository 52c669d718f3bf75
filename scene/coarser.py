"""Coarser meshes: what is smaller than a pixel is left out, so that a city seen whole costs no more than a street."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.geometry.mesh import Mesh

MANY = 50_000  # triangles whose edges are not looked at one by one


class Coarser:
    """Remembers what it made: houses of one type are one mesh."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, float], Mesh] = {}
        self._closed: dict[int, bool] = {}

    def of(self, mesh: Mesh, cell: float) -> Mesh:
        """The mesh without what is smaller than `cell` metres. It must live as long as this."""
        key = id(mesh), cell
        if key not in self._made:
            self._made[key] = coarsened(mesh, cell)
        return self._made[key]

    def closed(self, mesh: Mesh) -> bool:
        """Whether nobody outside of it sees the back of a triangle."""
        if id(mesh) not in self._closed:
            self._closed[id(mesh)] = len(mesh.triangles) < MANY and is_closed(mesh)
        return self._closed[id(mesh)]


def is_closed(mesh: Mesh) -> bool:
    """Each edge is gone along as often one way as the other, and there is something inside, not outside."""
    _, spot = np.unique(mesh.points, axis=0, return_inverse=True)
    start, end = spot.reshape(-1)[mesh.triangles], np.roll(spot.reshape(-1)[mesh.triangles], -1, axis=1)
    edge = np.minimum(start, end).astype(np.int64) * len(mesh.points) + np.maximum(start, end)
    _, which = np.unique(edge, return_inverse=True)
    return mesh.volume > 0 and not np.bincount(which.reshape(-1), np.sign(end - start).reshape(-1)).any()


def coarsened(mesh: Mesh, cell: float) -> Mesh:
    """The mesh without pieces smaller than `cell` metres, and all points of a cube of that size drawn together into one.

    Vertex clustering (Rossignac and Borrel, 1993), into the middle and at the height of the highest, so that what lies on the
    ground stays above it. It has no normals: each triangle is lit as flat, so that a corner is one
    point, not three.
    """
    if not cell or not len(mesh.triangles):
        return mesh
    _, cube, size = np.unique(_cubes(mesh.points, cell), return_inverse=True, return_counts=True)
    corners = cube.reshape(-1)[mesh.triangles[_piece_sizes(mesh) >= cell]]
    a, b, c = corners.T
    kept = corners[(a != b) & (b != c) & (a != c)]
    used, triangles = np.unique(_each_once(kept), return_inverse=True)
    x, y = (np.bincount(cube.reshape(-1), mesh.points[:, k], len(size)) / size for k in (0, 1))
    z = np.full(len(size), -np.inf)
    np.maximum.at(z, cube.reshape(-1), mesh.points[:, 2])
    points = np.stack([x, y, z], axis=1)[used].astype(np.float32)
    return Mesh(points, np.zeros((0, 3), np.float32), triangles.reshape(-1, 3).astype(np.int32))


def _piece_sizes(mesh: Mesh) -> NDArray[np.float32]:
    """Of each triangle the length of the longest side of the box around all that it hangs together with."""
    _, spot = np.unique(mesh.points, axis=0, return_inverse=True)
    corners = spot.reshape(-1)[mesh.triangles]
    piece = np.arange(len(mesh.points))
    while True:
        joined = piece.copy()
        np.minimum.at(joined, corners.ravel(), np.repeat(piece[corners].min(axis=1), 3))
        joined = joined[joined]
        if np.array_equal(joined, piece):
            break
        piece = joined
    of_point = piece[spot.reshape(-1)]
    low, high = np.full((len(piece), 3), np.inf, np.float32), np.full((len(piece), 3), -np.inf, np.float32)
    np.minimum.at(low, of_point, mesh.points)
    np.maximum.at(high, of_point, mesh.points)
    return (high - low)[piece[corners[:, 0]]].max(axis=1)


def _cubes(points: NDArray[np.float32], cell: float) -> NDArray[np.int64]:
    """The number of the cube that each point is in."""
    place = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
    wide = place.max(axis=0) + 1
    return (place[:, 0] * wide[1] + place[:, 1]) * wide[2] + place[:, 2]


def _each_once(corners: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of triangles that have the same corners in the same order round, one."""
    turns = (corners.argmin(axis=1)[:, None] + np.arange(3)) % 3
    return np.unique(np.take_along_axis(corners, turns, axis=1), axis=0)

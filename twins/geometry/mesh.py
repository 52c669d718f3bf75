"""A mesh: triangles with a normal at every point, as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twins import InputError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


class GeometryError(InputError):
    """A shape or mesh file that can't be used; the message is one sentence for people, with the remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Points in metres and unit normals `float32[n, 3]`, triangles `int32[m, 3]`, anticlockwise seen from outside."""

    points: Floats
    normals: Floats
    triangles: Ints

    @classmethod
    def empty(cls) -> Mesh:
        """A mesh of nothing: what a bare joint looks like."""
        return cls(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))

    @classmethod
    def join(cls, meshes: Sequence[Mesh]) -> Mesh:
        """All of them as one, in order."""
        if not meshes:
            return cls.empty()
        starts = np.cumsum([0, *(len(mesh.points) for mesh in meshes[:-1])])
        triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)]
        return cls(
            np.concatenate([mesh.points for mesh in meshes]),
            np.concatenate([mesh.normals for mesh in meshes]),
            np.concatenate(triangles).astype(np.int32),
        )

    def moved(self, matrix: npt.NDArray[np.float64]) -> Mesh:
        """Through a 4×4 matrix; a mirroring one turns the triangles over, so that outside stays outside."""
        linear = matrix[:3, :3]
        points = self.points @ linear.T + matrix[:3, 3]
        normals = unit(self.normals @ np.linalg.inv(linear))
        triangles = self.triangles if np.linalg.det(linear) > 0 else self.triangles[:, ::-1]
        return Mesh(points.astype(np.float32), normals.astype(np.float32), triangles)

    def repeated(self, frames: npt.NDArray[np.float64]) -> Mesh:
        """As often as there are `frames` float64[k, 4, 4], one after another; they neither stretch nor mirror."""
        turns, n = frames[:, :3, :3].transpose(0, 2, 1).astype(np.float32), len(self.points)
        points = self.points @ turns + frames[:, None, :3, 3].astype(np.float32)
        starts = np.arange(len(frames), dtype=np.int32)[:, None, None] * np.int32(n)
        return Mesh(points.reshape(-1, 3), (self.normals @ turns).reshape(-1, 3), (self.triangles + starts).reshape(-1, 3))

    @property
    def bounds(self) -> npt.NDArray[np.float64]:
        """`[[lowest x, y, z], [highest x, y, z]]`; zeros where there is nothing."""
        if not len(self.points):
            return np.zeros((2, 3))
        return np.array([self.points.min(axis=0), self.points.max(axis=0)], np.float64)

    @property
    def volume(self) -> float:
        """Cubic metres enclosed by a closed mesh; negative where it is inside out."""
        return signed_volume(self.points.astype(np.float64), self.triangles)


def signed_volume(points: npt.NDArray[np.float64], triangles: npt.NDArray[np.integer]) -> float:
    """The sum of tetrahedra from the first point to each triangle (divergence theorem)."""
    if not len(triangles):
        return 0.0
    a, b, c = (points[triangles[:, k]] - points[triangles[0, 0]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Each row at length 1; rows of no length point up."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    up = np.zeros_like(vectors, dtype=np.float64)
    up[..., 2] = 1.0
    return np.divide(vectors, lengths, out=up, where=lengths > 1e-12)

"""Contour lines: where the triangles of the ground cross whole heights, so that they lie on it exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.geometry.mesh import Floats, Ints, Mesh
from twins.geometry.terrain import terrain


def contours(described: Mapping[str, Any], ground: Mesh | None = None) -> tuple[Floats, Ints]:
    """Points `float32[n, 3]` in metres and segments `int32[m, 2]` between them, every `contour` metres of a described terrain.

    `ground` spares making the terrain's mesh again. Neighbouring segments share their points. Without `contour` there are none.
    """
    mesh = ground if ground is not None else terrain(described)
    step = float(described.get("contour", 0))
    if not step or not len(mesh.points):
        return np.zeros((0, 3), np.float32), np.zeros((0, 2), np.int32)
    heights = mesh.points[:, 2].astype(np.float64)
    levels = np.arange(np.ceil(heights.min() / step), np.floor(heights.max() / step) + 1) * step
    pieces = [_level(mesh, heights, level) for level in levels]
    starts = np.cumsum([0, *(len(points) for points, _ in pieces)])
    points = np.concatenate([points for points, _ in pieces] or [np.zeros((0, 3))])
    segments = [ends + start for (_, ends), start in zip(pieces, starts[:-1], strict=True)]
    return points.astype(np.float32), np.concatenate(segments or [np.zeros((0, 2))]).astype(np.int32)


def _level(mesh: Mesh, heights: npt.NDArray[np.float64], level: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Each triangle with points on both sides is crossed on exactly two of its edges."""
    above = heights >= level
    corners = above[mesh.triangles]
    crossed = mesh.triangles[corners.any(axis=1) & ~corners.all(axis=1)].astype(np.int64)
    edges = np.stack([crossed, np.roll(crossed, -1, axis=1)], axis=2)
    cut = above[edges[..., 0]] != above[edges[..., 1]]
    ends = np.sort(edges[cut], axis=1)  # two a triangle, in the triangles' order
    ends, place = np.unique(ends, axis=0, return_inverse=True)
    low, high = (mesh.points[ends[:, k]].astype(np.float64) for k in (0, 1))
    share = (level - low[:, 2]) / (high[:, 2] - low[:, 2])
    return low + (high - low) * share[:, None], place.reshape(-1, 2)

"""A box, sharp or with its edges cut so that they look round."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from twins.geometry.mesh import Mesh

Triangle = tuple[int, int, int]


def box(described: Mapping[str, Any]) -> Mesh:
    """A box whose edges are cut by `bevel`; the cuts are shaded from face to face.

    Point `8·axis + corner` is the corner as the face across `axis` sees it; a corner's bits are its signs in x, y, z.
    """
    half = np.array(described["size"], np.float64) / 2
    bevel = float(described.get("bevel", 0.0))
    corners, normals = [], []
    signs = np.array([[sx, sy, sz] for sz in (-1, 1) for sy in (-1, 1) for sx in (-1, 1)], np.float64)
    for axis in range(3):
        inset = half - bevel * (np.arange(3) != axis)
        corners.append(signs * inset)
        normals.append(signs * np.eye(3)[axis])
    points = np.concatenate(corners) + np.array(described.get("centre", (0, 0, 0)), np.float64)
    triangles = [*_faces(), *_edges(), *_tips()] if bevel else _faces()
    return Mesh(points.astype(np.float32), np.concatenate(normals).astype(np.float32), np.array(triangles, np.int32))


def _faces() -> list[Triangle]:
    found = []
    for axis in range(3):
        u, v = 1 << (axis + 1) % 3, 1 << (axis + 2) % 3
        for side in (0, 1):
            quad = [8 * axis + (side << axis) + k for k in (0, u, u | v, v)]
            found += _two(quad if side else quad[::-1])
    return found


def _edges() -> list[Triangle]:
    """The cut along each edge, between the two faces that met there."""
    found = []
    for axis, side, other in product(range(3), (0, 1), (0, 1)):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        low = (side << a) + (other << b)
        quad = [8 * a + low, 8 * b + low, 8 * b + low + (1 << axis), 8 * a + low + (1 << axis)]
        found += _two(quad if side == other else quad[::-1])
    return found


def _tips() -> list[Triangle]:
    """The triangle left at each corner."""
    odd = [corner.bit_count() % 2 for corner in range(8)]
    return [(k, 8 + k, 16 + k) if odd[k] else (16 + k, 8 + k, k) for k in range(8)]


def _two(quad: list[int]) -> list[Triangle]:
    a, b, c, d = quad
    return [(a, b, c), (a, c, d)]

"""A skin over rings: what revolve, extrude, loft and tube have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from twins.geometry.creases import creased
from twins.geometry.mesh import Mesh, signed_volume

Rings = npt.NDArray[np.float64]


def skinned(rings: Rings, cap: npt.NDArray[np.int64] | None, sharp_deg: float, *, loop: bool = False) -> Mesh:
    """A closed mesh over `rings[k, n, 3]`; `cap` fills the first and last ring, or with `loop` the last joins the first."""
    count, size, _ = rings.shape
    points = rings.reshape(-1, 3)
    pieces = [_sides(count, size, loop)]
    if cap is not None and not loop:
        pieces += [cap[:, ::-1], cap + (count - 1) * size]
    triangles = np.concatenate(pieces)
    if signed_volume(points, triangles) < 0:  # told in the other direction: outside is still outside
        triangles = triangles[:, ::-1]
    return creased(points, triangles, sharp_deg)


def _sides(count: int, size: int, loop: bool) -> npt.NDArray[np.int64]:
    """Two triangles for each four points between one ring and the next."""
    ring = np.arange(count if loop else count - 1)[:, None] * size
    above = (ring + size) % (count * size)
    here = np.arange(size)[None]
    after = (here + 1) % size
    a, b, c, d = (corner.reshape(-1) for corner in (ring + here, ring + after, above + after, above + here))
    return np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])

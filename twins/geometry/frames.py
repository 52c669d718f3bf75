"""Frames as 4×4 matrices: where a part stands, and how it has turned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
_AXES = np.eye(3)


def frame(origin: Sequence[float] | Matrix = (0, 0, 0), rotate: Sequence[float] | Matrix = (0, 0, 0)) -> Matrix:
    """A frame at `origin` (metres), turned by `rotate` degrees about the fixed x, then y, then z axis."""
    matrix = np.eye(4)
    for axis, angle in zip(_AXES, rotate, strict=True):
        if angle:
            matrix = turn(axis, angle) @ matrix
    matrix[:3, 3] = origin
    return matrix


def turn(axis: Sequence[float] | Matrix, degrees: float) -> Matrix:
    """A right-handed turn about `axis` through the origin (Rodrigues' formula)."""
    x, y, z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return matrix


def placed(x: float, y: float, z: float, heading_deg: float) -> Matrix:
    """The frame of a placed asset: its own y axis points to the compass heading (clockwise from north, seen from above)."""
    return frame((x, y, z), (0, 0, -heading_deg))

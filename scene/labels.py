"""Labels: which things have one in this picture, and where; the near ones first, and none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene.camera import Pose, projected

Box = tuple[NDArray[np.float64], NDArray[np.float64]]
GAP = 6.0  # pixels between two labels
OUTSIDE = 0.3  # so much of the picture's height an anchor may lie outside; its thing is still seen


@dataclass(frozen=True, slots=True)
class Placed:
    """The label `which` (its place among the anchors), its top left corner in pixels, and how solid it is, 0…1."""

    which: int
    left: float
    top: float
    strength: float


def placed(
    anchors: NDArray[np.float64],
    sizes: NDArray[np.float64],
    first: Sequence[int],
    pose: Pose,
    width: int,
    height: int,
    far: float,
    taken: Sequence[Box] = (),
) -> list[Placed]:
    """Labels of `sizes` float64[n, 2] (pixels) above `anchors` float64[n, 3] (metres); those in `first` win over nearer ones.

    From half of `far` metres on they fade, beyond it they are gone. One that would leave the picture a little is moved into it,
    one that would cover another or one of `taken` (low and high corners, pixels) stands beside its anchor, or nowhere.
    """
    if not len(anchors):
        return []
    where = projected(pose, anchors, width, height)
    strength = np.clip(2.0 - 2.0 * where[:, 2] / far, 0.0, 1.0)
    strength[list(first)] = 1.0
    seen = np.flatnonzero((where[:, 2] > 0) & (strength > 0.05)).tolist()
    full, kept = list(taken), []
    for i in sorted(seen, key=lambda i: (i not in first, where[i, 2])):
        for corner in _corners(where[i, :2], sizes[i], np.array([width, height], np.float64)):
            box = corner - GAP / 2, corner + sizes[i] + GAP / 2
            if all((box[1] <= low).any() or (box[0] >= high).any() for low, high in full):
                full.append(box)
                kept.append(Placed(i, float(corner[0]), float(corner[1]), float(strength[i])))
                break
    return kept


def _corners(anchor: NDArray[np.float64], size: NDArray[np.float64], room: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The upper left corners that serve a label, best first: over its anchor, left of it, right of it; all inside the picture."""
    wide, high = size
    steps = np.array([[-wide / 2, -high - GAP], [-wide - GAP, 0.0], [GAP, 0.0]])
    wanted = anchor + steps
    inside = np.clip(wanted, GAP, np.maximum(room - size - GAP, GAP))
    near = (np.abs(inside - wanted) <= (wide / 2, room[1] * OUTSIDE)).all(axis=1)
    return list(inside[near])

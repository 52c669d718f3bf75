"""Labels: which things have one in this picture, and where; the near ones first, and none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene.camera import Pose, projected

Box = tuple[NDArray[np.float64], NDArray[np.float64]]
GAP = 6.0  # pixels between two labels


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

    From half of `far` metres on they fade, beyond it they are gone; those that would leave the picture or cover another, too.
    `taken` are boxes (low and high corner, pixels) that belong to something else.
    """
    if not len(anchors):
        return []
    where = projected(pose, anchors, width, height)
    corner = where[:, :2] - np.stack([sizes[:, 0] / 2, sizes[:, 1] + GAP], axis=1)
    strength = np.clip(2.0 - 2.0 * where[:, 2] / far, 0.0, 1.0)
    strength[list(first)] = 1.0
    inside = ((corner >= 0) & (corner + sizes <= (width, height))).all(axis=1) & (where[:, 2] > 0) & (strength > 0.05)
    order = sorted(np.flatnonzero(inside).tolist(), key=lambda i: (i not in first, where[i, 2]))
    full = list(taken)
    kept = []
    for i in order:
        low, high = corner[i] - GAP / 2, corner[i] + sizes[i] + GAP / 2
        if all((high <= other_low).any() or (low >= other_high).any() for other_low, other_high in full):
            full.append((low, high))
            kept.append(Placed(i, float(corner[i, 0]), float(corner[i, 1]), float(strength[i])))
    return kept

"""Flat outlines: which way they run, whether they cross themselves, and the triangles that fill them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]

FLAT = 1e-12  # the area of an outline one wide within which three points lie on one line


def signed_area(outline: Outline) -> float:
    """Square metres within `outline[n, 2]`; negative where it runs clockwise."""
    x, y = outline.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def crosses_itself(outline: Outline) -> bool:
    """Whether two edges of `outline[n, 2]` that are no neighbours cut each other."""
    start, end = outline, np.roll(outline, -1, axis=0)
    after = _side(start[:, None], end[:, None], end[None]) * _side(start[:, None], end[:, None], start[None])
    return bool(np.any((after < -1e-18) & (after.T < -1e-18)))


def filled(outline: Outline) -> npt.NDArray[np.int64]:
    """Triangles `[n − 2, 3]` that fill an anticlockwise outline, by clipping ears."""
    outline = (outline - outline.mean(axis=0)) / np.ptp(outline, axis=0).max()
    left = list(range(len(outline)))
    triangles = []
    while len(left) > 3:
        ear = next((k for k in range(len(left)) if _is_ear(outline, left, k)), 0)
        triangles.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        del left[ear]
    return np.array([*triangles, left], np.int64)


def _is_ear(outline: Outline, left: list[int], k: int) -> bool:
    before, tip, after = outline[left[k - 1]], outline[left[k]], outline[left[(k + 1) % len(left)]]
    if _side(before, tip, after) <= FLAT:
        return False
    others = outline[[left[j] for j in range(len(left)) if j not in (k, k - 1 if k else len(left) - 1, (k + 1) % len(left))]]
    inside = (
        (_side(before, tip, others) >= -FLAT) & (_side(tip, after, others) >= -FLAT) & (_side(after, before, others) >= -FLAT)
    )
    return not bool(inside.any())  # a point on the cut counts: it would leave a gap there


def _side(start: Outline, end: Outline, point: Outline) -> npt.NDArray[np.float64]:
    """Positive where `point` lies left of the way from `start` to `end`."""
    along, to = end - start, point - start
    return np.asarray(along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0])

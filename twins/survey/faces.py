"""Flat faces with holes become triangles: convex ones all at once, the others by clipping ears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.int64]
Face = Sequence[Sequence[int]]  # rings of places among the points: the outline, then its holes
MOST_CORNERS = 20_000  # of one face
Flat = tuple[float, float]


def triangulated(points: Points, faces: Sequence[Face]) -> Triangles:
    """`[m, 3]` places among `points[n, 3]`, turned as the faces are; a face without an area gives none. Raises ValueError."""
    found: list[Triangles] = [np.zeros((0, 3), np.int64)]
    alike: dict[int, list[Sequence[int]]] = defaultdict(list)
    hard: list[Face] = []
    for face in faces:
        if len(face) == 1 and len(face[0]) >= 3:
            alike[len(face[0])].append(face[0])
        elif face and len(face[0]) >= 3:
            hard.append(face)
    for corners, rings in alike.items():
        outlines = np.array(rings, np.int64)
        convex = _convex(points[outlines]) if corners > 3 else np.ones(len(rings), bool)
        fan = np.array([[0, k, k + 1] for k in range(1, corners - 1)])
        found.append(outlines[convex][:, fan].reshape(-1, 3))
        hard += [[ring] for ring in outlines[~convex].tolist()]
    found += [_clipped(points, face) for face in hard]
    return np.concatenate(found)


def _convex(rings: Points) -> npt.NDArray[np.bool_]:
    """bool[m] of `[m, n, 3]`: every corner turns the way the whole ring does, and it goes round once."""
    onward = np.roll(rings, -1, axis=1) - rings
    turns = np.cross(onward, np.roll(onward, -1, axis=1))
    whole = turns.sum(axis=1, keepdims=True)
    lengths = np.linalg.norm(onward, axis=2)
    angles = np.arccos(np.clip(np.einsum("mnk,mnk->mn", onward, np.roll(onward, -1, axis=1))
        / np.maximum(lengths * np.roll(lengths, -1, axis=1), 1e-300), -1, 1)).sum(axis=1)  # fmt: skip
    same = (np.einsum("mnk,mnk->mn", turns, np.broadcast_to(whole, turns.shape)) >= 0).all(axis=1)
    return np.asarray(same & (angles < 3 * np.pi))


def _clipped(points: Points, face: Face) -> Triangles:
    if sum(map(len, face)) > MOST_CORNERS:
        raise ValueError(f"it has a face of more than {MOST_CORNERS:,} corners")
    flat = _flattened(points, face)
    if flat is None:
        return np.zeros((0, 3), np.int64)
    outline = [(k, flat[k]) for k in face[0]]
    if _area([p for _, p in outline]) < 0:
        outline.reverse()
    holes = [ring for ring in ([(k, flat[k]) for k in hole] for hole in face[1:]) if len(ring) >= 3]
    for hole in sorted(holes, key=lambda ring: -max(p[0] for _, p in ring)):
        outline = _bridged(outline, hole if _area([p for _, p in hole]) < 0 else hole[::-1])
    return np.array(_ears(outline), np.int64).reshape(-1, 3)


def _flattened(points: Points, face: Face) -> dict[int, Flat] | None:
    """Each corner in the plane of the face, seen from outside (Newell's normal)."""
    ring = points[np.array(face[0])]
    normal = np.cross(ring - ring[0], np.roll(ring, -1, axis=0) - ring[0]).sum(axis=0)
    length = np.linalg.norm(normal)
    if not length > 0:
        return None
    normal = normal / length
    across = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    across /= np.linalg.norm(across)
    up = np.cross(normal, across)
    places = [k for each in face for k in each]
    both = (points[places] - ring[0]) @ np.column_stack([across, up])
    return {k: (float(x), float(y)) for k, (x, y) in zip(places, both, strict=True)}


def _bridged(outline: list[tuple[int, Flat]], hole: list[tuple[int, Flat]]) -> list[tuple[int, Flat]]:
    """One ring of both: from the hole's rightmost corner to the nearest corner of the outline that it sees."""
    tip = max(range(len(hole)), key=lambda k: hole[k][1][0])
    start = hole[tip][1]
    order = sorted(range(len(outline)), key=lambda k: (outline[k][1][0] - start[0]) ** 2 + (outline[k][1][1] - start[1]) ** 2)
    edges = [(outline[k - 1][1], outline[k][1]) for k in range(len(outline))] + [
        (hole[k - 1][1], hole[k][1]) for k in range(len(hole))
    ]
    seen = next((k for k in order[:64] if not any(_cross(start, outline[k][1], a, b) for a, b in edges)), order[0])
    return [*outline[: seen + 1], *hole[tip:], *hole[: tip + 1], *outline[seen:]]


def _cross(a: Flat, b: Flat, c: Flat, d: Flat) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _ears(ring: list[tuple[int, Flat]]) -> list[tuple[int, int, int]]:
    left, found = list(ring), []
    stuck = at = 0
    while len(left) > 3:
        at %= len(left)
        (i, a), (j, b), (k, c) = left[at - 1], left[at], left[(at + 1) % len(left)]
        turn = _side(a, b, c)
        if stuck > len(left) or (turn > 0 and not any(_inside(p, a, b, c) for _, p in left if p not in (a, b, c))):
            if abs(turn) > 0 and stuck <= len(left):
                found.append((i, j, k))
            del left[at]
            stuck = 0
        else:
            at += 1
            stuck += 1
    if len(left) == 3:
        found.append((left[0][0], left[1][0], left[2][0]))
    return found


def _inside(p: Flat, a: Flat, b: Flat, c: Flat) -> bool:
    return _side(a, b, p) >= 0 and _side(b, c, p) >= 0 and _side(c, a, p) >= 0


def _side(a: Flat, b: Flat, p: Flat) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _area(ring: Sequence[Flat]) -> float:
    return sum(ring[k - 1][0] * ring[k][1] - ring[k][0] * ring[k - 1][1] for k in range(len(ring))) / 2

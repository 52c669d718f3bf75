"""Picking: what a ray meets first, by boxes and then by exact triangles, on our own arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene.stage import Stage
from twins.geometry.mesh import Mesh

Vector = NDArray[np.float64]
_SLACK = 1e-4  # relative: boxes are float32 and must not lose what lies on their faces


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """The part (a place on the stage) that was met, its asset and name, and where."""

    place: int
    asset: str
    part: str
    point: Vector
    distance: float


class Picker:
    """The boxes of all parts in the world, and the triangles of their meshes. `move` tells it where things went."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._low = np.zeros((3, len(stage)), np.float32)
        self._high = np.zeros((3, len(stage)), np.float32)
        self._passed = np.zeros(len(stage), bool)
        self._world = np.zeros((len(stage), 4, 4))
        self._edges: dict[int, tuple[Vector, Vector, Vector]] = {}  # by mesh: a corner and two edges of each triangle

    def move(self, parts: NDArray[np.intp], world: NDArray[np.float64], boxes: NDArray[np.float64]) -> None:
        """These parts stand at `world` float64[m, 4, 4] now, within `boxes` float64[m, 2, 3]."""
        slack = _SLACK * (1 + np.abs(boxes).max(axis=(1, 2)))[:, None]
        self._low[:, parts] = (boxes[:, 0] - slack).T
        self._high[:, parts] = (boxes[:, 1] + slack).T
        self._world[parts] = world

    def let_through(self, parts: NDArray[np.intp]) -> None:
        """The parts that rays pass through: covers that are glass."""
        self._passed[:] = False
        self._passed[parts] = True

    def pick(self, eye: Vector, direction: Vector, reach: float = np.inf) -> Hit | None:
        """What a ray meets first within `reach` metres; `direction` has length 1."""
        entries = self._entries(eye.astype(np.float32), direction)
        candidates = np.flatnonzero(entries < np.inf)
        best, place = reach, -1
        for i in candidates[np.argsort(entries[candidates])]:
            if entries[i] > best:
                break
            distance = self._distance(int(i), eye, direction)
            if distance < best:
                best, place = distance, int(i)
        if place < 0:
            return None
        part = self._stage.parts[place]
        return Hit(place, part.asset, part.name, eye + direction * best, best)

    def _entries(self, eye: NDArray[np.float32], direction: Vector) -> NDArray[np.float32]:
        """Where the ray enters each box, metres; infinite where it misses (the slab method)."""
        inverse = (1.0 / np.where(np.abs(direction) < 1e-12, 1e-12, direction)).astype(np.float32)
        enter, leave = np.zeros(len(self._passed), np.float32), np.full(len(self._passed), np.inf, np.float32)
        for k in range(3):
            first, last = (self._low[k], self._high[k]) if inverse[k] > 0 else (self._high[k], self._low[k])
            np.maximum(enter, (first - eye[k]) * inverse[k], out=enter)
            np.minimum(leave, (last - eye[k]) * inverse[k], out=leave)
        enter[(enter > leave) | self._passed] = np.inf
        return enter

    def _distance(self, place: int, eye: Vector, direction: Vector) -> float:
        """To the nearest triangle of one part, infinite where none is met (Möller and Trumbore, 1997; both sides count)."""
        world = self._world[place]
        inverse = np.linalg.inv(world[:3, :3])
        start, along = inverse @ (eye - world[:3, 3]), inverse @ direction
        corner, one, two = self._triangles(self._stage.meshes[place])
        p = np.cross(along, two)
        determinant = np.einsum("ij,ij->i", one, p)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = start - corner
            u = np.einsum("ij,ij->i", t, p) / determinant
            q = np.cross(t, one)
            v = q @ along / determinant
            distance = np.einsum("ij,ij->i", two, q) / determinant
            met = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0)
        return float(distance[met].min(initial=np.inf))

    def _triangles(self, mesh: Mesh) -> tuple[Vector, Vector, Vector]:
        if id(mesh) not in self._edges:
            a, b, c = (mesh.points[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
            self._edges[id(mesh)] = a, b - a, c - a
        return self._edges[id(mesh)]

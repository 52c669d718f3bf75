"""Solids: the parts of a stage merged into as few actors as can be moved, hidden, culled and coarsened one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from scene.arrays import polydata
from scene.coarser import Coarser
from scene.colouring import Colouring
from scene.stage import Stage
from twins import clock
from twins.geometry.mesh import Mesh

PARTS_A_TILE, DETAILS_A_TILE = 600, 250  # what is drawn from near alone is parted finely
WORTH_IT = 4_000  # triangles: a solid with fewer is always drawn as it is
HASTE = 8.0  # how much coarser is what must be drawn at once


Key = tuple[int, int, str, bool, bool]  # joint, tile, material, detail, cover


class Solids:
    """All parts as actors: by joint, material and detail, what stands still by tile of the land; covers come as glass too."""

    def __init__(self, stage: Stage, colouring: Colouring) -> None:
        coarser = Coarser()
        self._all = [
            Solid(stage, np.array(members, np.intp), colouring, coarser, glass=glass)
            for (_, _, material, _, cover), members in _grouped(stage).items()
            for glass in ((True,) if material == "glass" else (False, True) if cover else (False,))
        ]
        self._order = np.concatenate([np.zeros(0, np.intp), *(solid.parts for solid in self._all)])
        self._starts = np.cumsum([0, *(len(solid.parts) for solid in self._all)])[:-1]

    def __iter__(self) -> Iterator[Solid]:
        return iter(self._all)

    def show_details(self, seen: NDArray[np.bool_]) -> None:
        """What is inside of other things is drawn where any of it is seen, bool[n] for n parts."""
        if self._all:
            for solid, shown in zip(self._all, np.logical_or.reduceat(seen[self._order], self._starts).tolist(), strict=True):
                if solid.detail:
                    solid.actor.SetVisibility(shown)

    def draw(self, away: NDArray[np.float64], pixel: float, patience: float) -> bool:
        """Each that is not hidden, as seen from `away` float64[n] metres from its parts, where `pixel` is what one metre away
        is too small to be seen. New ones are made for so many seconds. Tells whether all are as they should be."""
        if not self._all:
            return True
        seen = [solid.actor.GetVisibility() for solid in self._all]
        pixels = np.minimum.reduceat(away[self._order], self._starts) * pixel
        until, done = clock.monotonic() + patience * clock.SECOND, True
        for solid, size in ((s, p) for s, p, shown in zip(self._all, pixels.tolist(), seen, strict=True) if shown):
            if solid.ready(size) or clock.monotonic() < until:
                solid.draw(size)
            else:
                done = False
                solid.draw_anyhow(size * HASTE)
        return done


class Solid:
    """One actor: the parts (places on the stage) that it draws, and the joint it moves with (−1: none).

    They are merged when they are drawn first; from far away coarser, by powers of two.
    """

    def __init__(
        self, stage: Stage, parts: NDArray[np.intp], colouring: Colouring, coarser: Coarser, *, glass: bool = False
    ) -> None:
        first = stage.parts[parts[0]]
        self.parts, self.joint, self.glass = parts, int(stage.joint[parts[0]]), glass
        self.material, self.detail = first.material, first.detail
        self._stage, self._colouring, self._coarser = stage, colouring, coarser
        self.actor = _actor(colouring, glass)
        self._drawn: dict[int | None, vtkPolyDataMapper] = {}
        self._large = sum(len(stage.meshes[i].triangles) for i in parts) >= WORTH_IT
        if self._large and not glass:  # backs that nobody sees are half of the work
            self.actor.GetProperty().SetBackfaceCulling(all(coarser.closed(stage.meshes[i]) for i in parts))

    def ready(self, pixel: float) -> bool:
        """It was drawn so before; else drawing it takes a moment."""
        return self._fineness(pixel) in self._drawn

    def draw(self, pixel: float) -> None:
        """From now on as it is seen where a pixel is `pixel` metres wide."""
        fineness = self._fineness(pixel)
        if fineness not in self._drawn:
            self._drawn[fineness] = _mapper(self._merged(0.0 if fineness is None else 2.0**fineness))
        self.actor.SetMapper(self._drawn[fineness])

    def draw_anyhow(self, pixel: float) -> None:
        """As it was drawn last, or where it never was, so."""
        if self.actor.GetMapper() is None:
            self.draw(pixel)

    def _fineness(self, pixel: float) -> int | None:
        """2 to that power is how many metres are too small to be seen; None: nothing is."""
        return int(np.floor(np.log2(pixel))) if self._large and pixel > 0 else None

    def _merged(self, cell: float) -> vtkPolyData:
        alike: dict[int, list[int]] = defaultdict(list)
        for i in self.parts.tolist():
            alike[id(self._stage.meshes[i])].append(i)
        meshes, owners = [], []
        for members in alike.values():
            mesh = self._coarser.of(self._stage.meshes[members[0]], cell)
            meshes.append(mesh.repeated(self._stage.frame[members]))
            owners.append(np.repeat(members, len(mesh.points)))
        return merged(meshes, np.concatenate(owners), self._colouring)


def _grouped(stage: Stage) -> dict[Key, list[int]]:
    groups: dict[Key, list[int]] = defaultdict(list)
    small = np.array([part.detail for part in stage.parts], bool)
    tiles = np.where(small, _tiles(stage, DETAILS_A_TILE), _tiles(stage, PARTS_A_TILE))
    for i, part in enumerate(stage.parts):
        groups[int(stage.joint[i]), int(tiles[i]), part.material, part.detail, part.cover].append(i)
    return groups


def merged(meshes: Sequence[Mesh], owner: NDArray[np.intp], colouring: Colouring) -> vtkPolyData:
    """Meshes as one; `owner` intp[m] says which part each vertex belongs to."""
    whole = Mesh.join(meshes)
    return polydata(whole.points, whole.normals, whole.triangles, colouring.coordinates(owner))


def actor_of(data: vtkPolyData) -> vtkActor:
    """An actor in one colour, lit by its point normals."""
    actor = vtkActor()
    actor.SetMapper(_mapper(data))
    return actor


def _mapper(data: vtkPolyData) -> vtkPolyDataMapper:
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    return mapper


def _actor(colouring: Colouring, glass: bool) -> vtkActor:
    actor = vtkActor()
    actor.SetUserMatrix(vtkMatrix4x4())
    colouring.dress(actor, glass=glass)
    if glass:
        actor.ForceTranslucentOn()
        actor.VisibilityOff()
    return actor


def _tiles(stage: Stage, parts_a_tile: int) -> NDArray[np.intp]:
    """Which square of the land each part that stands still is in, so that what is out of sight is skipped; 0 for what moves."""
    side = max(1, round(np.sqrt(len(stage) / parts_a_tile)))
    at = stage.frame[:, :2, 3]
    if side == 1 or not len(stage):
        return np.zeros(len(stage), np.intp)
    low, span = at.min(axis=0), np.ptp(at, axis=0) + 1e-9
    column, row = np.minimum((at - low) / span * side, side - 1).astype(np.intp).T
    return np.where(stage.joint < 0, row * side + column, 0)

"""Solids: the parts of a stage merged into as few actors as can be moved, hidden and culled one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from scene.arrays import polydata
from scene.colouring import Colouring
from scene.stage import Stage
from twins.geometry.mesh import Mesh

PARTS_A_TILE, DETAILS_A_TILE = 4000, 250  # what is drawn from near alone is parted finely


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """One actor: the parts (places on the stage) that it draws, and the joint it moves with (−1: none)."""

    actor: vtkActor
    parts: NDArray[np.intp]
    joint: int
    material: str
    detail: bool
    glass: bool = False


def solids_of(stage: Stage, colouring: Colouring) -> list[Solid]:
    """All parts as actors: by joint, material and detail, what stands still by tile of the land; covers come as glass too."""
    groups: dict[tuple[int, int, str, bool, bool], list[int]] = defaultdict(list)
    small = np.array([part.detail for part in stage.parts], bool)
    tiles = np.where(small, _tiles(stage, DETAILS_A_TILE), _tiles(stage, PARTS_A_TILE))
    for i, part in enumerate(stage.parts):
        groups[int(stage.joint[i]), int(tiles[i]), part.material, part.detail, part.cover].append(i)
    solids = []
    for (joint, _, material, detail, cover), members in groups.items():
        parts = np.array(members, np.intp)
        mesh = merged([stage.meshes[i].moved(stage.frame[i]) for i in parts], parts, colouring)
        clear = material == "glass"
        for glass in (True,) if clear else (False, True) if cover else (False,):
            solids.append(Solid(_actor(mesh, colouring, glass), parts, joint, material, detail, glass))
    return solids


def merged(meshes: Sequence[Mesh], parts: NDArray[np.intp], colouring: Colouring) -> vtkPolyData:
    """Meshes as one, each vertex told which part it belongs to."""
    whole = Mesh.join(meshes)
    owner = np.repeat(parts, [len(mesh.points) for mesh in meshes])
    return polydata(whole.points, whole.normals, whole.triangles, colouring.coordinates(owner))


def actor_of(data: vtkPolyData) -> vtkActor:
    """An actor in one colour, lit by its point normals."""
    mapper, actor = vtkPolyDataMapper(), vtkActor()
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    actor.SetMapper(mapper)
    return actor


def _actor(data: vtkPolyData, colouring: Colouring, glass: bool) -> vtkActor:
    actor = actor_of(data)
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

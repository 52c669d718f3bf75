from __future__ import annotations

import numpy as np
import pytest

from scene.camera import Pose
from scene.coarser import coarsened, is_closed
from scene.solids import WORTH_IT
from scene.twin_scene import TwinScene
from twins.asset import Asset, AssetKind, Part, Placement, Twin
from twins.geometry.box import box
from twins.geometry.mesh import Mesh


def block(x, y, z, size):
    return box({"size": size, "centre": (x, y, z)})


def house():
    """20 m wide, with a hundred tiles of 10 cm on its roof."""
    tiles = [block(x, y, 10.05, (0.1, 0.1, 0.1)) for x in range(-5, 5) for y in range(-5, 5)]
    return Mesh.join([block(0, 0, 5, (20, 20, 10)), *tiles])


def test_that_what_is_smaller_than_a_pixel_is_left_out_and_the_rest_stays_where_it_is():
    whole = house()
    coarse = coarsened(whole, 0.5)
    assert len(whole.triangles) == 101 * 12
    assert len(coarse.triangles) == 12
    assert np.allclose(coarse.bounds, [[-10, -10, 0], [10, 10, 10]], atol=0.1)
    assert coarse.volume == pytest.approx(20 * 20 * 10, rel=0.01)
    assert coarsened(whole, 0.0) is whole


def test_that_what_lies_on_the_ground_stays_above_it():
    ground, paving = block(0, 0, 0.05, (50, 50, 0.1)), block(0, 0, 0.1, (30, 30, 0.2))
    tops = [coarsened(mesh, 4.0).points[:, 2].max() for mesh in (ground, paving)]
    assert tops == pytest.approx([0.1, 0.2])


def test_that_only_a_closed_mesh_whose_triangles_face_outwards_is_seen_from_one_side():
    whole = house()
    assert is_closed(whole)
    assert is_closed(coarsened(whole, 0.5))
    assert not is_closed(Mesh(whole.points, whole.normals, whole.triangles[1:]))
    assert not is_closed(Mesh(whole.points, whole.normals, whole.triangles[:, ::-1]))


@pytest.fixture
def town():
    mesh = house()
    rows = [(x, y) for x in range(6) for y in range(6)]
    assets = {"": Asset("", "Town", AssetKind.SYSTEM)}
    for k, (x, y) in enumerate(rows):
        path = f"h{k}"
        own = Part(path, "walls")
        assets[path] = Asset(path, path, AssetKind.COMPONENT, at=Placement(40.0 * x, 40.0 * y, 0.0), parts=(own,))
    twin = Twin("town", "Town", AssetKind.SYSTEM, assets, {}, (), ())
    return TwinScene(twin, {(path, "walls"): mesh for path in assets if path})


def test_that_a_town_seen_from_afar_costs_less_and_looks_the_same(town, off_screen):
    triangles = lambda: sum(s.actor.GetMapper().GetInput().GetNumberOfPolys() for s in town._solids)  # noqa: E731
    pose = Pose.of([-1500, -1500, 900], [120, 120, 0])
    window = off_screen(town)
    coarse = window.picture(pose, 400, 300).astype(int)
    cost = triangles()
    town.look(pose, 1e-9)
    assert triangles() > 20 * cost
    assert triangles() > WORTH_IT
    town.look = lambda where: TwinScene.look(town, where, 1e-9)
    fine = window.picture(pose, 400, 300).astype(int)
    assert (np.abs(coarse - fine).max(axis=2) > 24).mean() < 0.005


def test_that_without_patience_something_is_drawn_at_once_and_told_to_be_too_coarse(town):
    pose = Pose.of([-60, -60, 40], [120, 120, 0])
    assert not town.look(pose, 1.0, 0.0)
    drawn = [solid.actor.GetMapper() for solid in town._solids]
    assert all(drawn)
    assert town.look(pose, 1.0)
    assert [solid.actor.GetMapper() for solid in town._solids] != drawn
    assert town.look(pose, 1.0, 0.0), "what was made once is there"

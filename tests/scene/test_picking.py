from __future__ import annotations

import numpy as np
import pytest

from scene.appearance import Appearance, State
from scene.camera import Pose, ray_through

SOUTH = Pose.of([0, -30, 6], [0, 0, 5])  # on what is in front of M1


def picked(scene, pose=SOUTH, at=(400.0, 300.0)):
    hit = scene.pick(*ray_through(pose, *at, 800, 600))
    return (hit.asset, hit.part) if hit else None


def test_that_the_nearest_part_is_picked_and_the_point_lies_on_it(yard, scene):
    hit = scene.pick(np.array([0.3, -30.0, 4.75]), np.array([0.0, 1.0, 0.0]))
    assert (hit.asset, hit.part) == ("M1", "hood")
    assert hit.point == pytest.approx([0.3, -1.3, 4.75], abs=1e-6)
    assert hit.distance == pytest.approx(28.7, abs=1e-6)


def test_that_a_cover_that_is_glass_is_seen_through(yard, scene):
    assert picked(scene) == ("M1", "hood")
    scene.select("M1/gear")
    assert picked(scene) == ("M1/winding", "winding")
    scene.select("M2")
    assert picked(scene) == ("M1", "hood")


def test_that_what_has_moved_is_picked_where_it_is_now(yard, scene):
    above = Pose.of([0, 1.6, 40], [0, 1.601, 0])
    tip = [1.3, 1.6, 40.0], [0.0, 0.0, -1.0]
    assert picked(scene, above, (400, 300)) == ("M1/fan", "fan")
    scene.show(yard.snapshot({"M1.heading": 180.0}), 0.0)
    assert scene.pick(np.array(tip[0]), np.array(tip[1])) is None  # the fan is at the other side
    assert scene.pick(np.array([1.3, -1.6, 40.0]), np.array(tip[1])).asset == "M1/fan"


def test_that_nothing_is_picked_behind_a_hill(yard, scene):
    behind = Pose.of([118, 118, 3], [12, 0, 4.8])
    assert picked(scene, behind) is None
    assert picked(scene, Pose.of([80, 40, 90], [12, 0, 4.8])) is not None


def test_that_beside_everything_nothing_is_picked(yard, scene):
    assert picked(scene, at=(5.0, 5.0)) is None


def in_identity_colours(scene):
    """Each part in a colour of its own: its place in the red."""
    scene.renderer.GradientBackgroundOff()
    scene.renderer.SetBackground(0, 0, 1)
    colours = np.zeros((256, 3), np.uint8)
    colours[:, 0] = np.arange(256)
    scene.colouring.use_map(colours)
    count = len(scene.stage)
    scene.colouring.paint(Appearance(np.arange(count, dtype=np.float32) / 255, np.full(count, State.GOOD, np.uint8)))


def test_that_many_rays_agree_with_the_picture(yard, flat, off_screen):
    """The pixel says which part the ray through it must meet."""
    flat.show(yard.snapshot({"M1.heading": 40.0, "M2.heading": 290.0}), 0.0)
    in_identity_colours(flat)
    pose = Pose.of([-6, -16, 11], [5, 0, 4])
    picture = off_screen(flat).picture(pose, 320, 240).astype(int)
    shown = np.where(picture[..., 1:].any(axis=2), -1, picture[..., 0])
    hits = 0
    for x, y in np.random.default_rng(5).integers([2, 2], [318, 238], (1000, 2)).tolist():
        if len(np.unique(shown[y - 1 : y + 2, x - 1 : x + 2])) > 1:
            continue  # on an edge either is right
        hit = flat.pick(*ray_through(pose, x + 0.5, y + 0.5, 320, 240))
        assert (hit.place if hit else -1) == shown[y, x]
        hits += hit is not None
    assert hits > 60

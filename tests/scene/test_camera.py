from __future__ import annotations

import numpy as np
import pytest

from scene import camera
from scene.camera import Pose
from scene.pilot import Pilot, Way

FLAT = lambda x, y: 0.0  # noqa: E731
HILL = lambda x, y: 3.0 + 0.1 * x  # noqa: E731
FREE = lambda start, end: False  # noqa: E731


def test_that_orbiting_keeps_the_focus_and_its_distance():
    start = Pose.of([10, 0, 5], [0, 0, 0])
    turned = camera.orbit(start, 50, 20)
    assert turned.focus.tolist() == [0, 0, 0]
    assert turned.distance == pytest.approx(start.distance)
    assert turned.pitch_deg == pytest.approx(start.pitch_deg - 20)


def test_that_one_never_orbits_over_the_top():
    assert camera.orbit(Pose.of([10, 0, 5], [0, 0, 0]), 0, 500).pitch_deg == pytest.approx(-camera.STEEPEST_DEG)


def test_that_zooming_keeps_the_point_under_the_pointer_where_it_is():
    pose, point = Pose.of([0, -100, 40], [0, 0, 0]), np.array([20.0, 10.0, 0.0])
    before = camera.projected(pose, point[None], 800, 600)[0, :2]
    after = camera.projected(camera.zoom(pose, 0.5, point), point[None], 800, 600)[0, :2]
    assert after == pytest.approx(before, abs=1e-6)


def test_that_panning_moves_the_focus_with_the_pointer():
    pose = Pose.of([0, -100, 40], [0, 0, 0])
    moved = camera.pan(pose, 30, 20, 600)
    assert camera.projected(moved, pose.focus[None], 800, 600)[0, :2] == pytest.approx([430, 280])


def test_that_a_ray_and_a_projection_are_each_others_inverse():
    pose = Pose.of([3, -50, 20], [1, 2, 3])
    eye, direction = camera.ray_through(pose, 123.5, 456.5, 800, 600)
    assert camera.projected(pose, (eye + direction * 37)[None], 800, 600)[0, :2] == pytest.approx([123.5, 456.5])


@pytest.mark.parametrize("aspect", [0.6, 1.0, 2.4])
def test_that_a_fitted_box_is_wholly_in_the_picture_and_fills_it(aspect):
    box = np.array([[-5.0, -40.0, 0.0], [60.0, 10.0, 90.0]])
    pose = camera.fitted(box, aspect, 30, -15)
    corners = np.array([[box[i, 0], box[j, 1], box[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    at = camera.projected(pose, corners, round(600 * aspect), 600)
    share = np.abs(at[:, :2] / [300 * aspect, 300] - 1).max()
    assert 0.5 < share <= 0.95


def test_that_a_glide_takes_300_ms_and_ends_exactly_there():
    pilot = Pilot(Pose.of([0, -100, 40], [0, 0, 0]), FLAT, FREE)
    goal = Pose.of([200, 50, 30], [180, 60, 20])
    pilot.glide(goal)
    pilot.tick(0.15)
    assert pilot.moving
    pilot.tick(0.16)
    assert not pilot.moving
    assert pilot.pose.eye.tolist() == goal.eye.tolist()


def test_that_the_eye_never_comes_below_the_ground():
    pilot = Pilot(Pose.of([0, -20, 10], [0, 0, 5]), HILL, FREE)
    pilot.turn(0, 2000)
    pilot.turn(0, -4000)
    assert pilot.pose.eye[2] >= HILL(*pilot.pose.eye[:2]) + camera.CLEARANCE - 1e-9


def test_that_walking_follows_the_ground_at_eye_height():
    pilot = Pilot(Pose.of([0, 0, 50], [100, 0, 50]), HILL, FREE)
    pilot.choose(Way.WALK)
    pilot.tick(1.0)
    pilot.held = {"w"}
    for _ in range(10):
        pilot.tick(0.5)
    assert pilot.pose.eye[0] == pytest.approx(8.0)  # 5 s at 1.6 m/s
    assert pilot.pose.eye[2] == pytest.approx(HILL(8.0, 0) + 1.7)


def test_that_shift_walks_and_flies_faster():
    ways = []
    for held in ({"w"}, {"w", "shift"}):
        pilot = Pilot(Pose.of([0, 0, 50], [100, 0, 50]), FLAT, FREE)
        pilot.choose(Way.FLY)
        pilot.held = held
        pilot.tick(1.0)
        ways.append(pilot.pose.eye[0])
    assert ways[1] == pytest.approx(4 * ways[0])


def test_that_a_walker_slides_along_a_wall_and_does_not_pass_it():
    wall = lambda start, end: start[0] < 5 <= end[0]  # noqa: E731
    pose = Pose.of([0, 0, 1.7], [10, 10, 1.7])
    for _ in range(30):
        pose = camera.walk(pose, 0.5, 0.0, FLAT, wall)
    assert pose.eye[0] < 5
    assert pose.eye[1] > 8


def test_that_near_and_far_things_are_both_within_the_clipping_range():
    land = np.array([[-3000.0, -3000.0, 0.0], [3000.0, 3000.0, 200.0]])
    near, far = camera.clipping_range(Pose.of([0, 0, 80], [2, 0, 80]), land, nearest=2.0)
    assert near < 2.0
    assert far > 3000


def test_that_looking_around_turns_the_head_and_not_the_feet():
    turned = camera.look_around(Pose.of([1, 2, 3], [1, 12, 3]), 90, 10)
    assert turned.eye.tolist() == [1, 2, 3]
    assert (turned.heading_deg, turned.pitch_deg) == (pytest.approx(90), pytest.approx(10))


def test_that_who_begins_to_walk_looks_ahead_and_not_at_the_ground():
    pilot = Pilot(Pose.of([0, 0, 50], [40, 0, 0]), FLAT, FREE)
    pilot.choose(Way.WALK)
    pilot.tick(1.0)
    assert 0 < pilot.pose.pitch_deg < 10


def test_that_who_begins_to_walk_from_high_up_lands_before_what_was_looked_at_and_in_no_house():
    house = lambda start, end: 20 > start[0] > -30 and end[2] < 10  # noqa: E731  its roof is met from above
    pilot = Pilot(Pose.of([-400, 0, 300], [0, 0, 0]), FLAT, house)
    pilot.choose(Way.WALK)
    pilot.tick(1.0)
    x, y, z = pilot.pose.eye
    assert -40 < x <= -30
    assert (y, z) == (pytest.approx(0), pytest.approx(1.7))
    assert pilot.pose.heading_deg == pytest.approx(90), "and looks there"

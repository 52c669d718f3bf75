from __future__ import annotations

import numpy as np

from scene.camera import Pose
from scene.labels import placed

POSE = Pose.of([0, -100, 10], [0, 0, 10])
SIZE = np.array([100.0, 24.0])


def labelled(anchors, first=(), far=1000.0):
    return placed(np.array(anchors, float), np.tile(SIZE, (len(anchors), 1)), list(first), POSE, 800, 600, far)


def test_that_labels_never_overlap_and_the_nearer_one_stays():
    crowd = [[x, 50 - y, 10] for y in range(5) for x in (0, 1)]
    shown = labelled(crowd)
    assert {8, 9} <= {label.which for label in shown}
    assert 2 <= len(shown) < len(crowd)
    boxes = [(label.left, label.top) for label in shown]
    assert all(abs(a[0] - b[0]) >= 100 or abs(a[1] - b[1]) >= 24 for i, a in enumerate(boxes) for b in boxes[:i])


def test_that_a_chosen_things_label_wins():
    above = labelled([[0, 50, 10], [1, 0, 10]], first=[0])[0]
    assert above.which == 0
    assert above.left == 350


def test_that_labels_fade_with_distance_and_then_are_gone():
    near, middle, far = ([x, y, 10] for x, y in ((-10, 0), (25, 100), (0, 900)))
    strengths = {label.which: label.strength for label in labelled([near, middle, far], far=300.0)}
    assert strengths[0] == 1.0
    assert 0 < strengths[1] < 1
    assert 2 not in strengths


def test_that_what_is_behind_the_eye_or_far_out_of_the_picture_has_none():
    assert labelled([[0, -200, 10], [-60, 0, 10]]) == []


def test_that_a_label_is_moved_into_the_picture_while_its_thing_reaches_out_of_it():
    (left,) = labelled([[-34, 0, 10]])
    assert left.left == 6.0
    (top,) = labelled([[0, 0, 39]])
    assert top.top == 6.0
    assert labelled([[0, 0, 60]]) == []


def test_that_of_two_things_in_one_place_the_second_is_told_beside_it():
    over, beside = labelled([[0, 0, 10], [0, 1, 10]])
    assert (over.which, beside.which) == (0, 1)
    assert beside.left + 100 <= 400
    assert beside.top == over.top + 24 + 6


def test_that_labels_keep_away_from_what_lies_over_the_scene():
    legend = (np.array([300.0, 200.0]), np.array([500.0, 400.0]))
    anchor = np.array([[0.0, 0.0, 10.0]])
    assert placed(anchor, SIZE[None], [], POSE, 800, 600, 1000.0)
    assert not placed(anchor, SIZE[None], [], POSE, 800, 600, 1000.0, [legend])

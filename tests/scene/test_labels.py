from __future__ import annotations

import numpy as np

from scene.camera import Pose
from scene.labels import placed

POSE = Pose.of([0, -100, 10], [0, 0, 10])
SIZE = np.array([100.0, 24.0])


def labelled(anchors, first=(), far=1000.0):
    return placed(np.array(anchors, float), np.tile(SIZE, (len(anchors), 1)), list(first), POSE, 800, 600, far)


def test_that_labels_never_overlap_and_the_nearer_one_stays():
    assert [label.which for label in labelled([[0, 50, 10], [1, 0, 10]])] == [1]


def test_that_a_chosen_things_label_wins():
    assert [label.which for label in labelled([[0, 50, 10], [1, 0, 10]], first=[0])] == [0]


def test_that_labels_fade_with_distance_and_then_are_gone():
    near, middle, far = ([x, y, 10] for x, y in ((-10, 0), (25, 100), (0, 900)))
    strengths = {label.which: label.strength for label in labelled([near, middle, far], far=300.0)}
    assert strengths[0] == 1.0
    assert 0 < strengths[1] < 1
    assert 2 not in strengths


def test_that_what_is_behind_the_eye_or_half_out_of_the_picture_has_none():
    assert labelled([[0, -200, 10], [-34, 0, 10]]) == []


def test_that_labels_keep_away_from_what_lies_over_the_scene():
    legend = (np.array([300.0, 200.0]), np.array([500.0, 400.0]))
    anchor = np.array([[0.0, 0.0, 10.0]])
    assert placed(anchor, SIZE[None], [], POSE, 800, 600, 1000.0)
    assert not placed(anchor, SIZE[None], [], POSE, 800, 600, 1000.0, [legend])

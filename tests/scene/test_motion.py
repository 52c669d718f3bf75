from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scene.twin_scene import TwinScene
from tests.scene.conftest import box
from twins.asset import Part
from twins.clock import SECOND

FAN, HOOD = "fan", "hood"


def place(scene, asset, name):
    return next(i for i, part in enumerate(scene.stage.parts) if (part.asset, part.name) == (asset, name))


def direction(scene, asset, name, own):
    """Where an axis of a part points in the world."""
    world = scene.stage.world(scene.joints)[place(scene, asset, name)]
    return world[:3, :3] @ np.array(own, float)


def fan_angle(scene):
    x, _, z = direction(scene, "M1/fan", FAN, (1, 0, 0))
    return float(np.degrees(np.arctan2(-z, x)) % 360)


def test_that_a_thing_without_z_stands_on_the_ground_and_its_parts_on_it(yard, scene):
    hood = scene.boxes[place(scene, "M2", HOOD)]
    assert hood[0, 2] == pytest.approx(scene.ground.height(12, 0) + 4, abs=1e-6)
    assert hood.mean(axis=0)[:2] == pytest.approx([12, 0])


def test_that_a_compass_direction_turns_what_stands_on_the_joint(yard, scene):
    scene.show(yard.snapshot({"M1.heading": 90.0}), 0.0)
    assert direction(scene, "M1/fan", FAN, (0, 1, 0)) == pytest.approx([1, 0, 0], abs=1e-9)  # to the east
    assert direction(scene, "M2/fan", FAN, (0, 1, 0)) == pytest.approx([0, 1, 0], abs=1e-9)  # never seen: at rest


def test_that_a_rotor_goes_round_at_its_rpm_on_the_displays_clock_both_ways(yard, scene):
    snapshot = yard.snapshot({"M1.speed": 10.0})
    for clock, angle in ((0.0, 0), (0.5, 30), (1.0, 60), (1.0, 60), (0.5, 30)):
        scene.show(snapshot, clock)
        assert fan_angle(scene) == pytest.approx(angle, abs=1e-6)


@pytest.mark.parametrize("fault", [{"ages_s": {"M1.speed": 5.0}}, {"quality": {"M1.speed": 2}}])
def test_that_a_rotor_stops_where_its_speed_is_stale_or_bad(yard, scene, fault):
    scene.show(yard.snapshot({"M1.speed": 10.0}), 0.0)
    scene.show(yard.snapshot({"M1.speed": 10.0}, **fault), 1.0)
    assert fan_angle(scene) == pytest.approx(0)


def test_that_motion_can_be_switched_off(yard, scene):
    scene.motion.spinning = False
    scene.show(yard.snapshot({"M1.speed": 10.0}), 0.0)
    scene.show(yard.snapshot({"M1.speed": 10.0}, time=SECOND), 1.0)
    assert fan_angle(scene) == pytest.approx(0)


def test_that_an_unchanged_instant_is_told_from_a_changed_one(yard, scene):
    still = yard.snapshot({"M1.speed": 0.0, "M1.power": 1.0})
    scene.show(still, 0.0)
    assert not scene.show(still, 1.0)
    assert scene.show(yard.snapshot({"M1.speed": 10.0, "M1.power": 1.0}), 2.0)


def test_that_a_camera_at_a_component_turns_with_what_that_is_mounted_on(yard, scene):
    from twins.asset import Viewpoint

    gear, whole = Viewpoint("gear", (0, 5, 5), (0, 0, 5), "M1/gear"), Viewpoint("whole", (0, 5, 5), (0, 0, 5), "M1")
    scene.show(yard.snapshot({"M1.heading": 90.0}), 0.0)
    assert scene.pose_of(gear).eye[:2] == pytest.approx([5, 0])
    assert scene.pose_of(whole).eye[:2] == pytest.approx([0, 5])


def test_that_a_part_is_as_large_as_its_tag_says_and_what_stands_on_it_goes_along(tmp_path):
    from scene.motion import Motion
    from scene.stage import Stage
    from twins.asset import Asset, AssetKind, Part, Tag, Twin
    from twins.geometry.placing import build_part
    from twins.historian.memory import MemoryRecording
    from twins.record import Channel, Samples

    box = {"shape": {"box": {"size": [2, 2, 2]}}}
    sizes = ((50.0, 0.8), (100.0, 1.0))
    parts = (
        Part("H", "heart", box, origin=(1.0, 0.0, 0.0), scale_by="H.volume", sizes=sizes),
        Part("H", "valve", box, on="heart", origin=(0.0, 0.0, 1.0)),
    )
    tag = Tag("H.volume", unit="ml", period_ns=SECOND)
    assets = {"": Asset("", "", AssetKind.SYSTEM), "H": Asset("H", "H", AssetKind.COMPONENT, tags=(tag.path,), parts=parts)}
    twin = Twin("h", "h", AssetKind.SYSTEM, assets, {tag.path: tag})
    meshes = {(part.asset, part.name): build_part(part, tmp_path, {}) for part in parts}
    stage = Stage.of(twin, meshes, lambda x, y: 0.0)
    motion = Motion(stage)
    for volume, size in ((75.0, 0.9), (10.0, 0.8), (400.0, 1.0)):
        recording = MemoryRecording()
        recording.append(Samples.numbers(Channel.of(tag), [SECOND], [volume]))
        boxes = stage.boxes(motion.show(recording.at(SECOND), 0.0))
        assert boxes[0] == pytest.approx(np.array([[1 - size, -size, -size], [1 + size, size, size]]))
        assert boxes[1].mean(axis=0) == pytest.approx([1, 0, size])
    assert stage.boxes(motion.show(MemoryRecording().at(0), 0.0))[0] == pytest.approx(np.array([[0, -1, -1], [2, 1, 1]]))


def test_that_a_part_moves_along_and_comes_and_goes_by_its_tags(yard):
    parts = (
        Part("M1", "post"),
        Part("M1", "tray", axis=(0, 2, 0), move_by="M1.speed"),
        Part("M1", "load", on="tray", shown_by="M1.power", shown_from=50.0),
    )
    twin = replace(yard.twin, assets={"": yard.twin.assets[""], "M1": replace(yard.twin.assets["M1"], parts=parts)})
    scene = TwinScene(twin, {("M1", part.name): box(1, 1, 1) for part in parts})

    def load(values):
        scene.show(yard.snapshot(values), 0.0)
        return scene.boxes[place(scene, "M1", "load")]

    here = load({"M1.speed": 3.0, "M1.power": 60.0})
    assert here.mean(axis=0)[1] == pytest.approx(load({"M1.power": 60.0}).mean(axis=0)[1] + 3)
    assert np.ptp(here, axis=0) == pytest.approx([1, 1, 1])
    assert np.ptp(load({"M1.speed": 3.0, "M1.power": 40.0}), axis=0).max() < 1e-6
    assert np.ptp(load({"M1.speed": 3.0}), axis=0).max() < 1e-6  # never heard of: not there

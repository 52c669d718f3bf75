"""In a house of placed assets walls turn to glass while something in it is selected; glass is always seen through."""

import numpy as np
import pytest

from scene.twin_scene import TwinScene
from twins.package.opening import OpenPackage

HOUSE = """
twin: { id: house }
types:
  floor: { kind: system }
  wall: { parts: { body: { shape: { box: { size: [4, 0.2, 3] } }, cover: true } } }
  window: { parts: { body: { shape: { box: { size: [1, 0.1, 1] } }, material: glass } } }
  lamp: { parts: { body: { shape: { box: { size: [0.2, 0.2, 0.2] } } } } }
assets:
  - { id: ground, type: floor, at: { x: 0, y: 0, z: 0 } }
  - { id: wall, type: wall, parent: ground, at: { x: 0, y: 0, z: 0 } }
  - { id: window, type: window, parent: ground, at: { x: 1, y: 0, z: 1 } }
  - { id: lamp, type: lamp, parent: ground, at: { x: 0, y: 2, z: 1 } }
"""


@pytest.fixture
def scene(tmp_path):
    (tmp_path / "twin.yaml").write_text(HOUSE)
    package = OpenPackage.at(tmp_path)
    return TwinScene(package.twin, package.meshes())


def seen(scene):
    """The assets whose parts an actor that is seen draws as glass."""
    return {scene.stage.parts[i].asset for s in scene._solids if s.glass and s.actor.GetVisibility() for i in s.parts}


def test_that_the_walls_open_for_what_is_inside(scene):
    assert seen(scene) == {"ground/window"}
    scene.select("ground/lamp")
    assert seen(scene) == {"ground/window", "ground/wall"}
    assert scene.pick(np.array([0.0, -5, 1]), np.array([0.0, 1, 0])).asset == "ground/lamp"
    scene.select("")
    assert seen(scene) == {"ground/window"}
    assert scene.pick(np.array([0.0, -5, 1]), np.array([0.0, 1, 0])).asset == "ground/wall"

from __future__ import annotations

import numpy as np
import pytest

from scene.twin_scene import TwinScene
from scene.vantage import vantage
from twins.asset import Asset, AssetKind, Part, Placement, Twin
from twins.geometry.shapes import build


def yard(*walls: Placement) -> TwinScene:
    """A pump of 1 m at the origin, and walls of 20 m in a row to the east."""
    pump = build({"box": {"size": [1, 1, 1], "centre": [0, 0, 0.5]}})
    wall = build({"box": {"size": [20, 0.5, 12], "centre": [0, 0, 6]}})
    assets = {"": Asset("", "Yard", AssetKind.SYSTEM), "P": Asset("P", "Pump", AssetKind.SYSTEM, parts=(Part("P", "body"),))}
    meshes = {("P", "body"): pump}
    for i, at in enumerate(walls):
        assets[f"W{i}"] = Asset(f"W{i}", "Wall", AssetKind.SYSTEM, at=at, parts=(Part(f"W{i}", "body"),))
        meshes[f"W{i}", "body"] = wall
    return TwinScene(Twin("yard", "Yard", AssetKind.SYSTEM, assets, {}), meshes)


def test_that_a_free_view_keeps_its_heading():
    assert vantage(yard(), "P", 1.5, 0.0, -10.0).heading_deg == pytest.approx(0.0)
    assert vantage(yard(Placement(0, 3, 0)), "P", 1.5, 0.0, -10.0).heading_deg == pytest.approx(0.0)  # behind it


def test_that_one_looks_past_what_stands_in_the_way():
    scene = yard(Placement(0, -2, 0))
    pose = vantage(scene, "P", 1.5, 0.0, -10.0)
    assert pose.heading_deg != pytest.approx(0.0)
    way = pose.focus - pose.eye
    hit = scene.pick(pose.eye, way / np.linalg.norm(way))
    assert hit is not None
    assert hit.asset == "P"

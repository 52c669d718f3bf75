"""Meshes that were kept are those that would be built, and nothing depends on their being kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from twins.package.opening import OpenPackage

SKID = Path(__file__).parent / "skid"


@pytest.fixture
def built():
    return OpenPackage.at(SKID).meshes()


def same(one, other):
    return one.keys() == other.keys() and all(
        np.array_equal(getattr(one[key], column), getattr(other[key], column))
        for key in one
        for column in ("points", "normals", "triangles")
    )


def test_that_kept_meshes_are_those_that_would_be_built(tmp_path, built):
    for _ in range(2):  # built and kept, then read
        assert same(OpenPackage.at(SKID).meshes(tmp_path), built)
    assert len(list(tmp_path.iterdir())) == 1


def test_that_a_damaged_or_missing_store_only_costs_time(tmp_path, built):
    OpenPackage.at(SKID).meshes(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:100], b"", whole[: len(whole) // 2] + b"\x55" + whole[len(whole) // 2 + 1 :]):
        file.write_bytes(damaged)
        assert same(OpenPackage.at(SKID).meshes(tmp_path), built)
    (tmp_path / "a file").write_text("")
    assert same(OpenPackage.at(SKID).meshes(tmp_path / "a file"), built)


def test_that_another_shape_is_another_key(tmp_path):
    package = tmp_path / "skid"
    shutil.copytree(SKID, package)
    store = tmp_path / "store"
    before = OpenPackage.at(package).meshes(store)
    changed = next(path for path in package.rglob("*.yaml") if "radius" in path.read_text() or "size: [" in path.read_text())
    changed.write_text(changed.read_text().replace("size: [", "size: [1", 1).replace("radius: 0", "radius: 1", 1))
    assert not same(OpenPackage.at(package).meshes(store), before)
    assert len(list(store.iterdir())) == 2

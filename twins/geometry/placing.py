"""The mesh of one part, made once for all assets that share its geometry."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from twins.asset import Part
from twins.geometry.mesh import GeometryError, Mesh
from twins.geometry.reader import indexed, named, read_pieces
from twins.geometry.shapes import build

Cache = MutableMapping[str, Any]


def build_part(part: Part, folder: Path, cache: Cache) -> Mesh:
    """The mesh of a part in its own frame; a bare joint's is empty. Mesh files are looked up in the package's `folder`.

    `cache` keeps what was made, by what describes it: give the same one for every part of a twin. `GeometryError` names the part.
    """
    key = json.dumps(dict(part.geometry), sort_keys=True, default=str)
    if key not in cache:
        try:
            cache[key] = _made(part.geometry, folder, cache)
        except GeometryError as error:
            raise GeometryError(f"{part.asset}, part {part.name}: {error}") from error
    mesh: Mesh = cache[key]
    return mesh


def _made(geometry: Mapping[str, Any], folder: Path, cache: Cache) -> Mesh:
    if "mesh" in geometry:
        return _from_file(str(geometry["mesh"]), geometry.get("frame") == "piece", folder, cache)
    described = geometry.get("shape", geometry)
    return build(described) if described else Mesh.empty()


def _from_file(reference: str, own_frame: bool, folder: Path, cache: Cache) -> Mesh:
    """`FILE#NAME` within the package; one reading serves all names of a file."""
    file, _, name = reference.partition("#")
    path = (folder / file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise GeometryError(f"the mesh {file} lies outside the package; put it into its folder meshes/.")
    if str(path) not in cache:
        cache[str(path)] = indexed(read_pieces(path))
    return named(cache[str(path)], name, path, own_frame=own_frame)

"""The mesh store: what a package's shapes came to, kept in the user's cache, so that the next start need not build them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

import twins.geometry
from twins.geometry.mesh import Mesh
from twins.package.archive import Files

Meshes = Mapping[tuple[str, str], Mesh]
KEPT = 16  # packages


def key_of(files: Files) -> str:
    """Names a package by all it holds and by the code that builds its shapes: another package or another code, another key."""
    digest = hashlib.sha256()
    sources = sorted(Path(twins.geometry.__file__).parent.glob("*.py"))
    for name, content in [(path.name, path.read_bytes()) for path in sources] + [(n, files.read(n)) for n in sorted(files.sizes)]:
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def stored(key: str, folder: Path, build: Callable[[], Meshes]) -> Meshes:
    """The meshes kept under a key, else built and kept. A file that can't be read or written costs time, nothing else."""
    file = folder / f"{key}.npz"
    try:
        return _read(file)
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile):
        meshes = build()
    if not meshes:
        return meshes
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _write(file, meshes)
        _prune(folder)
    return meshes


def _read(file: Path) -> Meshes:
    """Parts that shared a mesh share it again."""
    with np.load(file, allow_pickle=False) as kept:
        columns = {name: kept[name] for name in ("points", "normals", "triangles", "names")}
        points_end, triangles_end = kept["points_end"], kept["triangles_end"]
    starts = zip(np.append(0, points_end[:-1]), points_end, np.append(0, triangles_end[:-1]), triangles_end, strict=True)
    each = [Mesh(columns["points"][a:b], columns["normals"][a:b], columns["triangles"][c:d]) for a, b, c, d in starts]
    return {(asset, part): each[place] for asset, part, place in json.loads(bytes(columns["names"]))}


def _write(file: Path, meshes: Meshes) -> None:
    unique = list({id(mesh): mesh for mesh in meshes.values()}.values())
    places = {id(mesh): place for place, mesh in enumerate(unique)}
    names = json.dumps([[asset, part, places[id(mesh)]] for (asset, part), mesh in meshes.items()])
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with draft.open("wb") as out:
        np.savez(
            out,
            points=np.concatenate([mesh.points for mesh in unique]),
            normals=np.concatenate([mesh.normals for mesh in unique]),
            triangles=np.concatenate([mesh.triangles for mesh in unique]),
            points_end=np.cumsum([len(mesh.points) for mesh in unique]),
            triangles_end=np.cumsum([len(mesh.triangles) for mesh in unique]),
            names=np.frombuffer(names.encode(), np.uint8),
        )
    draft.replace(file)


def _prune(folder: Path) -> None:
    """Only the newest few are kept."""
    for old in sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        old.unlink(missing_ok=True)

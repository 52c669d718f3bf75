"""Mesh files read in a sandboxed child: GLB, glTF with its data inside, STL, OBJ and PLY become meshes with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twins.geometry.mesh import GeometryError, Mesh
from twins.sandbox import SandboxError, run

FORMATS = (".glb", ".gltf", ".stl", ".obj", ".ply")
LARGEST = 200 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """One mesh of a file and the names it goes by: its assemblies from the outermost, its own node, its mesh."""

    names: tuple[str, ...]
    mesh: Mesh


def read_mesh(path: Path, name: str = "") -> Mesh:
    """The piece called `name`, with all below it, in metres and z up; without a name all of the file.

    `GeometryError` where the file can't be used or has no such piece.
    """
    return named(read_pieces(path), name, path)


def part_names(path: Path) -> tuple[str, ...]:
    """The names of a file's assemblies and pieces, in its order."""
    return _names(read_pieces(path))


def named(pieces: Sequence[Piece], name: str, path: Path) -> Mesh:
    """What `read_mesh` answers, of pieces that were read before."""
    found = [piece.mesh for piece in pieces if not name or name in piece.names]
    if not found:
        raise GeometryError(f"{path.name} has no piece called “{name}”; it has {_listed(_names(pieces))}.")
    return Mesh.join(found)


def read_pieces(path: Path) -> tuple[Piece, ...]:
    """Every piece of a file. One child process reads all of them: ask once for many rather than for each."""
    _refuse_unreadable(path)
    try:
        return _pieces(run("twins.geometry.formats:pieces", str(path.resolve())))
    except SandboxError as error:
        raise GeometryError(f"{path.name} can't be used: {error}; export it again, best as GLB.") from error


def _names(pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for piece in pieces for name in piece.names))


def _refuse_unreadable(path: Path) -> None:
    if path.suffix.lower() not in FORMATS:
        raise GeometryError(f"{path.name} is not a mesh file that can be read; use one of {', '.join(FORMATS)}.")
    if not path.is_file():
        raise GeometryError(f"There is no mesh file {path.name} in {path.parent}; put it there or mend its name.")
    if path.stat().st_size > LARGEST:
        raise GeometryError(f"{path.name} is larger than {LARGEST >> 20} MB; reduce its triangles and export it again.")


def _pieces(answer: Mapping[str, Any]) -> tuple[Piece, ...]:
    """Cut out of the joined arrays; whatever does not fit together is refused, as the child may have been taken over."""
    try:
        return tuple(_piece(answer, *place) for place in answer["pieces"])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as nonsense:
        raise SandboxError("the reader answered nonsense") from nonsense


def _piece(answer: Mapping[str, Any], names: Sequence[str], start: int, end: int, first: int, last: int) -> Piece:
    points, normals, triangles = answer["points"][start:end], answer["normals"][start:end], answer["triangles"][first:last]
    if points.shape[1:] != (3,) or normals.shape != points.shape or triangles.shape[1:] != (3,) or not len(triangles):
        raise ValueError("shapes")
    if triangles.min() < 0 or triangles.max() >= len(points) or not np.isfinite(points).all():
        raise ValueError("indices")
    return Piece(tuple(map(str, names)), Mesh(points.astype(np.float32), normals.astype(np.float32), triangles.astype(np.int32)))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:12]) + (" and more" if len(names) > 12 else "")

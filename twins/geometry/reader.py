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
    """One mesh of a file, about its own origin, and the names it goes by: its assemblies from the outermost, its own node, its
    mesh. `origin` is where it stands in the file, metres."""

    names: tuple[str, ...]
    mesh: Mesh
    origin: tuple[float, float, float]

    @property
    def in_file(self) -> Mesh:
        """In the file's own frame."""
        if not any(self.origin):
            return self.mesh
        moved = (self.mesh.points + np.array(self.origin)).astype(np.float32)
        return Mesh(moved, self.mesh.normals, self.mesh.triangles)


Index = Mapping[str, Sequence[Piece]]  # by each name that a piece goes by; "" is all of the file


def read_mesh(path: Path, name: str = "") -> Mesh:
    """The piece called `name`, with all below it, in metres and z up; without a name all of the file.

    `GeometryError` where the file can't be used or has no such piece.
    """
    return named(indexed(read_pieces(path)), name, path)


def part_names(path: Path) -> tuple[str, ...]:
    """The names of a file's assemblies and pieces, in its order."""
    return _names(read_pieces(path))


def indexed(pieces: Sequence[Piece]) -> Index:
    """Pieces by name."""
    found: dict[str, list[Piece]] = {"": list(pieces)}
    for piece in pieces:
        for name in filter(None, dict.fromkeys(piece.names)):
            found.setdefault(name, []).append(piece)
    return found


def named(index: Index, name: str, path: Path, *, own_frame: bool = False) -> Mesh:
    """What `read_mesh` answers, of pieces that were read before; in its `own_frame`, about the origin of the first of them."""
    found = index.get(name)
    if not found:
        raise GeometryError(f"{path.name} has no piece called “{name}”; it has {_listed(_names(index['']))}.")
    if not own_frame:
        return Mesh.join([piece.in_file for piece in found])
    if len(found) == 1:
        return found[0].mesh
    shifts = [np.subtract(piece.origin, found[0].origin) for piece in found]
    return Mesh.join([Piece((), piece.mesh, tuple(shift)).in_file for piece, shift in zip(found, shifts, strict=True)])


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


def _piece(
    answer: Mapping[str, Any], names: Sequence[str], start: int, end: int, first: int, last: int, origin: Sequence[float]
) -> Piece:
    points, normals, triangles = answer["points"][start:end], answer["normals"][start:end], answer["triangles"][first:last]
    if points.shape[1:] != (3,) or normals.shape != points.shape or triangles.shape[1:] != (3,) or not len(triangles):
        raise ValueError("shapes")
    if triangles.min() < 0 or triangles.max() >= len(points) or not np.isfinite(points).all():
        raise ValueError("indices")
    mesh = Mesh(points.astype(np.float32), normals.astype(np.float32), triangles.astype(np.int32))
    x, y, z = map(float, origin)
    if not np.isfinite([x, y, z]).all():
        raise ValueError("origin")
    return Piece(tuple(map(str, names)), mesh, (x, y, z))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:12]) + (" and more" if len(names) > 12 else "")

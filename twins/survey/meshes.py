"""Mesh files as surveys: each named node or object is a thing, in the file's own hierarchy; this runs in a sandboxed child."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.geometry.formats import Y_UP_FORMATS, Z_UP, Found, foreign, limited, placed
from twins.geometry.gltf import Gltf, Node, read_gltf
from twins.survey import obj
from twins.survey.survey import Survey, Thing, packed

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0, "in": 0.0254, "ft": 0.3048}
_SPOKEN = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "km": "kilometres", "in": "inches", "ft": "feet"}
_LARGEST_M = {".stl": 5.0}  # a side longer than this is rather in millimetres: STL comes from machine design
_ELSE_M = 100.0
_UNNAMED = "assembly"


def survey(path: str, unit: str, up: str) -> dict[str, Any]:
    """The survey of one mesh file, packed; `unit` and `up` are "" where nobody said."""
    file = Path(path)
    made = _of_gltf(file, unit, up) if file.suffix.lower() in Y_UP_FORMATS else _of_pieces(file, unit, up)
    if not any(len(thing.triangles) for thing in made.without_flat().things):
        raise ValueError("it holds no triangles")
    return packed(made)


def _of_gltf(file: Path, unit: str, up: str) -> Survey:
    gltf, made = read_gltf(file, beside=True), Survey()
    frame = (Z_UP if up != "z" else np.eye(4)) * np.array([UNITS[unit or "m"]] * 3 + [1.0])[:, None]
    shaped = _shaped(gltf)
    inside = Counter(gltf.nodes[place].parent for place in shaped)
    above: dict[int, int] = {-1: -1}
    for place, node in enumerate(gltf.nodes):
        if place not in shaped or not (node.name or node.mesh >= 0 or inside[place] > 1):
            above[place] = above[node.parent]  # a bare frame around one thing, a lamp or a camera is no thing
        else:
            above[place] = made.add(_thing(gltf, node, above[node.parent], frame))
    _total(made)
    _crown(made)
    bare = sum(1 for thing in made.things if thing.sort == "assembly" and not thing.key)
    nodes = (
        "1 node without a name that holds several parts is"
        if bare == 1
        else f"{bare:,} nodes without a name that hold several parts are"
    )
    made.notes += [f"{nodes} called “{_UNNAMED}”."] if bare else []
    dropped = sum(1 for place, node in enumerate(gltf.nodes) if place not in shaped and node.name)
    made.notes += [f"{dropped:,} nodes without a shape (lamps, cameras, bones) were left out."] if dropped else []
    return made


def _shaped(gltf: Gltf) -> set[int]:
    """The nodes that have triangles, and those above them."""
    found: set[int] = set()
    for place, node in enumerate(gltf.nodes):
        if node.mesh >= 0 and len(gltf.shape(node.mesh).triangles):
            at = place
            while at >= 0 and at not in found:
                found.add(at)
                at = gltf.nodes[at].parent
    return found


def _thing(gltf: Gltf, node: Node, parent: int, frame: npt.NDArray[np.float64]) -> Thing:
    shape = gltf.shape(node.mesh) if node.mesh >= 0 else None
    name = node.name or (shape.name if shape else "")
    matrix = frame @ node.matrix
    if shape is None or not len(shape.triangles):
        origin = tuple(matrix[:3, 3].tolist())
        return Thing(name or _UNNAMED, parent, "assembly", "system", node.name, origin, attributes=dict(node.extras))
    piece = placed((name,), shape.points, shape.triangles, matrix)
    made = _part(piece, parent)
    made.key, made.attributes, made.material = node.name, dict(node.extras), "glass" if shape.clear else "equipment"
    return made


def _part(piece: Found, parent: int) -> Thing:
    x, y, z = piece.origin.tolist()
    points, triangles = piece.points.astype(np.float32), piece.triangles.astype(np.int32)
    return Thing(piece.names[0] if piece.names else "", parent, origin=(x, y, z), points=points, triangles=triangles)


def _total(made: Survey) -> None:
    list(limited(Found((), t.points.astype(np.float64), t.triangles.astype(np.int64), np.zeros(3)) for t in made.things))


def _crown(made: Survey) -> None:
    """A lone assembly around everything is the twin itself."""
    if made.things and all(thing.parent >= 0 for thing in made.things[1:]) and made.things[0].sort == "assembly":
        top = made.things.pop(0)
        made.name, made.attributes = (top.name if top.key else ""), top.attributes
        for thing in made.things:
            thing.parent -= 1


def _of_pieces(file: Path, unit: str, up: str) -> Survey:
    is_obj = file.suffix.lower() == ".obj"
    found = list(limited(obj.pieces(file) if is_obj else foreign(file)))
    made = Survey()
    if not found:
        return made
    corners = np.array([[p.points.min(axis=0) + p.origin, p.points.max(axis=0) + p.origin] for p in found])
    longest = float((corners[:, 1].max(axis=0) - corners[:, 0].min(axis=0)).max())
    chosen = unit or ("mm" if longest > _LARGEST_M.get(file.suffix.lower(), _ELSE_M) else "m")
    if not unit:
        made.notes.append(
            f"{file.name} does not say its unit; as its longest side is {longest:.6g}, {_SPOKEN[chosen]} were taken. "
            "Say another with --unit."
        )
    frame = (Z_UP if up == "y" else np.eye(4)) * np.array([UNITS[chosen]] * 3 + [1.0])[:, None]
    above: dict[str, int] = {}
    several = Counter(piece.names[0] for piece in found if is_obj and len(piece.names) > 1)
    for piece in found:
        parent = -1
        if is_obj and piece.names and several[piece.names[0]]:  # an object of groups holds them
            top = piece.names[0]
            if top not in above:
                above[top] = made.add(Thing(top, -1, "assembly", "system", top))
            parent = above[top]
        name = piece.names[-1] if is_obj and piece.names else _told_name(piece, len(found), file)
        part = _part(placed((name,), piece.points + piece.origin, piece.triangles, frame), parent)
        part.key = name
        made.add(part)
    return made


def _told_name(piece: Found, count: int, file: Path) -> str:
    """A name that trimesh made up of the file's is no name."""
    name = piece.names[-1] if piece.names else ""
    made_up = not name or name.startswith("geometry") or name.partition(".")[0] in ("", file.stem)
    return (file.stem if count == 1 else "part") if made_up else name

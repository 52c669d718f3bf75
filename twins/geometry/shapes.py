"""A described shape becomes a mesh."""

from __future__ import annotations

import numpy as np

from twins.geometry import solids
from twins.geometry.box import box
from twins.geometry.faults import MOVES, Described, faults, kind_of
from twins.geometry.frames import frame, turn
from twins.geometry.mesh import GeometryError, Mesh

__all__ = ["build", "faults"]


def build(described: Described) -> Mesh:
    """The mesh of a described shape, closed and with its outside outwards; `GeometryError` names the first fault."""
    wrong = faults(described)
    if wrong:
        raise GeometryError(wrong[0])
    return _built(described)


def _built(described: Described) -> Mesh:
    kind, value = kind_of(described)
    if kind == "join":
        mesh = Mesh.join([_built(each) for each in value])
    elif kind == "repeat":
        mesh = _repeated(value)
    else:
        makers = {
            "box": box,
            "revolve": solids.revolve,
            "extrude": solids.extrude,
            "loft": solids.loft,
            "tube": solids.tube,
        }
        mesh = makers[kind](value)
    if described.keys() & MOVES.keys():
        mesh = mesh.moved(frame(described.get("move", (0, 0, 0)), described.get("rotate", (0, 0, 0))))
    return mesh


def _repeated(described: Described) -> Mesh:
    one = _built(described["of"])
    if "step" in described:
        step = np.array(described["step"], np.float64)
        return Mesh.join([one.moved(frame(step * k)) for k in range(described["count"])])
    return Mesh.join([one.moved(turn((0, 0, 1), described["turn_deg"] * k)) for k in range(described["count"])])

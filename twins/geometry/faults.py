"""What may be said of a shape, and every fault in what was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from twins.geometry.checks import Key, keyed, maybe, number, points, shown, unknown, vector, whole, word
from twins.geometry.polygon import crosses_itself, signed_area

Described = Mapping[str, Any]

MOST_TRIANGLES = 2_000_000  # of one shape: more would not be drawn smoothly
DEEPEST = 12  # joins and repeats within each other
MOST_POINTS = 512

SIZE = number(1e-4, 1e5)
SIDES = whole(3, MOST_POINTS)
SHARP = number(0, 180)

KEYS: Mapping[str, Mapping[str, Key]] = {
    "box": {"size": Key(vector(3, 1e-4, 1e5), True), "centre": Key(vector(3)), "bevel": Key(number(0, 1e5))},
    "revolve": {"profile": Key(points(2, 2, MOST_POINTS, low=0), True), "sides": Key(SIDES), "sharp_deg": Key(SHARP)},
    "extrude": {"outline": Key(points(2, 3, MOST_POINTS), True), "height": Key(SIZE, True), "sharp_deg": Key(SHARP)},
    "loft": {
        "sections": Key(
            lambda value: "" if isinstance(value, list | tuple) and 2 <= len(value) <= 256 else "a list of 2 to 256 sections",
            True,
        ),
        "sides": Key(SIDES),
        "smooth": Key(whole(0, 16)),
        "sharp_deg": Key(SHARP),
    },
    "tube": {
        "path": Key(points(3, 2, MOST_POINTS), True),
        "radius": Key(SIZE, True),
        "sides": Key(SIDES),
        "sharp_deg": Key(SHARP),
    },
}
SECTION: Mapping[str, Key] = {
    "at": Key(number(), True),
    "outline": Key(maybe(word("circle", "airfoil", "square"), points(2, 3, MOST_POINTS))),
    "chord": Key(SIZE),
    "twist_deg": Key(number(-360, 360)),
    "offset": Key(vector(2)),
    "thickness": Key(number(0.005, 10)),
    "camber": Key(number(-0.2, 0.2)),
    "corner": Key(number(0, 1)),
}
REPEAT: Mapping[str, Key] = {
    "of": Key(lambda value: "" if isinstance(value, Mapping) else "a shape", True),
    "count": Key(whole(1, 10_000), True),
    "step": Key(vector(3)),
    "turn_deg": Key(number(-360, 360)),
}
MOVES: Mapping[str, Key] = {"move": Key(vector(3)), "rotate": Key(vector(3, -360, 360))}
SHAPES = (*KEYS, "repeat", "join")


def faults(described: object, where: str = "shape") -> list[str]:
    """Every fault of a description, each a sentence with its place and remedy; an empty list where there is none."""
    found = _faults(described, where, 0)
    if not found and (count := _triangles(described)) > MOST_TRIANGLES:  # type: ignore[arg-type]
        found = [f"{where} would have {count:,} triangles; use fewer sides, sections or repeats: {MOST_TRIANGLES:,} is the most."]
    return found


def _faults(described: object, where: str, depth: int) -> list[str]:
    if depth > DEEPEST:
        return [f"{where} is nested more than {DEEPEST} deep; flatten its joins and repeats."]
    if not isinstance(described, Mapping):
        return [f"{where} must be a mapping like {{ box: {{ size: [1, 1, 1] }} }}, not {shown(described)}."]
    named = [key for key in described if key in SHAPES]
    found = [unknown(where, key, (*SHAPES, *MOVES)) for key in described if key not in SHAPES and key not in MOVES]
    found += keyed({key: described[key] for key in MOVES if key in described}, MOVES, where)
    if len(named) != 1:
        return found or [f"{where} must name exactly one of {', '.join(SHAPES)}."]
    return found + _shape_faults(named[0], described[named[0]], f"{where}.{named[0]}", depth)


def _shape_faults(kind: str, value: object, where: str, depth: int) -> list[str]:
    if kind == "join":
        if not isinstance(value, list | tuple) or not value:
            return [f"{where} must be a list of shapes, not {shown(value)}."]
        return [fault for k, each in enumerate(value) for fault in _faults(each, f"{where}[{k}]", depth + 1)]
    found = keyed(value, REPEAT if kind == "repeat" else KEYS[kind], where)
    if found or not isinstance(value, Mapping):
        return found
    further: Mapping[str, Callable[[Described, str], list[str]]] = {
        "box": _box_faults,
        "revolve": _revolve_faults,
        "extrude": _extrude_faults,
        "loft": _loft_faults,
        "tube": _tube_faults,
        "repeat": lambda described, place: _repeat_faults(described, place, depth),
    }
    return further[kind](value, where)


def _box_faults(described: Described, where: str) -> list[str]:
    most = min(described["size"]) / 2
    return [f"{where}.bevel must be less than half the shortest side, {most:g} m."] if described.get("bevel", 0) >= most else []


def _revolve_faults(described: Described, where: str) -> list[str]:
    profile = np.array(described["profile"], np.float64)
    if not profile[:, 0].any() or not np.ptp(profile[:, 1]):
        return [f"{where}.profile encloses nothing; give it radii above 0 at different heights."]
    return []


def _extrude_faults(described: Described, where: str) -> list[str]:
    return _outline_faults(described["outline"], f"{where}.outline")


def _outline_faults(described: object, where: str) -> list[str]:
    outline = np.array(described, np.float64)
    if abs(signed_area(outline)) < 1e-10:
        return [f"{where} encloses nothing; its points must go round an area."]
    return [f"{where} crosses itself; order its points anticlockwise along the edge."] if crosses_itself(outline) else []


def _loft_faults(described: Described, where: str) -> list[str]:
    sections = described["sections"]
    found = [fault for k, section in enumerate(sections) for fault in keyed(section, SECTION, f"{where}.sections[{k}]")]
    if found:
        return found
    outlines = {k: s["outline"] for k, s in enumerate(sections) if not isinstance(s.get("outline", ""), str)}
    if len({len(outline) for outline in outlines.values()}) > 1:
        found.append(f"{where}.sections have outlines of different numbers of points; give all the same number.")
    if any(after["at"] <= before["at"] for before, after in pairwise(sections)):
        found.append(f"{where}.sections must be in order, each with a larger at than the one before.")
    return found + [f for k, o in outlines.items() for f in _outline_faults(o, f"{where}.sections[{k}].outline")]


def _tube_faults(described: Described, where: str) -> list[str]:
    path = np.array(described["path"], np.float64)
    legs = np.diff(path, axis=0)
    lengths = np.linalg.norm(legs, axis=1)
    if (lengths < 1e-6).any():
        return [f"{where}.path has two equal points one after the other; leave one out."]
    cosines = np.einsum("ij,ij->i", legs[:-1], legs[1:]) / (lengths[:-1] * lengths[1:])
    return [f"{where}.path turns back on itself; put a point between."] if (cosines < -0.95).any() else []


def _repeat_faults(described: Described, where: str, depth: int) -> list[str]:
    found = _faults(described["of"], f"{where}.of", depth + 1)
    if ("step" in described) == ("turn_deg" in described):
        found.append(f"{where} needs either step or turn_deg, and not both.")
    return found


def _triangles(described: Described) -> int:
    """How many triangles a faultless description has at most."""
    kind, value = kind_of(described)
    if kind == "join":
        return sum(_triangles(each) for each in value)
    if kind == "repeat":
        return int(value["count"]) * _triangles(value["of"])
    if kind == "loft":
        rings = (len(value["sections"]) - 1) * (1 + value.get("smooth", 0)) + 2
        outlines = (s["outline"] for s in value["sections"] if not isinstance(s.get("outline", ""), str))
        return 2 * rings * max((len(outline) for outline in outlines), default=value.get("sides", 40))
    if kind == "box":
        return 44
    if kind == "extrude":
        return 4 * len(value["outline"])
    return 2 * value.get("sides", 32) * (2 + len(value["profile" if kind == "revolve" else "path"]))


def kind_of(described: Described) -> tuple[str, Any]:
    """The shape a description names, and what it says of it."""
    kind = next(key for key in described if key in SHAPES)
    return kind, described[kind]

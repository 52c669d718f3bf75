"""A survey: the things that a file tells of, in a tree, each with its place, its shape and what is said of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.geometry.creases import weld

Triple = tuple[float, float, float]

MOST_THINGS = 20_000
MOST_TRIANGLES = 2_000_000
DEEPEST = 40
CLEAR_AREA = 1e-6  # m²: no such triangle is lost where points are welded
MOST_ATTRIBUTES = 300
LONGEST = 1000  # characters of an attribute
_MATERIALS = ("equipment", "slate", "ground", "glass", "water")
_KINDS = ("component", "system", "process", "environment")


@dataclass(slots=True, eq=False)
class Thing:
    """`origin` is where it stands, metres, z up, in the twin's frame; `points` float32[n, 3] are about it."""

    name: str
    parent: int = -1  # a place among the things, before its own; −1 is the twin itself
    sort: str = "part"
    kind: str = "component"
    key: str = ""  # what the file knows it by: a GUID
    origin: Triple = (0.0, 0.0, 0.0)
    material: str = "equipment"
    cover: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    points: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    triangles: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)  # as a package writes them
    title: str = ""  # what people call it, where its name is a code


@dataclass(slots=True, eq=False)
class Survey:
    """Parents stand before what is in them. `relations` are (place, kind, place); `notes` what people should know, sentences."""

    name: str = ""
    things: list[Thing] = field(default_factory=list)
    relations: list[tuple[int, str, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    georeference: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)

    def add(self, thing: Thing) -> int:
        """Its place. Raises ValueError where there are too many."""
        if len(self.things) >= MOST_THINGS:
            raise ValueError(f"it has more than {MOST_THINGS:,} parts; cut it into several files")
        self.things.append(thing)
        return len(self.things) - 1

    def without_flat(self) -> Survey:
        """Shapes that have shrunk to a line or a point are none."""
        for thing in self.things:
            if len(thing.triangles) and not _has_area(thing.points.astype(np.float64), thing.triangles):
                thing.points, thing.triangles = np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)
        return self


def _has_area(points: npt.NDArray[np.float64], triangles: npt.NDArray[np.int32]) -> bool:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    if np.linalg.norm(np.cross(b - a, c - a), axis=1).max() > CLEAR_AREA:
        return True
    return bool(len(weld(points, triangles.astype(np.int64))[1]))


def packed(survey: Survey) -> dict[str, Any]:
    """As a sandboxed child answers it. Raises ValueError where it is too large."""
    things = survey.without_flat().things
    if sum(len(thing.triangles) for thing in things) > MOST_TRIANGLES:
        raise ValueError(f"it has more than {MOST_TRIANGLES:,} triangles; simplify its shapes")
    said = {
        **{key: getattr(survey, key) for key in ("name", "relations", "notes", "georeference")},
        "attributes": plain(survey.attributes),
        "things": [_told(thing) for thing in things],
    }
    return {
        "said": np.frombuffer(json.dumps(said, allow_nan=False).encode("ascii"), np.uint8),
        "points": np.concatenate([np.zeros((0, 3), np.float32), *(thing.points for thing in things)]).astype(np.float32),
        "triangles": np.concatenate([np.zeros((0, 3), np.int32), *(thing.triangles for thing in things)]).astype(np.int32),
        "sizes": np.array([[len(thing.points), len(thing.triangles)] for thing in things], np.int64).reshape(-1, 2),
    }


def unpacked(answer: Mapping[str, Any]) -> Survey:
    """What a child answered. Raises ValueError where it does not fit together, as the child may have been taken over."""
    try:
        said = json.loads(bytes(answer["said"]))
        points, triangles, sizes = answer["points"], answer["triangles"], answer["sizes"]
        ends = np.cumsum(sizes, axis=0)
        if not np.isfinite(points).all() or len(said["things"]) != len(sizes) or len(sizes) > MOST_THINGS:
            raise ValueError("sizes")
        things = [
            _thing(k, each, points[end[0] - size[0] : end[0]], triangles[end[1] - size[1] : end[1]])
            for k, (each, size, end) in enumerate(zip(said["things"], sizes, ends, strict=True))
        ]
        relations = [(int(a), str(kind), int(b)) for a, kind, b in said["relations"]]
        if any(not (0 <= a < len(things) and 0 <= b < len(things)) for a, _, b in relations):
            raise ValueError("relations")
        notes = [str(note) for note in said["notes"]]
        survey = Survey(str(said["name"]), things, relations, notes, dict(said["georeference"]), plain(said["attributes"]))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as nonsense:
        raise ValueError("the reader answered nonsense") from nonsense
    _refuse_depth(survey)
    return survey


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as a package keeps them: texts, finite numbers, true or false; what is nested becomes text."""
    found: dict[str, Any] = {}
    for key, value in said.items():
        if value is None or value == "" or len(found) >= MOST_ATTRIBUTES:
            continue
        if isinstance(value, float) and not math.isfinite(value):
            continue
        kept = value if isinstance(value, str | bool | int | float) else json.dumps(value, default=str, ensure_ascii=False)
        found[clean(str(key), 100)] = clean(kept, LONGEST) if isinstance(kept, str) else kept
    return found


def clean(text: str, longest: int = 120) -> str:
    """A text of one line, without signs that can't be seen."""
    seen = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * longest])
    seen = " ".join(seen.split())
    return seen if len(seen) <= longest else seen[: longest - 1] + "…"


def _told(thing: Thing) -> dict[str, Any]:
    keys = ("parent", "sort", "kind", "key", "origin", "material", "cover", "tags")
    said = {key: getattr(thing, key) for key in keys}
    return said | {"name": clean(thing.name), "title": clean(thing.title), "attributes": plain(thing.attributes)}


def _thing(place: int, said: Mapping[str, Any], points: npt.NDArray[Any], triangles: npt.NDArray[Any]) -> Thing:
    x, y, z = map(float, said["origin"])
    parent, material, kind = int(said["parent"]), said["material"], said["kind"]
    if not -1 <= parent < place or material not in _MATERIALS or kind not in _KINDS or not np.isfinite([x, y, z]).all():
        raise ValueError("thing")
    if len(triangles) and (triangles.min() < 0 or triangles.max() >= len(points)):
        raise ValueError("triangles")
    return Thing(
        clean(str(said["name"])), parent, str(said["sort"]), kind, str(said["key"]), (x, y, z), material, bool(said["cover"]),
        plain(said["attributes"]), points.astype(np.float32), triangles.astype(np.int32), dict(said["tags"]),
        clean(str(said["title"])),
    )  # fmt: skip


def _refuse_depth(survey: Survey) -> None:
    depth: list[int] = []
    for thing in survey.things:
        depth.append(depth[thing.parent] + 1 if thing.parent >= 0 else 1)
    if max(depth, default=0) > DEEPEST:
        raise ValueError(f"its parts are nested {max(depth)} deep; {DEEPEST} is the most")

"""CityJSON 1.0 to 2.0 as a survey: city objects with their parents, attributes and shapes, about an origin of their own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.survey.faces import Face, triangulated
from twins.survey.survey import Survey, Thing, clean, packed, plain

Points = npt.NDArray[np.float64]
FARTHEST = 1e6  # metres from one end of a city to the other
DEGREES = {"EPSG:4326", "EPSG:4979", "EPSG:4258", "EPSG:4937", "OGC:CRS84"}  # latitude and longitude rather than metres
METRES_A_DEGREE = 111_319.49  # on the equator of WGS 84
_DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}  # lists around surfaces
_MATERIALS = {
    "WaterBody": "water", "TINRelief": "ground", "LandUse": "ground", "PlantCover": "ground", "Road": "slate", "Railway": "slate",
    "TransportSquare": "slate", "Waterway": "water",
}  # fmt: skip
_CODE = re.compile(r"[0-9A-Fa-f]{8}-|\d{6}")  # in an id that tells people nothing
_SYSTEMS = ("Building", "Bridge", "Tunnel", "CityObjectGroup")


def survey(path: str, lod: str) -> dict[str, Any]:
    """The survey of one CityJSON file, packed; `lod` is the level of detail wanted, "" for the finest of each object."""
    content = _content(Path(path))
    try:
        return packed(_City(content, lod).surveyed())
    except (TypeError, KeyError, IndexError, AttributeError) as damage:
        raise ValueError("it is damaged: one of its parts is not built as CityJSON is") from damage


class _City:
    def __init__(self, content: Mapping[str, Any], lod: str) -> None:
        self._content, self._lod = content, lod
        self._objects: Mapping[str, Any] = content["CityObjects"]
        self._made = Survey()
        self._templates = _templates(content)
        self._metadata = _mapping(content.get("metadata"))
        self._crs = _crs(self._metadata)
        self._skipped = 0
        self._vertices = self._local(content)

    def surveyed(self) -> Survey:
        made = self._made
        places: dict[str, int] = {}
        for name in self._parents_first():
            said = self._objects[name]
            parent = next((places[above] for above in said.get("parents") or () if above in places), -1)
            places[name] = made.add(self._thing(name, said, parent))
        _stand(made.things)
        _entitle(made.things)
        made.name = clean(str(self._metadata.get("title") or ""))
        if self._skipped:
            made.notes.append(
                f"{self._skipped:,} geometries without surfaces (points, lines, or of another detail) were left out."
            )
        return made

    def _thing(self, name: str, said: Mapping[str, Any], parent: int) -> Thing:
        attributes = _mapping(said.get("attributes"))
        sort = str(said.get("type") or "CityObject").lstrip("+")
        kind = "system" if sort in _SYSTEMS else "environment" if sort in _MATERIALS else "component"
        known = attributes.get("name")
        called = known if isinstance(known, str) and known.strip() else name
        kept = plain({"id": name, **attributes})
        thing = Thing(called, parent, sort, kind, name, material=_MATERIALS.get(sort, "equipment"), attributes=kept)
        points, triangles = self._shape(said.get("geometry") or [])
        if len(triangles):
            low, high = points.min(axis=0), points.max(axis=0)
            x, y, z = np.round([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]], 3).tolist()
            thing.origin = (x, y, z)
            thing.points, thing.triangles = (points - [x, y, z]).astype(np.float32), triangles.astype(np.int32)
        return thing

    def _shape(self, geometries: Sequence[Mapping[str, Any]]) -> tuple[Points, npt.NDArray[np.int64]]:
        chosen = self._chosen(geometries)
        points, triangles, start = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
        for said in chosen:
            for vertices, surfaces in self._surfaces(said):
                used, places = _used(vertices, surfaces)
                points.append(used)
                triangles.append(triangulated(used, places) + start)
                start += len(used)
        return np.concatenate(points), np.concatenate(triangles)

    def _chosen(self, geometries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        fit = [each for each in geometries if each.get("type") in _DEPTH or each.get("type") == "GeometryInstance"]
        lods = {str(each.get("lod", "")) for each in fit}
        wanted = self._lod if self._lod in lods else max(lods, key=_number, default="")
        chosen = [each for each in fit if str(each.get("lod", "")) == wanted or each["type"] == "GeometryInstance"]
        self._skipped += len(geometries) - len(chosen)
        return chosen

    def _surfaces(self, said: Mapping[str, Any]) -> Iterator[tuple[Points, list[Face]]]:
        if said["type"] != "GeometryInstance":
            yield self._vertices, _flat(said.get("boundaries") or [], _DEPTH[said["type"]])
            return
        shapes, corners = self._templates
        matrix = np.array(said["transformationMatrix"], np.float64).reshape(4, 4)
        at = self._vertices[int(said["boundaries"][0])]
        shape = shapes[int(said["template"])]
        if shape.get("type") in _DEPTH:
            yield corners @ matrix[:3, :3].T + matrix[:3, 3] + at, _flat(shape.get("boundaries") or [], _DEPTH[shape["type"]])

    def _local(self, content: Mapping[str, Any]) -> Points:
        """Metres about an origin of whole metres in the middle, reckoned so that no digit of the file is lost."""
        vertices = _numbers(content.get("vertices") or [])
        transform = content.get("transform") or {"scale": [1, 1, 1], "translate": [0, 0, 0]}
        scale, shift = (np.array(transform[key], np.float64).reshape(3) for key in ("scale", "translate"))
        if not np.isfinite([scale, shift]).all() or not len(vertices):
            return np.zeros((0, 3))
        low, high = vertices.min(axis=0) * scale + shift, vertices.max(axis=0) * scale + shift
        degrees = self._crs in DEGREES
        middle = (low + high) / 2
        origin = np.round([middle[0], middle[1], min(low[2], high[2])], 3 if degrees else 0)
        local = vertices * scale + (shift - origin)
        if degrees:
            local[:, :2] *= METRES_A_DEGREE * np.array([np.cos(np.radians(origin[1])), 1.0])
            self._made.notes.append("Its coordinates are in degrees; they were flattened to metres about the middle.")
        if np.ptp(local, axis=0).max() > FARTHEST:
            raise ValueError("it is more than 1,000 km wide; is one of its coordinates wrong")
        self._made.georeference = ({"crs": self._crs} if self._crs else {}) | {"origin": [float(v) + 0.0 for v in origin]}
        return local

    def _parents_first(self) -> list[str]:
        """The objects in the file's order, parents before children."""
        ordered: dict[str, None] = {}
        for name in self._objects:
            chain: dict[str, None] = {}
            while name is not None and name in self._objects and name not in ordered:
                if name in chain:
                    raise ValueError(f"its object “{clean(name, 60)}” is above itself")
                chain[name] = None
                above = self._objects[name].get("parents") or [None]
                name = above[0]
            ordered |= dict.fromkeys(reversed(chain))
        return list(ordered)


def _content(path: Path) -> Mapping[str, Any]:
    def refuse(word: str) -> None:
        raise ValueError(f"it has a number that is not finite, {word}")

    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=refuse)
    except (UnicodeDecodeError, json.JSONDecodeError) as damage:
        raise ValueError(f"it is no JSON, or it is cut short (line {getattr(damage, 'lineno', 1)})") from None
    if not isinstance(content, dict) or content.get("type") != "CityJSON" or not isinstance(content.get("CityObjects"), dict):
        raise ValueError("it is JSON, but no CityJSON")
    if not str(content.get("version", "")).startswith(("1.", "2.")):
        raise ValueError(f"it is CityJSON {clean(str(content.get('version')), 20)}, which is not known")
    if not content["CityObjects"]:
        raise ValueError("it holds no city objects")
    if not all(isinstance(each, dict) for each in content["CityObjects"].values()):
        raise ValueError("it is damaged: one of its city objects is no object")
    return content


def _templates(content: Mapping[str, Any]) -> tuple[Sequence[Any], Points]:
    said = content.get("geometry-templates") or {}
    return said.get("templates") or [], _numbers(said.get("vertices-templates") or [])


def _numbers(rows: Sequence[Any]) -> Points:
    try:
        found = np.array(rows, np.float64).reshape(-1, 3)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("it is damaged: its vertices are no rows of three numbers") from None
    if not np.isfinite(found).all():
        raise ValueError("it has coordinates that are not finite")
    return found


def _flat(boundaries: Sequence[Any], depth: int) -> list[Face]:
    """Surfaces without the lists of shells and solids around them."""
    for _ in range(depth):
        boundaries = [each for around in boundaries for each in around]
    return [face for face in boundaries if face]


def _used(vertices: Points, surfaces: Sequence[Face]) -> tuple[Points, list[Face]]:
    """Only the corners that these surfaces use, and the surfaces by their places among them."""
    try:
        lengths = [[len(ring) for ring in face] for face in surfaces]
        every = np.array([k for face in surfaces for ring in face for k in ring], np.int64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("it is damaged: the boundaries of a geometry are no lists of places") from None
    if len(every) and (every.min() < 0 or every.max() >= len(vertices)):
        raise ValueError("it has surfaces of vertices that don't exist")
    unique, place = np.unique(every, return_inverse=True)
    flat = place.reshape(-1).tolist()
    faces: list[Face] = []
    at = 0
    for rings in lengths:
        face = []
        for length in rings:
            face.append(flat[at : at + length])
            at += length
        faces.append(face)
    return vertices[unique], faces


def _stand(things: Sequence[Thing]) -> None:
    """What has no shape of its own stands where the first thing below it does."""
    first: dict[int, int] = {}
    for k in range(len(things) - 1, -1, -1):
        if not len(things[k].triangles) and k in first:
            things[k].origin = things[first[k]].origin
        first[things[k].parent] = k


def _entitle(things: Sequence[Thing]) -> None:
    """“Building 12” for what has no name but a code."""
    number: Counter[str] = Counter()
    for thing in things:
        number[thing.sort] += 1
        if thing.name == thing.key and _CODE.search(thing.name):
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", thing.sort).capitalize()
            thing.title = f"{words} {number[thing.sort]}"


def _crs(metadata: Mapping[str, Any]) -> str:
    said = str(metadata.get("referenceSystem") or "")
    found = re.search(r"(EPSG|OGC)(?:/[^/]*/|:[^:]*:|:)(\w+)$", said)
    return f"{found[1]}:{found[2]}" if found else clean(said, 100)


def _number(lod: str) -> float:
    try:
        return float(lod)
    except ValueError:
        return -1.0


def _mapping(said: object) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}

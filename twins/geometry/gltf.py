"""glTF 2.0 as arrays, read strictly: the nodes of its scene with their names and places, and the triangles of its meshes."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Points = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.int64]

MOST_NODES = 100_000
_KINDS = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_COLUMNS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_PACKED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression")
_CLEAR = 0.6  # what lets more light through than it keeps is glass


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """`parent` is a place among the nodes, −1 for the scene; `matrix` leads from its frame into the file's (y up)."""

    name: str
    parent: int
    matrix: Matrix
    mesh: int
    extras: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The triangles of one mesh; `clear` where all of it lets light through."""

    name: str
    points: Points
    triangles: Triangles
    clear: bool


@dataclass(slots=True, eq=False)
class Gltf:
    """Nodes, parents before children; shapes by the file's own numbers of its meshes, each read when it is asked for."""

    content: Mapping[str, Any]
    buffers: list[bytes]
    nodes: list[Node] = field(default_factory=list)
    _shapes: dict[int, Shape] = field(default_factory=dict)

    def shape(self, mesh: int) -> Shape:
        """One mesh. Raises ValueError where it is damaged."""
        if mesh not in self._shapes:
            self._shapes[mesh] = self._shape(mesh)
        return self._shapes[mesh]

    def _shape(self, mesh: int) -> Shape:
        said = _item(self.content, "meshes", mesh)
        points, triangles, clear, start = [], [], [], 0
        for primitive in _list(said, "primitives"):
            attributes = primitive.get("attributes")
            mode = primitive.get("mode", 4)
            if mode not in (4, 5, 6) or not isinstance(attributes, dict) or "POSITION" not in attributes:
                continue
            corners = self._numbers(attributes["POSITION"], 3).astype(np.float64)
            places = self._indices(primitive, len(corners))
            points.append(corners)
            triangles.append(_triangles(places, mode) + start)
            clear.append(self._is_clear(primitive.get("material")))
            start += len(corners)
        name = said.get("name")
        whole = np.concatenate(points) if points else np.zeros((0, 3))
        faces = np.concatenate(triangles) if triangles else np.zeros((0, 3), np.int64)
        return Shape(name if isinstance(name, str) else "", whole, faces, bool(clear) and all(clear))

    def _indices(self, primitive: Mapping[str, Any], count: int) -> npt.NDArray[np.int64]:
        if primitive.get("indices") is None:
            return np.arange(count)
        places = self._numbers(primitive["indices"], 1).reshape(-1).astype(np.int64)
        if len(places) and (places.min() < 0 or places.max() >= count):
            raise ValueError("it has triangles of points that don't exist")
        return places

    def _numbers(self, accessor: object, columns: int) -> npt.NDArray[Any]:
        """`[count, columns]` of one accessor, as floats where they are normalised; sparse ones are filled in."""
        said = _item(self.content, "accessors", accessor)
        kind, count = _KINDS.get(said.get("componentType", 0)), _whole(said.get("count"))
        if kind is None or _COLUMNS.get(said.get("type", "")) != columns:
            raise ValueError("it has numbers of a kind that is not known")
        if count > 100_000_000:
            raise ValueError("it has a list of more than 100,000,000 numbers")
        if "bufferView" in said:
            values = self._bytes(said["bufferView"], _whole(said.get("byteOffset", 0)), np.dtype(kind), count, columns)
        else:
            values = np.zeros((count, columns), kind)
        if isinstance(sparse := said.get("sparse"), dict):
            values = self._filled(values.copy(), sparse, columns)
        return values / float(np.iinfo(values.dtype).max) if said.get("normalized") and values.dtype.kind in "iu" else values

    def _filled(self, values: npt.NDArray[Any], sparse: Mapping[str, Any], columns: int) -> npt.NDArray[Any]:
        count, at, new = _whole(sparse.get("count")), sparse["indices"], sparse["values"]
        kind = np.dtype(_KINDS[at["componentType"]])
        places = self._bytes(at["bufferView"], _whole(at.get("byteOffset", 0)), kind, count, 1).reshape(-1)
        if len(places) and places.max() >= len(values):
            raise ValueError("it has numbers for places that don't exist")
        values[places] = self._bytes(new["bufferView"], _whole(new.get("byteOffset", 0)), values.dtype, count, columns)
        return values

    def _bytes(self, view: object, offset: int, kind: np.dtype[Any], count: int, columns: int) -> npt.NDArray[Any]:
        said = _item(self.content, "bufferViews", view)
        buffer, start, length = said.get("buffer"), _whole(said.get("byteOffset", 0)), _whole(said.get("byteLength"))
        if not isinstance(buffer, int) or not 0 <= buffer < len(self.buffers) or start + length > len(self.buffers[buffer]):
            raise ValueError("it is cut short: a part of it lies beyond its end")
        row = kind.itemsize * columns
        stride = _whole(said.get("byteStride", row))
        if count and (stride < row or offset + (count - 1) * stride + row > length):
            raise ValueError("it is cut short: a list of numbers lies beyond its end")
        if not count:
            return np.zeros((0, columns), kind)
        whole = np.frombuffer(self.buffers[buffer], np.uint8, (count - 1) * stride + row, start + offset)
        rows = np.lib.stride_tricks.as_strided(whole, (count, row), (stride, 1))
        return np.ascontiguousarray(rows).view(kind).reshape(count, columns)

    def _is_clear(self, material: object) -> bool:
        if not isinstance(material, int):
            return False
        said = _item(self.content, "materials", material)
        colour = said.get("pbrMetallicRoughness", {}).get("baseColorFactor", [1, 1, 1, 1])
        return said.get("alphaMode") == "BLEND" and len(colour) == 4 and colour[3] < _CLEAR


def read_gltf(path: Path, *, beside: bool = False) -> Gltf:
    """A .glb or .gltf; with `beside`, buffers in files beside it are read too. Raises ValueError with what is wrong."""
    try:
        content, binary = _content(path.read_bytes())
        _refuse_packed(content)
        made = Gltf(content, [_buffer(each, binary, path, beside) for each in _list(content, "buffers")])
        made.nodes = _nodes(content)
        return made
    except (KeyError, TypeError, AttributeError, IndexError, struct.error, binascii.Error) as damage:
        raise ValueError("it is damaged: it does not keep to glTF 2.0") from damage


def _content(raw: bytes) -> tuple[Mapping[str, Any], bytes | None]:
    if raw[:4] != b"glTF":
        return _json(raw), None
    if len(raw) < 20 or struct.unpack_from("<I", raw, 4)[0] != 2:
        raise ValueError("it is damaged, or no glTF 2.0")
    at = 12
    found: dict[bytes, bytes] = {}
    while at + 8 <= len(raw):
        length, kind = struct.unpack_from("<I4s", raw, at)
        if at + 8 + length > len(raw):
            raise ValueError("it is cut short: a part of it lies beyond its end")
        found.setdefault(kind, raw[at + 8 : at + 8 + length])
        at += 8 + length
    return _json(found[b"JSON"]), found.get(b"BIN\0")


def _json(raw: bytes) -> Mapping[str, Any]:
    def refuse(word: str) -> None:
        raise ValueError(f"it has a number that is not finite, {word}")

    try:
        content = json.loads(raw.decode("utf-8-sig"), parse_constant=refuse)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError("it is damaged, or no glTF 2.0") from None
    if not isinstance(content, dict) or not isinstance(content.get("asset"), dict):
        raise ValueError("it is no glTF 2.0")
    if not str(content["asset"].get("version", "")).startswith("2"):
        raise ValueError("it is glTF of another version than 2.0")
    return content


def _refuse_packed(content: Mapping[str, Any]) -> None:
    for name in content.get("extensionsRequired") or ():
        if name in _PACKED:
            raise ValueError(f"it is compressed with {name}, which can't be read")


def _buffer(said: Mapping[str, Any], binary: bytes | None, path: Path, beside: bool) -> bytes:
    uri = said.get("uri")
    if uri is None:
        return binary or b""
    if uri.startswith("data:"):
        return base64.b64decode(uri.partition(",")[2], validate=True)
    from urllib.parse import unquote

    file = (path.parent / unquote(uri)).resolve()
    if not beside:
        raise ValueError("it keeps its data in other files")
    if ":" in uri or not file.is_relative_to(path.parent.resolve()) or not file.is_file():
        raise ValueError(f"its data is in “{uri[:80]}”, which is not beside it")
    return file.read_bytes()


def _nodes(content: Mapping[str, Any]) -> list[Node]:
    """Those of the file's scene; of a file without scenes, all."""
    said = _list(content, "nodes")
    if len(said) > MOST_NODES:
        raise ValueError(f"it has {len(said):,} nodes; {MOST_NODES:,} are the most")
    scenes = _list(content, "scenes")
    below = {child for node in said for child in node.get("children") or ()}
    roots = _item(content, "scenes", content.get("scene", 0)).get("nodes", []) if scenes else set(range(len(said))) - below
    found: list[Node] = []
    waiting = [(root, -1, np.eye(4)) for root in reversed(list(roots))]
    seen: set[int] = set()
    while waiting:
        place, parent, above = waiting.pop()
        node = _item(content, "nodes", place)
        if place in seen:
            raise ValueError("a node of it is below two others, or below itself")
        seen.add(place)
        matrix = above @ _matrix(node)
        name, mesh, extras = node.get("name"), node.get("mesh"), node.get("extras")
        shape = mesh if isinstance(mesh, int) else -1
        own = name if isinstance(name, str) else ""
        found.append(Node(own, parent, matrix, shape, extras if isinstance(extras, dict) else {}))
        at = len(found) - 1
        waiting += [(child, at, matrix) for child in reversed(node.get("children") or [])]
    return found


def _matrix(node: Mapping[str, Any]) -> Matrix:
    if "matrix" in node:
        matrix = np.array(node["matrix"], np.float64).reshape(4, 4).T
    else:
        x, y, z, w = np.array(node.get("rotation", (0, 0, 0, 1)), np.float64)
        norm = float(np.sqrt(x * x + y * y + z * z + w * w))
        if norm > 0:
            x, y, z, w = x / norm, y / norm, z / norm, w / norm
        turned = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        matrix = np.eye(4)
        matrix[:3, :3] = turned * np.array(node.get("scale", (1, 1, 1)), np.float64).reshape(3)
        matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), np.float64).reshape(3)
    if not np.isfinite(matrix).all():
        raise ValueError("it has coordinates that are not finite")
    return matrix


def _triangles(places: npt.NDArray[np.int64], mode: int) -> Triangles:
    if mode == 4:
        return places[: len(places) // 3 * 3].reshape(-1, 3)
    if len(places) < 3:
        return np.zeros((0, 3), np.int64)
    if mode == 6:
        return np.column_stack([np.full(len(places) - 2, places[0]), places[1:-1], places[2:]])
    strip = np.column_stack([places[:-2], places[1:-1], places[2:]])
    strip[1::2] = strip[1::2, ::-1]
    return strip


def _list(said: Mapping[str, Any], key: str) -> list[Any]:
    found = said.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError(f"it is damaged: its {key} are no list of objects")
    return found


def _item(said: Mapping[str, Any], key: str, place: object) -> Mapping[str, Any]:
    found = said.get(key) or []
    if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < len(found) or not isinstance(found[place], dict):
        raise ValueError(f"it is damaged: it names one of its {key} that is not there")
    return found[place]


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("it is damaged: a count or a place in it is no whole number")
    return value

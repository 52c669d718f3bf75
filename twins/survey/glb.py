"""Meshes as one GLB: a node for each, named and where it stands; metres, y up, as glTF wants it."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.survey.survey import Thing


def glb_of(named: Sequence[tuple[str, Thing]], generator: str = "Twindeck") -> bytes:
    """Equal shapes are written once."""
    whole = _Whole()
    nodes = [
        {"name": name, "mesh": whole.mesh(thing), "translation": _y_up(np.array(thing.origin)).tolist()} for name, thing in named
    ]
    content = {
        "asset": {"version": "2.0", "generator": generator},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": whole.meshes,
        "accessors": whole.accessors,
        "bufferViews": whole.views,
        "buffers": [{"byteLength": whole.length}],
    }
    return _glb(json.dumps(content, separators=(",", ":")).encode(), b"".join(whole.chunks))


def _glb(said: bytes, binary: bytes) -> bytes:
    said += b" " * (-len(said) % 4)
    binary += b"\0" * (-len(binary) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(said) + 8 + len(binary))
    return head + struct.pack("<I4s", len(said), b"JSON") + said + struct.pack("<I4s", len(binary), b"BIN\0") + binary


class _Whole:
    def __init__(self) -> None:
        self.meshes: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.chunks: list[bytes] = []
        self.length = 0
        self._known: dict[tuple[bytes, bytes], int] = {}

    def mesh(self, thing: Thing) -> int:
        points = np.ascontiguousarray(_y_up(thing.points), np.float32)
        triangles = np.ascontiguousarray(thing.triangles.reshape(-1, 1), np.uint32)
        key = points.tobytes(), triangles.tobytes()
        if key not in self._known:
            at = self._accessor(key[0], 5126, "VEC3", len(points), 34962)
            self.accessors[at] |= {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
            indices = self._accessor(key[1], 5125, "SCALAR", len(triangles), 34963)
            self.meshes.append({"primitives": [{"attributes": {"POSITION": at}, "indices": indices}]})
            self._known[key] = len(self.meshes) - 1
        return self._known[key]

    def _accessor(self, content: bytes, kind: int, sort: str, count: int, target: int) -> int:
        self.views.append({"buffer": 0, "byteOffset": self.length, "byteLength": len(content), "target": target})
        self.chunks.append(content)
        self.length += len(content)
        self.accessors.append({"bufferView": len(self.views) - 1, "componentType": kind, "type": sort, "count": count})
        return len(self.accessors) - 1


def _y_up(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return points[..., [0, 2, 1]] * np.array([1, 1, -1], points.dtype)

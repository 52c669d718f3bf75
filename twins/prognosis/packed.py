"""A model's file: one zip of JSON and plain arrays; nothing in it is code, and none of it is believed before it is checked."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from twins import InputError
from twins.historian.drafting import drafted

LARGEST = 256 * 2**20  # bytes, unpacked
MOST_PARTS = 200
Parts = dict[str, Any]


def pack(place: Path, said: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
    """Writes all of it or nothing. Raises InputError."""
    with drafted(place, over=True) as draft:
        draft.write_bytes(zipped(said, parts))


def zipped(said: Mapping[str, Any], parts: Mapping[str, Any]) -> bytes:
    """The file's content: of the same model the same."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_entry("model.json"), json.dumps(said, ensure_ascii=False, allow_nan=False, indent=1))
        for name, part in parts.items():
            buffer = io.BytesIO()
            npy.write_array(buffer, np.ascontiguousarray(part), allow_pickle=False)
            archive.writestr(_entry(f"{name}.npy"), buffer.getvalue())
    return whole.getvalue()


def unpacked(archive: zipfile.ZipFile, kind: str, version: int) -> tuple[dict[str, Any], Parts]:
    """What it says and its arrays by name, of float64 and int64 only. Raises InputError, or whatever a damaged zip raises."""
    entries = archive.infolist()
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > LARGEST:
        raise InputError("it is larger than any model")
    content = {entry.filename: _read(archive, entry) for entry in entries}
    said = json.loads(content.pop("model.json"), parse_constant=_refused)
    if not isinstance(said, dict) or said.get("kind") != kind:
        raise InputError(f"it is not {kind}")
    if said.get("version") != version:
        raise InputError(f"it is of another version than {version}, the one that this program reads")
    return said, {name.removesuffix(".npy"): _array(data) for name, data in content.items()}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # without the time of writing
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _refused(constant: str) -> float:
    raise InputError(f"it says {constant} where a number belongs")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """No more than it says it holds, whatever it holds."""
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise InputError("its parts are damaged")
    return data


def _array(data: bytes) -> Any:
    buffer = io.BytesIO(data)
    if npy.read_magic(buffer) != (1, 0):
        raise InputError("its parts are damaged")
    shape, _, kind = npy.read_array_header_1_0(buffer, max_header_size=1_000)
    if kind not in (np.dtype("<f8"), np.dtype("<i8")) or int(np.prod(shape, dtype=float)) * 8 != len(data) - buffer.tell():
        raise InputError("its parts are damaged")
    return np.frombuffer(data, kind, offset=buffer.tell()).reshape(shape).copy()

"""A file of another trade becomes a survey, read in a sandboxed child; what can't be read is refused in one sentence."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twins import InputError
from twins.sandbox import SandboxError, run
from twins.survey.survey import Survey, unpacked

MESHES = (".glb", ".gltf", ".stl", ".obj", ".ply")
FORMATS = (*MESHES, ".ifc", ".json")
LARGEST = 500 << 20  # bytes
SECONDS, MEMORY = 60.0, 2 << 30
IFC_SECONDS, IFC_MEMORY = 300.0, 4 << 30
NO_IFC = "reading IFC needs ifcopenshell, which is not installed; install it with: pip install ifcopenshell"
_SIGNS = {b"glTF": "GLB", b"ISO-10303-21": "IFC", b"PK\x03\x04": "zip", b"ply": "PLY", b"solid": "STL", b"\x1f\x8b": "gzip"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user said of a mesh file: its unit and the axis that points up; "" where nothing."""

    unit: str = ""
    up: str = ""
    tags: str = ""  # of each thing of a table of places, as a package writes them
    lod: str = ""  # of a city model; default: the finest


def surveyed(path: Path, reading: Reading, cancelled: Callable[[], bool] | None = None) -> Survey:
    """The survey of one file. Raises InputError."""
    suffix = path.suffix.lower()
    _refuse(path, suffix)
    order = {
        ".ifc": ("twins.survey.ifc:survey", ()),
        ".json": ("twins.survey.cityjson:survey", (reading.lod,)),
    }.get(suffix, ("twins.survey.meshes:survey", (reading.unit, reading.up)))
    seconds, memory = (IFC_SECONDS, IFC_MEMORY) if suffix == ".ifc" else (SECONDS, MEMORY)
    try:
        return unpacked(run(order[0], str(path.resolve()), *order[1], seconds=seconds, memory=memory, cancelled=cancelled))
    except (SandboxError, ValueError) as refused:
        raise InputError(f"{path.name} can't be used: {str(refused).rstrip('.')}{_remedy(path, suffix, str(refused))}") from None


def _remedy(path: Path, suffix: str, said: str) -> str:
    if said == "it was cancelled" or ";" in said:
        return ""
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")
    sort = next((sort for sign, sort in _SIGNS.items() if head.startswith(sign)), "")
    if sort and sort != {".glb": "GLB", ".gltf": "GLB", ".stl": "STL", ".ply": "PLY", ".ifc": "IFC"}.get(suffix, ""):
        return f"; it looks like {sort}: give it the ending that belongs to it"
    return {
        ".ifc": "; export it again as IFC 2x3 or IFC 4",
        ".json": "; export it again as CityJSON 1.0, 1.1 or 2.0",
    }.get(suffix, "; export it again, best as GLB")


def _refuse(path: Path, suffix: str) -> None:
    if not path.is_file():
        raise InputError(f"there is no file {path}; mend its name")
    if suffix not in FORMATS:
        raise InputError(f"{path.name} is no file that a twin can be made from; give {', '.join(FORMATS)} or a tag list as .csv")
    size = path.stat().st_size
    if not size:
        raise InputError(f"{path.name} is empty; export it again")
    if size > LARGEST:
        raise InputError(f"{path.name} is larger than {LARGEST >> 20} MB; cut it into parts, or export it with fewer details")
    if suffix == ".ifc" and importlib.util.find_spec("ifcopenshell") is None:
        raise InputError(NO_IFC)

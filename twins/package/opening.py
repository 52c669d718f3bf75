"""A package opened to be drawn: its twin, its zip, and the mesh of each part; from a folder, a zip or a recording's copy."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Self

from twins.asset import Twin
from twins.geometry.placing import Cache, build_part
from twins.package.archive import Files, files_in, files_of, zipped
from twins.package.loader import load, load_zipped
from twins.package.mesh_store import Meshes, key_of, stored


def notice_of(content: bytes | None) -> str:
    """What a package that a recording holds wants to stand on everything that is taken out; "" where it wants nothing."""
    from twins.package.archive import ROOT
    from twins.package.document import read_document
    from twins.package.fault import PackageError

    try:
        data = read_document(ROOT, files_in(content or b"").read(ROOT)).data
    except PackageError:
        return ""
    head = data.get("twin") if isinstance(data, dict) else None
    return " ".join(str(head.get("notice") or "").split())[:200] if isinstance(head, dict) else ""


class OpenPackage:
    """Mesh files are read from `folder`; a temporary one, gone with `close`, for a zip and for what holds twins that ship."""

    def __init__(self, twin: Twin, files: Files) -> None:
        self.twin, self._files = twin, files
        self._unpacked: tempfile.TemporaryDirectory[str] | None = None
        self.folder = files.folder if files.folder is not None and not files.shipped else self._unpack(files)

    @classmethod
    def at(cls, path: Path) -> Self:
        """A folder or a zip. Raises PackageError."""
        return cls(load(path), files_of(path))

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The zip that a recording holds. Raises PackageError."""
        return cls(load_zipped(content), files_in(content))

    def zipped(self) -> bytes:
        """The package as a recording keeps it."""
        return zipped(self.folder)

    def meshes(self, store: Path | None = None) -> Meshes:
        """The mesh of each part, by asset and part name; parts that share a description share a mesh. Raises GeometryError.

        `store` is a folder in which they are kept for the next time.
        """
        return self._built() if store is None else stored(key_of(self._files), store, self._built)

    def _built(self) -> Meshes:
        cache: Cache = {}
        parts = (part for asset in self.twin.assets.values() for part in asset.parts)
        return {(part.asset, part.name): build_part(part, self.folder, cache) for part in parts}

    def close(self) -> None:
        """Removes what was unpacked."""
        if self._unpacked:
            self._unpacked.cleanup()

    def _unpack(self, files: Files) -> Path:
        """Only mesh files are needed on the disk; their names were judged when the zip was opened."""
        self._unpacked = tempfile.TemporaryDirectory(prefix="twindeck-")
        folder = Path(self._unpacked.name)
        for name in files.sizes:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(files.read(name))
        return folder

"""The files of a package, from a folder or a zip, and the zip that goes into a recording."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from twins.package.document import LARGEST as LARGEST_DOCUMENT
from twins.package.document import read_document
from twins.package.fault import Fault, PackageError
from twins.package.layer import TWINS

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "twins"
LARGEST = 256 << 20  # bytes, unpacked
MOST = 10_000  # files
ROOT = "twin.yaml"
_BESIDE = ("viewpoints.yaml", "tour.yaml", "attributes.json", "calibration.yaml", "picture.png", "README.md", "blade.csv")
_DAMAGE = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, struct.error)
_OWN = re.compile(
    r"twin\.yaml|viewpoints\.yaml|tour\.yaml|calibration\.yaml|attributes\.json|picture\.png|README\.md|LICENSE[^/]*"
    r"|blade\.csv|airfoils/[^/]+\.csv|models/(?:[^/]+/)*[^/]+\.(?:csv|fmu|yaml|json)"
    r"|(?:types|mappings|scenarios)/[^/]+\.(?:yaml|json)"
    r"|predictors/[^/]+\.(?:yaml|csv|npz|onnx|md)"
    r"|meshes/(?:[^/]+/)*[^/]+\.(?:glb|gltf|stl|obj|ply)"
)

_HOLDS = re.compile(rb"\btwin[\"']?:[ \t]*[\"']?[A-Za-z0-9]")  # it may name a package that it holds
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9][A-Za-z0-9_-]*)*")


@dataclass(frozen=True, slots=True)
class Files:
    """A package's own files by name, `meshes/pump.glb`; `name` is what the package is called in sentences."""

    name: str
    sizes: Mapping[str, int]
    folder: Path | None = None
    packed: zipfile.ZipFile | None = None
    prefix: str = ""
    shipped: Mapping[str, Path] = field(default_factory=dict)  # held by name: `twins/north-ridge/` → where that lies

    def read(self, name: str) -> bytes:
        """One file's content. Raises PackageError where it can't be read."""
        try:
            for before, folder in self.shipped.items():
                if name.startswith(before):
                    return (folder / name.removeprefix(before)).read_bytes()
            if self.folder is not None:
                return (self.folder / name).read_bytes()
            assert self.packed is not None
            return self.packed.read(self.prefix + name)
        except _DAMAGE as problem:
            raise _refused(name, f"the file can't be read: {problem}", "check its permissions, or pack it again") from None

    def of_folder(self, folder: str, pattern: str) -> tuple[str, ...]:
        """The names right in a folder that match a pattern like `*.yaml`, in order."""
        return tuple(n for n in sorted(self.sizes) if n.rpartition("/")[0] == folder and PurePosixPath(n).match(pattern))

    def named(self, pattern: str) -> tuple[str, ...]:
        """The names that match a pattern like `types/*.yaml`, in order."""
        folder, _, name = pattern.rpartition("/")
        return self.of_folder(folder, name)


class Contents(Mapping[str, bytes]):
    """What the files hold, by name; each is read when it is asked for. Raises PackageError where one can't be."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def __getitem__(self, name: str) -> bytes:
        if name not in self._files.sizes:
            raise KeyError(name)
        return self._files.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files.sizes)

    def __len__(self) -> int:
        return len(self._files.sizes)


def is_package(path: Path) -> bool:
    """Whether a package's folder, its `twin.yaml` or a zip lies there, sound or not."""
    if path.is_dir():
        return (path / ROOT).is_file()
    return path.is_file() and (path.name == ROOT or zipfile.is_zipfile(path))


def files_of(path: Path) -> Files:
    """The files of a folder or a zip. Raises PackageError with one sentence where it is neither."""
    try:
        if path.is_dir():
            return _with_root(_folder(path))
        if path.is_file() and path.name != ROOT:
            return files_in(path.read_bytes(), path.name)
        if path.name == ROOT and path.is_file():
            return _with_root(_folder(path.parent))
    except OSError as problem:
        raise _refused(path.name, f"it can't be read: {problem.strerror}", "check its permissions") from None
    raise _refused(str(path), "there is no such folder or file", "give the folder of a package, or a zip of it")


def files_in(content: bytes, name: str = "package.zip") -> Files:
    """The files of a zip in memory. Raises PackageError where it is no zip, or not an honest one."""
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        entries = packed.infolist()
    except _DAMAGE:
        raise _refused(name, "this is neither a folder nor a zip", "give the folder of a package, or a zip of it") from None
    _judge(name, entries)
    sizes = {entry.filename: entry.file_size for entry in entries if not entry.is_dir()}
    prefix = _top_folder(sizes)
    inside = {key.removeprefix(prefix): size for key, size in sizes.items() if key.startswith(prefix)}
    return _with_root(
        Files(name, {key: size for key, size in inside.items() if _is_own(key, inside)}, packed=packed, prefix=prefix)
    )


def zipped(path: Path, instead: Mapping[str, bytes] | None = None) -> bytes:
    """The package as a zip of its own files, the same bytes for the same content; some may be put `instead` of its own."""
    files, other = files_of(path), instead or {}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name in sorted({*files.sizes, *other}):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            packed.writestr(entry, other[name] if name in other else files.read(name))
    return content.getvalue()


def _refused(file: str, message: str, remedy: str) -> PackageError:
    return PackageError([Fault(file, 0, message, remedy)])


def _with_root(files: Files) -> Files:
    if ROOT not in files.sizes:
        raise _refused(files.name, f"there is no {ROOT} in it", f"write a {ROOT}; docs/package.md shows one")
    return files


def _folder(folder: Path) -> Files:
    sizes: dict[str, int] = {}
    shipped: dict[str, Path] = {}
    for before, place in _packages(folder, shipped):
        sizes.update((f"{before}{name}", size) for name, size in _own_sizes(place).items())
        _weigh(folder.name, len(sizes), sum(sizes.values()))
    return Files(folder.resolve().name, sizes, folder=folder, shipped=shipped)


def _packages(folder: Path, shipped: dict[str, Path]) -> Iterator[tuple[str, Path]]:
    """(before the names of its files, folder) of a package and of all that are nested in it, each once."""
    waiting, seen = [("", folder)], {""}
    while waiting:
        before, place = waiting.pop()
        yield before, place
        for name in _held(place / ROOT):
            inside = [f"{before}{name}/", f"{before}{TWINS}{name}/", f"{TWINS}{name}/"]  # as `Layer.inner` looks for it
            here = [(inner, folder / inner) for inner in inside if not _of(inner, shipped)]
            here += [(f"{before}{inner}/", place / inner) for inner in (name, f"{TWINS}{name}") if _of(before, shipped)]
            outside = [(f"{TWINS}{name}/", SHIPPED / name)] if "/" not in name else []
            found = next(((key, inner) for key, inner in (*here, *outside) if (inner / ROOT).is_file()), None)
            if found is not None and found[0] not in seen:
                seen.add(found[0])
                waiting.append(found)
                if found in outside:
                    shipped[found[0]] = found[1]


def _of(name: str, shipped: Collection[str]) -> bool:
    """It lies in a twin that ships."""
    return any(name.startswith(before) for before in shipped)


def _held(file: Path) -> list[str]:
    """The packages that one holds, as its assets name them."""
    content = file.read_bytes() if file.is_file() and file.stat().st_size <= LARGEST_DOCUMENT else b""
    if not _HOLDS.search(content):
        return []
    data = read_document(file.name, content).data
    assets = data.get("assets") if isinstance(data, dict) else None
    named = [each.get("twin") for each in assets if isinstance(each, dict)] if isinstance(assets, list) else []
    return [name for name in dict.fromkeys(named) if isinstance(name, str) and _NAME.fullmatch(name)]


def _own_sizes(folder: Path) -> dict[str, int]:
    own = [folder / name for name in (ROOT, *_BESIDE)] + sorted(folder.glob("LICENSE*"))
    for room in ("types", "mappings", "scenarios", "predictors", "meshes", "airfoils", "models"):
        own += sorted((folder / room).rglob("*"))
    sizes = {}
    for path in own:
        name = path.relative_to(folder).as_posix()
        if path.is_file() and _OWN.fullmatch(name):
            if not path.resolve().is_relative_to(folder.resolve()):
                raise _refused(name, "this link leads out of the package", "put the file itself into the package")
            sizes[name] = path.stat().st_size
    return sizes


def is_own(name: str) -> bool:
    """Whether a package has files of such a name."""
    return _OWN.fullmatch(name) is not None


def _is_own(name: str, among: Collection[str]) -> bool:
    """Of the package, or of one that lies in it."""
    steps = name.split("/")
    befores = ["/".join(steps[:k]) + "/" for k in range(1, len(steps))]
    return bool(_OWN.fullmatch(name)) or any(
        f"{before}{ROOT}" in among and _OWN.fullmatch(name.removeprefix(before)) for before in befores
    )


def _judge(name: str, entries: list[zipfile.ZipInfo]) -> None:
    _weigh(name, len(entries), sum(entry.file_size for entry in entries))
    seen: set[str] = set()
    for entry in entries:
        inner = PurePosixPath(entry.filename)
        if inner.is_absolute() or ".." in inner.parts or "\\" in entry.filename or ":" in entry.filename:
            raise _refused(name, f"“{entry.filename}” would lie outside the package", "pack the folder again, without such names")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused(name, f"“{entry.filename}” is a link", "pack the file itself")
        if entry.filename in seen:
            raise _refused(name, f"“{entry.filename}” is in it twice", "pack the folder again")
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(name, f"“{entry.filename}” is encrypted or packed in a rare way", "pack it as a plain zip")
        seen.add(entry.filename)


def _weigh(name: str, count: int, size: int) -> None:
    if count > MOST or size > LARGEST:
        said = f"it holds {count:,} files and {size / 1e6:,.0f} MB"
        raise _refused(name, said, f"a package holds at most {MOST:,} files and {LARGEST >> 20} MB")


def _top_folder(sizes: Mapping[str, int]) -> str:
    """“skid/” where a zip holds the folder rather than what is in it."""
    if ROOT in sizes:
        return ""
    tops = [name.removesuffix(ROOT) for name in sizes if name.endswith("/" + ROOT) and name.count("/") == 1]
    return tops[0] if len(tops) == 1 else ""

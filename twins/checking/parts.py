"""What is wrong with parts: shapes, mesh files and their pieces, joints and the tags that move them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from twins.asset import Part, TagKind, Twin
from twins.checking.references import unknown_tag
from twins.expression import scale
from twins.package.archive import Files
from twins.package.document import Place
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.words import did_you_mean

_PLACE = re.compile(r"[\w-]+(?:\.[\w-]+|\[\d+\])*")
_VERBS = {"spin_by": "spins", "turn_by": "turns", "move_by": "moves", "scale_by": "grows"}
_COUNTED = (TagKind.NUMBER, TagKind.INTEGER, TagKind.BOOLEAN)
_STEP = re.compile(r"\[(\d+)\]|([\w-]+)")


def part_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every part; a shape that several assets share is looked at once."""
    seen: set[tuple[Origin, str]] = set()
    with ExitStack() as open_files:
        meshes = _Meshes(made.files, open_files)
        for asset in twin.assets.values():
            for part in asset.parts:
                origins = made.origins[f"{part.asset}#{part.name}"]
                yield from _moved(part, twin, origins)
                if (key := (origins[0], str(part.geometry.get("mesh", "")))) not in seen:
                    seen.add(key)
                    yield from _geometry(part, origins, meshes)


def terrain(made: Draft) -> Iterator[Fault]:
    """Of the ground."""
    described = made.twin.environment.get("terrain") if made.twin is not None else None
    if described is not None:
        from twins.geometry.terrain import terrain_faults

        origin = Origin(made.documents["twin.yaml"], ("environment",))
        yield from (_sentence(sentence, origin) for sentence in terrain_faults(described))


def _geometry(part: Part, origins: tuple[Origin, ...], meshes: _Meshes) -> Iterator[Fault]:
    if not any(part.axis):
        yield written(origins, "axis").fault(f"{part.name}: the axis [0, 0, 0] has no direction", "write one like [0, 0, 1]")
    mesh, shape = written(origins, "mesh"), written(origins, "shape")
    if mesh.value() and shape.value():
        yield mesh.fault(f"{part.name} has both a shape and a mesh", "keep one of the two")
    if "shape" in part.geometry:
        from twins.geometry.shapes import faults

        yield from (_sentence(sentence, written(origins)) for sentence in faults(part.geometry["shape"]))
    if "mesh" in part.geometry:
        yield from meshes.faults(str(part.geometry["mesh"]), mesh)


def _sentence(sentence: str, origin: Origin) -> Fault:
    """A sentence that begins with a place, `shape.box.size must be …; do this.`, told on the line of that place."""
    message, _, remedy = sentence.rstrip(".").partition("; ")
    match = _PLACE.match(sentence)
    steps: Place = tuple(int(index) if index else word for index, word in _STEP.findall(match[0] if match else ""))
    return origin.at(*steps).fault(message, remedy or "docs/package.md shows how shapes are described")


def _moved(part: Part, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    for key in ("spin_by", "turn_by", "move_by", "scale_by", "shown_by", "colour_by"):
        origin = written(origins, key)
        if name := origin.value():
            yield from unknown_tag(str(name), key, part.asset, twin, origin)
    movers = [key for key in _VERBS if getattr(part, key)]
    if len(movers) > 1:
        said = f"{part.name} both {_VERBS[movers[0]]} and {_VERBS[movers[1]]}"
        yield written(origins, movers[1]).fault(said, "let one part stand on another, each with one")
    if part.shown_by and twin.tags[part.shown_by].kind not in _COUNTED:
        said = f"shown_by: {twin.tags[part.shown_by].name} is of kind {twin.tags[part.shown_by].kind}, which has no more and less"
        yield written(origins, "shown_by").fault(said, "name a number, an integer or a boolean")
    yield from _sizes(part, twin, origins)
    for key, path, example in (
        ("spin_by", part.spin_by, "rpm"),
        ("turn_by", part.turn_by, "deg"),
        ("move_by", part.move_by, "m"),
    ):
        if path and (not _is_like(twin, path, example) or (example == "m" and twin.tags[path].unit != "m")):
            what = {"rpm": "a rotational speed", "deg": "an angle"}.get(example, "a length")
            unit = twin.tags[path].unit or "without a unit"
            said = f"{key}: {twin.tags[path].name} is no number that is {what}: it is {unit}"
            yield written(origins, key).fault(said, f"name a tag in {example}")


def _sizes(part: Part, twin: Twin, origins: tuple[Origin, ...]) -> Iterator[Fault]:
    example = "write sizes: [[50, 0.8], [120, 1]]"
    if part.scale_by and twin.tags[part.scale_by].kind not in (TagKind.NUMBER, TagKind.INTEGER):
        yield written(origins, "scale_by").fault(f"scale_by: {part.scale_by} is no number", "name a tag that is one")
    if bool(part.sizes) != bool(part.scale_by) and not (part.sizes and written(origins, "scale_by").value()):
        yield written(origins, "sizes").fault(f"{part.name}: scale_by and sizes belong together", example)
    values = [at for at, _ in part.sizes]
    if part.sizes and (len(values) < 2 or any(b <= a for a, b in pairwise(values))):
        yield written(origins, "sizes").fault(f"{part.name}: sizes want two values at least, rising", example)
    if any(not 0.01 <= size <= 100 for _, size in part.sizes):
        yield written(origins, "sizes").fault(f"{part.name}: a size outside 0.01 to 100", "1 is as it is drawn")


def _is_like(twin: Twin, path: str, example: str) -> bool:
    tag = twin.tags[path]
    try:
        unit, like = scale(tag.unit), scale(example)
    except ValueError:
        return True  # told where the tag is declared
    number = tag.kind in (TagKind.NUMBER, TagKind.INTEGER)
    return number and (unit.dimension, unit.turns) == (like.dimension, like.turns)


class _Meshes:
    """The mesh files of a package, each read once."""

    def __init__(self, files: Files, open_files: ExitStack) -> None:
        self._files = files
        self._open_files = open_files
        self._names: dict[str, dict[str, None] | str] = {}

    def faults(self, reference: str, origin: Origin) -> Iterator[Fault]:
        """Of one `FILE#NAME`."""
        file, _, name = reference.partition("#")
        if "/meshes/" not in f"/{file}" or file not in self._files.sizes:
            held = [each for each in self._files.sizes if "/meshes/" in f"/{each}"]
            yield origin.fault(f"there is no mesh file {file}", did_you_mean(file, held) or "put it into the folder meshes/")
            return
        names = self._read(file)
        if isinstance(names, str):
            message, _, remedy = names.rstrip(".").partition("; ")
            yield origin.fault(message, remedy or "export it again, best as GLB")
        elif name and name not in names:
            some = list(names)[:2000]
            remedy = did_you_mean(name, some) or f"write one of {', '.join(some[:12]) or 'nothing: it is empty'}"
            yield origin.fault(f"the mesh file {file} has no part “{name}”", remedy)

    def _read(self, file: str) -> dict[str, None] | str:
        from twins.geometry.mesh import GeometryError
        from twins.geometry.reader import part_names

        if file not in self._names:
            try:
                self._names[file] = dict.fromkeys(part_names(self._path(file)))
            except GeometryError as problem:
                self._names[file] = str(problem)
        return self._names[file]

    def _path(self, file: str) -> Path:
        if self._files.folder is not None and (self._files.folder / file).is_file():
            return self._files.folder / file
        path = Path(self._open_files.enter_context(tempfile.TemporaryDirectory())) / Path(file).name
        path.write_bytes(self._files.read(file))
        return path

"""Files that were meant for the package, but that nobody ever reads: a wrong ending, a folder that isn't called so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from twins.asset import Twin
from twins.package.archive import Files, is_own
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.words import did_you_mean

_ROOMS = ("types", "mappings", "scenarios", "predictors")  # of YAML files
_OTHERS = ("models", "meshes", "airfoils", "docs", "doc", "twins")  # whose YAML is read elsewhere, or by people
_ROOTS = ("twin.yaml", "viewpoints.yaml", "tour.yaml", "calibration.yaml")
_ENDINGS = (".yaml", ".yml")


def unread_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of YAML at the top of the package, and one folder below."""
    names = set(_names(made.files))
    packages = {name.rpartition("/")[0] for name in names if name.endswith("/twin.yaml")}
    for name in sorted(names):
        folder = name.partition("/")[0] if "/" in name else ""
        if PurePosixPath(name).suffix.lower() not in _ENDINGS or folder in packages:
            continue
        remedy = _of_room(name, folder) if folder else _of_root(name)
        if remedy and not is_own(name):
            yield Fault(name, 0, "this file is never read", remedy)


def _names(files: Files) -> Iterable[str]:
    """What lies in the package, whether it is its own or not; nothing that is hidden."""
    if files.folder is not None:
        found = [*files.folder.glob("*"), *files.folder.glob("*/*"), *files.folder.glob("*/*/*.y*ml")]
        names = [path.relative_to(files.folder).as_posix() for path in found if path.is_file()]
    else:
        names = (
            [each.removeprefix(files.prefix) for each in files.packed.namelist() if not each.endswith("/")]
            if files.packed
            else []
        )
    return (name for name in names if not any(step.startswith(".") for step in name.split("/")))


def _of_room(name: str, folder: str) -> str:
    if folder in _ROOMS:
        flat = f"{folder}/{PurePosixPath(name).stem}.yaml"
        return f"call it {flat}"
    if folder in _OTHERS or name.count("/") > 1:
        return ""
    near = did_you_mean(folder, _ROOMS)
    return (
        f"{near} call the folder so"
        if near
        else f"packages have the folders {', '.join(_ROOMS)}; move it there, or out of the package"
    )


def _of_root(name: str) -> str:
    """Only what is called nearly like a file of a package: others may lie there."""
    near = did_you_mean(PurePosixPath(name).stem.lower(), [PurePosixPath(root).stem for root in _ROOTS])
    return near.replace("”?", ".yaml”?") if name not in _ROOTS else ""

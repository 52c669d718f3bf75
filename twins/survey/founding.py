"""Founding a twin: files of other trades are read in the sandbox and become one package, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from twins import InputError
from twins.package.words import spoken
from twins.survey.joining import joined
from twins.survey.noticing import notice_for
from twins.survey.places import surveyed_places, tells_places
from twins.survey.reading import FORMATS, Reading, surveyed
from twins.survey.survey import Survey
from twins.survey.taglist import TABLES, bind
from twins.survey.writing import files_of

_ANY = ("scene", "world", "root", "rootnode", "model", "default", "untitled")  # what programs call anything


@dataclass(frozen=True, slots=True)
class Founded:
    """What was made: how many assets, tags and relations, and sentences that the user should read."""

    folder: Path
    assets: int
    shapes: int
    tags: int
    relations: int
    notes: tuple[str, ...]


def found(
    folder: Path,
    sources: Sequence[Path],
    reading: Reading = Reading(),  # noqa: B008 - frozen
    name: str = "",
    say: Callable[[float, str], None] = lambda _done, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
    notice: str = "",
) -> Founded:
    """The package of some files in `folder`, which must not hold anything. Raises InputError and leaves nothing behind."""
    _refuse_place(folder)
    places = [path for path in sources if path.suffix.lower() in TABLES and tells_places(path)]
    tables = [path for path in sources if path.suffix.lower() in TABLES and path not in places]
    models = [path for path in sources if path not in tables]
    surveys = []
    for k, path in enumerate(models):
        say(0.7 * k / max(1, len(models)), f"reading {path.name}")
        surveys.append(surveyed_places(path, reading.tags) if path in places else surveyed(path, reading, cancelled))
    whole = joined(surveys, [path.stem for path in models])
    for path in tables:
        say(0.7, f"reading {path.name}")
        bind(path, whole)
    if not notice:
        notice, called = notice_for(thing.name for thing in whole.things)
        if notice:
            whole.notes.append(f"as a part is called “{called}”, every screen says “{notice}”; twin.yaml has it as notice:")
    say(0.75, "writing the package")
    title = name or _own_name(whole) or spoken(folder.resolve().name.replace("-", "_"))
    files = files_of(whole, title, [_source(path) for path in sources], notice)
    _refuse_cancelled(cancelled)
    _write(folder, files, lambda: say(0.85, "checking the package"), cancelled)
    return _told(folder, whole)


def _own_name(whole: Survey) -> str:
    """What the source calls itself; the name of a file, or what programs call any scene, is no name."""
    said = whole.name.strip()
    bare = said.lower() in _ANY or Path(said).suffix.lower() in FORMATS
    return "" if bare else said


def _refuse_place(folder: Path) -> None:
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"{folder} is there already and is not empty; give a new folder, or empty this one")
    if not folder.parent.is_dir():
        raise InputError(f"{folder.parent} is no folder; make it first, or give another place")


def _refuse_cancelled(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise InputError("it was cancelled; nothing was written")


def _source(path: Path) -> str:
    return f"Made from {path.name} (sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]})."


def _write(folder: Path, files: dict[str, bytes], checking: Callable[[], None], cancelled: Callable[[], bool]) -> None:
    """A draft beside the folder takes its place once it is sound."""
    from twins.checking import check

    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as problem:
        raise InputError(f"{folder} can't be made: {problem.strerror}; give another place") from None
    try:
        for name, content in files.items():
            (draft / name).parent.mkdir(exist_ok=True)
            (draft / name).write_bytes(content)
        checking()
        faults = check(draft)
        if faults:
            raise InputError(f"no sound package comes of this: {faults[0]}")
        _refuse_cancelled(cancelled)
        draft.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()
        draft.replace(folder)
    except OSError as problem:
        raise InputError(f"{folder} can't be written: {problem.strerror}; give another place") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _told(folder: Path, whole: Survey) -> Founded:
    things = whole.things
    shapes, tags = sum(1 for each in things if len(each.triangles)), sum(len(each.tags) for each in things)
    return Founded(folder, len(things), shapes, tags, len(whole.relations), tuple(whole.notes))


__all__ = ["FORMATS", "Founded", "found"]

"""A draft: a file is written beside its place and takes it when it is whole; until then, and if it never is, nothing is there."""

from __future__ import annotations

import contextlib
import glob
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from twins.historian.recording import RecordingError

MODEL, TEXT = "a model or archive", "a text or table"
_KINDS = {
    b"SQLite format 3\0": "a recording", b"PK\3\4": MODEL, b"PAR1": "a Parquet table", b"\x89PNG": "a picture",
    b"\x93NUMPY": "an array",
}  # fmt: skip
BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite may leave


@contextlib.contextmanager
def drafted(place: Path, *, over: bool = False) -> Iterator[Path]:
    """The draft's path. At the end it takes `place`, durably; an exception removes it. Raises RecordingError.

    With `over` it replaces what stands there and is of its kind; a file of another kind is not touched, nor, without `over`, any
    that has appeared there meanwhile.
    """
    refuse_bad_place(place)
    if place.exists() and not over:
        raise RecordingError(f"{place} is there already; name another file")
    _clear_abandoned(place)
    draft = place.with_name(f".{place.stem}.{os.getpid()}{place.suffix}")
    try:
        yield draft
        _publish(draft, place, over)
        _sync_folder(place.absolute().parent)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RecordingError(f"{place} can't be written: {reason}; check the disk's space and the folder's rights") from None
    finally:
        _remove(draft)


def refuse_bad_place(place: Path, made: str = "") -> None:
    """Raises RecordingError where nothing can be written, or where what stands there is not what is to be `made`, such as
    `MODEL`; asked before long work."""
    folder = place.absolute().parent
    if place.is_dir():
        raise RecordingError(f"{place} is a folder; name a file in it")
    if not folder.is_dir():
        raise RecordingError(f"{folder} is not a folder; make it first")
    if not os.access(folder, os.W_OK):
        raise RecordingError(f"{folder} can't be written to; choose another folder or change its rights")
    log = place.with_name(place.name + "-wal")
    if log.exists() and not place.exists():  # SQLite would play it into the new file
        raise RecordingError(f"{log} is left over from a recording that is gone; remove it, or choose another name")
    if made:
        _refuse_other(place, made)


def _publish(draft: Path, place: Path, over: bool) -> None:
    log = draft.with_name(draft.name + "-wal")
    if log.exists() and log.stat().st_size:  # the last of it could not be moved into the file
        raise RecordingError(f"{place} can't be written: the disk took the log but not the file; make room and try again")
    if over:
        _refuse_other(place, _kind(draft))
        draft.replace(place)
        return
    try:
        os.link(draft, place)  # fails where the name is taken, and never replaces
        draft.unlink()
    except FileExistsError:
        raise RecordingError(
            f"{place} was made by somebody else meanwhile; name another file, or try again to add to it"
        ) from None
    except OSError:  # no links on this file system
        if place.exists():
            raise
        draft.rename(place)


def _refuse_other(place: Path, made: str) -> None:
    if place.exists() and place.stat().st_size and (there := _kind(place)) != made:
        raise RecordingError(f"{place} is there already and is {there}, which {made} must not replace; name another file")


def _kind(file: Path) -> str:
    """What a file is by how it begins, in words."""
    with file.open("rb") as read:
        head = read.read(4096)
    for begins, what in _KINDS.items():
        if head.startswith(begins):
            return what
    return "binary" if b"\0" in head else "a JSON file" if head.lstrip()[:1] in (b"{", b"[") else TEXT


def _clear_abandoned(place: Path) -> None:
    """Drafts of the same place whose writer was killed."""
    for draft in place.absolute().parent.glob(f".{glob.escape(place.stem)}.*{glob.escape(place.suffix)}"):
        writer = draft.name.removeprefix(f".{place.stem}.").removesuffix(place.suffix)
        if writer.isdigit() and not _lives(int(writer)):
            _remove(draft)


def _lives(process: int) -> bool:
    """Whether a process runs; True where that can't be asked without harm."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(draft: Path) -> None:
    for ending in BESIDE:
        draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable; Windows does so by itself and opens no folder."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

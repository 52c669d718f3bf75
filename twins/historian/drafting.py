"""A draft: a file is written beside its place and takes it when it is whole; until then, and if it never is, nothing is there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from twins.historian.recording import RecordingError

BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite may leave


@contextlib.contextmanager
def drafted(place: Path) -> Iterator[Path]:
    """The draft's path. At the end it is renamed to `place`, durably; an exception removes it. Raises RecordingError."""
    refuse_bad_place(place)
    draft = place.with_name(f".{place.stem}.{os.getpid()}{place.suffix}")
    try:
        yield draft
        draft.replace(place)
        _sync_folder(place.absolute().parent)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RecordingError(f"{place} can't be written: {reason}; check the disk's space and the folder's rights") from None
    finally:
        for ending in BESIDE:
            draft.with_name(draft.name + ending).unlink(missing_ok=True)


def refuse_bad_place(place: Path) -> None:
    """Raises RecordingError where nothing can be written; asked before long work."""
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


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable; Windows does so by itself and opens no folder."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

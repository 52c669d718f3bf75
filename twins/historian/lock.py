"""The lock: one station writes a record. The system lets go of it when its holder dies, however that happens."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import BinaryIO, Self

from twins import clock
from twins.clock import SECOND, format_time
from twins.historian.place import beside
from twins.historian.recording import RecordingError

_PATIENCE_NS = SECOND // 2  # whoever only looks holds it for an instant
_LOCKED_BYTE = 1 << 30  # Windows locks bytes against reading; one that nothing is written to


class Lock:
    """Held from `hold` to `close`. The file stays; only its lock counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    @classmethod
    def beside(cls, record: Path) -> Self:
        """The lock of a record."""
        return cls(beside(record, "lock"))

    def hold(self, what: str) -> None:
        """Takes it, and writes down who has it. Raises RecordingError naming the holder where another has it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+b")
        except OSError as error:
            raise RecordingError(
                f"{self.path} can't be written: {(error.strerror or str(error)).lower()}; choose another folder"
            ) from None
        until = clock.monotonic() + _PATIENCE_NS
        while not _try(file, exclusive=True):
            if clock.monotonic() > until:
                file.close()
                raise RecordingError(f"{self.path} is held by {_told(self.path)}; a record has one station: stop that one first")
            clock.sleep(0.02)
        told = {"what": what, "pid": os.getpid(), "host": platform.node(), "since": format_time(clock.now())}
        file.truncate(0)
        file.write(json.dumps(told).encode())
        file.flush()
        self._file = file

    def close(self) -> None:
        """Lets go."""
        if self._file is not None:
            _release(self._file)
            self._file.close()
            self._file = None


def holder(record: Path) -> str:
    """Who writes a record now, in words; "" where nobody does. It disturbs nobody."""
    path = beside(record, "lock")
    try:
        with path.open("rb") as file:
            if _try(file, exclusive=False):
                _release(file)
                return ""
    except OSError:
        return ""
    return _told(path)


def _told(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(path.read_bytes()[:4096])
        return f"{said['what']} (process {said['pid']} on {said['host']}, since {said['since']})"
    return "another process"


if sys.platform == "win32":
    import msvcrt

    def _try(file: BinaryIO, *, exclusive: bool) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK if exclusive else msvcrt.LK_NBRLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

    def _release(file: BinaryIO) -> None:
        file.seek(_LOCKED_BYTE)
        with contextlib.suppress(OSError):
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _try(file: BinaryIO, *, exclusive: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _release(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

"""Places: where the days of a record lie, and what stands beside it.

A record is named by its first day's file, `X.twin-recording`, with later days beside it as `X.2026-11-28.twin-recording`; or by a
folder that holds `2026-11-27.twin-recording` and so on.
"""

from __future__ import annotations

import glob
from pathlib import Path

from twins.clock import DAY, to_datetime
from twins.historian.schema import SUFFIX

_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


def is_folder(record: Path) -> bool:
    """Whether the record is (or will be) a folder of days."""
    return record.is_dir() or (not record.exists() and record.suffix != SUFFIX)


def beside(record: Path, what: str) -> Path:
    """`DIR/desk` or `X.desk`."""
    return record / what if is_folder(record) else record.with_suffix(f".{what}")


def days_of(record: Path) -> list[Path]:
    """The files of a record, oldest first; none where there is none yet."""
    if record.is_dir():
        return sorted(record.glob(f"{_DATE}{SUFFIX}"))
    followers = sorted(record.parent.glob(f"{glob.escape(record.stem)}.{_DATE}{SUFFIX}"))
    return ([record] if record.exists() else []) + followers


def is_record(path: Path) -> bool:
    """Whether a recording's file, or a folder of days, is there."""
    if path.is_dir():
        return bool(days_of(path))
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(6) == b"SQLite"


def day_file(record: Path, time: int, first: bool) -> Path:
    """The file of the day that `time` (ns) is in."""
    date = to_datetime(time).strftime("%Y-%m-%d")
    if is_folder(record):
        return record / f"{date}{SUFFIX}"
    return record if first else record.with_name(f"{record.stem}.{date}{SUFFIX}")


def day(time: int) -> int:
    """Days since 1970 (UTC)."""
    return time // DAY

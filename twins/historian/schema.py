"""The recording's file: one SQLite database, its tables, and the three ways to open it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from twins.historian.recording import RecordingError

APPLICATION_ID = 0x54574E44  # “TWND”
FORMAT = 1
SUFFIX = ".twin-recording"
FILE_ERRORS = (sqlite3.Error, UnicodeDecodeError)  # a damaged schema can make even the message undecodable

# Rows are only ever appended and each is guarded by a CRC; only `meta` is replaced. `keyframe` is derived and may be rebuilt.
TABLES = """
create table meta(key text primary key, value text not null, crc integer not null) strict, without rowid;
create table channel(id integer primary key, path text not null, kind text not null, unit text not null, period integer,
    aggregate text not null, stamp text not null, labels text not null, link text not null, crc integer not null) strict;
create table text(id integer primary key, value text not null, crc integer not null) strict;
create index text_by_value on text(value);
create table waveform(id integer primary key, start integer not null, step integer not null, unit text not null,
    codec text not null, data blob not null, crc integer not null) strict;
create table block(id integer primary key, first integer not null, arrival0 integer not null, arrival1 integer not null,
    order0 integer not null, order1 integer not null, n integer not null, codec integer not null, crc integer not null,
    head integer not null, data blob not null) strict;
create table event(id integer primary key, time integer not null, kind text not null, subject text not null, key text not null,
    stands integer not null, data text not null, crc integer not null, head integer not null) strict;
create table keyframe(id integer primary key, time integer not null, block integer not null, event integer not null,
    crc integer not null, latest blob not null, standing text not null) strict;
create index keyframe_by_time on keyframe(time, id);
create table package(id integer primary key, time integer not null, sha256 text not null, crc integer not null,
    data blob not null) strict;
"""


def create(path: Path) -> sqlite3.Connection:
    """A new, empty database for writing; refuses a path that is taken, a network drive, an unwritable folder."""
    if path.exists():
        raise RecordingError(f"{path} exists already; name another file or remove it first")
    refuse_network(path)
    log = path.with_name(path.name + "-wal")
    if log.exists():  # SQLite would play it into the new file
        raise RecordingError(f"{log} is left over from a recording that is gone; remove it, or choose another name")
    try:
        database = _connect(f"file:{_quoted(path)}?mode=rwc")
        database.execute("pragma page_size = 8192")
        database.executescript(
            f"begin; pragma application_id = {APPLICATION_ID}; pragma user_version = {FORMAT}; {TABLES} commit;"
        )
        _durable(database, path)
    except sqlite3.Error as error:
        raise RecordingError(f"{path} can't be written: {error}; choose a folder on this machine that you may write to") from None
    return database


def open_to_write(path: Path) -> sqlite3.Connection:
    """An existing recording, to append to; refuses a sealed one."""
    refuse_other_files(path)
    refuse_network(path)
    if is_sealed(path):
        raise RecordingError(f"{path} is sealed evidence and is never written to again; import into another file")
    try:
        database = _connect(f"file:{_quoted(path)}?mode=rw")
        _durable(database, path)
    except sqlite3.Error as error:
        raise RecordingError(f"{path} can't be opened for writing: {error}") from None
    return database


def open_to_read(path: Path) -> sqlite3.Connection:
    """An existing recording, to read: sealed files immutably, so that evidence is never touched."""
    refuse_other_files(path)
    frozen = is_sealed(path)
    database = _connect(f"file:{_quoted(path)}?mode=ro" + ("&immutable=1" if frozen else ""))
    with contextlib.suppress(*FILE_ERRORS):
        database.execute("pragma writable_schema = on")  # so that SQLite reads on beyond a damaged place; nothing is written here
    return database


def is_sealed(path: Path) -> bool:
    """Whether the file was sealed; asks without leaving a trace."""
    with path.open("rb") as file:
        header = file.read(20)
    if header[18:20] != b"\x01\x01":  # not in journal mode DELETE
        return False
    database = _connect(f"file:{_quoted(path)}?mode=ro&immutable=1")
    try:
        return database.execute("select 1 from meta where key = 'sealed'").fetchone() is not None
    except FILE_ERRORS:
        return False
    finally:
        database.close()


def cut_short(path: Path) -> str:
    """A sentence where the file is shorter than it says, else "". What a log beside it still holds is not missed."""
    with path.open("rb") as file:
        header = file.read(32)
    page = int.from_bytes(header[16:18], "big") or 65_536
    promised, there = page * int.from_bytes(header[28:32], "big"), path.stat().st_size
    return f"the file is cut short: {there} of {promised} bytes are there" if there < promised else ""


def refuse_other_files(path: Path) -> None:
    """Raises RecordingError where the path is absent or is not a recording that this version reads."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise RecordingError(
            f"{path} can't be opened: {(error.strerror or str(error)).lower()}; check the path and its rights"
        ) from None
    if header[:16] != b"SQLite format 3\0" or int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise RecordingError(f"{path} is not a recording (or its first bytes are damaged); give a file that ends in {SUFFIX}")
    version = int.from_bytes(header[60:64], "big")
    if version > FORMAT:
        raise RecordingError(
            f"{path} was written by a newer Twindeck (format {version}, this one reads {FORMAT}); update Twindeck"
        )


def refuse_network(path: Path) -> None:
    """Write-ahead logging works on one host only, so a path on a network drive is refused where that can be told."""
    where = path.absolute().parent
    if str(where).startswith("\\\\") or _filesystem(where) in {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "fuse.sshfs",
        "ncpfs",
        "afs",
    }:
        raise RecordingError(f"{path} is on a network drive, where a recording can't be kept safe; choose a local folder")


def _filesystem(folder: Path) -> str:
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    best, kind = "", ""
    for line in mounts.read_text("utf-8", "replace").splitlines():
        _, mount, found, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        if len(mount) >= len(best) and (folder.is_relative_to(mount)):
            best, kind = mount, found
    return kind


def _connect(uri: str) -> sqlite3.Connection:
    database = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10, cached_statements=64)
    database.text_factory = lambda text: text.decode(
        "utf-8", "surrogateescape"
    )  # damage is for the CRC to find, not for the codec
    return database


def _durable(database: sqlite3.Connection, path: Path) -> None:
    mode = database.execute("pragma journal_mode = wal").fetchone()[0]
    if mode != "wal":
        raise RecordingError(f"{path} can't keep a write-ahead log here; choose a local folder")
    database.execute("pragma synchronous = full")


def _quoted(path: Path) -> str:
    return path.absolute().as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")

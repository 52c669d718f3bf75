"""The desk: a small mailbox beside a record, where windows and command lines leave what they want of the station."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from twins import clock
from twins.clock import SECOND
from twins.historian import schema
from twins.historian.place import beside
from twins.historian.recording import RecordingError
from twins.historian.rows import crc_of, plain, text_of
from twins.record import Intention, IntentionKind

APPLICATION_ID = 0x5457444B  # “TWDK”
KEPT = 5_000  # rows; older ones were answered long ago, and their answers stand in the record
_PATIENCE_NS = 5 * SECOND
LARGEST = 64_000  # characters of one row
_TABLE = """create table if not exists intention(
    id integer primary key autoincrement, uuid text not null, kind text not null, by text not null, time integer not null,
    subject text not null, why text not null, data text not null, crc integer not null) strict"""
_COLUMNS = "uuid, kind, by, time, subject, why, data"


class Desk:
    """One connection, for one thread. Anything may write into the file, so what can't be understood is passed over and told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.passed_over: list[str] = []  # sentences, newest last
        schema.refuse_network(path)
        try:
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._database = _opened(path)
        except (sqlite3.Error, OSError) as error:
            raise RecordingError(
                f"the desk {path} can't be opened: {error}; remove it if it is damaged, it holds nothing that lasts"
            ) from None
        self._seen_version = -1
        self._skipped = 0

    @classmethod
    def beside(cls, record: Path) -> Self:
        """The desk of a record; made where there is none."""
        return cls(beside(record, "desk"))

    def post(self, intention: Intention) -> None:
        """Durable when it returns. Raises RecordingError."""
        data = json.dumps(plain(intention.data), ensure_ascii=False, allow_nan=False)
        texts = (text_of(intention.by), int(intention.time), text_of(intention.subject), text_of(intention.why), data)
        row = (intention.id, intention.kind.value, *texts)
        if sum(len(str(field)) for field in row) > LARGEST:
            raise RecordingError("this is too long; say it in fewer words")
        try:
            self._database.execute(f"insert into intention({_COLUMNS}, crc) values (?, ?, ?, ?, ?, ?, ?, ?)", (*row, crc_of(row)))  # noqa: S608
        except sqlite3.Error as error:
            raise RecordingError(f"the desk {self.path} can't be written: {error}") from None

    def after(self, position: int) -> list[tuple[int, Intention]]:
        """What was posted after a position, in order; at most 1,000 in one go. Costs next to nothing where nothing was."""
        try:
            version = self._database.execute("pragma data_version").fetchone()[0]
            if version == self._seen_version:
                return []
            if (self._newest() or 0) < position:  # somebody removed the desk, and it counts anew
                position = 0
            asked = f"select id, {_COLUMNS}, crc from intention where id > ? order by id limit 1000"  # noqa: S608
            rows = self._database.execute(asked, (max(position, self._skipped),)).fetchall()
        except sqlite3.Error as error:
            self._pass_over(f"the desk can't be read: {error}")
            return []
        if not rows:
            self._seen_version = version
            self._trim(position)
        understood = [(row[0], intention) for row in rows if (intention := self._understood(row)) is not None]
        if rows and not understood:
            self._skipped = int(rows[-1][0])
        return understood

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def _understood(self, row: tuple[object, ...]) -> Intention | None:
        id_, *fields, crc = row
        try:
            if crc_of(tuple(fields)) != crc or sum(len(str(field)) for field in fields) > LARGEST:
                raise ValueError("it is damaged")
            uuid, kind, by, time, subject, why, data = fields
            told = json.loads(str(data))
            if not isinstance(told, Mapping) or not isinstance(time, int):
                raise ValueError("it is not in form")
            return Intention(IntentionKind(str(kind)), str(by), time, str(subject), str(why), told, str(uuid))
        except (ValueError, RecursionError) as problem:
            self._pass_over(f"row {id_} of the desk was passed over: {problem}")
            return None

    def _newest(self) -> int | None:
        """The number of the last row there ever was."""
        row = self._database.execute("select seq from sqlite_sequence where name = 'intention'").fetchone()
        return int(row[0]) if row else None

    def _trim(self, position: int) -> None:
        """Rows that were answered long ago go, now and then."""
        if position > KEPT and position % 1000 == 0:
            self._database.execute("delete from intention where id <= ?", (position - KEPT,))

    def _pass_over(self, sentence: str) -> None:
        self.passed_over = [*self.passed_over[-99:], sentence]


def _opened(path: Path) -> sqlite3.Connection:
    """A connection; several processes may open a new desk at once, and SQLite does not wait by itself while one lays it out."""
    until = clock.monotonic() + _PATIENCE_NS
    while True:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = full")
            database.execute(_TABLE)
            return database
        except sqlite3.OperationalError as error:
            database.close()
            if "locked" not in str(error) or clock.monotonic() > until:
                raise
            clock.sleep(0.02)

"""Salvage: reading a table on beyond a damaged place, row by row where a scan gives up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from twins.historian.rows import Row

GIVE_UP_AFTER = 2000  # ids in a row that lead nowhere
_CORRUPT, _NOT_A_DATABASE = 11, 26


def is_damage(error: sqlite3.Error) -> bool:
    """The file itself is damaged; anything else (locked, full, interrupted) is not for salvage."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


def rows_after(database: sqlite3.Connection, columns: str, table: str, after: int) -> Iterator[Row | None]:
    """The rows with id > after in order, `columns` beginning with the id; None once where a damaged place was met."""
    last = after
    try:
        for row in database.execute(f"select {columns} from {table} where id > ? order by id", (after,)):  # noqa: S608
            last = max(last, row[0]) if isinstance(row[0], int) else last
            yield row
        return
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    yield None
    missed = 0
    while missed < GIVE_UP_AFTER:
        last += 1
        row = row_at(database, columns, table, last)
        missed = missed + 1 if row is None else 0
        if row is not None:
            yield row


def rows_at(database: sqlite3.Connection, columns: str, table: str, ids: Iterable[int]) -> Iterator[Row]:
    """Those of these rows that can be read, in the order asked."""
    for id_ in ids:
        row = row_at(database, columns, table, id_)
        if row is not None:
            yield row


def row_at(database: sqlite3.Connection, columns: str, table: str, id_: int) -> Row | None:
    """One row; None where it is not there or can't be read."""
    try:
        return database.execute(f"select {columns} from {table} where id = ?", (id_,)).fetchone()  # noqa: S608
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return None

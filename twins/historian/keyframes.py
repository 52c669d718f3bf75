"""A keyframe: everything known at one instant, so that no reader starts at the beginning."""

from __future__ import annotations

import json
import sqlite3
import zlib
from dataclasses import dataclass, field

from twins.clock import BEFORE_ALL_TIME
from twins.historian.latest import Latest
from twins.historian.rows import crc_of, standing_of, standing_text
from twins.historian.salvage import is_damage
from twins.record import Standing


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Holds every sample of blocks up to `block` that arrived by `time`, and every event up to `event` known by then."""

    time: int = BEFORE_ALL_TIME
    block: int = 0
    event: int = 0
    latest: Latest = field(default_factory=Latest)
    standing: Standing = field(default_factory=Standing)


def newest(database: sqlite3.Connection, time: int, blocks: int) -> Keyframe:
    """The newest sound keyframe at or before `time`; an empty one where there is none."""
    asked = "select time, block, event, latest, standing, crc from keyframe where time <= ? order by time desc, id desc"
    try:
        return _first_sound(database.execute(asked, (time,)), blocks, time)
    except sqlite3.Error as error:  # a keyframe only saves time
        if not is_damage(error):
            raise
        return Keyframe()


def _first_sound(found: sqlite3.Cursor, blocks: int, time: int) -> Keyframe:
    for *fields, crc in found:
        at, block, event, latest, standing = fields
        if crc_of(tuple(fields)) == crc and block <= blocks and at <= time:
            try:
                return Keyframe(at, block, event, Latest.decode(latest), standing_of(standing))
            except (ValueError, TypeError, zlib.error, json.JSONDecodeError):
                continue
    return Keyframe()


def write(database: sqlite3.Connection, frame: Keyframe) -> int:
    """Adds one, in the transaction that is open; how many bytes it takes."""
    fields = (int(frame.time), frame.block, frame.event, frame.latest.encode(), standing_text(frame.standing))
    database.execute(
        "insert into keyframe(time, block, event, latest, standing, crc) values (?, ?, ?, ?, ?, ?)", (*fields, crc_of(fields))
    )
    return len(fields[3]) + len(fields[4])


def drop_from(database: sqlite3.Connection, time: int) -> None:
    """Those at or after `time` no longer hold everything: something older arrived."""
    database.execute("delete from keyframe where time >= ?", (time,))

"""Rows: how channels, events, texts and waveforms stand in the file, each guarded by a CRC over its id and all it says."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from twins.asset import TagKind
from twins.record import Channel, Event, EventKind, Standing, Waveform

Row = tuple[Any, ...]
CHANNEL = "id, path, kind, unit, period, aggregate, stamp, labels, link, crc"
EVENT = "id, time, kind, subject, key, stands, data, crc"


def guarded(row: Row) -> Row:
    """The row with its CRC behind it."""
    return (*row, crc_of(row))


def crc_of(row: Row) -> int:
    """A CRC over every field of a row, bytes as they are and the rest as text."""
    crc = 0
    for field in row:
        crc = zlib.crc32(field if isinstance(field, bytes) else repr(field).encode("utf-8", "surrogatepass"), crc)
    return crc


def channel_row(id_: int, channel: Channel) -> Row:
    """The columns of CHANNEL."""
    labels = json.dumps(channel.values, ensure_ascii=False)
    facts = (channel.path, channel.kind.value, channel.unit, channel.period_ns, channel.aggregate, channel.stamp)
    return guarded((id_, *facts, labels, channel.link))


def channel_of(row: Row) -> Channel | None:
    """The inverse of `channel_row`; None where the row is damaged."""
    *fields, crc = row
    if crc_of(tuple(fields)) != crc:
        return None
    _, path, kind, unit, period, aggregate, stamp, labels, link = fields
    return Channel(path, TagKind(kind), unit, period, aggregate, stamp, tuple(json.loads(labels)), link)


def event_row(id_: int, event: Event) -> Row:
    """The columns of EVENT."""
    data = json.dumps(event.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return guarded((id_, event.time, event.kind.value, event.subject, event.key, int(event.stands), data))


def event_of(row: Row) -> Event | None:
    """The inverse of `event_row`; None where the row is damaged."""
    *fields, crc = row
    if crc_of(tuple(fields)) != crc:
        return None
    _, time, kind, subject, key, stands, data = fields
    return Event(time, EventKind(kind), subject, key, bool(stands), json.loads(data))


def head_of(id_: int, time: int) -> int:
    """The CRC of when an event was known, which is read without the rest."""
    return zlib.crc32(struct.pack("<2q", id_, time)) if isinstance(time, int) and isinstance(id_, int) else -1


def standing_text(standing: Standing) -> str:
    """What stands, as a keyframe holds it."""
    return json.dumps([event_row(0, event) for event in standing.values()], ensure_ascii=False)


def standing_of(text: str) -> Standing:
    """The inverse of `standing_text`."""
    events = [event_of(tuple(row)) for row in json.loads(text)]
    return Standing(event for event in events if event is not None)


def waveform_row(id_: int, waveform: Waveform) -> Row:
    """id, start, step, unit, crc, data; values as little-endian float32."""
    data = np.asarray(waveform.values, "<f4").tobytes()
    fields = (id_, waveform.start, waveform.step, waveform.unit)
    return (*fields, crc_of((*fields, data)), data)


def waveform_of(row: Row) -> Waveform | None:
    """The inverse of `waveform_row`; None where the row is damaged."""
    id_, start, step, unit, crc, data = row
    if crc_of((id_, start, step, unit, data)) != crc:
        return None
    return Waveform(start, step, unit, np.frombuffer(data, "<f4"))


def places(chosen: Sequence[object]) -> str:
    """The `?, ?, ?` of an SQL list."""
    return ", ".join("?" * len(chosen))

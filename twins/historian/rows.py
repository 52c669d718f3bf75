"""Rows: how channels, events, texts and waveforms stand in the file, each guarded by a CRC over its id and all it says."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twins.asset import TagKind
from twins.record import Channel, Event, EventKind, Standing, Waveform

Row = tuple[Any, ...]
CHANNEL = "id, path, kind, unit, period, aggregate, stamp, labels, link, crc"
WAVEFORM = "id, start, step, unit, codec, data, crc"
WAVE_CODECS = ("<f4", "<f8", "<i2", "<i4")
EVENT = "id, time, kind, subject, key, stands, data, crc"


def guarded(row: Row) -> Row:
    """The row with its CRC behind it."""
    return (*row, crc_of(row))


def crc_of(row: Row) -> int:
    """A CRC over every field of a row: a letter for its kind, its length, then its bytes; whole numbers as decimal digits."""
    crc = 0
    for field in row:
        kind, data = _bytes_of(field)
        crc = zlib.crc32(data, zlib.crc32(kind + struct.pack("<q", len(data)), crc))
    return crc


def _bytes_of(field: object) -> tuple[bytes, bytes]:
    if isinstance(field, bytes):
        return b"b", field
    if isinstance(field, str):
        return b"s", field.encode("utf-8", "surrogateescape")
    return (b"n", b"") if field is None else (b"i", str(field).encode())


def plain(value: object) -> object:
    """JSON that any reader takes: numpy's numbers as Python's, what is not finite as null, lone surrogates replaced."""
    if isinstance(value, Mapping):
        return {text_of(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return text_of(value) if isinstance(value, str) else value


def text_of(value: object) -> str:
    """Text that every database takes: a plain str, lone surrogates replaced."""
    return str(value).encode("utf-8", "replace").decode()


def channel_row(id_: int, channel: Channel) -> Row:
    """The columns of CHANNEL."""
    labels = json.dumps(channel.values, ensure_ascii=False)
    period = None if channel.period_ns is None else int(channel.period_ns)
    facts = (text_of(channel.path), channel.kind.value, text_of(channel.unit), period, str(channel.aggregate), str(channel.stamp))
    return guarded((id_, *facts, labels, text_of(channel.link)))


def channel_of(row: Row) -> Channel | None:
    """The inverse of `channel_row`; None where the row is damaged."""
    *fields, crc = row
    if crc_of(tuple(fields)) != crc:
        return None
    _, path, kind, unit, period, aggregate, stamp, labels, link = fields
    return Channel(path, TagKind(kind), unit, period, aggregate, stamp, tuple(json.loads(labels)), link)


def event_row(id_: int, event: Event) -> Row:
    """The columns of EVENT."""
    data = json.dumps(plain(event.data), ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    return guarded((id_, int(event.time), event.kind.value, text_of(event.subject), text_of(event.key), int(event.stands), data))


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
    """The columns of WAVEFORM; values as little-endian numbers of their own kind, float32 where that is no known one."""
    values = np.asarray(waveform.values)
    codec = values.dtype.newbyteorder("<").str if values.dtype.newbyteorder("<").str in WAVE_CODECS else "<f4"
    fields = (id_, int(waveform.start), int(waveform.step), text_of(waveform.unit), codec, values.astype(codec).tobytes())
    return guarded(fields)


def waveform_of(row: Row) -> Waveform | None:
    """The inverse of `waveform_row`; None where the row is damaged."""
    *fields, crc = row
    if crc_of(tuple(fields)) != crc or fields[4] not in WAVE_CODECS:
        return None
    _, start, step, unit, codec, data = fields
    return Waveform(start, step, unit, np.frombuffer(data, codec))


def places(chosen: Sequence[object]) -> str:
    """The `?, ?, ?` of an SQL list."""
    return ", ".join("?" * len(chosen))

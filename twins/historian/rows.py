"""Rows: how channels, events, texts and waveforms stand in the file, each guarded by a CRC of its own."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import numpy as np

from twins.asset import TagKind
from twins.record import Channel, Event, EventKind, Standing, Waveform

Row = tuple[object, ...]


def guarded(row: Row) -> Row:
    """The row with its CRC behind it."""
    return (*row, crc_of(row))


def crc_of(row: Row) -> int:
    """A CRC over every field of a row, bytes as they are and the rest as text."""
    crc = 0
    for field in row:
        crc = zlib.crc32(field if isinstance(field, bytes) else repr(field).encode("utf-8", "surrogatepass"), crc)
    return crc


def channel_row(channel: Channel) -> Row:
    """path, kind, unit, period, aggregate, stamp, labels, link, crc."""
    labels = json.dumps(channel.values, ensure_ascii=False)
    return guarded(
        (
            channel.path,
            channel.kind.value,
            channel.unit,
            channel.period_ns,
            channel.aggregate,
            channel.stamp,
            labels,
            channel.link,
        )
    )


def channel_of(row: Row) -> Channel | None:
    """The inverse of `channel_row`; None where the row is damaged."""
    *fields, crc = row
    if crc_of(tuple(fields)) != crc:
        return None
    path, kind, unit, period, aggregate, stamp, labels, link = fields
    return Channel(path, TagKind(kind), unit, period, aggregate, stamp, tuple(json.loads(labels)), link)  # type: ignore[arg-type]


def event_row(event: Event) -> Row:
    """time, kind, subject, key, stands, data, crc."""
    data = json.dumps(event.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return guarded((event.time, event.kind.value, event.subject, event.key, int(event.stands), data))


def event_of(row: Row) -> Event | None:
    """The inverse of `event_row`; None where the row is damaged."""
    *fields, crc = row
    if crc_of(tuple(fields)) != crc:
        return None
    time, kind, subject, key, stands, data = fields
    return Event(time, EventKind(kind), subject, key, bool(stands), json.loads(data))  # type: ignore[arg-type]


def standing_text(standing: Standing) -> str:
    """What stands, as a keyframe holds it."""
    return json.dumps([event_row(event) for event in standing.values()], ensure_ascii=False)


def standing_of(text: str) -> Standing:
    """The inverse of `standing_text`."""
    events = [event_of(tuple(row)) for row in json.loads(text)]
    return Standing(event for event in events if event is not None)


def waveform_row(waveform: Waveform) -> Row:
    """start, step, unit, crc, data; values as little-endian float32."""
    data = np.asarray(waveform.values, "<f4").tobytes()
    fields = (waveform.start, waveform.step, waveform.unit)
    return (*fields, crc_of((*fields, data)), data)


def waveform_of(row: Row) -> Waveform | None:
    """The inverse of `waveform_row`; None where the row is damaged."""
    start, step, unit, crc, data = row
    if crc_of((start, step, unit, data)) != crc:
        return None
    return Waveform(start, step, unit, np.frombuffer(data, "<f4"))  # type: ignore[arg-type, call-overload]


def places(chosen: Sequence[object]) -> str:
    """The `?, ?, ?` of an SQL list."""
    return ", ".join("?" * len(chosen))

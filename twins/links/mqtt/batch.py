"""Batches: many samples in one message, as a JSON scan or as columns of bytes.

A scan is `{"t": …, "v": {"T01.power": 1250.0, …}, "q"?: …, "n"?: …}`: many tags at one instant. Columns begin with `TWB1`, then
two little-endian uint32: how many samples, and how long the JSON header `{"tags": ["T01.power", …]}` is; after the header come
uint32 places in `tags`, int64 times (ns UTC), float64 values and uint8 qualities (0 good, 1 uncertain, 2 bad), column by column.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.clock import DAY
from twins.links.mqtt.payload import Reading, UnreadableError, quality_said, source_of
from twins.record import Channels

MAGIC = b"TWB1"
_HEAD = struct.Struct("<4sII")
_ROW = 21  # bytes a sample
_KNOWN_HEADERS = 64
_EARLIEST, _LATEST = -(2**63) + DAY, 2**63 - DAY

# place among the channels, source (ns), value, quality byte
Columns = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]


class _Scan(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: dict[str, float | int | bool | str]
    t: int | str | UnsetType = UNSET
    q: str | UnsetType = UNSET
    n: int | UnsetType = UNSET


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    tags: list[str]


class BatchReader:
    """Of one link's channels. What can't be read raises UnreadableError and nothing of the batch counts."""

    def __init__(self, channels: Channels, plain: Mapping[str, Callable[[bytes], list[Reading]]]) -> None:
        self._channels, self._plain = channels, plain
        self._scan, self._header = msgspec.json.Decoder(_Scan), msgspec.json.Decoder(_Header)
        self._known: dict[bytes, NDArray[np.int32]] = {}
        self._number = channels.of_kind(TagKind.NUMBER)

    def scan(self, payload: bytes) -> list[tuple[int, Reading]]:
        """Places and readings of a JSON scan."""
        try:
            said = self._scan.decode(payload)
            if payload.count(b'":') != len(said.v) + 1 + (said.t is not UNSET) + (said.q is not UNSET) + (said.n is not UNSET):
                _refuse_duplicates(payload)
        except UnreadableError:
            raise
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as problem:
            raise UnreadableError(str(problem)[:160]) from None
        source, quality, counter = source_of(said.t), quality_said(said.q), -1 if said.n is UNSET else said.n
        return [(place, (source, value, quality, counter)) for place, value in map(self._one, said.v.items())]

    def columns(self, payload: bytes) -> Columns:
        """The columns of a binary batch, without copying more than is needed."""
        if len(payload) < _HEAD.size:
            raise UnreadableError("a batch is shorter than its head")
        _, n, header = _HEAD.unpack_from(payload)
        start = _HEAD.size + header
        if len(payload) != start + n * _ROW:
            raise UnreadableError(f"{n} samples with a header of {header} bytes are {start + n * _ROW} bytes, not {len(payload)}")
        places = self._places(payload[_HEAD.size : start])
        which = np.frombuffer(payload, "<u4", n, start)
        if n and which.max() >= len(places):
            raise UnreadableError("a place is beyond the header's tags")
        source = np.frombuffer(payload, "<i8", n, start + 4 * n)
        value = np.frombuffer(payload, "<f8", n, start + 12 * n)
        quality = np.frombuffer(payload, "u1", n, start + 20 * n)
        if n and (source.min() <= _EARLIEST or source.max() >= _LATEST):
            raise UnreadableError("a time is beyond what a recording can hold")
        if n and (quality.max() > 2 or not np.isfinite(value).all()):
            raise UnreadableError("a quality is no 0, 1 or 2, or a value is no number")
        return places[which], source, value, quality

    def _one(self, said: tuple[str, object]) -> tuple[int, object]:
        path, value = said
        place = self._channels.place.get(path)
        if place is None:
            raise UnreadableError(f"there is no tag “{path[:80]}”")
        if self._number[place] and type(value) in (int, float):
            return place, float(value)  # type: ignore[arg-type]
        return place, self._plain[path](json.dumps(value).encode())[0][1]

    def _places(self, header: bytes) -> NDArray[np.int32]:
        known = self._known.get(header)
        if known is None:
            known = np.array([self._place(path) for path in self._tags(header)], np.int32)
            if len(self._known) >= _KNOWN_HEADERS:
                self._known.clear()
            self._known[header] = known
        return known

    def _tags(self, header: bytes) -> Sequence[str]:
        try:
            return self._header.decode(header).tags
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise UnreadableError(f"the header can't be read: {problem}"[:160]) from None

    def _place(self, path: str) -> int:
        place = self._channels.place.get(path)
        if place is None or not self._number[place]:
            raise UnreadableError(f"there is no tag “{path[:80]}” of kind number")
        return place


def columns_of(
    tags: Sequence[str], place: NDArray[np.uint32], t: NDArray[np.int64], v: NDArray[np.float64], q: NDArray[np.uint8]
) -> bytes:
    """A binary batch, as a plant writes it."""
    header = json.dumps({"tags": list(tags)}).encode()
    columns = (place.astype("<u4"), t.astype("<i8"), v.astype("<f8"), q.astype("u1"))
    return _HEAD.pack(MAGIC, len(t), len(header)) + header + b"".join(column.tobytes() for column in columns)


def _refuse_duplicates(payload: bytes) -> None:
    def pairs(found: list[tuple[str, object]]) -> None:
        if len({key for key, _ in found}) != len(found):
            raise UnreadableError("a key stands twice")

    json.loads(payload, object_pairs_hook=pairs)

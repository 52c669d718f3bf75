"""A block: the samples of one commit as columns of bytes, guarded by a CRC.

Rows are sorted by (channel, order time, arrival), so one channel's stretch is a slice and the last row of a run is
the newest. The codec says how the columns lie; what is written once is read for ever, so codecs are only ever added.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.record.samples import Int64, order_time

ONE_ARRIVAL = 1  # all rows arrived together: at the block's arrival
ARRIVAL_IS_SOURCE = 2  # imported history
EACH_ITS_ARRIVAL = 3
_HEAD = struct.Struct("<9q")


class DamagedBlockError(Exception):
    """The bytes are not those that were written."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the directory knows of a block without reading it."""

    id: int
    first: int  # the id of the first block it stands for: itself, or where blocks were merged the first of those
    arrival0: int
    arrival1: int
    order0: int
    order1: int
    n: int
    codec: int
    crc: int

    def check(self) -> int:
        """The CRC of the head itself."""
        ends = (self.arrival0, self.arrival1, self.order0, self.order1)
        return zlib.crc32(_HEAD.pack(self.id, self.first, *ends, self.n, self.codec, self.crc))


@dataclass(frozen=True, slots=True)
class Block:
    """Decoded columns; `channel` counts in the file's tag table, text and waveform bits in its tables."""

    channel: NDArray[np.uint32]
    order: Int64
    source: Int64
    arrival: Int64
    bits: Int64
    quality: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.source)

    def rows_of(self, channel: int) -> slice:
        """Where one channel's rows lie, oldest first."""
        first, past = np.searchsorted(self.channel, (channel, channel + 1))
        return slice(int(first), int(past))

    def stretch(self, channel: int, start: int, end: int, known_at: int | None) -> tuple[Int64, Int64, NDArray[np.uint8]]:
        """Order times, bits and qualities of one channel's rows in [start, end), of those that had arrived by `known_at`."""
        rows = self.rows_of(channel)
        first, past = np.searchsorted(self.order[rows], (start, end))
        cut = slice(rows.start + int(first), rows.start + int(past))
        order, bits, quality = self.order[cut], self.bits[cut], self.quality[cut]
        if known_at is None:
            return order, bits, quality
        known = self.arrival[cut] <= known_at
        return order[known], bits[known], quality[known]

    def by(self, time: int, hindsight: bool, after: int | None) -> Block:
        """The rows that count by `time`; where a keyframe holds some of them, those that arrived `after` it."""
        rows = (self.order if hindsight else self.arrival) <= time
        if after is not None:
            rows = rows & (self.arrival > after)
        return self if rows.all() else self.only(rows)

    def touching(self, start: int, end: int) -> Block:
        """The rows that were measured or arrived in [start, end)."""
        return self.only(touches(self.order, self.arrival, start, end))

    def only(self, rows: NDArray[np.bool_] | slice) -> Block:
        """Some of the rows, in their order."""
        return Block(
            self.channel[rows], self.order[rows], self.source[rows], self.arrival[rows], self.bits[rows], self.quality[rows]
        )


def touches(order: Int64, arrival: Int64, start: int, end: int) -> NDArray[np.bool_]:
    """Which samples were measured or arrived in [start, end)."""
    return ((order >= start) & (order < end)) | ((arrival >= start) & (arrival < end))


def sorted_block(channel: NDArray[np.uint32], source: Int64, arrival: Int64, bits: Int64, quality: NDArray[np.uint8]) -> Block:
    """Columns in any order → a block; rows of one channel and instant by arrival, then as they were."""
    order = order_time(source, arrival)
    by = np.lexsort((arrival, order, channel))
    return Block(channel[by], order[by], source[by], arrival[by], bits[by], quality[by])


def encode(block: Block) -> tuple[int, bytes]:
    """A block → its codec and bytes."""
    columns: list[NDArray[np.generic]] = [block.channel.astype("<u4"), block.source.astype("<i8")]
    if (block.arrival == block.arrival[0]).all():
        codec = ONE_ARRIVAL
    elif (block.arrival == block.source).all():
        codec = ARRIVAL_IS_SOURCE
    else:
        codec = EACH_ITS_ARRIVAL
        columns.append(block.arrival.astype("<i8"))
    columns += [block.bits.astype("<i8"), block.quality.astype("u1")]
    return codec, b"".join(column.tobytes() for column in columns)


def decode(head: Head, data: bytes) -> Block:
    """The bytes of a block → its columns, without copying. Raises DamagedBlockError."""
    size = {ONE_ARRIVAL: 21, ARRIVAL_IS_SOURCE: 21, EACH_ITS_ARRIVAL: 29}.get(head.codec)
    if size is None:
        raise DamagedBlockError(f"block {head.id} is written in a way ({head.codec}) that this version does not know")
    if len(data) != size * head.n or zlib.crc32(data) != head.crc:
        raise DamagedBlockError(f"block {head.id} with {head.n} samples is damaged")
    n, at = head.n, 0

    def column(kind: str) -> NDArray[np.generic]:
        nonlocal at
        found = np.frombuffer(data, kind, n, at)
        at += found.nbytes
        return found

    channel, source = column("<u4"), column("<i8")
    if head.codec == EACH_ITS_ARRIVAL:
        arrival = column("<i8")
    elif head.codec == ONE_ARRIVAL:
        arrival = np.broadcast_to(np.int64(head.arrival0), n)
    else:
        arrival = source
    bits, quality = column("<i8"), column("u1")
    return Block(channel, order_time(source, arrival), source, arrival, bits, quality)  # type: ignore[arg-type]

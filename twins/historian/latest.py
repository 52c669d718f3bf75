"""Latest: the newest sample of every channel, folded from blocks; what a keyframe holds."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twins.clock import BEFORE_ALL_TIME
from twins.historian.blocks import Block
from twins.record import Channels, Quality, Reason, quality_byte
from twins.record.samples import Int64

DAMAGED = quality_byte(Quality.BAD, Reason.DAMAGED)


class Latest:
    """Columns over the tag table; grows with it. Newest means by order time, ties by arrival, then by place in the file."""

    def __init__(self, n: int = 0) -> None:
        self.order: Int64 = np.full(n, BEFORE_ALL_TIME)
        self.source: Int64 = np.full(n, BEFORE_ALL_TIME)
        self.arrival: Int64 = np.full(n, BEFORE_ALL_TIME)
        self.bits: Int64 = np.zeros(n, np.int64)
        self.block: Int64 = np.zeros(n, np.int64)  # which wrote it: of two at one instant the later counts
        self.quality: NDArray[np.uint8] = np.zeros(n, np.uint8)

    def __len__(self) -> int:
        return len(self.order)

    def grow(self, n: int) -> None:
        """Makes room for a tag table of n rows."""
        if n > len(self):
            new = Latest(n - len(self))
            for name in ("order", "source", "arrival", "bits", "block", "quality"):
                setattr(self, name, np.concatenate((getattr(self, name), getattr(new, name))))

    def apply(self, block: Block, number: int) -> None:
        """Takes in a block, or some of its rows; `number` is its id."""
        if not len(block):
            return
        last = np.flatnonzero(np.append(block.channel[1:] != block.channel[:-1], True))
        channel = block.channel[last]
        order, arrival, held = block.order[last], block.arrival[last], self.order[channel]
        last = last[(order > held) | ((order == held) & (arrival >= self.arrival[channel]))]
        channel = block.channel[last]
        self.order[channel] = block.order[last]
        self.source[channel] = block.source[last]
        self.arrival[channel] = block.arrival[last]
        self.bits[channel] = block.bits[last]
        self.block[channel] = number
        self.quality[channel] = block.quality[last]

    def doubt(self) -> None:
        """A block could not be read: what is known may have been overtaken in it, so nothing is current any more."""
        self.quality[self.order != BEFORE_ALL_TIME] = DAMAGED

    def doubt_before(self, channels: Sequence[int]) -> None:
        """Nobody knows whose newest values these channels hold: what is older than they are may have been overtaken by them."""
        for channel in channels:
            self.quality[(self.order != BEFORE_ALL_TIME) & (self.order <= self.order[channel])] = DAMAGED

    def encode(self) -> bytes:
        """Everything as bytes (order time is derived)."""
        raw = b"".join(
            column.tobytes() for column in (self.source, self.arrival, self.bits, self.order, self.block, self.quality)
        )
        return zlib.compress(raw, 1)

    @classmethod
    def decode(cls, data: bytes) -> Latest:
        """The inverse of `encode`; raises ValueError or zlib.error on other bytes."""
        raw = zlib.decompress(data)
        n, rest = divmod(len(raw), 41)
        if rest:
            raise ValueError("a keyframe has the wrong length")
        latest = cls()
        columns = np.frombuffer(raw, "<i8", 5 * n).reshape(5, n).copy()
        latest.source, latest.arrival, latest.bits, latest.order, latest.block = columns
        latest.quality = np.frombuffer(raw, "u1", n, 40 * n).copy()
        return latest

    def newest_by_path(self, channels: Channels) -> NDArray[np.int64]:
        """For each distinct path, in the order of its first channel: the channel that spoke last."""
        group = channels.group
        if not len(group) or group.max() == len(group) - 1:
            return np.arange(len(group))
        n = len(group)
        by = np.lexsort((self.block[:n], self.arrival[:n], self.order[:n], group))
        return by[np.append(group[by][1:] != group[by][:-1], True)]

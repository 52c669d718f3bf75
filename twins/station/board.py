"""The board: the newest of every tag, in columns, for what must be judged at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.clock import BEFORE_ALL_TIME
from twins.record import Channels, Quality, Reason, Samples, Snapshot, quality_byte

Int64 = NDArray[np.int64]


class Board:
    """Columns over `channels`, one channel a tag. Newest is by source time; of several at one instant the last that came."""

    def __init__(self, channels: Channels) -> None:
        n = len(channels)
        self.channels = channels
        self.source: Int64 = np.full(n, BEFORE_ALL_TIME)
        self.arrival: Int64 = np.full(n, BEFORE_ALL_TIME)
        self.value = np.full(n, np.nan)  # codes for words and yes/no; NaN for texts and waveforms
        self.bits: Int64 = np.zeros(n, np.int64)
        self.quality = np.full(n, quality_byte(Quality.BAD, Reason.NEVER_SEEN), np.uint8)
        self._number = channels.of_kind(TagKind.NUMBER)
        self._told = channels.of_kind(TagKind.TEXT, TagKind.WAVEFORM)

    def restore(self, snapshot: Snapshot) -> None:
        """What was newest when the record ended."""
        places = snapshot.places([channel.path for channel in self.channels])
        known = np.flatnonzero(places >= 0)
        known = known[snapshot.seen[places[known]]]
        at = places[known]
        self.source[known], self.arrival[known] = snapshot.source[at], snapshot.arrival[at]
        self.value[known], self.bits[known], self.quality[known] = snapshot.numbers[at], snapshot.bits[at], snapshot.written[at]

    def values_of(self, samples: Samples) -> NDArray[np.float64]:
        """The numbers in a batch over these channels; NaN for texts and waveforms."""
        values = np.where(self._number[samples.channel], samples.bits.view(np.float64), samples.bits.astype(np.float64))
        values[self._told[samples.channel]] = np.nan
        return values

    def take(self, samples: Samples) -> None:
        """Takes in a batch; what is older than what is here changes nothing."""
        order = samples.order()
        rows = np.flatnonzero(order >= self.source[samples.channel])
        rows = rows[np.argsort(order[rows], kind="stable")]  # the last of several assignments to one place counts
        at = samples.channel[rows]
        self.source[at], self.arrival[at] = order[rows], samples.arrival[rows]
        self.value[at], self.bits[at] = self.values_of(samples)[rows], samples.bits[rows]
        self.quality[at] = samples.quality[rows]

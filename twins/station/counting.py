"""Counting: what the plant sent, what came twice, and what never came."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from twins.links.link import Delivery
from twins.record import Channels, Samples
from twins.station.board import Board

Held = Callable[[Samples], NDArray[np.bool_]]  # which of these samples the record holds already, to the bit


class Counting:
    """The last counter of each tag (−1: none yet). A counter that jumps says how many samples are missing."""

    def __init__(self, channels: Channels, held: Held) -> None:
        self._channels, self._held = channels, held
        self.last = np.full(len(channels), -1, np.int64)
        self.missing = self.repeated = 0  # so far

    def restore(self, last: Mapping[str, int], stored: Mapping[str, int]) -> None:
        """Counters as they were saved, and how many samples of each tag were stored since: each counted one on."""
        for path, counter in last.items():
            if (place := self._channels.place.get(path)) is not None and counter >= 0:
                self.last[place] = counter + stored.get(path, 0)

    def saved(self) -> dict[str, int]:
        """What `restore` wants."""
        return {self._channels[i].path: int(self.last[i]) for i in np.flatnonzero(self.last >= 0)}

    def judge(self, delivery: Delivery, board: Board) -> tuple[NDArray[np.bool_], dict[str, int]]:
        """Which rows are new, and how many samples are missing before them, by tag."""
        new = self._new(delivery, board)
        missing = self._missing(delivery.samples.channel[new], delivery.counters[new])
        self.repeated += int((~new).sum())
        self.missing += sum(missing.values())
        return new, missing

    def _new(self, delivery: Delivery, board: Board) -> NDArray[np.bool_]:
        """What may be a redelivery is looked up; the same sample as the newest one is one without looking."""
        samples = delivery.samples
        at = samples.channel
        new = ~((samples.source == board.source[at]) & (samples.bits == board.bits[at]) & ~np.isnan(board.value[at]))
        counted = (delivery.counters >= 0) & (delivery.counters <= self.last[at])
        doubtful = np.flatnonzero(new & (delivery.suspect | counted))
        if len(doubtful):
            new[doubtful[self._held(samples.take(doubtful))]] = False
            new[np.intersect1d(doubtful, _said_before(samples))] = False
        return new

    def _missing(self, channel: NDArray[np.int32], counter: NDArray[np.int64]) -> dict[str, int]:
        rows = np.flatnonzero(counter >= 0)
        rows = rows[np.argsort(channel[rows], kind="stable")]
        if not len(rows):
            return {}
        at, n = channel[rows], counter[rows]
        head = np.append(True, at[1:] != at[:-1])
        before = np.where(head, self.last[at], np.append(-1, n[:-1]))
        gap = np.where((before >= 0) & (n > before), n - before - 1, 0)  # a smaller one: the plant began to count anew
        self.last[at] = n
        return {self._channels[i].path: int(gap[at == i].sum()) for i in np.unique(at[gap > 0])}


def _said_before(samples: Samples) -> NDArray[np.intp]:
    """The rows that repeat an earlier one of the same batch."""
    columns = np.stack([samples.channel.astype(np.int64), samples.source, samples.bits])
    _, first = np.unique(columns, axis=1, return_index=True)
    return np.setdiff1d(np.arange(len(samples)), first)

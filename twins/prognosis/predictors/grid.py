"""A grid: what was measured of some tags, as means over equal steps of time; what nobody can vouch for is NaN."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind
from twins.physics import Array
from twins.record import Channel, Quality, Samples, Snapshot
from twins.record.snapshot import stale_after

_CODED = (TagKind.BOOLEAN, TagKind.ENUMERATION)


class Grid:
    """(rows, k) of k tags, oldest first. Numbers are means over a step; words and yes/no count where they stood all the time.

    A step with a BAD value is NaN, and so is one in which nothing came of a tag that should have come.
    """

    def __init__(self, tags: Sequence[Tag], step_ns: int, rows: int) -> None:
        k, self.paths = len(tags), tuple(tag.path for tag in tags)
        self.step_ns, self._end = step_ns, 0
        self._column = {tag.path: i for i, tag in enumerate(tags)}
        self._coded = np.array([tag.kind in _CODED for tag in tags], bool)
        self._rows: deque[Array] = deque(maxlen=rows)
        self._waiting: list[tuple[NDArray[np.intp], NDArray[np.int64], Array]] = []
        self._last, self._seen = np.full(k, np.nan), np.full(k, -(2**62), np.int64)
        self._patience = np.array([stale_after(tag.period_ns) for tag in tags], np.int64)
        self._of: tuple[Channel, ...] | None = None
        self._place = np.zeros(0, np.intp)
        self._number = np.zeros(0, bool)

    def take(self, samples: Samples) -> None:
        """Whatever came, in any order; what came after its step was closed counts only as the newest."""
        if not len(samples):
            return
        if samples.channels is not self._of:
            self._know(samples.channels)
        rows = np.flatnonzero(self._place[samples.channel] >= 0)
        if not len(rows):
            return
        channel, bits = samples.channel[rows], samples.bits[rows]
        values = np.where(self._number[channel], bits.view(np.float64), bits.astype(np.float64))
        values = np.where(samples.quality[rows] & 0b11 < Quality.BAD, values, np.nan)
        self._waiting.append((self._place[channel], samples.source[rows], values))

    def restore(self, snapshot: Snapshot) -> None:
        """What was newest at an instant: what reports only on change may have spoken long ago."""
        places = snapshot.places(self.paths)
        known = np.flatnonzero(places >= 0)
        known = known[snapshot.seen[places[known]]]
        at = places[known]
        bad = snapshot.written[at] & 0b11 >= Quality.BAD
        self._last[known], self._seen[known] = np.where(bad, np.nan, snapshot.numbers[at]), snapshot.source[at]

    def until(self, now: int) -> Iterator[tuple[int, Array]]:
        """Each step that has ended by an instant: its end, and the (rows, k) up to it; fewer rows at the beginning."""
        next_ = min((int(source.min()) for _, source, _ in self._waiting), default=now)
        if not self._end and not self._waiting:
            return
        if not self._end or next_ - self._end > (self._rows.maxlen or 1) * self.step_ns:  # nothing for so long: it begins anew
            self._rows.clear()
            self._end = (next_ // self.step_ns + 1) * self.step_ns
        while self._end <= now:
            self._close()
            yield self._end, np.stack(self._rows)
            self._end += self.step_ns

    def _close(self) -> None:
        end, k = self._end, len(self._last)
        place, source, values = self._ripe(end)
        fresh = source >= end - self.step_ns
        at, value = place[fresh], values[fresh]
        count = np.bincount(at, minlength=k)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.bincount(at, value, k) / count
        carried = np.where(end - self._seen <= self._patience, self._last, np.nan)
        low, high = np.where(np.isnan(carried), np.inf, carried), np.where(np.isnan(carried), -np.inf, carried)
        with np.errstate(invalid="ignore"):
            np.minimum.at(low, at, value)
            np.maximum.at(high, at, value)
        stood = np.where(low == high, high, np.nan)
        newest = np.argsort(source, kind="stable")
        newest = newest[source[newest] >= self._seen[place[newest]]]
        self._last[place[newest]], self._seen[place[newest]] = values[newest], source[newest]
        still = np.where(end - self._seen <= self._patience, self._last, np.nan)
        self._rows.append(np.where(self._coded, stood, np.where(count > 0, mean, still)))

    def _ripe(self, end: int) -> tuple[NDArray[np.intp], NDArray[np.int64], Array]:
        if not self._waiting:
            return np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0)
        place, source, values = (np.concatenate(column) for column in zip(*self._waiting, strict=True))
        ripe = source < end
        self._waiting = [(place[~ripe], source[~ripe], values[~ripe])] if not ripe.all() else []
        return place[ripe], source[ripe], values[ripe]

    def _know(self, channels: tuple[Channel, ...]) -> None:
        self._of = channels
        self._place = np.array([self._column.get(channel.path, -1) for channel in channels], np.intp)
        self._number = np.array([channel.kind is TagKind.NUMBER for channel in channels], bool)
        for channel, place in zip(channels, self._place, strict=True):
            if place >= 0:
                self._patience[place] = stale_after(channel.period_ns)

"""Crossings: when each member first goes past each limit of each tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twins.asset import Tag, TagKind
from twins.physics import Array

_NEVER = np.iinfo(np.int64).max

LIKELY = 0.5  # from this share of the members on a limit is said to be passed; below, that it may be


@dataclass(frozen=True, slots=True)
class Crossing:
    """`share` of the members pass the limit: half of these by `time` (ns UTC), one in twenty by `soonest`."""

    tag: str
    limit: str  # low_low, low, high, high_high
    value: float  # in the tag's unit
    share: float
    time: int
    soonest: int

    @property
    def rank(self) -> tuple[float, int, str]:
        """Lower is told before: what is likely, by time; then the rest, by share."""
        return (-1.0 if self.share >= LIKELY else -self.share, self.time, self.tag)


class Crossings:
    """Is shown what is told, instant by instant."""

    def __init__(self, tags: Sequence[Tag], members: int) -> None:
        limits = [
            (i, tag, name, value)
            for i, tag in enumerate(tags)
            if tag.kind in (TagKind.NUMBER, TagKind.INTEGER)
            for name, value in tag.limits.named().items()
        ]
        self._limits = limits
        self._rows = np.array([i for i, *_ in limits], np.intp)
        self._values = np.array([value for *_, value in limits]).reshape(-1, 1)
        self._high = np.array([name.startswith("high") for *_, name, _ in limits], bool).reshape(-1, 1)
        self._first = np.full((len(limits), members), _NEVER, np.int64)

    def see(self, time: int, told: Array) -> None:
        """`told` (tag, member); what is NaN passes nothing."""
        values = told[self._rows]
        past = np.where(self._high, values >= self._values, values <= self._values)
        self._first[past & (self._first == _NEVER)] = time

    def found(self) -> Iterator[Crossing]:
        """Each limit that some member passes: first what most members do, by time; then the rest, the likeliest first, for one
        stray member of many is no headline."""
        members = self._first.shape[1]
        crossed = []
        for (_, tag, name, value), first in zip(self._limits, self._first, strict=True):
            times = np.sort(first[first != _NEVER])
            if len(times):
                soonest = times[len(times) // 20]
                crossed.append(Crossing(tag.path, name, value, len(times) / members, int(times[len(times) // 2]), int(soonest)))
        yield from sorted(crossed, key=lambda each: each.rank)

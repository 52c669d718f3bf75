"""Stepping: the next or previous sample of a tag, or event, found by asking the recording again and again, closer each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.clock import HOUR, MINUTE
from twins.historian.query import Answers, Query
from twins.record import Event, EventKind

_WIDTH = 256
_PERIODS = 64  # how far to look first


class Stepping:
    """At most one search at a time. `question` is what to ask now; `hear` takes the answer and tells the instant, once found."""

    def __init__(self) -> None:
        self.question: Query | None = None
        self._forward = True
        self._bounds = (0, 0)

    def to_sample(self, tag: str, period_ns: int | None, cursor: int, forward: bool, bounds: tuple[int, int]) -> None:
        """Looks for the next (or previous) sample of a tag between the bounds of the recording."""
        self._begin(cursor, forward, bounds, _PERIODS * (period_ns or MINUTE), (tag,), None)

    def to_event(self, kinds: tuple[EventKind, ...], cursor: int, forward: bool, bounds: tuple[int, int]) -> None:
        """Looks for the next (or previous) event of these kinds."""
        self._begin(cursor, forward, bounds, HOUR, (), kinds)

    def hear(self, answers: Answers) -> int | None:
        """The instant found, or None: then either `question` goes on, or it is None and there is nothing there."""
        asked = self.question
        if asked is None or answers.query != asked:
            return None
        self.question = None
        if asked.events:
            return self._nearest([event.time for event in answers.events]) or self._further(asked)
        trend = answers.trends[asked.tags[0]]
        if not len(trend.t):
            return self._further(asked)
        if trend.exact:
            return self._nearest(trend.t.tolist())
        bucket = -(-(asked.end - asked.start) // asked.width)
        self._ask(asked, *self._closer(asked, self._nearest(trend.t.tolist()) or 0, bucket))
        return None

    def _begin(
        self,
        cursor: int,
        forward: bool,
        bounds: tuple[int, int],
        reach: int,
        tags: tuple[str, ...],
        kinds: tuple[EventKind, ...] | None,
    ) -> None:
        self._forward, self._bounds = forward, bounds
        start, end = (cursor + 1, cursor + 1 + reach) if forward else (cursor - reach, cursor)
        self._ask(Query(tags, 0, 0, _WIDTH, bool(kinds), kinds, hindsight=True), start, end)

    def _ask(self, like: Query, start: int, end: int) -> None:
        start, end = max(start, self._bounds[0]), min(end, self._bounds[1] + 1)
        self.question = Query(like.tags, start, end, like.width, like.events, like.kinds, True) if start < end else None

    def _further(self, asked: Query) -> None:
        """Nothing here: eight times as far on."""
        reach = 8 * (asked.end - asked.start)
        self._ask(asked, *((asked.end, asked.end + reach) if self._forward else (asked.start - reach, asked.start)))

    def _closer(self, asked: Query, t: int, bucket: int) -> tuple[int, int]:
        return max(t, asked.start), min(t + bucket, asked.end)

    def _nearest(self, times: Sequence[int]) -> int | None:
        return (times[0] if self._forward else times[-1]) if times else None


def times_of(events: Sequence[Event]) -> np.ndarray:
    """When each happened, ns UTC."""
    return np.fromiter((event.time for event in events), np.int64, len(events))

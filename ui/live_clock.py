"""The live clock: the plant's time as a window knows it, from the station's heartbeats and its own clock that never jumps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from twins import clock
from twins.clock import BEFORE_ALL_TIME, SECOND
from twins.record import EventKind, Snapshot
from twins.record.snapshot import STATION

_BEATS = 10  # the quickest of the last so many tells how far we are behind
_SILENCE = SECOND // 2


class LiveClock:
    """At the plant's rate 1 it runs smoothly with the heartbeats; at any other it shows the newest that has arrived (a moment's
    delay here would be minutes there). It runs on when the station falls silent, so that everything ages. It never goes back.
    """

    def __init__(self, start: int, monotonic: Callable[[], int] = clock.monotonic) -> None:
        self._monotonic = monotonic
        self._offsets: deque[int] = deque(maxlen=_BEATS)
        self._beat, self._rate = BEFORE_ALL_TIME, 1.0
        self._newest, self._newest_at = start, monotonic()
        self._last = start
        self.beaten = False  # whether a station ever spoke

    def hear(self, snapshot: Snapshot) -> None:
        """Everything that is known by now."""
        now = self._monotonic()
        beat = snapshot.standing.get((EventKind.HEARTBEAT, STATION))
        if beat is not None and beat.time != self._beat:
            self._take_beat(beat.time, _rate_of(beat.data), now)
        newest = max(int(snapshot.arrival.max(initial=BEFORE_ALL_TIME)), self._beat)
        if newest > self._newest:
            self._newest, self._newest_at = newest, now

    def now(self) -> int:
        """The plant's time, ns UTC."""
        self._last = max(self._last, self._estimate(self._monotonic()))
        return self._last

    def _take_beat(self, time: int, rate: float, now: int) -> None:
        if rate != self._rate or (self.beaten and time < self._beat):
            self._offsets.clear()
        self._beat, self._rate, self.beaten = time, rate, True
        self._offsets.append(time - now)

    def _estimate(self, now: int) -> int:
        if self._rate == 1.0 and self._offsets:
            return now + max(self._offsets)
        silence = max(0, now - self._newest_at - _SILENCE) if self.beaten else 0
        return self._newest + round(silence * self._rate)


def _rate_of(data: Mapping[str, object]) -> float:
    told = data.get("clock")
    rate = told.get("rate") if isinstance(told, Mapping) else 1.0
    return float(rate) if isinstance(rate, int | float) and rate > 0 else 1.0

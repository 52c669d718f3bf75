"""The station's clock: the twin's time, which never goes back, whatever the wall clock does."""

from __future__ import annotations

from collections.abc import Callable

from twins import clock
from twins.clock import SECOND, TwinClock, format_duration

_JUMP = SECOND  # a larger difference between wall and monotonic clock is a jump, a smaller one is drift and is followed
_DRIFT = 2000  # ns a check: about half a millisecond a second at four checks


class StationClock:
    """Anchored to the wall clock once and carried on by the monotonic one; `floor` (ns) is the last instant already written.

    A jump of the wall clock is told but not followed: what was ordered stays ordered, and nothing is misjudged stale. The next
    start of a station takes the wall clock anew. Behind the floor, time goes on from there until the wall clock catches up.
    """

    def __init__(
        self,
        floor: int = 0,
        wall: Callable[[], int] = clock.now,
        monotonic: Callable[[], int] = clock.monotonic,
        twin: TwinClock | None = None,
    ) -> None:
        self._wall, self.monotonic = wall, monotonic
        self._anchor = wall() - monotonic()  # wall = monotonic + anchor
        self._floor, self._floor_at = floor, monotonic()
        self.twin = twin or TwinClock()
        self._last = floor
        self._told = 0  # the jump that was told last, ns

    def now(self) -> int:
        """ns on the twin's clock, later than every answer before."""
        passed = self.monotonic()
        held = self._floor + round((passed - self._floor_at) * self.twin.rate)
        self._last = max(self._last + 1, self.twin.at(passed + self._anchor), held)
        return self._last

    def keep(self, twin: TwinClock) -> None:
        """The plant runs on another clock from now on."""
        if twin != self.twin:
            self._floor, self._floor_at = self.now(), self.monotonic()
            self.twin = twin

    def check(self) -> str:
        """A sentence where the wall clock has jumped since the last check, else ""; small drift is followed silently."""
        off = self._wall() - self.monotonic() - self._anchor
        if abs(off) <= _JUMP:
            self._anchor += max(-_DRIFT, min(_DRIFT, off))
            self._told = 0
            return ""
        if abs(off - self._told) <= _JUMP:
            return ""
        self._told = off
        way = "forward" if off > 0 else "back"
        return (
            f"the wall clock jumped {format_duration(abs(off))} {way}; the record keeps its own count until the station restarts"
        )

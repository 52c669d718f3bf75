"""The time view: the stretch of time that the strip, the trends and the event list show together."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from twins.clock import DAY

SHORTEST = 1_000_000  # ns: a millisecond
LONGEST = 40_000 * DAY
_MARGIN = 0.02


class TimeView(QObject):
    """[start, end) in ns UTC, from a millisecond to a century; `changed` fires when it is another stretch."""

    changed = Signal()

    def __init__(self, start: int, end: int) -> None:
        """Shows all of [start, end] with a little room on both sides."""
        super().__init__()
        self.start, self.end = start, max(end, start + SHORTEST)
        self.fit(start, end)

    @property
    def span(self) -> int:
        """How long the stretch is, ns."""
        return self.end - self.start

    def show(self, start: int, end: int) -> None:
        """Shows another stretch, its length held between the shortest and the longest."""
        middle, span = (start + end) // 2, end - start
        if not SHORTEST <= span <= LONGEST:
            span = min(max(span, SHORTEST), LONGEST)
            start, end = middle - span // 2, middle - span // 2 + span
        if (start, end) != (self.start, self.end):
            self.start, self.end = start, end
            self.changed.emit()

    def fit(self, start: int, end: int) -> None:
        """Shows all of [start, end] with a little room on both sides; an instant gets a minute."""
        span = max(end - start, 60_000_000_000)
        room = round(span * _MARGIN)
        self.show(start - room, start + span + room)

    def zoom(self, about: int, factor: float) -> None:
        """A stretch `factor` times as long; the instant `about` stays where it is on the screen."""
        span = min(max(round(self.span * factor), SHORTEST), LONGEST)
        start = about - round((about - self.start) * (span / self.span))
        self.show(start, start + span)

    def pan(self, delta: int) -> None:
        """Moves by `delta` ns."""
        self.show(self.start + delta, self.end + delta)

    def holds(self, t: int) -> bool:
        """The instant can be seen."""
        return self.start <= t <= self.end

    def reveal(self, t: int, place: float = 0.5) -> None:
        """Moves, only if it must, so that `t` is seen at that share of the width."""
        if not self.holds(t):
            start = t - round(self.span * place)
            self.show(start, start + self.span)

    def around(self, kept: tuple[int, int], least: int = 0) -> tuple[int, int]:
        """What to ask for: `kept` as long as it serves, else this stretch and half as much (at least `least` ns) on both sides,
        so that a small pan or zoom asks nothing anew."""
        room = max(self.span // 2, least)
        serves = kept[0] <= self.start and self.end <= kept[1] and kept[1] - kept[0] <= 2 * (self.span + 2 * room)
        return kept if serves else (self.start - room, self.end + room)

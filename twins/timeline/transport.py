"""The transport: which instant is shown, and how the cursor moves; a pure state machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction

from twins.timeline.gaps import Gaps
from twins.timeline.lane import Beside, Lane, LaneKind

SPEEDS = (0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
AS_FAST_AS_POSSIBLE = float("inf")
_FRAMES = 1000  # as fast as possible: a whole recording goes by in this many pictures, unless `stride` says otherwise


class Mode(StrEnum):
    """What the cursor does by itself."""

    FOLLOWING = "following"
    PLAYING = "playing"
    PAUSED = "paused"


class Timeline:
    """The state of the transport. Times are ns UTC; `tick` is the only thing that moves the cursor by itself.

    The cursor never leaves [start, end]. Where playback is, is computed in integers from an anchor (cursor and monotonic clock
    at the last intention), so it neither drifts nor depends on how often one ticks. `AS_FAST_AS_POSSIBLE` is the exception: one
    `stride` a tick, so every tick shows a new picture and none is waited for.
    """

    def __init__(self, start: int, end: int, *, live: bool = False) -> None:
        """Live opens following at `end`, a finished recording paused at `start`. Raises ValueError if end < start."""
        if end < start:
            raise ValueError("a timeline can't end before it starts")
        self.plant = Lane("plant", LaneKind.PLANT, start, end)
        self.branches: tuple[Lane, ...] = ()  # what-ifs and every forecast that was issued
        self.chosen = ""  # the key of the branch that is shown where it says something
        self.beside = Beside.ALONE
        self.live = live
        self.hindsight = False
        self.stride = 0  # ns a tick when as fast as possible, such as a sample period; 0: a thousandth of the span
        self._cursor = end if live else start
        self._mode = Mode.FOLLOWING if live else Mode.PAUSED
        self._speed = 1.0
        self._loop: tuple[int, int] | None = None
        self._gaps = Gaps()
        self._skip_gaps = False
        self._anchor: tuple[int, int] | None = None  # cursor, monotonic; None: at the next tick
        self._ticked = 0  # monotonic

    # ------------------------------------------------------------------ what is so

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The plant's, the forecast that stood at the cursor, and the what-ifs."""
        forecast = self.forecast
        what_ifs = (lane for lane in self.branches if lane.kind is LaneKind.WHAT_IF)
        return (self.plant, *((forecast,) if forecast else ()), *what_ifs)

    @property
    def forecast(self) -> Lane | None:
        """The newest that was issued by the cursor, or by now where the cursor is beyond it."""
        by = min(self._cursor, self.plant.end)
        issued = [lane for lane in self.branches if lane.kind is LaneKind.FORECAST and lane.start <= by]
        return max(issued, key=lambda lane: lane.start, default=None)

    @property
    def shown(self) -> Lane:
        """The lane whose values are on the screen: the chosen one where it says something, the forecast right of now."""
        chosen = next((lane for lane in self.branches if lane.key == self.chosen), None)
        if chosen is not None and self._mode is not Mode.FOLLOWING and chosen.holds(self._cursor):
            return chosen
        forecast = self.forecast
        return forecast if forecast is not None and self._cursor > self.plant.end and forecast.holds(self._cursor) else self.plant

    @property
    def start(self) -> int:
        """Where the first lane starts."""
        return min(lane.start for lane in self.lanes)

    @property
    def end(self) -> int:
        """Where the last lane ends."""
        return max(lane.end for lane in self.lanes)

    @property
    def cursor(self) -> int:
        """The instant that is shown."""
        return self._cursor

    @property
    def mode(self) -> Mode:
        """What the cursor does by itself."""
        return self._mode

    @property
    def speed(self) -> float:
        """Times real time; negative is backward, ±`AS_FAST_AS_POSSIBLE` one `stride` a tick."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        """Raises ValueError for a speed between the slowest and −slowest, above the fastest, or NaN."""
        if not (SPEEDS[0] <= abs(speed) <= SPEEDS[-1] or math.isinf(speed)):
            raise ValueError(f"a speed is between {SPEEDS[0]:g} and {SPEEDS[-1]:g}, forward or backward, not {speed:g}")
        self._speed = float(speed)
        self._go_on()

    @property
    def loop(self) -> tuple[int, int] | None:
        """The stretch that playback repeats, in < out."""
        return self._loop

    @property
    def gaps(self) -> Gaps:
        """Where the plant's recording holds nothing, as far as is known."""
        return self._gaps

    @gaps.setter
    def gaps(self, gaps: Gaps) -> None:
        self._gaps = gaps
        self._go_on()

    @property
    def skip_gaps(self) -> bool:
        """Playback takes no time for gaps."""
        return self._skip_gaps

    @skip_gaps.setter
    def skip_gaps(self, skip: bool) -> None:
        self._skip_gaps = skip
        self._go_on()

    @property
    def known_at(self) -> int | None:
        """Up to when things count as known: the cursor, or None with hindsight."""
        return None if self.hindsight else self._cursor

    # ------------------------------------------------------------------ intentions

    def follow(self) -> None:
        """Goes live and stays there; without a live plant, goes to the end of its record."""
        if not self.live:
            self.seek(self.plant.end)
            return
        self._mode, self._cursor, self._anchor = Mode.FOLLOWING, self.plant.end, None

    def choose(self, key: str, beside: Beside | None = None) -> None:
        """Shows a branch where it says something, "" the plant; a cursor that is outside goes into it, past now if it can."""
        self.chosen, self.beside = key, beside or self.beside
        lane = next((lane for lane in self.branches if lane.key == key), None)
        if lane is not None and not lane.holds(self._cursor):
            self.seek((max(lane.start, min(self.plant.end, lane.end - 1)) + lane.end) // 2)
        elif lane is not None and self._mode is Mode.FOLLOWING:
            self.pause()

    def play(self) -> None:
        """Plays on; from the end that playback runs towards it starts over (or follows, where that end is now)."""
        if self._mode is Mode.FOLLOWING:
            return
        forward = self._speed > 0
        if self._loop is None and self._cursor == (self.end if forward else self.start) and not (self.live and forward):
            self._cursor = self.start if forward else self.end
        self._mode, self._anchor = Mode.PLAYING, None

    def pause(self) -> None:
        """Stays where it is."""
        self._mode, self._anchor = Mode.PAUSED, None

    def toggle(self) -> None:
        """Plays what is paused, pauses what moves."""
        if self._mode is Mode.PAUSED:
            self.play()
        else:
            self.pause()

    def seek(self, t: int) -> None:
        """Shows another instant, the nearest inside the span; what played plays on, what followed is paused."""
        if self._mode is Mode.FOLLOWING:
            self._mode = Mode.PAUSED
        self._cursor, self._anchor = self._inside(int(t)), None

    def jump(self, delta: int) -> None:
        """Seeks `delta` ns from the cursor."""
        self.seek(self._cursor + int(delta))

    def faster(self) -> None:
        """The next speed up, in the direction it has."""
        self._change_pace(next((s for s in SPEEDS if s > abs(self._speed)), abs(self._speed)))

    def slower(self) -> None:
        """The next speed down, in the direction it has."""
        self._change_pace(next((s for s in reversed(SPEEDS) if s < abs(self._speed)), abs(self._speed)))

    def reverse(self) -> None:
        """The same speed the other way."""
        self.speed = -self._speed

    def forward(self) -> None:
        """Plays forward; what plays forward already plays faster."""
        self._run(1)

    def backward(self) -> None:
        """Plays backward; what plays backward already plays faster."""
        self._run(-1)

    def home(self) -> None:
        """Goes to the start."""
        self.seek(self.start)

    def last(self) -> None:
        """Goes to the end: follows where there is a live plant."""
        self.follow()

    def set_loop(self, start: int, end: int) -> None:
        """Repeats the stretch between two instants, in any order; an empty one clears the loop."""
        low, high = sorted((self._inside(int(start)), self._inside(int(end))))
        self._loop = (low, high) if low < high else None
        self._go_on()

    def set_loop_in(self) -> None:
        """The loop starts at the cursor (and ends at the end, unless it had a later end)."""
        out = self._loop[1] if self._loop and self._loop[1] > self._cursor else self.end
        self.set_loop(self._cursor, out)

    def set_loop_out(self) -> None:
        """The loop ends at the cursor (and starts at the start, unless it had an earlier start)."""
        begin = self._loop[0] if self._loop and self._loop[0] < self._cursor else self.start
        self.set_loop(begin, self._cursor)

    def clear_loop(self) -> None:
        """Plays to the ends again."""
        self._loop = None
        self._go_on()

    def extend(self, start: int, end: int) -> None:
        """The plant's recording has grown to [start, end]; it never shrinks. One of an instant holds nothing yet."""
        if self.plant.start < self.plant.end:
            start, end = min(self.plant.start, start), max(self.plant.end, end)
        self.plant = replace(self.plant, start=start, end=end)

    def show_branches(self, branches: Sequence[Lane]) -> None:
        """These are there now; a chosen one that is gone is not chosen any more."""
        self.branches = tuple(branches)
        if self.chosen not in {lane.key for lane in self.branches}:
            self.chosen = ""
        self._cursor = self._inside(self._cursor)

    # ------------------------------------------------------------------ time goes by

    def tick(self, monotonic_ns: int, live_now_ns: int) -> int:
        """The cursor at this moment. `live_now_ns` is the plant's clock; only a live timeline looks at it."""
        if self.live:
            self.extend(self.plant.start if self.plant.start < self.plant.end else live_now_ns, live_now_ns)
        if self._mode is Mode.FOLLOWING:
            self._cursor = self._inside(live_now_ns)
        elif self._mode is Mode.PLAYING:
            self._cursor = self._played(monotonic_ns)
        self._ticked = monotonic_ns
        return self._cursor

    def _played(self, monotonic_ns: int) -> int:
        """Where playback is, and what happens there."""
        if self._anchor is None:
            self._anchor = (self._cursor, monotonic_ns)
        begin, since = self._anchor
        if math.isinf(self._speed):
            begin, distance = self._cursor, self.stride or max(1, (self.end - self.start) // _FRAMES)
        else:
            pace = Fraction(abs(self._speed)).limit_denominator(1000)
            distance = (monotonic_ns - since) * pace.numerator // pace.denominator
        forward = self._speed > 0
        if self._loop is not None:
            return self._around(self._loop, begin, distance, forward)
        there = self._travelled(begin, distance, forward)
        last = self.plant.end if self.live and begin <= self.plant.end else self.end
        if there >= last if forward else there <= self.start:
            self._arrive(forward and last == self.plant.end)
        return min(max(there, self.start), last)

    def _arrive(self, at_now: bool) -> None:
        self._mode, self._anchor = Mode.FOLLOWING if at_now and self.live else Mode.PAUSED, None

    def _travelled(self, begin: int, distance: int, forward: bool) -> int:
        gaps = self._gaps if self._skip_gaps else Gaps()
        return gaps.stretch(gaps.squeeze(begin) + (distance if forward else -distance), forward)

    def _around(self, loop: tuple[int, int], begin: int, distance: int, forward: bool) -> int:
        """`distance` on from `begin` inside the loop; who stands outside enters where playback would."""
        gaps = self._gaps if self._skip_gaps else Gaps()
        low, high = gaps.squeeze(loop[0]), gaps.squeeze(loop[1])
        if low == high:  # nothing but a gap: played as if it were not skipped
            gaps, (low, high) = Gaps(), loop
        entered = begin if loop[0] <= begin <= loop[1] else loop[0] if forward else loop[1]
        place = gaps.squeeze(entered)
        if forward:
            return gaps.stretch(low + (place - low + distance) % (high - low), forward)
        return gaps.stretch(high - (high - place + distance) % (high - low), forward)

    # ------------------------------------------------------------------

    def _go_on(self) -> None:
        """Another rule holds from the last tick on; no time is lost."""
        if self._anchor is not None:
            self._anchor = (self._cursor, self._ticked)

    def _inside(self, t: int) -> int:
        return min(max(t, self.start), self.end)

    def _change_pace(self, pace: float) -> None:
        self.speed = math.copysign(pace, self._speed)

    def _run(self, direction: int) -> None:
        runs = self._mode is Mode.PLAYING and self._speed * direction > 0
        pace = next((s for s in SPEEDS if s > abs(self._speed)), abs(self._speed)) if runs else abs(self._speed)
        if self._mode is Mode.FOLLOWING and direction < 0:
            self._mode = Mode.PAUSED
        self.speed = math.copysign(pace, direction)
        self.play()

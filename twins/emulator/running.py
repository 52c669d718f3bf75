"""A plant on a link, kept at the pace of its clock until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from queue import SimpleQueue

from twins import InputError, clock
from twins.asset import Twin
from twins.clock import DAY, SECOND, TwinClock
from twins.emulator.gateway import Gateway
from twins.emulator.plant import Plant
from twins.emulator.side import PlantSide
from twins.links.mqtt import PlantSide as MqttPlantSide
from twins.simulation.faults import injections

TICK = SECOND // 20  # of the wall: so often is published and are orders taken
FASTEST, SLOWEST = 200.0, 0.01
_FURTHEST = 50 * 365 * DAY  # ahead of the wall
_SLIP = SECOND // 4  # of the wall: a clock further off than this is said anew


def run(
    twin: Twin,
    url: str,
    speed: float,
    faults: Sequence[str],
    seed: int,
    stop: threading.Event,
    say: Callable[[str], object],
    later: SimpleQueue[str] | None = None,
) -> None:
    """Emulates until `stop` is set. Faults that come `later` begin at once. Raises InputError on what can't be run."""
    _refuse_bad_speed(speed)
    injections(faults, twin, 0)  # a wrong name is refused before anything is connected
    side = MqttPlantSide(twin, url)
    try:
        waits = "" if side.wait_connected(3.0) else "; nobody answers there yet, it goes on trying"
        say(f"a simulated plant of {twin.id} at {url}, {speed:g} times as fast as the clock{waits}")
        operate(twin, side, speed, faults, seed, stop, lambda plant: _begin(plant, later or SimpleQueue(), say))
    finally:
        side.close()


def operate(
    twin: Twin,
    side: PlantSide,
    speed: float,
    faults: Sequence[str],
    seed: int,
    stop: threading.Event,
    between: Callable[[Plant], object] = lambda plant: None,
) -> None:
    """Runs the plant on a side of a link, which stays open. An earlier run's clock is continued, so time never goes back."""
    _refuse_bad_speed(speed)
    pace = _Pace(side.read_clock(1.0), speed)
    plant = Plant(twin, pace.clock.epoch, seed, injections(faults, twin, pace.clock.epoch))
    gateway = Gateway(plant, side)
    side.say_clock(pace.clock)
    beaten = -SECOND
    while not stop.wait(pace.rest(TICK)):
        if pace.has_slipped():
            side.say_clock(pace.clock)
        told = plant.run_to(min(pace.plant_time(), plant.time + _stretch(speed)))
        between(plant)
        if len(told):
            side.publish(told)
        gateway.serve()
        if pace.passed() - beaten >= SECOND:
            beaten = pace.passed()
            side.beat()
    side.say_clock(pace.resting())


def _begin(plant: Plant, later: SimpleQueue[str], say: Callable[[str], object]) -> None:
    """The faults that were asked for since; what can't begin is said, and the plant goes on."""
    while not later.empty():
        try:
            for fault in injections([later.get()], plant.twin, plant.time):
                plant.begin(fault)
        except InputError as refused:
            say(str(refused))


def _stretch(speed: float) -> int:
    """The most that is run at once, ns of the plant, so that orders and beats don't wait while it catches up."""
    return round(max(speed, 1.0) * SECOND)


class _Pace:
    """The plant's clock on this process's monotonic one, and how it is told to those who have a wall clock only."""

    def __init__(self, earlier: TwinClock | None, rate: float) -> None:
        now = clock.now()
        self._epoch = max(now, _continued(earlier, now)) if earlier else now
        self._rate = rate
        self._began = self._next = clock.monotonic()
        self.clock = TwinClock(self._epoch, now, rate)

    def passed(self) -> int:
        """ns of this process."""
        return clock.monotonic() - self._began

    def plant_time(self) -> int:
        """ns UTC of the plant."""
        return self._epoch + round(self.passed() * self._rate)

    def rest(self, tick: int) -> float:
        """s until the next tick; ticks that were missed are not made up."""
        now = clock.monotonic()
        self._next = max(self._next + tick, now)
        return (self._next - now) / SECOND

    def has_slipped(self) -> bool:
        """Whether the wall clock jumped; the plant's goes on regardless, and `clock` tells it anew."""
        now, plant = clock.now(), self.plant_time()
        if abs(self.clock.at(now) - plant) <= _SLIP * self._rate:
            return False
        self.clock = TwinClock(plant, now, self._rate)
        return True

    def resting(self) -> TwinClock:
        """How time goes on while no plant runs: like everybody's."""
        return TwinClock(self.plant_time(), clock.now(), 1.0)


def _continued(earlier: TwinClock, now: int) -> int:
    """Where an earlier run's clock stands. Raises InputError where no run can have brought it there."""
    stands = earlier.at(now)
    if stands > now + _FURTHEST:
        year = clock.to_datetime(min(stands, clock.from_datetime(datetime.max.replace(tzinfo=UTC)))).year
        raise InputError(f"the clock that the broker keeps of this plant stands in the year {year}; delete that retained message")
    return stands


def _refuse_bad_speed(speed: float) -> None:
    if not SLOWEST <= speed <= FASTEST:
        raise InputError(f"a plant can't run at speed {speed:g}; choose one from {SLOWEST:g} to {FASTEST:g}, 1 is real time")

"""Unwired: an emulated plant and its station in one process, with no broker between them, as fast as they go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.clock import DAY, MINUTE, SECOND, TwinClock
from twins.emulator.plant import Plant
from twins.historian.drafting import drafted
from twins.historian.file import RecordingFile
from twins.links.link import Delivery, LinkState, Order
from twins.package.archive import zipped
from twins.package.calibration import name_of_models
from twins.package.loader import load
from twins.record import Event, Intention, Samples, Snapshot
from twins.simulation.faults import injections
from twins.station.clock import StationClock
from twins.station.ports import Log
from twins.station.station import Station

LONGEST = 31 * DAY
Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]
Conditions = Mapping[str, tuple[float, float]]  # a knob's key → between what it is drawn, in its unit


class Unwired:
    """The plant's clock is the station's, so the same plant gives the same samples, alarms and predictions, to the bit."""

    def __init__(self, plant: Plant, record: Log, version: str = "", rate: float = 1.0) -> None:
        """At a `rate` above 1 turns and steps of the estimator are longer, as behind a plant that runs so much quicker."""
        self._start = self.time = plant.time
        self._rate, self._turn = rate, max(SECOND, round(rate * SECOND / 20))
        clock, own = StationClock(0, self._wall, self._wall), TwinClock(plant.time, plant.time, rate)
        clock.keep(own)
        self.station = Station(plant.twin, _Wire(plant, own), _NoDesk(), record, clock, version, patient=True)
        self.station.start()

    def run_to(self, t: int) -> None:
        """Until an instant, ns UTC of the plant."""
        while self.time < t:
            self.time = min(self.time + self._turn, t)
            self.station.step()

    def _wall(self) -> int:
        return self._start + round((self.time - self._start) / self._rate)


def emulated(
    package: Path, to: Path, start: int, length: int, seed: int = 1, faults: Sequence[str] = (),
    conditions: Conditions | None = None, every: int = 5 * MINUTE, rate: float = 1.0,
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False,
) -> None:  # fmt: skip
    """What a station would have recorded of an emulated plant from `start` on, for `length` (ns); the `conditions` are drawn
    anew `every` so often. Raises InputError where something can't be had, or where it was cancelled; nothing is half-written.
    """
    if not 0 < length <= LONGEST:
        raise InputError("write how long it is to run, between a second and 31 days, like --for '6 h'")
    twin, content = load(package), zipped(package)
    plant = Plant(twin, start, seed, injections(faults, twin, start), _drawn(conditions or {}, seed, 0))
    with drafted(to) as draft, contextlib.closing(_OneFile(draft, content, twin, start)) as record:
        run = Unwired(plant, record, name_of_models(content, twin.model_version), rate)
        for until in range(start + MINUTE, start + length + MINUTE, MINUTE):
            if conditions and (until - MINUTE - start) % every < MINUTE:
                for key, value in _drawn(conditions, seed, (until - start) // every).items():
                    plant.turn(key, value)
            run.run_to(min(until, start + length))
            watch(min((until - start) / length, 1.0), "emulating")
            if cancelled():
                raise InputError("stopped; nothing was written")
        run.station.stop()


def _drawn(conditions: Conditions, seed: int, turn: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, turn])
    return {key: float(rng.uniform(low, high)) for key, (low, high) in conditions.items()}


class _Wire:
    """Fulfils `Link`: the plant is run on to the instant at which it is heard."""

    name = "mqtt"

    def __init__(self, plant: Plant, clock: TwinClock) -> None:
        self._plant, self._clock = plant, clock
        self.channels = plant.instruments.channels

    def start(self) -> None: ...

    def wait(self, seconds: float) -> None: ...

    def take(self, instant: int) -> Delivery:
        """Everything that is told until then, heard at once: between them there is no line."""
        told = self._plant.run_to(instant)
        n = len(told)
        return Delivery(told, np.full(n, -1), np.zeros(n, bool), clock=self._clock, simulated=True)

    def acknowledge(self, receipt: object) -> None: ...

    def send(self, order: Order) -> None: ...

    def beat(self) -> None: ...

    def state(self) -> LinkState:
        return LinkState(True)

    def close(self) -> None: ...


class _NoDesk:
    """Nobody is there to want anything."""

    def after(self, position: int) -> Sequence[tuple[int, Intention]]:
        return ()


class _OneFile:
    """Fulfils `Log`: all of it in one file, however many days that is."""

    desk_position = 0

    def __init__(self, path: Path, package: bytes, twin: Twin, start: int) -> None:
        self.simulated = True
        self._file = RecordingFile.create(path, package, twin.id, start, simulated=True)

    def append(self, samples: Samples, events: Sequence[Event] = (), desk: int | None = None) -> None:
        with self._file.transaction():
            self._file.append(samples, events)

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        return self._file.at(time, hindsight)

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        return self._file.between(start, end, paths)

    def events(self, start: int, end: int) -> Sequence[Event]:
        return self._file.events(start, end)

    def roll_if_due(self, now: int) -> bool:
        return False

    def note_counters(self, counters: Mapping[str, int]) -> None: ...

    def reopen(self) -> None: ...

    def close(self) -> None:
        self._file.close()

"""Running: a station from what the command line says, until it is told to stop."""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path

from twins import InputError, clock
from twins.checking.refusing import refuse_faulty
from twins.clock import SECOND, TwinClock, format_time
from twins.historian.desk import Desk
from twins.historian.lock import Lock
from twins.historian.record import Record
from twins.historian.recording import RecordingError
from twins.links.broker import running_broker
from twins.links.link import Link
from twins.links.mqtt import MqttLink
from twins.package.archive import zipped
from twins.package.calibration import name_of_models
from twins.package.loader import load
from twins.station.clock import StationClock
from twins.station.finding import Running, announced
from twins.station.recalibrating import Found, Recalibrating
from twins.station.station import Station

BROKER_FOLDER = ".broker"
PATIENCE_NS = 3 * SECOND  # for the first connection; after that the station works, connected or not


def run_station(package: Path, broker: str | None, to: Path, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Records the plant behind a broker (None: one of its own, on loopback) into `to` until `stop` is set.

    Raises InputError where the package is wrong, another station writes there or at that plant, or nobody can be reached.
    """
    refuse_faulty(package)  # it may run for months on it
    twin, content = load(package), zipped(package)
    if not twin.tags:
        raise InputError(
            f"{package} has no tags, so there is nothing to record; write tags at its assets or their types, see docs/package.md"
        )
    if not any("mqtt" in tag.address for tag in twin.tags.values()):
        raise InputError(
            f"{package} names no MQTT addresses, so nothing can be recorded; write address: {{ mqtt: … }} at its tags"
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        held.enter_context(contextlib.closing(Lock.beside(to))).hold(f"the station of {twin.id}")
        wire = held.enter_context(contextlib.closing(running_broker(broker, to.with_name(to.name + BROKER_FOLDER))))
        link = MqttLink(wire.url, twin)
        plant = link.greet() or TwinClock()
        record = held.enter_context(contextlib.closing(Record.open(to, content, twin.id, plant.at(clock.now()))))
        link.expects_session = record.last_time > 0
        time = StationClock(record.last_time, twin=plant)
        record.add_package(content, time.now())
        desk = held.enter_context(contextlib.closing(Desk.beside(to)))
        station = Station(twin, link, desk, record, time, name_of_models(content, twin.model_version))
        watch = held.enter_context(contextlib.closing(Recalibrating(package, content)))
        station.start(*record.counters())
        held.enter_context(announced(Running(twin.id, str(to.absolute()), wire.url, os.getpid())))
        try:
            _until_up(station, link, stop)
            down = link.state().reason
            told = f"recording {twin.id} from {wire.url} to {to} on {platform.node()} since {format_time(station.clock.now())}"
            say(f"{told}; so far {down}, it goes on trying" if down else told)
            while not stop.is_set() and not station.taken_over:
                station.step()
                _take_up(watch.take(), station, record)
        finally:
            station.stop()
    if station.taken_over:
        raise InputError(f"another station has taken over the link to {wire.url}; this one has stopped, its record {to} is whole")


def _take_up(found: Found | None, station: Station, record: Record) -> None:
    """Another calibration of the same package, from the next turn on; the record keeps the package with its instant."""
    if found is None:
        return
    if found.twin is None:
        station.tell("not_recalibrated", found.why)
        return
    try:
        record.add_package(found.content, station.clock.now())
    except RecordingError as problem:
        station.tell("not_recalibrated", f"The package could not be written into the record: {problem}")
        return
    station.recalibrate(found.twin, name_of_models(found.content, found.twin.model_version))


def _until_up(station: Station, link: Link, stop: threading.Event) -> None:
    """So that whoever waits for the first word knows that nothing is missed from then on."""
    until = clock.monotonic() + PATIENCE_NS
    while not (link.state().up or stop.is_set() or clock.monotonic() > until):
        station.step()

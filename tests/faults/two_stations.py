"""Fault 14: a second station at the same plant: the second is refused and says why; who is pushed out stops, and says so."""

from __future__ import annotations

import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.rig import Broker, StationProcess, closing_all, sensors_package, wait_until
from twins.historian.days import open_record
from twins.links.mqtt import client_id
from twins.record import EventKind


def second_refused(folder: Path, same_record: bool) -> dict[str, object]:
    """On one record, or on another record at the same broker."""
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker"))
        package = sensors_package(folder / "rig")
        first = keep(StationProcess(package, broker.url, folder / "first.twin-recording"))
        time.sleep(1.5)
        begun = time.monotonic()
        to = first.record if same_record else folder / "second.twin-recording"
        second = keep(StationProcess(package, broker.url, to, wait=False))
        code = second.process.wait(15)
        took = time.monotonic() - begun
        time.sleep(0.2)
        return {"code": code, "said": "".join(second.complaints), "took_s": took, "first_lives": first.process.poll() is None}


def pushed_out(folder: Path) -> dict[str, object]:
    """Somebody else connects under the station's own name and comes back each time: no race for the name, and an alarm."""
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker"))
        first = keep(StationProcess(sensors_package(folder / "rig"), broker.url, folder / "first.twin-recording"))
        connects = []
        rogue = mqtt.Client(CallbackAPIVersion.VERSION2, client_id("rig"), protocol=mqtt.MQTTv5)
        rogue.on_connect = lambda *_: connects.append(time.monotonic())
        rogue.connect("127.0.0.1", broker.port)
        rogue.loop_start()
        try:
            begun = time.monotonic()
            wait_until(lambda: _alarmed(first), 10)
            took = time.monotonic() - begun
            time.sleep(max(0.0, begun + 10 - time.monotonic()))
        finally:
            rogue.disconnect()
            rogue.loop_stop()
        in_ten = len(connects)
        wait_until(lambda: not _alarmed(first), 25)
        return {"alarm_s": took, "connects_in_10_s": in_ten, "lives": first.process.poll() is None}


def _alarmed(station: StationProcess) -> bool:
    recording = open_record(station.record)
    try:
        alarm = recording.at(2**62).standing.get((EventKind.ALARM, "link/mqtt"))
        return alarm is not None and alarm.data["state"] == "unacknowledged"
    finally:
        recording.close()

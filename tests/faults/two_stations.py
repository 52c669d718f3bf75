"""Fault 14: a second station at the same plant: the second is refused and says why; who is pushed out stops, and says so."""

from __future__ import annotations

import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.rig import Broker, StationProcess, closing_all, sensors_package
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
    """Somebody connects under the station's own client id, again and again would be a reconnect loop."""
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
            code = first.process.wait(10)
            took = time.monotonic() - begun
            time.sleep(2)
        finally:
            rogue.disconnect()
            rogue.loop_stop()
        recording = open_record(first.record)
        try:
            states = [event.data["state"] for event in recording.events(0, 2**62, (EventKind.STATION,))]
        finally:
            recording.close()
        return {"code": code, "said": "".join(first.complaints), "took_s": took, "connects": len(connects), "states": states}

"""Fault 15: a thousand alarms in ten seconds; each is in the record, raised once."""

from __future__ import annotations

import time
from pathlib import Path

from tests.rig import Broker, Sender, StationProcess, closing_all, sensors_package, wait_until
from twins.historian.days import open_record
from twins.record import EventKind


def run(folder: Path, alarms: int = 1000, seconds: float = 10.0) -> dict[str, float]:
    """One after the other, as fast as that."""
    assets = alarms // 10
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker"))
        sender = keep(Sender(broker.url))
        package = sensors_package(folder / "rig", assets=assets, tags=10)
        station = keep(StationProcess(package, broker.url, folder / "flood.twin-recording"))
        begun = time.monotonic()
        for i in range(alarms):
            sender.say(f"rig/S{i // 10 + 1}/v{i % 10 + 1}", 95.0)
            time.sleep(max(0.0, begun + (i + 1) * seconds / alarms - time.monotonic()))
        took = time.monotonic() - begun
        sender.drained()
        wait_until(lambda: len(_raised(station.record)) >= alarms, 15, 0.3)
        station.close()
        raised = _raised(station.record)
    return {"alarms": alarms, "took_s": took, "raised": len(raised), "lost": alarms - len(set(raised))}


def _raised(record: Path) -> list[str]:
    recording = open_record(record)
    try:
        events = recording.events(0, 2**62, (EventKind.ALARM,))
    finally:
        recording.close()
    return [event.key for event in events if event.data["state"] == "unacknowledged" and event.data.get("condition") == "high"]

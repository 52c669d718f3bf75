"""Fault 8: the broker is killed and forgets, or overflows while the station is away; what is missing is counted exactly."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

from tests.rig import Broker, Sender, StationProcess, closing_all, sensors_package, wait_until
from twins.historian.days import open_record
from twins.record import EventKind

TOPICS = [f"rig/S{i}/v{k}" for i in (1, 2) for k in (1, 2, 3)]
FOREVER = 2**62


def killed(folder: Path, rounds: int) -> dict[str, int]:
    """The broker, which keeps nothing, is killed and restarted under load `rounds` times."""
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker", persistent=False))
        sender = keep(Sender(broker.url))
        station = keep(StationProcess(sensors_package(folder / "rig"), broker.url, folder / "lost.twin-recording"))
        with _load(sender):
            for _ in range(rounds):
                time.sleep(0.5)
                broker.kill()
                time.sleep(0.3)
                broker.start()
                wait_until(sender.client.is_connected, 15)
                time.sleep(2.5)
        return {"rounds": rounds, **_settled(sender, station)}


def overflowed(folder: Path, rounds: int) -> dict[str, int]:
    """The station is stopped (not killed) while the broker, which holds 20 messages, is sent 600."""
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker", persistent=False, queued=20))
        sender = keep(Sender(broker.url))
        station = keep(StationProcess(sensors_package(folder / "rig"), broker.url, folder / "over.twin-recording"))
        for _ in range(rounds):
            _say_all(sender, 5)
            station.kill()
            _say_all(sender, 100)
            sender.drained()
            station.start()
            time.sleep(0.5)
        return {"rounds": rounds, **_settled(sender, station)}


def _settled(sender: Sender, station: StationProcess) -> dict[str, int]:
    """The last word of each tag has come, so that the counters have told all there is to tell."""
    sender.drained()
    time.sleep(0.5)
    _say_all(sender, 1)
    sender.drained()
    wait_until(lambda: _newest(station.record) == sender.sent // len(TOPICS), 20, 0.3)
    time.sleep(0.3)
    station.process.send_signal(signal.SIGTERM)
    station.process.wait(10)
    return _account(station.record, sender.sent)


def _account(record: Path, sent: int) -> dict[str, int]:
    recording = open_record(record)
    try:
        gaps = recording.events(0, FOREVER, (EventKind.GAP,))
        stored = len(recording.between(0, FOREVER, [_path(topic) for topic in TOPICS]))
    finally:
        recording.close()
    missing = sum(event.data["missing"] for event in gaps)
    return {
        "sent": sent,
        "stored": stored,
        "counted_missing": missing,
        "unaccounted": sent - stored - missing,
        "gap_events": len(gaps),
    }


def _newest(record: Path) -> int:
    """The least counter that is newest of its tag."""
    recording = open_record(record)
    try:
        snapshot = recording.at(FOREVER)
        return min(round((snapshot.reading(_path(topic)).value or 0) / 1e-5) for topic in TOPICS)
    finally:
        recording.close()


class _load:
    """Sends all the time, in a thread."""

    def __init__(self, sender: Sender) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(sender,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self, sender: Sender) -> None:
        while not self._stop.wait(0.02):
            _say_all(sender, 1)


def _say_all(sender: Sender, times: int) -> None:
    for _ in range(times):
        for topic in TOPICS:
            sender.say(topic, round((sender.counts.get(topic, 0) + 1) * 1e-5, 5))


def _path(topic: str) -> str:
    return topic.removeprefix("rig/").replace("/", ".")

"""Fault 4: the station is killed (−9) under load at random instants; nothing acknowledged is lost, nothing is stored twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

from tests.rig import Broker, Sender, StationProcess, closing_all, sensors_package, wait_until
from twins.historian.days import open_record

TOPICS = [f"rig/S{i}/v{k}" for i in (1, 2, 3, 4) for k in (1, 2, 3, 4, 5)]
UNIT = 1e-5  # a sample's value is its counter times this, so each can be told apart


def run(folder: Path, kills: int, seed: int = 1) -> dict[str, float]:
    """`kills` times: start, let it work 0.2–1.5 s, kill. Then all of what was sent must be there, once."""
    rng = random.Random(seed)
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker"))
        sender = keep(Sender(broker.url))
        station = keep(StationProcess(sensors_package(folder / "rig"), broker.url, folder / "killed.twin-recording"))
        stop = threading.Event()
        load = threading.Thread(target=_send, args=(sender, stop))
        load.start()
        restarts = []
        try:
            for _ in range(kills):
                time.sleep(rng.uniform(0.2, 1.5))
                station.kill()
                begun = time.monotonic()
                station.start()
                restarts.append(time.monotonic() - begun)
        finally:
            stop.set()
            load.join()
        sender.drained()
        expected = Counter(sender.counts)
        wait_until(lambda: _stored(station.record)[0] >= sum(expected.values()), 30, 0.5)
        time.sleep(0.5)
        station.close()
        total, lost, twice = _judged(station.record, expected)
    return {
        "kills": kills,
        "sent": sum(expected.values()),
        "stored": total,
        "lost": lost,
        "twice": twice,
        "reopen_s": max(restarts),
    }


def _send(sender: Sender, stop: threading.Event) -> None:
    while not stop.wait(0.02):
        for topic in TOPICS:
            sender.say(topic, round((sender.counts.get(topic, 0) + 1) * UNIT, 5))


def _stored(record: Path) -> tuple[int, Counter]:
    recording = open_record(record)
    try:
        samples = recording.between(0, 2**62, [topic.removeprefix("rig/").replace("/", ".") for topic in TOPICS])
        seen = Counter((samples.channels[c].path, round(samples.value(i) / UNIT)) for i, c in enumerate(samples.channel))
    finally:
        recording.close()
    return len(seen), seen


def _judged(record: Path, expected: Counter) -> tuple[int, int, int]:
    total, seen = _stored(record)
    wanted = {(t.removeprefix("rig/").replace("/", "."), n) for t, count in expected.items() for n in range(1, count + 1)}
    return total, len(wanted - set(seen)), sum(count - 1 for count in seen.values())

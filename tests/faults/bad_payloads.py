"""Fault 10: payloads that are broken, absurd or hostile; the station lives, counts each, and stores what is good."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.rig import Broker, Sender, StationProcess, closing_all, sensors_package, wait_until
from twins.historian.days import open_record
from twins.record import EventKind
from twins.record.snapshot import STATION

GOOD = b'{"t":1800000000000000000,"v":42.5,"q":"good","n":7}'
EVIL = (
    b"NaN", b"Infinity", b"1e999", b'{"v":1e999}', b'{"v":NaN}', b'{"v":1,"v":2}', b'{"t":1,"t":2,"v":3}', b'{"v":"\\ud800"}',
    b"[" * 100_000, b'{"v":' * 50_000, b"9" * 5_000, b'{"v":' + b"9" * 5_000 + b"}", b"", b"\xff\xfe\x00", b'"\xed\xa0\x80"',
    b"{", b"null", b'{"v":null}', b'{"t":"yesterday","v":1}', b'{"t":1e300,"v":1}', b'{"t":-9223372036854775809,"v":1}',
    b'{"v":[1,2]}', b'{"v":{"v":1}}', b'{"n":1}', b'{"v":1,"q":"superb"}', b'{"v":"warm"}', b'{"v":1,"x":2}',
)  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    """A good payload with a few bytes turned, cut or put in; or one that is evil as it stands."""
    if rng.random() < 0.3:
        return rng.choice(EVIL)
    payload = bytearray(GOOD)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(payload))
        match rng.randrange(3):
            case 0:
                payload[place] = rng.randrange(256)
            case 1:
                del payload[place : place + rng.randint(1, 8)]
            case _:
                payload[place:place] = rng.randbytes(rng.randint(1, 4))
    return bytes(payload)


def run(folder: Path, payloads: int, seed: int = 1) -> dict[str, int]:
    """Sends them all, then good ones: every message must be stored or rejected, and the station must live."""
    rng = random.Random(seed)
    with closing_all() as keep:
        broker = keep(Broker(folder / "broker"))
        sender = keep(Sender(broker.url))
        station = keep(StationProcess(sensors_package(folder / "rig"), broker.url, folder / "bad.twin-recording"))
        for _ in range(payloads):
            sender.client.publish("rig/S1/v1", mutated(rng), 1)
        sender.drained(120)
        for n in range(100):
            sender.say("rig/S2/v1", n)
        sender.drained()
        wait_until(lambda: _newest(station.record) == 99, 30, 0.3)
        time.sleep(1.5)
        alive = station.process.poll() is None
        beat = _beat(station.record)
        station.close()
        rejected, stored = _account(station.record)
    link = beat["links"]["mqtt"]
    return {
        "sent": payloads, "alive": alive, "rejected": link["rejected"], "quarantined": rejected, "stored": stored,
        "unaccounted": payloads - link["rejected"] - stored - link["repeated"], "good": 100,
    }  # fmt: skip


def _newest(record: Path) -> object:
    recording = open_record(record)
    try:
        return recording.at(2**62).reading("S2.v1").value
    finally:
        recording.close()


def _beat(record: Path) -> dict:
    recording = open_record(record)
    try:
        return dict(recording.at(2**62).standing[EventKind.HEARTBEAT, STATION].data)
    finally:
        recording.close()


def _account(record: Path) -> tuple[int, int]:
    recording = open_record(record)
    try:
        rejected = sum(int(event.data["count"]) for event in recording.events(0, 2**62, (EventKind.REJECTED,)))
        return rejected, len(recording.between(-(2**62), 2**62, ["S1.v1"]))
    finally:
        recording.close()

"""Midnight of the plant's clock: the station goes on in another file, the old day is sealed, and who watches notices nothing."""

from __future__ import annotations

import json
import time

from tests.rig import Broker, Sender, StationProcess, sensors_package, wait_until
from twins.clock import DAY, SECOND, TwinClock, now
from twins.historian.days import open_record
from twins.historian.evidence import verify_record
from twins.historian.place import days_of
from twins.historian.schema import is_sealed


def test_that_a_day_ends_while_the_plant_goes_on(tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    midnight = (now() // DAY + 1) * DAY
    plant = TwinClock(midnight - 6 * SECOND, now(), 1.0)
    said = {"epoch": plant.epoch, "since": plant.since, "rate": plant.rate}
    sender.client.publish("twindeck/rig/clock", json.dumps(said), 1, retain=True).wait_for_publish()
    record = tmp_path / "days"
    station = keep(StationProcess(sensors_package(tmp_path / "rig"), broker.url, record))
    seen, position, k = [], None, 0
    sender.say("rig/S1/v1", 95.0, t=plant.at(now()))  # an alarm that stands over midnight
    with open_record(record) as eye:
        while plant.at(now()) < midnight + 4 * SECOND:
            k += 1
            sender.say("rig/S2/v1", k / 1000, t=plant.at(now()))
            time.sleep(0.05)
            tail = eye.tail(position)
            position = tail.position
            seen += [
                tail.samples.value(i) for i, c in enumerate(tail.samples.channel) if tail.samples.channels[c].path == "S2.v1"
            ]
        wait_until(lambda: seen.extend(_new(eye, position)) or len(set(seen)) >= k, 10)
        assert sorted(set(seen)) == [i / 1000 for i in range(1, k + 1)]
        assert len(days_of(record)) == 2
        assert eye.at(2**62).reading("S2.v1").value == k / 1000
        assert any(event.key == "S1.v1/high" for event in eye.at(2**62).standing.values())
    station.close()
    again = keep(StationProcess(tmp_path / "rig", broker.url, record))
    wait_until(lambda: is_sealed(days_of(record)[0]), 10)
    again.close()
    assert verify_record(record).ok


def _new(eye, position):
    samples = eye.tail(position).samples
    return [samples.value(i) for i, c in enumerate(samples.channel) if samples.channels[c].path == "S2.v1"]

"""Ingest: what a message costs the station's side, beside plain paho + orjson on the same broker in the same run.

Goals: ≤ 0.6 of the client's CPU a message at QoS 0 and 1; ≥ 10 M samples/s of CPU in batches of 1,000.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import paho.mqtt.client as mqtt

from tests.rig import Broker, closing_all, sensors_package, wait_until
from twins.links.mqtt import MqttLink
from twins.links.mqtt.batch import columns_of
from twins.package.loader import load

MESSAGES, BATCHES, ROUNDS = 20_000, 2_000, 7
TOPICS = [f"rig/S{a}/v{t}" for a in range(1, 51) for t in range(1, 21)]


def send(url: str, kind: str) -> None:
    """Another process: so many messages as fast as the broker takes them."""
    host, port = url.removeprefix("mqtt://").split(":")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(1000)
    client.connect(host, int(port))
    client.loop_start()
    if kind == "batch":
        tags = [f"S{a}.v{t}" for a in range(1, 51) for t in range(1, 21)]
        n = len(tags)
        columns = (
            np.arange(n, dtype=np.uint32),
            np.full(n, time.time_ns()),
            np.random.default_rng(1).random(n),
            np.zeros(n, np.uint8),
        )
        payload = columns_of(tags, *columns)
        for _ in range(BATCHES):
            client.publish("twindeck/rig/batch", payload, 1).wait_for_publish()
    else:
        for i in range(MESSAGES):
            payload = json.dumps({"t": time.time_ns(), "v": i * 0.001, "n": i})
            info = client.publish(TOPICS[i % len(TOPICS)], payload, int(kind))
            if i % 500 == 499:
                info.wait_for_publish()
    time.sleep(0.3)
    client.disconnect()
    client.loop_stop()


def cpu_of(run: Callable[[], bool], url: str, kind: str) -> float:
    """CPU seconds of this process until `run` says that everything is there."""
    sender = subprocess.Popen([sys.executable, __file__, "send", url, kind])
    begun = time.process_time()
    until = time.monotonic() + 60
    while not run() and time.monotonic() < until:
        time.sleep(0.005)
    took = time.process_time() - begun
    sender.wait()
    return took


def ours(url: str, twin, kind: str, wanted: int) -> float:
    link = MqttLink(url, twin)
    link.start()
    wait_until(lambda: link.state().up)
    seen = [0]

    def run() -> bool:
        link.wait(0.05)
        delivery = link.take(time.time_ns())
        link.acknowledge(delivery.receipt)
        seen[0] += len(delivery.samples)
        return seen[0] >= wanted

    took = cpu_of(run, url, kind)
    link.close()
    assert seen[0] == wanted, (seen[0], wanted)
    return took


def plain(url: str, kind: str) -> float:
    host, port = url.removeprefix("mqtt://").split(":")
    seen = [0]

    def on_message(_client, _data, message):
        orjson.loads(message.payload)
        seen[0] += 1

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "plain", protocol=mqtt.MQTTv5)
    client.on_message = on_message
    client.connect(host, int(port))
    client.subscribe("rig/#", int(kind))
    client.loop_start()
    time.sleep(0.3)
    took = cpu_of(lambda: seen[0] >= MESSAGES, url, kind)
    client.disconnect()
    client.loop_stop()
    return took


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        twin = load(sensors_package(folder / "rig", 50, 20))

        def on_a_fresh_broker(measure: Callable[[str], float]) -> float:
            with closing_all() as keep:  # no session of the round before gets a copy
                return measure(keep(Broker(folder / "broker", persistent=False)).url)

        for kind in ("0", "1"):
            pairs = [
                (
                    on_a_fresh_broker(lambda url, kind=kind: ours(url, twin, kind, MESSAGES)),
                    on_a_fresh_broker(lambda url, kind=kind: plain(url, kind)),
                )
                for _ in range(ROUNDS)
            ]
            mine, its = (np.median([pair[i] for pair in pairs]) / MESSAGES * 1e6 for i in (0, 1))
            ratio = np.median([a / b for a, b in pairs])
            print(
                f"QoS {kind}: {mine:.1f} µs a message, plain paho + orjson {its:.1f} µs: {ratio:.2f} of it (goal: ≤ 0.6)",
                flush=True,
            )
        rounds = [on_a_fresh_broker(lambda url: ours(url, twin, "batch", BATCHES * 1000)) for _ in range(ROUNDS)]
        print(f"batches of 1,000: {BATCHES * 1000 / np.median(rounds) / 1e6:.1f} M samples/s of CPU (goal: ≥ 10)")


if __name__ == "__main__":
    send(sys.argv[2], sys.argv[3]) if sys.argv[1:2] == ["send"] else main()

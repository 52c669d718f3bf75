"""Live: from a value at the plant to its pixel, from a set-point to its readback, and a flood of alarms, between processes.

Goals: value to pixel p95 ≤ 250 ms at 10,000 samples/s; set-point to verified ≤ 1 s; input ≤ 200 ms in 1,000 alarms in 10 s.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from tests.benchmarks.input import Probe
from tests.rig import Broker, StationProcess, closing_all, sensors_package
from twins.historian.days import open_record
from twins.record import EventKind, Intention, IntentionKind
from twins.station.asking import ask
from ui.opening import prepare
from ui.scene_probe import surface_format
from ui.settings import Settings
from ui.workplace import Workplace

ASSETS, TAGS, EVERY_S = 100, 100, 0.1  # 10,000 tags at 1 Hz, in ten batches a second
MARKER, LOW, HIGH, FLIPS = "S1.v1", 5.0, 75.0, 60


def plant(url: str, seconds: float) -> None:
    """10,000 samples a second in JSON scans, a marker that flips twice a second, and a gateway that obeys at once."""
    host, port = url.removeprefix("mqtt://").split(":")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "bench-plant", protocol=mqtt.MQTTv5)

    def obey(_client, _data, message):
        said = json.loads(message.payload)
        topic = message.topic.removesuffix("/set")
        answer = json.dumps({"id": said["id"], "ok": True, "reason": ""})
        client.publish(message.properties.ResponseTopic, answer, 1)
        client.publish(topic, json.dumps({"t": time.time_ns(), "v": said["v"]}), 1)

    client.on_message = obey
    client.connect(host, int(port))
    client.subscribe("rig/+/setpoint/set", 1)
    client.loop_start()
    groups = [[f"S{a}.v{t}" for t in range(1, TAGS + 1)] for a in range(2, ASSETS + 1)]
    begun, k = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        for group in groups[k % 10 :: 10]:
            values = dict.fromkeys(group, 20.0 + k % 50)
            client.publish("twindeck/rig/batch", json.dumps({"t": time.time_ns(), "v": values}), 1)
        if k % 5 == 0:
            client.publish("rig/S1/v1", json.dumps({"t": time.time_ns(), "v": HIGH if k // 5 % 2 else LOW}), 1)
        if k % 10 == 0:
            client.publish("twindeck/rig/plant", json.dumps({"t": time.time_ns(), "simulated": True}))
        k += 1
        time.sleep(max(0.0, begun + k * EVERY_S - time.monotonic()))
    client.disconnect()


def window_on(app: QApplication, package: Path, record: Path, folder: Path) -> Workplace:
    _kept, opened, timeline = prepare(package, record, None)
    place = Workplace(app, opened, timeline, Settings(folder / "settings.json"), operator="bench")
    done = []
    place.window.furnished.connect(lambda: done.append(True))
    place.window.resize(1600, 1000)
    place.window.show()
    while not done:
        app.processEvents()
    spin(app, 2.0)
    return place


def spin(app: QApplication, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        app.processEvents()
        time.sleep(0.0005)


def value_to_pixel(app: QApplication, place: Workplace) -> list[float]:
    """Latencies (ms): the stamp of a flip at the plant to the instant the pixel on the screen has the other colour."""
    choice = next(c for c in place.scene.choices if c.name == "v1")
    place.scene_ties.colour_by(choice)
    place.scene.fit("S1")
    place.window.docks.reveal("alarms")
    spin(app, 2.0)
    at = place.scene.mapToGlobal(QPoint(place.scene.width() // 2, place.scene.height() // 2))
    screen, found, before = app.primaryScreen(), [], None
    until = time.monotonic() + FLIPS * 0.5 + 10
    while len(found) < FLIPS and time.monotonic() < until:
        app.processEvents()
        colour = screen.grabWindow(0, at.x(), at.y(), 1, 1).toImage().pixelColor(0, 0)
        if before is not None and abs(colour.red() - before.red()) + abs(colour.green() - before.green()) > 60:
            found.append((time.time_ns() - place.window.refresh.snapshot.reading(MARKER).source) / 1e6)
        before = colour
        time.sleep(0.001)
    return found


def setpoint_to_verified(record: Path, n: int) -> list[float]:
    took = []
    for i in range(n):
        begun = time.perf_counter()
        data = {"value": float(i % 90), "lane": "live"}
        last = ask(
            record, Intention(IntentionKind.COMMAND, "bench", subject="S1.setpoint", why="bench", data=data), lambda _e: None
        )
        assert last.data["state"] == "verified", last.data
        took.append((time.perf_counter() - begun) * 1e3)
    return took


def flood(app: QApplication, url: str, record: Path) -> tuple[np.ndarray, int]:
    """1,000 alarms in 10 s under the open window: how long key presses wait, ms, and how many alarms are in the record."""
    from tests.rig import Sender

    sender, probe = Sender(url, beats=False), Probe()

    def pour() -> None:
        begun = time.monotonic()
        for i in range(1000):
            sender.say(f"rig/S{2 + i // 20}/v{1 + i % 20}", 95.0)
            time.sleep(max(0.0, begun + i * 0.01 - time.monotonic()))

    threading.Thread(target=pour, daemon=True).start()
    threading.Thread(target=probe.press_all, daemon=True).start()
    begun = time.monotonic()
    while time.monotonic() - begun < 13:
        app.processEvents()
        time.sleep(0.0005)
    sender.close()
    with open_record(record) as recording:
        events = recording.events(0, 2**62, (EventKind.ALARM,))
    return np.array(probe.waited) * 1e3, len({e.key for e in events if e.data["state"] == "unacknowledged" and "/high" in e.key})


def told(name: str, values: list[float] | np.ndarray, goal: str) -> None:
    middle, p95 = np.percentile(values, (50, 95))
    print(f"{name}, ms: median {middle:.0f}, p95 {p95:.0f}, worst {max(values):.0f} of {len(values)} (goal: {goal})", flush=True)


def main() -> None:
    from PySide6.QtGui import QSurfaceFormat

    QSurfaceFormat.setDefaultFormat(surface_format())
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as name, closing_all() as keep:
        folder = Path(name)
        package = sensors_package(folder / "rig", ASSETS, TAGS)
        broker = keep(Broker(folder / "broker"))
        station = keep(StationProcess(package, broker.url, folder / "live.twin-recording"))
        source = subprocess.Popen([sys.executable, __file__, "plant", broker.url, "75"])
        try:
            place = window_on(app, package, station.record, folder)
            told("value to pixel at 10,000 samples/s", value_to_pixel(app, place), "p95 ≤ 250")
            told("set-point to verified", setpoint_to_verified(station.record, 40), "p95 ≤ 1000")
            source.wait()
            waited, raised = flood(app, broker.url, station.record)
            told("input latency in a flood of 1,000 alarms in 10 s", waited, "p95 ≤ 200")
            print(f"alarms in the record: {raised} of 1000")
            place.window.close()
        finally:
            source.kill()


if __name__ == "__main__":
    plant(sys.argv[2], float(sys.argv[3])) if sys.argv[1:2] == ["plant"] else main()

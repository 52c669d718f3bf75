"""A rig: a broker, a station and a plant, each a process of its own on free ports of this machine, to be stopped and killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

MAIN = Path(__file__).parents[1] / "main.py"


def main_py(*arguments: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
    """The command line, run to its end."""
    return subprocess.run([sys.executable, str(MAIN), *arguments], capture_output=True, text=True, timeout=seconds, check=False)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true: Callable[[], object], seconds: float = 30.0, every: float = 0.02) -> object:
    """Its first true answer; fails after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := true():
            return answer
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {true}")


def sensors_package(folder: Path, assets: int = 4, tags: int = 5, high: float = 80.0) -> Path:
    """A twin of sensors: `S1.v1` … with the topics `rig/S1/v1`, a limit each, and a writable set-point an asset."""
    measured = {
        f"v{k}": {
            "unit": "degC",
            "range": [0, 100],
            "limits": {"high": high},
            "period": "1s",
            "address": {"mqtt": "rig/{asset}/{tag}"},
        }
        for k in range(1, tags + 1)
    }
    measured["on"] = {"kind": "boolean", "period": "on change", "address": {"mqtt": "rig/{asset}/{tag}"}}
    measured["setpoint"] = {
        "unit": "degC", "range": [0, 100], "period": "on change", "writable": True, "permissives": ["v1 < 90 degC"],
        "address": {"mqtt": "rig/{asset}/{tag}"},
    }  # fmt: skip
    package = {
        "twin": {"id": "rig", "name": "Rig"},
        "types": {"sensor": {"kind": "component", "tags": measured, "parts": {"box": {"shape": {"box": {"size": [4, 4, 4]}}}}}},
        "assets": [{"id": f"S{i}", "type": "sensor", "at": {"x": 8 * i, "y": 0}} for i in range(1, assets + 1)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "twin.yaml").write_text(json.dumps(package))
    return folder


class Broker:
    """A mosquitto that can be killed, stopped, and started again with or without what it remembered."""

    def __init__(self, folder: Path, *, persistent: bool = True, queued: int = 0) -> None:
        self.port, self._folder, self._persistent, self._queued = free_port(), folder, persistent, queued
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "max_inflight_messages 1000", "user root"]
        lines += [f"max_queued_messages {self._queued}", "set_tcp_nodelay true", "log_dest none", "sys_interval 1"]
        if self._persistent:
            lines += [
                "persistence true",
                f"persistence_location {self._folder}/",
                "autosave_on_changes true",
                "autosave_interval 1",
            ]
        config = self._folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until(self._answers)

    def kill(self) -> None:
        kill(self.process)

    def close(self) -> None:
        kill(self.process)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False


class StationProcess:
    """`main.py record` as a process."""

    def __init__(self, package: Path, url: str, record: Path, wait: bool = True) -> None:
        self.record = record
        self._command = [sys.executable, str(MAIN), "record", str(package), "--broker", url, "--to", str(record)]
        self.start(wait)

    def start(self, wait: bool = True) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()
        self.complaints: list[str] = []
        threading.Thread(target=lambda: self.complaints.extend(self.process.stderr), daemon=True).start()
        if wait:
            wait_until(lambda: any(line.startswith("recording") for line in self.said) or self.process.poll() is not None, 30)
            assert self.process.poll() is None, "".join(self.complaints)

    def kill(self) -> None:
        kill(self.process)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        kill(self.process)


class EmulatedPlant:
    """`main.py emulate` as a process."""

    def __init__(self, package: Path, url: str, *more: str) -> None:
        command = [sys.executable, str(MAIN), "emulate", str(package), "--broker", url, *more]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def close(self) -> None:
        kill(self.process)


class Sender:
    """A plant that only sends: JSON with its own stamp and counter for each tag, QoS 1, nothing ever lost on its side."""

    def __init__(self, url: str, twin: str = "rig", beats: bool = True) -> None:
        host, port = url.removeprefix("mqtt://").split(":")
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, f"sender-{os.getpid()}-{id(self)}", protocol=mqtt.MQTTv5)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        keep = Properties(PacketTypes.CONNECT)
        keep.SessionExpiryInterval = 3600
        self.client.connect(host, int(port), clean_start=mqtt.MQTT_CLEAN_START_FIRST_ONLY, properties=keep)
        self.client.loop_start()
        self.counts: dict[str, int] = {}
        self._twin, self._beats = twin, beats
        self._stop = threading.Event()
        if beats:
            self._thread = threading.Thread(target=self._beat, daemon=True)
            self._thread.start()

    def say(self, topic: str, value: object, t: int | None = None, qos: int = 1):
        """One sample; its counter is one more than the tag's last."""
        n = self.counts[topic] = self.counts.get(topic, 0) + 1
        payload = json.dumps({"t": time.time_ns() if t is None else t, "v": value, "n": n})
        return self.client.publish(topic, payload, qos)

    @property
    def sent(self) -> int:
        return sum(self.counts.values())

    def drained(self, seconds: float = 120.0) -> None:
        """Waits until the broker has taken everything."""
        wait_until(lambda: not self.client._out_messages, seconds)

    def close(self) -> None:
        self._stop.set()
        self.client.disconnect()
        self.client.loop_stop()

    def _beat(self) -> None:
        while not self._stop.wait(1.0):
            self.client.publish(f"twindeck/{self._twin}/plant", json.dumps({"t": time.time_ns(), "simulated": True}), 0)


def kill(process: subprocess.Popen | None) -> None:
    """kill −9, and waits until it is gone."""
    if process is not None and process.poll() is None:
        process.kill()
        process.wait()


@contextlib.contextmanager
def closing_all() -> Iterator[Callable]:
    """`keep(thing)` for each thing; all are closed in the end, the last first, whatever happens."""
    with contextlib.ExitStack() as stack:

        def keep(thing):
            stack.callback(thing.close)
            return thing

        yield keep

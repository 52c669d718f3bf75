"""Fault 3: whatever breaks between plant and eye, what is no longer current is not shown as current, and soon."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.rig import Broker, Sender, StationProcess, closing_all, free_port, sensors_package, wait_until
from twins.historian.days import open_record

PATIENCE = 3.0 + 0.3  # s: max(2 × period, 3 s), and a picture
REGULAR, ON_CHANGE = "S1.v1", "S1.on"


class Door:
    """A TCP port in front of the broker that can be shut: what came through is cut off, and nothing new comes in."""

    def __init__(self, to: int) -> None:
        self.port, self._to, self.open = free_port(), to, True
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self, silently: bool = False) -> None:
        """Cuts off, or (silently) only lets nothing pass any more."""
        self.open = False
        if not silently:
            for each in self._sockets:
                with _ignored():
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
            self._sockets.clear()

    def close(self) -> None:
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return
            if not self.open:
                inside.close()
                continue
            try:
                outside = socket.create_connection(("127.0.0.1", self._to))
            except OSError:  # the broker is dead
                inside.close()
                continue
            self._sockets += [inside, outside]
            for one, other in ((inside, outside), (outside, inside)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with _ignored():
            while data := one.recv(65536):
                while not self.open:
                    time.sleep(0.02)
                other.sendall(data)


class _ignored:
    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, error, trace) -> bool:
        return isinstance(error, OSError)


class Scene:
    """A healthy plant, its station, and an eye on the record that knows nothing but the record and its own clock."""

    def __init__(self, folder: Path, keep: Callable) -> None:
        self.broker = keep(Broker(folder / "broker"))
        self.door = keep(Door(self.broker.port))
        self.sender = keep(Sender(self.broker.url))
        self._stop = threading.Event()
        self._voice = threading.Thread(target=self._talk, daemon=True)
        package = sensors_package(folder / "rig", assets=1, tags=2)
        self.station = keep(StationProcess(package, f"mqtt://127.0.0.1:{self.door.port}", folder / "stale.twin-recording"))
        self._voice.start()
        self.record = open_record(self.station.record)
        wait_until(lambda: self.sound() == {REGULAR, ON_CHANGE}, 10)

    def sound(self) -> set[str]:
        """The tags that would be shown as current now."""
        snapshot = self.record.at(time.time_ns())
        return {tag for tag in (REGULAR, ON_CHANGE) if snapshot.reading(tag).sound}

    def close(self) -> None:
        self._stop.set()
        self.record.close()

    def hush(self) -> None:
        """The plant dies: it says nothing any more, and its last will is told."""
        self._stop.set()
        self.sender.close()

    def _talk(self) -> None:
        self.sender.say("rig/S1/on", True)
        while not self._stop.wait(0.5):
            self.sender.say("rig/S1/v1", 42.0)


def broker_stopped(scene: Scene) -> None:
    """It answers nobody, and its connections stay open."""
    scene.broker.process.send_signal(signal.SIGSTOP)


def broker_killed(scene: Scene) -> None:
    scene.broker.kill()


def plant_killed(scene: Scene) -> None:
    scene.hush()


def port_shut(scene: Scene) -> None:
    scene.door.shut()


def port_silent(scene: Scene) -> None:
    scene.door.shut(silently=True)


def station_stopped(scene: Scene) -> None:
    scene.station.process.send_signal(signal.SIGSTOP)


def station_killed(scene: Scene) -> None:
    scene.station.kill()


FAULTS = (broker_stopped, broker_killed, plant_killed, port_shut, port_silent, station_stopped, station_killed)


def run(folder: Path, fault: Callable[[Scene], None], healthy: float = 3.0) -> dict[str, float]:
    """How long after the fault something was still shown as current, s; and how often anything healthy was not."""
    with closing_all() as keep:
        scene = keep(Scene(folder, keep))
        false = _watch_healthy(scene, healthy)
        fault(scene)
        begun = time.monotonic()
        try:
            last = wait_until(lambda: not scene.sound() and time.monotonic() - begun, 8)
        finally:
            scene.broker.process.send_signal(signal.SIGCONT)
    return {"noticed_s": last, "false_stale": false}


def _watch_healthy(scene: Scene, seconds: float) -> int:
    until, false = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        false += scene.sound() != {REGULAR, ON_CHANGE}
        time.sleep(0.05)
    return false


def told(results: dict[str, dict[str, float]]) -> str:
    """For people."""
    return json.dumps(results, indent=1)

"""A station is stopped, continued, killed and started again under an open window; the window says so each time, within 3 s."""

from __future__ import annotations

import signal
import threading
import time

from tests.rig import Broker, Sender, StationProcess, sensors_package
from twins.record import Quality, Reason


def test_that_a_frozen_station_is_never_shown_as_live(open_window, qtbot, tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    package = sensors_package(tmp_path / "rig")
    station = keep(StationProcess(package, broker.url, tmp_path / "frozen.twin-recording"))
    stop = threading.Event()

    def talk():
        while not stop.wait(0.4):
            sender.say("rig/S1/v1", 42.0)

    voice = threading.Thread(target=talk, daemon=True)
    voice.start()
    try:
        place = open_window(package, station.record, operator="MO")
        reading = lambda: place.window.refresh.snapshot.reading("S1.v1")  # noqa: E731
        qtbot.waitUntil(lambda: reading().sound and place.window.banner.mode == "live", timeout=60_000)
        place.selection.choose("S1", "S1.v1")
        for stopped in (signal.SIGSTOP, signal.SIGKILL):
            station.process.send_signal(stopped)
            begun = time.monotonic()
            qtbot.waitUntil(lambda: place.window.banner.mode == "lost", timeout=60_000)
            assert time.monotonic() - begun < 3.3
            assert "STATION LOST" in place.window.banner._mode.text()
            assert (reading().quality, reading().reason) == (Quality.BAD, Reason.STATION_LOST)
            assert not place.standpoint.may_act
            assert "station lost" in place.window.status.links.text()
            if stopped is signal.SIGSTOP:
                station.process.send_signal(signal.SIGCONT)
            else:
                station.process.wait(5)
                station.start()
            qtbot.waitUntil(lambda: reading().sound and place.window.banner.mode == "live", timeout=60_000)
            assert place.standpoint.may_act
        place.timeline_panel.toggle()
        qtbot.waitUntil(lambda: "LIVE · PAUSED" in place.window.banner._mode.text(), timeout=60_000)
    finally:
        stop.set()
        voice.join()

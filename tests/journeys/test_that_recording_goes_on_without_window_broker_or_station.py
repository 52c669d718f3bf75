"""The window is killed, the broker dies, the station is killed: what was acknowledged is there, and what stood stands again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

from tests.rig import MAIN, Broker, Sender, StationProcess, sensors_package, wait_until
from twins.historian.days import open_record
from twins.record import EventKind, Intention, IntentionKind
from twins.station.asking import ask

HOT = "S1.v1/high"


def newest(record, tag):
    with open_record(record) as recording:
        return recording.at(2**62).reading(tag).value


def standing(record):
    with open_record(record) as recording:
        return {key: event.data for (kind, key), event in recording.at(2**62).standing.items() if kind is EventKind.ALARM}


def test_that_the_window_is_killed_and_recording_goes_on(tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    package = sensors_package(tmp_path / "rig")
    station = keep(StationProcess(package, broker.url, tmp_path / "on.twin-recording"))
    sender.say("rig/S1/v1", 1.0)
    display = shutil.which("xvfb-run")
    command = [
        display,
        "-a",
        sys.executable,
        str(MAIN),
        "open",
        str(package),
        "--recording",
        str(station.record),
        "--operator",
        "MO",
    ]
    bare = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"} | {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    window = subprocess.Popen(command, env=bare, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        with open_record(station.record) as recording:
            signed_on = lambda: [e for e in recording.events(0, 2**62, (EventKind.OPERATOR,)) if e.data["state"] == "on"]  # noqa: E731
            wait_until(signed_on, 40)
    finally:
        os.killpg(window.pid, signal.SIGKILL)
        window.wait()
    sender.say("rig/S1/v1", 2.0)
    wait_until(lambda: newest(station.record, "S1.v1") == 2.0)
    assert station.process.poll() is None


def test_that_the_broker_dies_and_comes_back(tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    station = keep(StationProcess(sensors_package(tmp_path / "rig"), broker.url, tmp_path / "back.twin-recording"))
    sender.say("rig/S1/v1", 1.0)
    wait_until(lambda: newest(station.record, "S1.v1") == 1.0)
    broker.kill()
    wait_until(lambda: standing(station.record).get("link/mqtt", {}).get("state") == "unacknowledged", 5)
    for value in (2.0, 3.0):
        sender.say("rig/S1/v1", value)  # the plant keeps it until the broker is back
    broker.start()
    wait_until(lambda: newest(station.record, "S1.v1") == 3.0, 15)
    wait_until(lambda: standing(station.record)["link/mqtt"]["state"] == "returned_unacknowledged", 10)
    with open_record(station.record) as recording:
        values = recording.between(0, 2**62, ["S1.v1"])
        assert [values.value(i) for i in range(len(values))] == [1.0, 2.0, 3.0]
        assert [e.data["state"] for e in recording.events(0, 2**62, (EventKind.LINK,))][-2:] == ["down", "up"]


def test_that_a_killed_station_comes_back_with_alarms_shelvings_limits_and_open_commands_as_they_stood(tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    station = keep(StationProcess(sensors_package(tmp_path / "rig"), broker.url, tmp_path / "stood.twin-recording"))
    sender.say("rig/S1/v1", 85.0)
    sender.say("rig/S2/v1", 85.0)
    wait_until(lambda: {HOT, "S2.v1/high"} <= set(standing(station.record)))
    say = lambda kind, **more: ask(station.record, Intention(kind, "MO", **more), lambda _event: None)  # noqa: E731
    say(IntentionKind.ACKNOWLEDGE, subject=HOT)
    say(IntentionKind.SHELVE, subject="S2.v1/high", why="sensor is being changed")
    say(IntentionKind.LIMIT, subject="S3.v1/high", why="a hot day", data={"value": 70.0})
    station.kill()
    station.start()
    time.sleep(0.5)
    with open_record(station.record) as recording:
        stood = recording.at(2**62).standing
    assert stood[EventKind.ALARM, HOT].data["state"] == "acknowledged"
    assert stood[EventKind.SHELVING, "S2.v1/high"].data["state"] == "shelved"
    sender.say("rig/S3/v1", 75.0)
    wait_until(lambda: "S3.v1/high" in standing(station.record))
    sender.say("rig/S1/v1", 20.0)
    wait_until(lambda: HOT not in standing(station.record), 15)


def test_that_a_command_to_a_plant_that_is_away_expires_and_is_never_carried_out(tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    station = keep(StationProcess(sensors_package(tmp_path / "rig"), broker.url, tmp_path / "late.twin-recording"))
    sender.say("rig/S1/v1", 20.0)
    wait_until(lambda: newest(station.record, "S1.v1") == 20.0)
    obeyed = []
    data = {"value": 5.0, "expires_ns": 2_000_000_000, "lane": "live"}
    last = ask(
        station.record, Intention(IntentionKind.COMMAND, "MO", subject="S1.setpoint", why="try", data=data), lambda _e: None
    )
    assert last.data["state"] == "expired"
    sender.client.on_message = lambda _c, _d, message: obeyed.append(message.payload)
    sender.client.subscribe("rig/S1/setpoint/set", 1)
    time.sleep(1.0)
    assert obeyed == []

"""The emulated plant on a real broker: a process of its own that talks, beats, obeys and goes in good order."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.rig import Broker
from twins.clock import SECOND

pytest.importorskip("twins.links.mqtt", reason="there is no link yet that a plant could talk on")
ROOT = Path(__file__).parents[2]
ANSWERS = "twindeck/north-ridge/answers/a-test"


@pytest.fixture
def broker(tmp_path):
    """A mosquitto of the test's own, which drops nothing for a slow listener; answers its port."""
    process = Broker(tmp_path / "broker", persistent=False)
    yield process.port
    process.close()


@pytest.fixture
def observer(broker):
    """What is heard on the broker, as (topic, payload, retained) in a queue."""
    heard = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_message = lambda _client, _data, message: heard.put((message.topic, message.payload, message.retain))
    client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
    client.connect("127.0.0.1", broker)
    client.loop_start()
    client.heard = heard
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def emulate(broker):
    """Starts plants and ends them again."""
    running = []

    def started(*arguments, twin="north-ridge"):
        command = [sys.executable, "main.py", "emulate", twin, "--broker", f"mqtt://127.0.0.1:{broker}", *arguments]
        running.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield started
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def heard_until(observer, is_it, seconds=60):
    """Everything heard up to the first message that is it."""
    end, all_ = time.monotonic() + seconds, []
    while (left := end - time.monotonic()) > 0:
        try:
            topic, payload, retained = observer.heard.get(timeout=left)
        except queue.Empty:
            break
        all_.append((topic, payload, retained))
        if is_it(topic, payload):
            return all_
    pytest.fail(f"not heard within {seconds} s; heard {Counter(topic for topic, *_ in all_).most_common(20)}")


def order(observer, tag, value, **more):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic, properties.CorrelationData, properties.MessageExpiryInterval = ANSWERS, b"c1", 30
    payload = {"id": "c1", "v": value, "by": "anna", "why": "a test", "expires": time.time_ns() + 30 * SECOND} | more
    observer.publish(f"north-ridge/{tag}/set", json.dumps(payload), qos=1, properties=properties)
    answered = heard_until(observer, lambda topic, _: topic == ANSWERS)
    return json.loads(answered[-1][1]), answered


def test_that_the_plant_talks_beats_obeys_and_ends_in_good_order(emulate, observer):
    plant = emulate("--fault", "T04.communication_loss@0", "--until-eof")
    beats = heard_until(observer, lambda topic, _: topic == "twindeck/north-ridge/plant")
    assert json.loads(beats[-1][1])["simulated"] is True
    clock = next(json.loads(payload) for topic, payload, _ in beats if topic == "twindeck/north-ridge/clock")
    assert clock["rate"] == 1
    heard = heard_until(observer, lambda topic, _: topic == "north-ridge/SUB/oil_temperature")
    seen = {topic for topic, *_ in beats + heard}
    assert {
        "north-ridge/T01/power",
        "north-ridge/T03/state",
        "north-ridge/MM/wind_speed_80m",
        "north-ridge/SUB/export_power",
    } <= seen
    assert not any(topic.startswith("north-ridge/T04/") for topic in seen)
    answer, since = order(observer, "T01/active_power_limit", 700)
    assert (answer["id"], answer["ok"]) == ("c1", True)
    readback = [payload for topic, payload, _ in since if topic == "north-ridge/T01/active_power_limit"]
    readback = readback or [heard_until(observer, lambda topic, _: topic == "north-ridge/T01/active_power_limit")[-1][1]]
    assert b"700" in readback[-1]
    answer, _ = order(observer, "T01/active_power_limit", 9_999, id="c2")
    assert not answer["ok"]
    assert "outside the range" in answer["reason"]
    plant.stdin.close()
    assert plant.wait(60) == 0
    assert plant.stderr.read() == ""


def test_that_time_runs_faster_and_never_back_over_two_runs(emulate, observer):
    clock_topic = "twindeck/north-ridge/clock"
    first = emulate("--speed", "60")
    heard = heard_until(observer, lambda topic, _: topic == clock_topic)
    assert json.loads(heard[-1][1])["rate"] == 60
    heard_until(observer, lambda topic, _: topic == "twindeck/north-ridge/plant")
    time.sleep(2)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    ended = json.loads(heard_until(observer, lambda topic, _: topic == clock_topic)[-1][1])
    assert ended["rate"] == 1
    emulate()
    again = json.loads(heard_until(observer, lambda topic, _: topic == clock_topic)[-1][1])
    assert again["epoch"] >= ended["epoch"] > time.time_ns() + 60 * SECOND


def test_that_a_wrong_fault_is_one_sentence(emulate):
    plant = emulate("--fault", "gearbox_waer@5s")
    assert plant.wait(60) == 1
    said = plant.stderr.read()
    assert said.count("\n") == 1
    assert "there are anemometer_stuck" in said

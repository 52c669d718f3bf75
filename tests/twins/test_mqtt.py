"""The MQTT link on a real broker: what comes, what comes twice, who else is there, and brokers that die, freeze or lie."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import random
import signal
import socket
import threading
import time

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes

from tests.rig import Broker, Sender, StationProcess, free_port, sensors_package, wait_until
from twins.clock import SECOND, TwinClock, now, parse_time
from twins.historian.days import open_record
from twins.links.link import LinkError, Order
from twins.links.mqtt import MqttLink, PlantSide
from twins.links.mqtt.batch import columns_of
from twins.links.mqtt.client import address_of, properties_of
from twins.links.mqtt.liveness import Liveness
from twins.package.loader import load


@pytest.fixture
def twin(tmp_path):
    return load(sensors_package(tmp_path / "rig"))


@pytest.fixture
def broker(tmp_path):
    running = Broker(tmp_path / "broker")
    yield running
    running.process.send_signal(signal.SIGCONT)
    running.close()


@pytest.fixture
def link(broker, twin):
    made = MqttLink(broker.url, twin)
    made.start()
    wait_until(lambda: made.state().up)
    yield made
    made.close()


@pytest.fixture
def sender(broker):
    made = Sender(broker.url, beats=False)
    yield made
    made.close()


def gathered(link, n, seconds=8.0, acknowledge=True):
    """Deliveries until n samples have come."""
    found = []

    def enough():
        delivery = link.take(time.time_ns())
        found.append(delivery)
        if acknowledge:
            link.acknowledge(delivery.receipt)
        return sum(len(each.samples) for each in found) >= n

    wait_until(enough, seconds)
    return found


def values(deliveries):
    return [d.samples.value(i) for d in deliveries for i in range(len(d.samples))]


def test_that_samples_come_with_their_stamps_and_counters(link, sender):
    for i in range(3):
        sender.say("rig/S1/v1", float(i), t=1_800_000_000_000_000_000 + i)
    found = gathered(link, 3)
    assert values(found) == [0.0, 1.0, 2.0]
    assert np.concatenate([d.counters for d in found]).tolist() == [1, 2, 3]
    assert not any(d.suspect.any() for d in found)
    assert all(d.samples.channels is link.channels for d in found)


def test_that_batches_come_and_what_can_not_be_read_is_in_quarantine(link, sender):
    sender.client.publish("twindeck/rig/batch", json.dumps({"v": {"S1.v1": 1.0, "S1.on": True}}), 1)
    n = 1000
    columns = (np.arange(n, dtype=np.uint32) % 2, np.arange(n), np.arange(n, dtype=float), np.zeros(n, np.uint8))
    sender.client.publish("twindeck/rig/batch", columns_of(["S1.v1", "S2.v2"], *columns), 1)
    for payload in (b"{", b'{"v":1e999}', b"{"):
        sender.client.publish("rig/S1/v1", payload, 1)
    found = gathered(link, 1002)
    wait_until(lambda: found.append(link.take(0)) or link.state().rejected == 3)
    rejected = [each for d in found for each in d.rejected]
    assert sum(each.count for each in rejected) == 3
    assert all(each.topic == "rig/S1/v1" and each.reason and each.payload for each in rejected)


def test_that_a_bare_retained_value_is_uncertain_for_nobody_knows_when_it_was(broker, twin, sender):
    sender.client.publish("rig/S1/v1", b"21.5", 1, retain=True).wait_for_publish()
    link = MqttLink(broker.url, twin)
    link.start()
    try:
        [delivery] = [d for d in gathered(link, 1) if len(d.samples)]
        assert delivery.samples.quality[0] & 0b11 == 1
    finally:
        link.close()


def test_that_what_was_not_acknowledged_comes_again_and_is_suspect(broker, twin, link, sender):
    sender.say("rig/S1/v1", 1.0)
    gathered(link, 1, acknowledge=False)
    link._client._sock.shutdown(socket.SHUT_RDWR)  # the line breaks
    found = gathered(link, 1)
    assert values(found) == [1.0]
    assert any(d.suspect.any() for d in found)


def test_that_a_receipt_of_an_older_connection_acknowledges_nothing(broker, link, sender):
    sender.say("rig/S1/v1", 1.0)
    [old] = [d for d in gathered(link, 1, acknowledge=False) if len(d.samples)]
    link._client._sock.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: not link.state().up)
    wait_until(lambda: link.state().up, 10)
    link.acknowledge(old.receipt)
    again = gathered(link, 1)
    assert values(again) == [1.0], "it came again, whatever the old receipt said"


def test_that_messages_wait_for_a_station_that_is_away_and_a_forgetful_broker_is_told(tmp_path, twin, broker, link, sender):
    link.close()
    sender.say("rig/S1/v1", 7.0).wait_for_publish()
    again = MqttLink(broker.url, twin, expects_session=True)
    again.start()
    found = gathered(again, 1)
    assert values(found) == [7.0]
    assert not any(d.fresh_session for d in found)
    again.close()
    forgetful = Broker(tmp_path / "forgetful", persistent=False)
    third = MqttLink(forgetful.url, twin, expects_session=True)
    third.start()
    try:
        wait_until(lambda: third.take(0).fresh_session)
    finally:
        third.close()
        forgetful.close()


def test_that_a_frozen_broker_is_noticed_within_three_seconds(broker, link):
    link.beat()
    wait_until(lambda: link._live._echo_at)
    broker.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    wait_until(lambda: not link.state().up, 5)
    assert time.monotonic() - begun < 3.2
    assert link.state().reason == "the broker does not answer"
    broker.process.send_signal(signal.SIGCONT)
    wait_until(lambda: link.beat() or link.state().up, 10, 0.3)


def test_that_a_plant_says_its_clock_beats_obeys_and_goes(broker, twin, link):
    plant = PlantSide(twin, broker.url)
    assert plant._ready.wait(5)
    plant.say_clock(TwinClock(5, 3, 60.0))
    plant.beat()
    said = []
    wait_until(lambda: said.append(link.take(0)) or (any(d.clock for d in said) and any(d.simulated for d in said)))
    assert next(d.clock for d in said if d.clock) == TwinClock(5, 3, 60.0)
    link.send(Order("c1", "S1.setpoint", 5.0, "degC", "MO", "why", 99, 10.0))
    [order] = wait_until(lambda: plant.orders())
    assert (order.id, order.tag, order.value, order.by, order.expires) == ("c1", "S1.setpoint", 5.0, "MO", 99)
    plant.answer(order, False, "too hot")
    [answer] = wait_until(lambda: link.take(0).answers)
    assert (answer.id, answer.ok, answer.reason) == ("c1", False, "too hot")
    plant.close()
    wait_until(lambda: link.state().reason == "the plant has gone", 5)
    assert PlantSide(twin, broker.url).read_clock(2.0) == TwinClock(5, 3, 60.0)


def test_that_what_comes_along_with_another_clock_tells_no_lag(broker, twin, link, sender):
    plant = PlantSide(twin, broker.url)
    assert plant._ready.wait(5)
    ahead = time.time_ns() + 40 * 3600 * SECOND
    plant.say_clock(TwinClock(ahead, time.time_ns(), 1.0))
    sender.say("rig/S1/v1", 1.0, t=ahead).wait_for_publish()
    wait_until(lambda: link._said_clock and link._rows)
    assert len(link.take(time.time_ns()).samples) == 1
    assert link.state().lag_ns == 0
    sender.say("rig/S1/v1", 2.0, t=ahead + SECOND).wait_for_publish()
    wait_until(lambda: len(link.take(ahead + SECOND + SECOND // 5).samples))
    assert link.state().lag_ns == SECOND // 5
    plant.close()


def test_that_retained_expired_and_unreadable_commands_are_not_obeyed(broker, twin, link, sender):
    order = json.dumps({"id": "old", "v": 5.0})
    sender.client.publish("rig/S1/setpoint/set", order, 1, retain=True).wait_for_publish()
    link.send(Order("late", "S2.setpoint", 5.0, "degC", "MO", "why", 0, 1.0))  # nobody is there
    time.sleep(1.5)
    plant = PlantSide(twin, broker.url)
    plant._ready.wait(5)
    properties = properties_of(PacketTypes.PUBLISH, ResponseTopic="answers", CorrelationData=b"x")
    sender.client.publish("rig/S1/setpoint/set", b"{", 1, properties=properties)
    time.sleep(0.8)
    assert plant.orders() == []
    plant.close()


def test_that_a_command_without_a_broker_is_answered_at_once(broker, link):
    broker.kill()
    wait_until(lambda: not link.state().up)
    link.send(Order("c1", "S1.setpoint", 5.0, "degC", "MO", "why", 0, 10.0))
    answers = wait_until(lambda: link.take(0).answers)
    assert not answers[0].ok
    assert "down" in answers[0].reason
    broker.start()
    wait_until(lambda: link.state().up, 10)
    assert not link._client._out_messages, "nothing is sent later"


def test_that_a_second_station_is_refused_while_the_first_speaks(broker, twin, link):
    stop = threading.Event()

    def speak():
        while not stop.wait(0.5):
            link.beat()

    voice = threading.Thread(target=speak)
    voice.start()
    try:
        with pytest.raises(LinkError, match=f"process {os.getpid()}"):
            MqttLink(broker.url, twin).start()
    finally:
        stop.set()
        voice.join()


def test_that_the_plant_s_clock_is_known_before_anything_is_recorded(broker, twin, sender):
    link = MqttLink(broker.url, twin)
    assert link.greet() is None
    for said, clock in (
        ({"epoch": 5_000_000_000_000_000_000, "since": 7, "rate": 60.0}, None),
        ({"epoch": 1_800_000_000_000_000_000, "since": 7, "rate": 60.0}, TwinClock(1_800_000_000_000_000_000, 7, 60.0)),
        ("no clock", None),
    ):
        sender.client.publish(f"twindeck/{twin.id}/clock", json.dumps(said), 1, retain=True).wait_for_publish()
        assert link.greet() == clock


def test_that_a_fresh_record_begins_by_the_plant_s_clock(broker, twin, sender, tmp_path):
    began = parse_time("2031-05-05T06:00:00Z")
    said = {"epoch": began, "since": now(), "rate": 1.0}
    sender.client.publish(f"twindeck/{twin.id}/clock", json.dumps(said), 1, retain=True).wait_for_publish()
    with contextlib.closing(StationProcess(tmp_path / "rig", broker.url, tmp_path / "r.twin-recording")):
        time.sleep(1.0)
    with open_record(tmp_path / "r.twin-recording") as record:
        first, last = record.span()
        assert began <= first <= last < began + 60 * SECOND


def test_that_another_station_that_speaks_and_throws_us_out_has_taken_over(link, sender):
    sender.client.publish(
        "twindeck/rig/station", json.dumps({"host": "b", "pid": 1, "since": "now", "run": "other"})
    ).wait_for_publish()
    time.sleep(0.2)
    assert not link.take(0).taken_over, "who only speaks is not believed"
    link._client._sock.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: link.take(0).taken_over)
    assert not link._client.is_connected()


def lie(port: int, stop: threading.Event, seed: int) -> None:
    """A broker that answers a CONNECT with what it likes."""
    rng = random.Random(seed)
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(0.1)
        while not stop.is_set():
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            with client:
                client.settimeout(0.5)
                try:
                    client.recv(4096)
                    if rng.random() < 0.6:
                        client.sendall(bytes([0x20, 3, 0, 0, 0]))
                    for _ in range(rng.randint(0, 4)):
                        head = rng.choice([0x30, 0x32, 0x34, 0x3F, 0x20, 0x40, 0x90, 0xE0, 0xF0, rng.randrange(256)])
                        size = rng.choice([b"\x00", b"\x05", b"\x7f", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\x80\x01"])
                        client.sendall(bytes([head]) + size + rng.randbytes(rng.randint(0, 200)))
                    time.sleep(rng.choice([0, 0.02]))
                except OSError:
                    continue


def test_that_a_lying_broker_never_ends_the_link_which_recovers_with_an_honest_one(tmp_path, twin):
    port, stop = free_port(), threading.Event()
    liar = threading.Thread(target=lie, args=(port, stop, 1))
    liar.start()
    link = MqttLink(f"mqtt://127.0.0.1:{port}", twin)
    link._client.reconnect_delay_set(0.02, 0.05)
    link.start()
    time.sleep(4)
    assert link._client._thread.is_alive()
    assert not link.take(0).taken_over
    stop.set()
    liar.join()
    honest = Broker.__new__(Broker)
    honest.port, honest._folder, honest._persistent, honest._queued, honest.process = port, tmp_path / "honest", True, 0, None
    honest.start()
    try:
        wait_until(lambda: link.state().up, 30)
    finally:
        link.close()
        honest.close()


@pytest.mark.parametrize(
    "url", ["mqtt://user:secret@host:1883", "http://host", "mqtt://", "mqtt://host:port", "mqtt://host:1/path"]
)
def test_that_a_wrong_address_is_refused_in_a_sentence_that_tells_no_secret(url):
    with pytest.raises(LinkError) as refused:
        address_of(url)
    assert "secret" not in str(refused.value).replace("secrets", "")


def test_that_paho_is_built_as_the_client_expects():
    for name in ("loop_read", "_create_socket", "_packet_handle", "_packet_queue", "_loop_rc_handle"):
        assert callable(getattr(mqtt.Client, name))
    assert list(inspect.signature(mqtt.Client._packet_queue).parameters) == ["self", "command", "packet", "mid", "qos", "info"]
    fresh = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    assert {"command", "packet", "pos", "remaining_length"} <= set(fresh._in_packet)
    assert hasattr(fresh, "_out_message_mutex")
    assert hasattr(fresh, "_msgtime_mutex")


@pytest.mark.parametrize(("looks", "up"), [
    ([100.0, 101.0, 102.0, 102.4], True),
    ([100.0, 101.0, 102.0, 102.6], False),  # nothing was heard for 2.6 s while it looked each second
    ([100.0, 101.0, 104.5], True),  # it was held up itself: what came meanwhile is not read yet
    ([100.0, 101.0, 104.5, 104.9, 105.4], False),  # and nothing came
])  # fmt: skip
def test_that_a_station_that_was_held_up_itself_waits_as_much_longer_before_it_blames_the_broker(monkeypatch, looks, up):
    live = Liveness()
    monkeypatch.setattr("twins.links.mqtt.liveness.clock.monotonic", lambda: 100 * 10**9)
    live.connected()
    for at in looks:
        monkeypatch.setattr("twins.links.mqtt.liveness.clock.monotonic", lambda at=at: round(at * 1e9))
        trouble = live.trouble()
    assert (trouble == "") is up, trouble

"""Presence: one station per plant, told by a retained message that is said anew each second."""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from twins import clock
from twins.clock import format_time
from twins.links.link import LinkError
from twins.links.mqtt.client import address_of, sign_in
from twins.links.mqtt.topics import Topics

ALIVE_S = 2.5  # a station speaks once a second; what is silent for so long is gone
_GREETING_S = 0.4  # so long may a retained message take after the subscription
_LATE_S = 0.05  # and so long behind what was said after it
_REACH_S = 2.0


@dataclass(frozen=True, slots=True)
class Presence:
    """Who this station is."""

    host: str = field(default_factory=platform.node)
    pid: int = field(default_factory=os.getpid)
    since: int = field(default_factory=clock.now)
    run: str = field(default_factory=lambda: secrets.token_hex(8))

    def payload(self) -> bytes:
        """As it is said."""
        told = {"host": self.host, "pid": self.pid, "since": format_time(self.since), "run": self.run, "t": clock.now()}
        return json.dumps(told).encode()

    def is_mine(self, payload: bytes) -> bool:
        """Whether this run of this station said it."""
        return self.run.encode() in payload


GONE = b'{"down": true}'  # the last will


def greeted(url: str, topics: Topics) -> bytes | None:
    """What the plant last said of its clock; None where it said nothing, or nobody can be reached yet. Raises LinkError where
    another station speaks: what is retained may be old, so only what is said while we listen counts.
    """
    found: list[tuple[str, bool, bytes]] = []
    heard, granted, all_told = threading.Condition(), threading.Event(), threading.Event()
    fence = f"{topics.station}/greeting-{secrets.token_hex(6)}"

    def on_connect(client: paho.Client, *_: object) -> None:
        client.subscribe([(topic, 1) for topic in (topics.station, topics.clock, fence)])

    def on_subscribe(client: paho.Client, *_: object) -> None:
        granted.set()
        client.publish(fence, b"", 0)  # what is retained comes before it, from most brokers

    def on_message(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        with heard:
            found.append((message.topic, message.retain, bytes(message.payload)))
            heard.notify()
        if message.topic == fence:
            all_told.set()

    def speaks() -> bytes | None:
        return next((said for topic, kept, said in found if topic == topics.station and not kept and said != GONE), None)

    probe = paho.Client(CallbackAPIVersion.VERSION2, f"twindeck-probe-{secrets.token_hex(6)}", protocol=paho.MQTTv5)
    sign_in(probe)
    probe.on_connect, probe.on_subscribe, probe.on_message = on_connect, on_subscribe, on_message
    host, port, tls = address_of(url)
    if tls:
        probe.tls_set()
    try:
        probe.connect_async(host, port)
        probe.loop_start()
        if not granted.wait(_REACH_S):
            return None  # the link goes on trying, and is pushed out if it must be
        if all_told.wait(_GREETING_S):
            time.sleep(_LATE_S)
        with heard:
            if any(topic == topics.station and said != GONE for topic, _, said in found):
                heard.wait_for(lambda: speaks() is not None, ALIVE_S)
    finally:
        probe.disconnect()
        probe.loop_stop()
    if (alive := speaks()) is not None:
        raise LinkError(
            f"{_told(alive)} records this plant already at {url}; a plant has one station: stop that one, or look at its record"
        )
    return next((said for topic, _, said in reversed(found) if topic == topics.clock), None)


def _told(payload: bytes) -> str:
    try:
        said = json.loads(payload)
        return (
            f"the station with process {int(said['pid'])} on {str(said['host'])[:80]}, running since {str(said['since'])[:40]},"
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return "another station"

"""Presence: one station per plant, told by a retained message that is said anew each second."""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from twins import clock
from twins.clock import format_time
from twins.links.link import LinkError
from twins.links.mqtt.client import address_of, sign_in

ALIVE_S = 2.5  # a station speaks once a second; what is silent for so long is gone
_GREETING_S = 0.4  # so long may a retained message take after the subscription
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


def refuse_a_second(url: str, topic: str) -> None:
    """Raises LinkError where another station speaks. What is retained may be old, so only what is said while we listen counts."""
    found: list[tuple[bool, bytes]] = []
    heard, granted = threading.Condition(), threading.Event()

    def on_connect(client: paho.Client, *_: object) -> None:
        client.subscribe(topic, 1)

    def on_message(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        with heard:
            found.append((message.retain, bytes(message.payload)))
            heard.notify()

    probe = paho.Client(CallbackAPIVersion.VERSION2, f"twindeck-probe-{secrets.token_hex(6)}", protocol=paho.MQTTv5)
    sign_in(probe)
    probe.on_connect, probe.on_message = on_connect, on_message
    probe.on_subscribe = lambda *_: granted.set()
    host, port, tls = address_of(url)
    if tls:
        probe.tls_set()
    try:
        probe.connect_async(host, port)
        probe.loop_start()
        if not granted.wait(_REACH_S):
            return  # nobody there yet: the link goes on trying, and is pushed out if it must be
        with heard:
            heard.wait_for(lambda: bool(found), _GREETING_S)
            if found and found[-1][1] != GONE:
                heard.wait_for(lambda: any(not retained and said != GONE for retained, said in found), ALIVE_S)
    finally:
        probe.disconnect()
        probe.loop_stop()
    alive = next((said for retained, said in found if not retained and said != GONE), None)
    if alive is not None:
        raise LinkError(
            f"{_told(alive)} records this plant already at {url}; a plant has one station: stop that one, or look at its record"
        )


def _told(payload: bytes) -> str:
    try:
        said = json.loads(payload)
        return (
            f"the station with process {int(said['pid'])} on {str(said['host'])[:80]}, running since {str(said['since'])[:40]},"
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return "another station"

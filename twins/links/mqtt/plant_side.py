"""A plant's side of MQTT 5: it publishes every tag on its own address, beats, and takes commands."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Sequence

import msgspec
import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from twins import clock
from twins.asset import Twin
from twins.clock import TwinClock
from twins.links.link import Order
from twins.links.mqtt.client import KEEPALIVE, address_of, properties_of, sign_in
from twins.links.mqtt.payload import QUALITIES, UnreadableError
from twins.links.mqtt.said import clock_of
from twins.links.mqtt.topics import SET, Topics
from twins.record import Samples, Waveform
from twins.record.quality import ASSUMED

QUEUED = 50_000  # messages that wait while the broker is away; beyond that the oldest are lost, and the counters tell
MANY = 2_000  # samples in one go: they go as scans, one for each instant
GONE = b'{"down": true}'
_FAREWELL_S = 5.0  # for what is still on its way; the last is how its clock stood, which the next run goes on from
_WORDS = {byte: word for word, byte in QUALITIES.items()}


class _OrderSaid(msgspec.Struct):
    id: str
    v: float | int | bool | str
    expires: int = 0
    by: str = ""
    why: str = ""
    u: str = ""


class PlantSide:
    """One connection. `simulated` is what its heartbeat says of the plant behind it."""

    def __init__(self, twin: Twin, url: str, *, simulated: bool = True) -> None:
        self._topics, self._simulated = Topics(twin.id), simulated
        tags = [tag for tag in twin.tags.values() if "mqtt" in tag.address and not tag.computed]
        self._address = {tag.path: tag.address["mqtt"] for tag in tags}
        self._orderable = {f"{tag.address['mqtt']}{SET}": tag for tag in tags if tag.writable}
        self._counters: dict[str, int] = {}
        self._orders: list[Order] = []
        self._lock, self._clock_heard, self._ready = threading.Lock(), threading.Event(), threading.Event()
        self._clock: TwinClock | None = None
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, f"twindeck-plant-{twin.id}-{secrets.token_hex(4)}", protocol=paho.MQTTv5
        )
        sign_in(self._client)
        self._client.max_queued_messages_set(QUEUED)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect, self._client.on_message = self._connected, self._heard
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.will_set(self._topics.plant, GONE, 1)
        host, port, tls = address_of(url)
        if tls:
            self._client.tls_set()
        self._client.connect_async(host, port, KEEPALIVE)
        self._client.loop_start()

    def publish(self, samples: Samples) -> None:
        """Each sample on its tag's address, with its stamp and counter; very many as scans on the batch topic."""
        plain = [row for row in range(len(samples)) if not isinstance(samples.value(row), Waveform)]
        if len(plain) > MANY:
            self._publish_scans(samples, np.array(plain))
            plain = []
        waves = [row for row in range(len(samples)) if isinstance(samples.value(row), Waveform)]
        for row in (*plain, *waves):
            channel = samples.channels[samples.channel[row]]
            if channel.path in self._address:
                kept = channel.period_ns is None  # who comes later learns how it stands
                told = msgspec.json.encode(self._told(samples, row, channel.path))
                self._client.publish(self._address[channel.path], told, 1, retain=kept)

    def say_clock(self, plant: TwinClock) -> None:
        """How the plant's time runs, for whoever comes later too."""
        told = {"epoch": plant.epoch, "since": plant.since, "rate": plant.rate}
        self._client.publish(self._topics.clock, json.dumps(told), 1, retain=True)

    def wait_connected(self, timeout: float) -> bool:
        """Whether the broker has answered within so many seconds."""
        return self._ready.wait(timeout)

    def read_clock(self, timeout: float) -> TwinClock | None:
        """What an earlier run said; None where nothing was heard within so many seconds."""
        self._ready.wait(timeout)
        self._clock_heard.wait(min(timeout, 0.4))
        return self._clock

    def beat(self) -> None:
        """Alive."""
        self._client.publish(self._topics.plant, json.dumps({"t": clock.now(), "simulated": self._simulated}), 0)

    def orders(self) -> Sequence[Order]:
        """Commands that came since the last time."""
        with self._lock:
            orders, self._orders = self._orders, []
        return orders

    def answer(self, order: Order, ok: bool, reason: str) -> None:
        """To whoever gave it, if they said where."""
        if order.reply_to:
            properties = properties_of(PacketTypes.PUBLISH, CorrelationData=order.id.encode())
            told = json.dumps({"id": order.id, "ok": ok, "reason": reason})
            self._client.publish(order.reply_to, told, 1, properties=properties)

    def close(self) -> None:
        """Says that the plant goes, and goes."""
        if self._client.is_connected():
            with contextlib.suppress(ValueError, RuntimeError):
                self._client.publish(self._topics.plant, GONE, 1).wait_for_publish(_FAREWELL_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _told(self, samples: Samples, row: int, path: str) -> dict[str, object]:
        value, quality = samples.value(row), int(samples.quality[row])
        counter = self._counters[path] = self._counters.get(path, 0) + 1
        told: dict[str, object] = {"t": int(samples.source[row]), "n": counter}
        if isinstance(value, Waveform):
            told |= {"t": value.start, "v": value.values.tolist(), "dt": value.step / clock.SECOND}
        else:
            told["v"] = value
        if quality & ~ASSUMED:
            told["q"] = _WORDS.get(quality & ~ASSUMED, "uncertain")
        return told

    def _publish_scans(self, samples: Samples, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """One scan an instant and quality; scans are not counted."""
        keys = np.stack([samples.source[rows], samples.quality[rows]])
        for source, quality in np.unique(keys, axis=1).T:
            chosen = rows[(keys[0] == source) & (keys[1] == quality)]
            values = {samples.channels[samples.channel[row]].path: samples.value(int(row)) for row in chosen}
            told: dict[str, object] = {"t": int(source), "v": {path: v for path, v in values.items() if path in self._address}}
            if int(quality) & ~ASSUMED:
                told["q"] = _WORDS.get(int(quality) & ~ASSUMED, "uncertain")
            if told["v"]:
                self._client.publish(self._topics.batch, msgspec.json.encode(told), 1)

    def _connected(self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, *_: object) -> None:
        if not code.is_failure:
            client.subscribe([(topic, 1) for topic in (self._topics.clock, *self._orderable)])

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            if message.topic == self._topics.clock:
                self._hear_clock(bytes(message.payload))
            elif message.topic in self._orderable:
                self._hear_order(message)

    def _hear_clock(self, payload: bytes) -> None:
        with contextlib.suppress(UnreadableError):
            self._clock = clock_of(payload)
        self._clock_heard.set()

    def _hear_order(self, message: paho.MQTTMessage) -> None:
        """What is retained or can't be read is refused; what has expired is dropped by the broker, or refused by the gateway."""
        properties = message.properties
        reply = str(getattr(properties, "ResponseTopic", "")) if properties else ""
        tag = self._orderable[message.topic]
        try:
            said = msgspec.json.decode(message.payload, type=_OrderSaid)
            order = Order(said.id, tag.path, said.v, said.u, said.by, said.why, said.expires, 0.0, reply)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            order = Order(
                bytes(getattr(properties, "CorrelationData", b"")).decode("utf-8", "replace"), tag.path, 0, reply_to=reply
            )
            self.answer(order, False, f"the command can't be read: {problem}"[:200])
            return
        if message.retain:
            self.answer(order, False, "a retained command is never carried out")
        elif said.u and said.u != tag.unit:
            self.answer(order, False, f"{tag.path} is set in {tag.unit or 'no unit'}, not in {said.u}")
        else:
            with self._lock:
                self._orders.append(order)

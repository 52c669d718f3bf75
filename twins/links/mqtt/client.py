"""A client for MQTT 5: paho's, with a reading loop that takes many messages out of one piece of the stream.

paho reads each packet with three small `recv` and makes an object of it: 20 µs a message. Here the stream is read in pieces of
up to 256 KiB and messages are told as bytes; everything that is no message goes through paho as ever. The methods that are used
and overridden belong to paho 2.2, which requirements.lock pins; tests/twins/test_mqtt.py fails with one that is built otherwise.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from twins.links.link import LinkError

PIECE = 256 << 10
LARGEST = 16 << 20  # bytes of one packet; a broker that sends more is not one to talk to
KEEPALIVE = 5  # s
SESSION = 24 * 3600  # s: so long does the broker keep what came for us while we were away
TAKEN_OVER = 0x8E
_PUBLISH, _PUBACK = 0x30, 0x40

# topic, payload, quality of service, packet id, sent before, retained
OnMessage = Callable[[bytes, bytes, int, int, bool, bool], None]


class Client(paho.Client):
    """`on_stream` is called in the network thread with every message; what it raises is its own fault and is not caught here."""

    def __init__(self, client_id: str, on_stream: OnMessage, before: Callable[[], object], after: Callable[[], object]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5, manual_ack=True)
        self._on_stream, self._before, self._after = on_stream, before, after
        self._stream = bytearray()
        self.reconnect_delay_set(1, 2)
        sign_in(self)

    def reach(self, url: str, will: tuple[str, bytes] | None = None) -> None:
        """Begins to connect in a thread of its own, and goes on trying. Raises LinkError where the URL is none."""
        host, port, tls = address_of(url)
        if tls:
            self.tls_set()
        if will:
            self.will_set(will[0], will[1], qos=1, retain=True)
        properties = properties_of(PacketTypes.CONNECT, SessionExpiryInterval=SESSION, ReceiveMaximum=65_535)
        self.connect_async(host, port, KEEPALIVE, clean_start=False, properties=properties)
        self.loop_start()

    def wait_before_reconnecting(self, seconds: int) -> None:
        """From now on."""
        self.reconnect_delay_set(seconds, max(2, seconds))

    def acknowledge(self, packets: Iterable[int]) -> None:
        """Many acknowledgements in one piece."""
        ids = np.fromiter(packets, ">u2")
        if not len(ids):
            return
        frame = np.empty((len(ids), 4), np.uint8)
        frame[:, 0], frame[:, 1] = _PUBACK, 2
        frame[:, 2:] = ids.view(np.uint8).reshape(-1, 2)
        self._packet_queue(_PUBACK, frame.tobytes(), 0, 1)

    def forget_unsent(self) -> None:
        """What the broker has not taken is not sent again after a reconnect: a command that comes late is a command too many."""
        with self._out_message_mutex:
            self._out_messages.clear()
            self._inflight_messages = 0

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """One piece of the stream, and every whole packet in what is there by now."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            piece = self._sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            piece = b""
        if not piece:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = paho.time_func()
        self._stream += piece
        self._before()
        try:
            rc = self._packets()
        finally:
            self._after()
        return self._loop_rc_handle(rc) if rc else rc

    def _create_socket(self) -> paho.SocketLike:
        self._stream = bytearray()  # half a packet of the connection before means nothing
        return super()._create_socket()

    def _packets(self) -> MQTTErrorCode:
        """Takes whole packets off the stream."""
        stream, at, end = bytes(self._stream), 0, len(self._stream)
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        while end - at >= 2 and not rc:
            length, body = stream[at + 1], at + 2
            if length & 0x80:
                try:
                    length, body = _length(stream, at + 1)
                except IndexError:
                    break
                except ValueError:
                    return MQTTErrorCode.MQTT_ERR_PROTOCOL
            if body + length > end:
                break
            if stream[at] & 0xF0 == _PUBLISH:
                rc = self._message(stream[at], stream, body, body + length)
            else:
                rc = self._other(stream[at], stream[body : body + length])
            at = body + length
        del self._stream[:at]
        return rc

    def _message(self, head: int, stream: bytes, at: int, end: int) -> MQTTErrorCode:
        qos = head >> 1 & 3
        topic_end = at + 2 + (stream[at] << 8 | stream[at + 1]) if at + 2 <= end else end + 1
        place = topic_end + 2 if qos else topic_end
        if place >= end or qos > 1:  # a properties' length follows, also where there are none; qos 2 is never asked for
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        packet = stream[topic_end] << 8 | stream[topic_end + 1] if qos else 0
        properties, start = stream[place], place + 1
        if properties & 0x80:
            try:
                properties, start = _length(stream, place)
            except (IndexError, ValueError):
                return MQTTErrorCode.MQTT_ERR_PROTOCOL
        if start + properties > end:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        payload = stream[start + properties : end]
        self._on_stream(stream[at + 2 : topic_end], payload, qos, packet, bool(head & 8), bool(head & 1))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _other(self, head: int, body: bytes) -> MQTTErrorCode:
        """Anything but a message, as if paho had read it."""
        self._in_packet = {**self._in_packet, "command": head, "remaining_length": len(body), "packet": bytearray(body), "pos": 0}
        try:
            return self._packet_handle()
        except Exception:  # noqa: BLE001 – whatever a hostile broker says: the connection ends and the thread lives
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        finally:
            self._in_packet = {**self._in_packet, "command": 0, "packet": bytearray()}


def properties_of(packet: int, **told: object) -> Properties:
    """The properties of a packet of MQTT 5."""
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in told.items():
        setattr(properties, name, value)
    return properties


def sign_in(client: paho.Client) -> None:
    """With the name and password that the environment holds, if it does."""
    if user := os.environ.get("TWINDECK_MQTT_USER"):
        client.username_pw_set(user, os.environ.get("TWINDECK_MQTT_PASSWORD"))


def address_of(url: str) -> tuple[str, int, bool]:
    """mqtt://host:port or mqtts://host:port → host, port, whether it is encrypted. Raises LinkError."""
    try:
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.username or parts.password:
        raise LinkError("a broker's URL holds no secrets; put them into TWINDECK_MQTT_USER and TWINDECK_MQTT_PASSWORD")
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise LinkError(f"“{url}” is no broker's address; write one like mqtt://127.0.0.1:1883")
    tls = parts.scheme == "mqtts"
    return parts.hostname, port or (8883 if tls else 1883), tls


def is_there(url: str) -> bool:
    """Whether anybody takes a connection at a broker's address, now."""
    host, port, _ = address_of(url)
    with contextlib.suppress(OSError), socket.create_connection((host, port), 0.5):
        return True
    return False


def _length(stream: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer and where it ends. Raises IndexError where it is not all there, ValueError where it is none."""
    value, shift = 0, 0
    while True:
        byte = stream[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            if value > LARGEST:
                raise ValueError("a packet is too large")
            return value, at
        if shift > 21:
            raise ValueError("a length has more than four bytes")

"""The station's side of MQTT 5: every tag's address, batches, the plant's clock and heartbeat in; commands out."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from twins import clock
from twins.asset import Twin
from twins.clock import SECOND, TwinClock
from twins.links.link import Answer, Delivery, LinkState, Order
from twins.links.mqtt.batch import MAGIC, BatchReader, Columns
from twins.links.mqtt.client import TAKEN_OVER, Client, is_there, properties_of
from twins.links.mqtt.inbox import MOST_ROWS, Quarantine, Rows, columns_samples
from twins.links.mqtt.liveness import Liveness
from twins.links.mqtt.payload import Reading, UnreadableError, reader_of
from twins.links.mqtt.presence import GONE, Presence, greeted
from twins.links.mqtt.said import AnswerSaid, PlantSaid, clock_of, decoded
from twins.links.mqtt.topics import SET, Topics, client_id
from twins.record import Channel, Channels, Quality, Reason, Samples, quality_byte

COMMIT_S, QUIET_S = 0.05, 0.002
FEW = 20  # so many unacknowledged messages does an ordinary broker deliver; then it waits for us
MANY = 20_000  # rows that are worth a commit at once
_RETAINED = quality_byte(Quality.UNCERTAIN, Reason.SAID)  # a retained value without a time is of nobody knows when
_PACKET_TOPICS = 500


@dataclass(frozen=True, slots=True)
class _Receipt:
    """Packets to acknowledge; they belong to one connection and mean nothing to the next."""

    epoch: int
    packets: tuple[int, ...]


class MqttLink:
    """Fulfils `Link`. One connection, whose thread only decodes and puts into the inbox; nothing it meets ends it."""

    def __init__(self, url: str, twin: Twin, name: str = "mqtt", *, expects_session: bool = False) -> None:
        """`expects_session`: this station was here before, so a broker that knows nothing of it has lost something."""
        self.name, self._url, self.expects_session = name, url, expects_session
        self._greeted = False
        self._topics, self._client_id = Topics(twin.id), client_id(twin.id)
        tags = [tag for tag in twin.tags.values() if "mqtt" in tag.address and not tag.computed]
        self.channels = Channels(Channel.of(tag, name) for tag in tags)
        read = {tag.path: reader_of(tag) for tag in tags}
        self._tags: dict[bytes, tuple[int, Callable[[bytes], list[Reading]]]] = {
            tag.address["mqtt"].encode(): (place, read[tag.path]) for place, tag in enumerate(tags)
        }
        self._address = {tag.path: tag.address["mqtt"] for tag in tags}
        self._batches = BatchReader(self.channels, read)
        self._special: dict[bytes, Callable[[bytes, bool], None]] = {
            self._topics.batch.encode(): self._hear_batch,
            self._topics.clock.encode(): self._hear_clock,
            self._topics.plant.encode(): self._hear_plant,
            self._topics.station.encode(): self._hear_station,
            self._topics.answers(self._client_id).encode(): self._hear_answer,
        }
        self._bell = threading.Condition()
        self._presence = Presence()
        self._client = Client(self._client_id, self._hear, self._bell.acquire, self._ring)
        self._client.on_connect, self._client.on_disconnect = self._connected, self._disconnected
        self._client.on_connect_fail = self._not_connected
        self._client.on_publish = self._published
        self._orders: dict[int, str] = {}  # packet id → order
        # what follows is guarded by the bell
        self._rows, self._columns = Rows(), list[Columns]()
        self._column_rows = 0
        self._packets: list[int] = []
        self._quarantine = Quarantine()
        self._answers: list[Answer] = []
        self._said_clock: TwinClock | None = None
        self._simulated: bool | None = None
        self._fresh = self._taken_over = self._urgent = False
        self._first_at = self._newest_at = 0  # of what was not taken yet, monotonic
        self._epoch = 0
        self._live, self._session = Liveness(), ""
        self._messages = self._samples = self._dropped = self._high_water = 0
        self._lag = self._offset = 0
        self._other_speaks = False
        self._lags: deque[int] = deque(maxlen=16)

    # ------------------------------------------------------------------ what the station does

    def greet(self) -> TwinClock | None:
        """The clock that the plant runs on by now, where the broker knows. Raises LinkError where another station speaks for this
        plant."""
        told, self._greeted = greeted(self._url, self._topics), True
        with contextlib.suppress(UnreadableError):
            return clock_of(told) if told else None
        return None

    def start(self) -> None:
        """Connects, and reconnects for ever. Raises LinkError where another station speaks for this plant."""
        if not self._greeted:
            self.greet()
        self._client.reach(self._url, (self._topics.station, GONE))

    def wait(self, seconds: float) -> None:
        """Returns once a commit is due: 50 ms after the first sample, or earlier where the broker waits for us."""
        until = clock.monotonic() + round(seconds * SECOND)
        with self._bell:
            while (now := clock.monotonic()) < until:
                rest = self._rest(now)
                if rest <= 0:
                    return
                self._bell.wait(min(rest, (until - now) / SECOND))

    def take(self, instant: int) -> Delivery:
        """Empties the inbox."""
        with self._bell:
            rows, columns, packets = self._rows, self._columns, tuple(self._packets)
            self._rows, self._columns, self._column_rows, self._packets = Rows(), [], 0, []
            rejected, answers = self._quarantine.take(), tuple(self._answers)
            said, simulated, fresh, taken_over = self._said_clock, self._simulated, self._fresh, self._taken_over
            self._answers, self._said_clock, self._simulated = [], None, None
            self._fresh = self._urgent = False
            self._first_at = 0
            epoch = self._epoch
        samples, counters, dup = rows.samples(self.channels, instant)
        if columns:
            samples = samples.followed_by([columns_samples(each, self.channels, instant) for each in columns])
            more = len(samples) - len(counters)
            counters, dup = np.concatenate((counters, np.full(more, -1))), np.concatenate((dup, np.zeros(more, bool)))
        self._measure(samples, instant, another_clock=said is not None)
        receipt = _Receipt(epoch, packets)
        return Delivery(samples, counters, dup, rejected, answers, said, simulated, fresh, taken_over, receipt)

    def acknowledge(self, receipt: object) -> None:
        """Lets the broker forget what is on the disk."""
        if isinstance(receipt, _Receipt) and receipt.packets and receipt.epoch == self._epoch:
            self._client.acknowledge(receipt.packets)

    def send(self, order: Order) -> None:
        """A command to the tag's address; a broker that is away or says no is an answer, too."""
        if not self._client.is_connected() or order.tag not in self._address:
            self._answer(Answer(order.id, False, f"the link {self.name} is down"))
            return
        properties = properties_of(
            PacketTypes.PUBLISH,
            MessageExpiryInterval=max(1, int(order.seconds_left)),
            ResponseTopic=self._topics.answers(self._client_id),
            CorrelationData=order.id.encode(),
        )
        told = {"id": order.id, "v": order.value, "u": order.unit, "by": order.by, "why": order.why, "expires": order.expires}
        with self._bell:
            sent = self._client.publish(self._address[order.tag] + SET, json.dumps(told), 1, retain=False, properties=properties)
            self._orders[sent.mid] = order.id

    def beat(self) -> None:
        """Says that the station is there; the echo of it says that the broker is."""
        self._client.publish(self._topics.station, self._presence.payload(), 0, retain=True)

    def state(self) -> LinkState:
        """Down, with the reason, within about 2.5 s of whatever went wrong between the plant and here."""
        with self._bell:
            why = self._live.trouble()
            queued = len(self._rows) + self._column_rows
            return LinkState(
                not why, why, self._session, self._lag, self._offset, self._messages, self._samples,
                self._quarantine.total, queued, self._high_water, self._dropped,
            )  # fmt: skip

    def close(self) -> None:
        """Takes its presence back and disconnects; the session stays, so that nothing is lost until the next start."""
        if self._client.is_connected() and not self._taken_over:
            with contextlib.suppress(ValueError, RuntimeError):
                self._client.publish(self._topics.station, GONE, 1, retain=True).wait_for_publish(1.0)
        self._client.disconnect()
        self._client.loop_stop()

    # ------------------------------------------------------------------ what the network thread does

    def _ring(self) -> None:
        """A piece of the stream has been read."""
        self._newest_at = clock.monotonic()
        self._high_water = max(self._high_water, len(self._rows) + self._column_rows)
        self._bell.notify()
        self._bell.release()

    def _hear(self, topic: bytes, payload: bytes, qos: int, packet: int, dup: bool, retained: bool) -> None:
        """One message; the bell is held. Whatever goes wrong is quarantined, acknowledged and counted."""
        self._messages += 1
        if not self._first_at:
            self._first_at = clock.monotonic()
        try:
            found = self._tags.get(topic)
            if found is not None:
                if qos == 0 and len(self._rows) >= MOST_ROWS:
                    self._dropped += 1
                    return
                put = self._rows.put
                for source, value, quality, counter in found[1](payload):
                    put(found[0], source, value, _RETAINED if retained and source < 0 else quality, counter, dup)
            elif (special := self._special.get(topic)) is not None:
                special(payload, dup if special == self._hear_batch else retained)
            else:
                raise UnreadableError("there is no tag with this address")
        except UnreadableError as problem:
            self._quarantine.put(topic, str(problem), payload)
        except Exception as error:  # noqa: BLE001 – a callback that raises would end the thread, and with it everything
            self._quarantine.put(topic, f"it could not be read ({type(error).__name__})", payload)
        if qos:
            self._packets.append(packet)

    def _hear_batch(self, payload: bytes, dup: bool) -> None:
        if payload[:4] == MAGIC:
            columns = self._batches.columns(payload)
            self._columns.append(columns)
            self._column_rows += len(columns[0])
            return
        for place, (source, value, quality, counter) in self._batches.scan(payload):
            self._rows.put(place, source, value, quality, counter, dup)

    def _hear_clock(self, payload: bytes, retained: bool) -> None:
        self._said_clock, self._urgent = clock_of(payload), True

    def _hear_plant(self, payload: bytes, retained: bool) -> None:
        said = decoded(payload, PlantSaid) if payload else PlantSaid(down=True)
        if retained:
            return  # of nobody knows when
        self._live.plant_spoke(down=said.down)
        self._simulated = said.simulated if not said.down else self._simulated
        if said.t is not None:
            self._offset = clock.now() - said.t

    def _hear_station(self, payload: bytes, retained: bool) -> None:
        if retained or payload == GONE:
            return
        if self._presence.is_mine(payload):
            self._live.echoed()
        else:
            self._other_speaks = True  # counts for nothing until we are thrown out, too

    def _hear_answer(self, payload: bytes, retained: bool) -> None:
        said = decoded(payload, AnswerSaid)
        self._answers.append(Answer(said.id, said.ok, said.reason[:400]))
        self._urgent = True

    def _connected(self, client: paho.Client, _data: object, flags: paho.ConnectFlags, code: ReasonCode, *_: object) -> None:
        if code.is_failure:
            self._set_down(f"the broker refused: {code}")
            return
        topics = [*self._address.values(), *(topic.decode() for topic in self._special)]
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        for first in range(0, len(topics), _PACKET_TOPICS):
            client.subscribe([(topic, options) for topic in topics[first : first + _PACKET_TOPICS]])
        with self._bell:
            self._fresh = self._fresh or (not flags.session_present and (self._epoch > 0 or self.expects_session))
            self._session = "resumed" if flags.session_present else "fresh"
            self._epoch += 1
            self._packets.clear()  # they belong to the connection before; what they carried comes again
            self._live.connected()
            self._urgent = True
            self._bell.notify()
        self.beat()

    def _disconnected(self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, *_: object) -> None:
        wait = self._live.thrown_out(broker_is_there=is_there(self._url))
        if code.is_failure and (code.value == TAKEN_OVER or (self._live.strikes and self._other_speaks)):
            with self._bell:
                self._taken_over = True
            client.disconnect()  # to come back would push the other out, for ever
        self._client.wait_before_reconnecting(wait)
        why = f"the connection was lost: {code}" if code.is_failure else "disconnected"
        thrown_out = "the broker throws us out again and again; perhaps somebody else uses this station's name"
        self._set_down(thrown_out if self._live.strikes > 1 else why)

    def _not_connected(self, *_: object) -> None:
        self._set_down(f"nobody answers at {self._url}")

    def _published(self, _client: paho.Client, _data: object, mid: int, code: ReasonCode, *_: object) -> None:
        with self._bell:
            order = self._orders.pop(mid, None)
        if order is not None and code.is_failure:
            self._answer(Answer(order, False, f"the broker refused it: {code}"))

    def _set_down(self, why: str) -> None:
        with self._bell:
            self._live.lost(why)
            self._urgent = True
            lost, self._orders = self._orders, {}
            self._answers += [Answer(order, False, "the connection was lost while it was sent") for order in lost.values()]
            self._bell.notify()
        self._client.forget_unsent()

    def _answer(self, answer: Answer) -> None:
        with self._bell:
            self._answers.append(answer)
            self._urgent = True
            self._bell.notify()

    # ------------------------------------------------------------------

    def _rest(self, now: int) -> float:
        """Seconds until a commit is due as far as is known; 0 is now. The bell is held."""
        if self._urgent or len(self._rows) + self._column_rows >= MANY:
            return 0.0
        if not self._first_at:
            return COMMIT_S
        due = (self._first_at - now) / SECOND + COMMIT_S
        if len(self._packets) >= FEW:
            due = min(due, (self._newest_at - now) / SECOND + QUIET_S)
        return due

    def _measure(self, samples: Samples, instant: int, *, another_clock: bool) -> None:
        """What comes along with another clock is not measured by the one before."""
        self._samples += len(samples)
        if another_clock:
            self._lags.clear()
        elif len(samples):
            self._lags.append(instant - int(samples.source.max()))
            self._lag = int(np.median(self._lags))

"""A link to the plant: the port that every protocol fulfils, and what passes through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.clock import TwinClock
from twins.record import Channels, Samples


class LinkError(InputError):
    """A link can't be had; the message is one sentence for the user, with the remedy."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way to the plant: `value` in the tag's declared unit, `expires` on the twin's clock (ns, 0: never)."""

    id: str
    tag: str
    value: float | int | bool | str
    unit: str = ""
    by: str = ""
    why: str = ""
    expires: int = 0
    seconds_left: float = 0.0  # until it expires, of the wall clock
    reply_to: str = ""  # where the answer goes, as the protocol has it


@dataclass(frozen=True, slots=True)
class Answer:
    """What the plant's gateway said to an order, or why it never got there."""

    id: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that could not be read; `count` like it came."""

    topic: str
    reason: str
    payload: str  # an excerpt
    count: int = 1


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link is now, and what it has done since it was started."""

    up: bool
    reason: str = ""  # why it is not up
    session: str = ""  # resumed or fresh, of the last connection
    lag_ns: int = 0  # from a sample's stamp to its arrival, the newest
    offset_ns: int = 0  # how far the plant's clock is behind ours
    messages: int = 0
    samples: int = 0
    rejected: int = 0
    queued: int = 0  # samples that wait to be taken
    high_water: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything since the last one. `samples.channels` is the link's own table; rows of one tag are in the order they came."""

    samples: Samples
    counters: NDArray[np.int64]  # [n] what the plant counted, −1 where it didn't
    suspect: NDArray[np.bool_]  # [n] may be a redelivery
    rejected: tuple[Rejected, ...] = ()
    answers: tuple[Answer, ...] = ()
    clock: TwinClock | None = None  # the plant runs on this one from now on
    simulated: bool | None = None  # what the plant says of itself
    fresh_session: bool = False  # the broker has forgotten what it held for us
    taken_over: bool = False  # another station connected in our name
    receipt: object = None


class Link(Protocol):
    """The station's side. Its threads are its own; every method may be called from one other thread."""

    name: str
    channels: Channels

    def start(self) -> None:
        """Connects, and reconnects for ever. Raises LinkError where another station holds this plant."""

    def wait(self, seconds: float) -> None:
        """Until there is something worth a commit, and at most so long."""

    def take(self, instant: int) -> Delivery:
        """What came; it arrived at `instant` (ns, the twin's clock)."""

    def acknowledge(self, receipt: object) -> None:
        """What was taken with this receipt is on the disk. Of an older connection it means nothing any more."""

    def send(self, order: Order) -> None:
        """To the plant's gateway, now or never; what can't be sent is answered by the link itself."""

    def beat(self) -> None:
        """Once a second: tells that the station is there, and learns that the broker is."""

    def state(self) -> LinkState:
        """How it is."""

    def close(self) -> None:
        """Says goodbye."""

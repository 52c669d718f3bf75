"""A link to the plant: the port that every protocol fulfils, and what passes through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twins.clock import TwinClock
from twins.record import Channels, Samples


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way to the plant."""

    id: str
    tag: str
    value: float | int | bool | str
    unit: str
    by: str
    why: str
    expires: int
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the plant's gateway said to an order."""

    id: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A payload that could not be read; `count` like it came."""

    topic: str
    reason: str
    payload: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link is, and what it has done so far."""

    up: bool
    reason: str = ""
    session: str = ""
    lag_ns: int = 0
    offset_ns: int = 0
    messages: int = 0
    samples: int = 0
    rejected: int = 0
    queued: int = 0
    high_water: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything since the last one."""

    samples: Samples
    counters: NDArray[np.int64]
    suspect: NDArray[np.bool_]
    rejected: tuple[Rejected, ...] = ()
    answers: tuple[Answer, ...] = ()
    clock: TwinClock | None = None
    simulated: bool | None = None
    fresh_session: bool = False
    taken_over: bool = False
    receipt: object = None


class Link(Protocol):
    """One link."""

    name: str
    channels: Channels

    def start(self) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def take(self, instant: int) -> Delivery: ...
    def acknowledge(self, receipt: object) -> None: ...
    def send(self, order: Order) -> None: ...
    def beat(self) -> None: ...
    def state(self) -> LinkState: ...
    def close(self) -> None: ...

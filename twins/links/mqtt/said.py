"""What the plant's gateway says besides values, as JSON: its clock, that it lives, and how it answers an order."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from twins.clock import TwinClock
from twins.links.mqtt.payload import UnreadableError

_FAR_OFF = 2**62  # ns, in the year 2116


class PlantSaid(msgspec.Struct):
    """A heartbeat: `t` is the plant's wall clock, ns."""

    t: int | None = None
    simulated: bool = False
    down: bool = False


class AnswerSaid(msgspec.Struct):
    """To an order."""

    id: str
    ok: bool
    reason: str = ""


class _ClockSaid(msgspec.Struct):
    epoch: int
    rate: float = 1.0
    since: int | None = None


_Said = TypeVar("_Said", bound=msgspec.Struct)


def decoded(payload: bytes, form: type[_Said]) -> _Said:
    """Raises UnreadableError."""
    try:
        return msgspec.json.decode(payload, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise UnreadableError(str(problem)[:160]) from None


def clock_of(payload: bytes) -> TwinClock:
    """Raises UnreadableError."""
    said = decoded(payload, _ClockSaid)
    if not 0.001 <= said.rate <= 100_000:
        raise UnreadableError("a clock's rate is between 0.001 and 100 000")
    if not 0 <= said.epoch < _FAR_OFF:
        raise UnreadableError("a clock's epoch is the plant's time in ns since 1970")
    return TwinClock(said.epoch, said.epoch if said.since is None else said.since, said.rate)

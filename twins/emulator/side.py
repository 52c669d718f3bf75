"""The plant's side of a link, as the emulator needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from twins.clock import TwinClock
from twins.record import Samples


class Ordered(Protocol):
    """A command as it came in: `value` is in the tag's declared unit."""

    @property
    def id(self) -> str:
        """The command's; the same again is the same command."""
        ...

    @property
    def tag(self) -> str:
        """The tag's path."""
        ...

    @property
    def value(self) -> object:
        """A number, yes or no, a word of an enumeration, or a text."""
        ...

    @property
    def expires(self) -> int:
        """ns on the plant's clock; 0: never."""
        ...


class PlantSide(Protocol):
    """What a plant does on a link. Nothing here waits, but for `read_clock`."""

    def publish(self, samples: Samples) -> None:
        """Each sample on its tag's own address."""
        ...

    def say_clock(self, clock: TwinClock) -> None:
        """How the plant's time runs, retained."""
        ...

    def read_clock(self, timeout: float) -> TwinClock | None:
        """What an earlier run said, within so many seconds; None where none did."""
        ...

    def beat(self) -> None:
        """The plant's heartbeat: alive, and simulated."""
        ...

    def orders(self) -> Sequence[Ordered]:
        """Commands that came in since it was last asked."""
        ...

    def answer(self, order: Ordered, ok: bool, reason: str) -> None:
        """To whoever sent it."""
        ...

    def close(self) -> None:
        """Says goodbye."""
        ...

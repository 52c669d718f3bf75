"""The plant's side of a link, as the emulator needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from twins.clock import TwinClock
from twins.links.link import Order
from twins.record import Samples


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

    def orders(self) -> Sequence[Order]:
        """Commands that came in since it was last asked."""
        ...

    def answer(self, order: Order, ok: bool, reason: str) -> None:
        """To whoever sent it."""
        ...

    def close(self) -> None:
        """Says goodbye."""
        ...

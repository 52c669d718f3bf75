"""A lane: one recording on the clock that all lanes share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LaneKind(StrEnum):
    """Where the values of a lane come from."""

    PLANT = "plant"
    FORECAST = "forecast"
    WHAT_IF = "what-if"


class Beside(StrEnum):
    """How a lane that is not the plant's is shown in 3D."""

    ALONE = "alone"
    OVERLAY = "overlay"  # with the plant's values beside its own
    DIFFERENCE = "difference"  # its values less the plant's
    SPLIT = "split"  # the plant on the left, the lane on the right, seen from the same place


@dataclass(frozen=True, slots=True)
class Lane:
    """It speaks about [start, end], ns UTC; of a branch, `start` is the fork. `key` tells it from others; "" is the plant's."""

    name: str
    kind: LaneKind
    start: int
    end: int
    key: str = ""

    def holds(self, t: int) -> bool:
        """Whether it says anything about an instant; a branch begins just after its fork."""
        return (self.start <= t if self.kind is LaneKind.PLANT else self.start < t) and t <= self.end

"""A lane: one recording on the clock that all lanes share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LaneKind(StrEnum):
    """Where the values of a lane come from."""

    PLANT = "plant"
    FORECAST = "forecast"
    WHAT_IF = "what-if"


@dataclass(frozen=True, slots=True)
class Lane:
    """It speaks about [start, end], ns UTC."""

    name: str
    kind: LaneKind
    start: int
    end: int

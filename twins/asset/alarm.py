"""An alarm's definition: when something asks for an operator, how urgently, and what they can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """What an alarm watches."""

    LOW_LOW = "low_low"
    LOW = "low"
    HIGH = "high"
    HIGH_HIGH = "high_high"
    DEVIATION = "deviation"  # further from a reference than the limit
    RATE = "rate"  # changes faster than the limit, either way
    STATE = "state"  # an expression holds
    SILENCE = "silence"  # no value of an asset has come for too long
    LINK = "link"  # a link to the plant is down


@dataclass(frozen=True, slots=True)
class Alarm:
    """One definition. `key` is unique in the twin: `T01.gearbox_oil_temperature/high`, `T01/stopped_by_fault`."""

    key: str
    asset: str  # the path of the asset it belongs to
    condition: Condition
    tag: str = ""  # the path of the tag it is about; of a state: the first in its expression
    limit: float = 0.0  # in the tag's unit; of a rate: in that unit in `per_ns`
    deadband: float = 0.0  # in the tag's unit: so far back must it come before it counts as gone
    on_delay_ns: int = 0  # so long must it hold before it is raised
    off_delay_ns: int = 0  # so long must it be gone before it counts as returned
    reference: str = ""  # of a deviation: the path of a tag in the same unit
    per_ns: int = 60_000_000_000
    expression: str = ""  # of a state: as written, with names as they are seen from the asset
    priority: str = "medium"  # high, medium, low, diagnostic
    latching: bool = False  # stays after it is gone and acknowledged, until it is reset
    message: str = ""  # what it is, in a few words, without the value
    cause: str = ""
    consequence: str = ""
    action: str = ""
    viewpoint: str = ""

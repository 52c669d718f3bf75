"""Quality: how far a value can be trusted, in one byte.

Bits 0–1 hold the class (OPC UA Part 8's severities), bit 2 says that nobody said so (assumed), bits 3–7 the reason.
STALE is not here: it is decided when drawn.
"""

from __future__ import annotations

from enum import IntEnum

ASSUMED = 0b100


class Quality(IntEnum):
    """The class of a sample; higher is worse."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(IntEnum):
    """Why a sample is not simply good."""

    NONE = 0
    SENSOR_FAILURE = 1
    OUT_OF_RANGE = 2
    COMMUNICATION = 3
    CONFLICT = 4  # two values were given for one instant
    AHEAD_OF_ARRIVAL = 5  # stamped over 1 s later than it arrived
    INPUT_BAD = 6  # computed from a bad input
    DAMAGED = 7  # the file is damaged here; a newer value may be lost
    NEVER_SEEN = 8
    SUBSTITUTED = 9
    SAID = 10  # the source said so and gave no reason
    STATION_LOST = 11


def quality_byte(quality: Quality, reason: Reason = Reason.NONE, assumed: bool = False) -> int:
    """Class, reason and “assumed” packed as a sample stores them."""
    return int(quality) | (ASSUMED if assumed else 0) | int(reason) << 3


def quality_of(byte: int) -> Quality:
    """The class in a stored byte; 3, which nothing writes, counts as BAD."""
    return Quality(min(byte & 0b11, Quality.BAD))


def reason_of(byte: int) -> Reason:
    """The reason in a stored byte; one from a newer version reads as SAID."""
    code = byte >> 3
    return Reason(code) if code in Reason._value2member_map_ else Reason.SAID

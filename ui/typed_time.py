"""A typed time: what a person writes in a field, absolute or relative, as an instant."""

from __future__ import annotations

import re
from datetime import tzinfo

from twins.clock import parse_duration, parse_time, to_datetime

_RELATIVE = re.compile(r"([+\-−])\s*((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)")
_PART = re.compile(r"\d+(?:\.\d+)?\s*[a-z]+")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?")


def read_time(text: str, cursor: int, now: int, zone: tzinfo) -> int:
    """“2014-06-01 12:00”, “2014-06-01”, “14:03:22.5” on the cursor's day, “-2h”, “+1 h 10 min” from the cursor, “now” → ns UTC.

    Naive times are in `zone`. Raises ValueError with one sentence that shows what would have been understood.
    """
    text = text.strip()
    if text.lower() == "now":
        return now
    if match := _RELATIVE.fullmatch(text.lower()):
        distance = sum(parse_duration(part) for part in _PART.findall(match[2]))
        return cursor + (distance if match[1] == "+" else -distance)
    if _CLOCK.fullmatch(text):
        text = f"{to_datetime(cursor, zone):%Y-%m-%d} {_padded(text)}"
    try:
        return parse_time(text, zone)
    except ValueError:
        raise ValueError(f"“{text}” is not a time; try 2014-06-01 12:00, 14:30, -2h, +10 min or now") from None


def _padded(clock: str) -> str:
    """9:05 as ISO has it."""
    return clock if clock.index(":") == 2 else f"0{clock}"

"""Time: int64 nanoseconds UTC, and the only place that reads the wall clock."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEFORE_ALL_TIME = -(2**63)  # the source time of a tag that was never seen

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"(.+?[T ]\d{2}:\d{2}:\d{2})[.,](\d{1,9})(.*)")
_UNITS = {"ms": SECOND // 1000, "s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*")


def now() -> int:
    """The wall clock, ns UTC."""
    return time.time_ns()


def monotonic() -> int:
    """A clock that never jumps, ns; ages and time-outs of this process run on it."""
    return time.monotonic_ns()


def sleep(seconds: float) -> None:
    """Lets so much time go by."""
    time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class TwinClock:
    """The plant's own time: `epoch` at the wall clock's `since`, `rate` times as fast from then on (ns UTC)."""

    epoch: int = 0
    since: int = 0
    rate: float = 1.0

    def at(self, wall: int) -> int:
        """The plant's time at an instant of the wall clock."""
        passed = wall - self.since
        return self.epoch + (passed if self.rate == 1.0 else round(passed * self.rate))


def parse_time(text: str, zone: tzinfo = UTC) -> int:
    """ISO 8601 (naive times are in `zone`) or integer nanoseconds → ns UTC, exact to the ns.

    Raises ValueError with a sentence that shows a time that would have been understood.
    """
    text = text.strip()
    if re.fullmatch(r"-?\d{12,}", text):
        return int(text)
    fraction = 0
    if match := _ISO.fullmatch(text):
        fraction = int(match[2].ljust(9, "0"))
        text = match[1] + match[3]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a time; write it like 2014-06-01T12:00:00+02:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return from_datetime(moment) + fraction


def from_datetime(moment: datetime) -> int:
    """An aware datetime → ns UTC, without going through a float."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 1000


def to_datetime(t: int, zone: tzinfo = UTC) -> datetime:
    """ns UTC → an aware datetime (truncated to the microsecond)."""
    return (_EPOCH + timedelta(microseconds=t // 1000)).astimezone(zone)


def format_time(t: int, zone: tzinfo = UTC) -> str:
    """ns UTC → ISO 8601 with offset; as many decimals as the instant has (0, 3, 6 or 9)."""
    moment = to_datetime(t - t % SECOND, zone)
    digits = f"{t % SECOND:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S")
    offset = moment.strftime("%z")
    suffix = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    return whole + (f".{digits}" if digits else "") + suffix


def format_end(end: int, zone: tzinfo = UTC) -> str:
    """An end that is not part of a stretch, as the last instant that is where it stands 1 ns behind that."""
    return format_time(end - 1 if end % 1_000 == 1 else end, zone)


def parse_duration(text: str) -> int:
    """“10 min”, “1s”, “1.5 h” → ns. Raises ValueError with the units that would have been understood."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"“{text}” is not a duration; write a number and one of ms, s, min, h, d, like 10 min")
    return round(float(match[1]) * _UNITS[match[2]])


def format_duration(ns: int) -> str:
    """ns → the largest unit that keeps it short: “0.4 s”, “12 min”, “3.5 d”."""
    for unit, name, limit in (
        (SECOND // 1000, "ms", SECOND // 10),
        (SECOND, "s", 2 * MINUTE),
        (MINUTE, "min", 2 * HOUR),
        (HOUR, "h", 2 * DAY),
    ):
        if abs(ns) < limit:
            return f"{ns / unit:.3g} {name}"
    return f"{ns / DAY:,.1f} d"

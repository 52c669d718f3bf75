"""The time axis: round local instants with short labels, from a century down to a microsecond."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from twins.clock import DAY, HOUR, MINUTE, SECOND, from_datetime, to_datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEK, _MONTH, _YEAR = 7 * DAY, 30 * DAY, 365 * DAY
_STEPS = (
    *(n * 10**k for k in range(3, 9) for n in (1, 2, 5)),
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(DAY, 2 * DAY, _WEEK, _MONTH, 2 * _MONTH, 3 * _MONTH, 6 * _MONTH),
    *(n * _YEAR for n in (1, 2, 5, 10, 20, 50, 100)),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A round instant, ns UTC. A `major` one begins a larger unit, and its label says which: “24 Nov” among hours."""

    t: int
    label: str
    major: bool = False


def ticks(start: int, end: int, room: int, zone: tzinfo = UTC) -> tuple[Tick, ...]:
    """The round instants in [start, end], at most `room` of them (give or take one), in order."""
    step = step_for((end - start) // max(1, room))
    return tuple(tick for tick in _ticks(start, end, step, zone) if start <= tick.t <= end)


def step_for(least: int) -> int:
    """The smallest step (ns; a month is 30 days, a year 365) that is hardly shorter than `least`."""
    return next((step for step in _STEPS if step * 21 // 20 >= least), _STEPS[-1])


def context(t: int, step: int, zone: tzinfo = UTC) -> str:
    """What labels `step` apart leave unsaid at `t`: “23 Nov 2026” beside hours, with the second beside decimals."""
    local = to_datetime(t, zone)
    if step >= _YEAR:
        return ""
    if step >= DAY:
        return str(local.year)
    return f"{_day(local)} {local.year}" + (f" {local:%H:%M:%S}" if step < SECOND else "")


def stamp(t: int, zone: tzinfo = UTC, resolution: int = SECOND) -> str:
    """A full local time with as many decimals as `resolution` (ns) asks for: “2026-11-23 14:03:22.125”."""
    return f"{to_datetime(t, zone):%Y-%m-%d %H:%M:%S}{_decimals(t, resolution)}"


def offset_label(t: int, zone: tzinfo = UTC) -> str:
    """The zone's offset at an instant: “UTC+01:00”."""
    text = to_datetime(t, zone).strftime("%z")
    return f"UTC{text[:3]}:{text[3:5]}"


# ---------------------------------------------------------------------- by size of the step


def _ticks(start: int, end: int, step: int, zone: tzinfo) -> Iterator[Tick]:
    if step >= DAY:
        return (_date_tick(day, step, zone) for day in _days(start, end, step, zone))
    instants = _hours(start, end, step // HOUR, zone) if step >= HOUR else _even(start, end, step, zone)
    return (_clock_tick(t, step, zone) for t in instants)


def _days(start: int, end: int, step: int, zone: tzinfo) -> Iterator[date]:
    first, last = to_datetime(start, zone).date(), to_datetime(end, zone).date()
    if step >= _MONTH:
        return _months(first, last, step)
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    if step == _WEEK:
        return (day for day in days if day.weekday() == 0)
    return (day for day in days if step == DAY or (day.day % 2 == 1 and day.day != 31))


def _months(first: date, last: date, step: int) -> Iterator[date]:
    months = step // _MONTH if step < _YEAR else 12 * (step // _YEAR)
    begin = (first.year * 12 + first.month - 1) // months * months
    for month in range(begin, last.year * 12 + last.month, months):
        if month >= 12:
            yield date(month // 12, month % 12 + 1, 1)


def _hours(start: int, end: int, every: int, zone: tzinfo) -> Iterator[int]:
    """Wall-clock hours: half hours are tried, so that days of 23 and 25 hours and of odd zones come right."""
    midnight = _midnight(to_datetime(start, zone).date(), zone)
    for t in range(midnight, end + 1, HOUR // 2):
        local = to_datetime(t, zone)
        if local.minute == 0 and local.hour % every == 0:
            yield t


def _even(start: int, end: int, step: int, zone: tzinfo) -> Iterable[int]:
    shift = _offset(start, zone)
    return range(-(-(start + shift) // step) * step - shift, end + 1, step)


def _midnight(day: date, zone: tzinfo) -> int:
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))


def _offset(t: int, zone: tzinfo) -> int:
    delta = to_datetime(t, zone).utcoffset() or timedelta()
    return (delta.days * 86_400 + delta.seconds) * SECOND


# ---------------------------------------------------------------------- labels


def _date_tick(day: date, step: int, zone: tzinfo) -> Tick:
    begins_year = day.month == day.day == 1
    if step >= _YEAR:
        return Tick(_midnight(day, zone), str(day.year))
    if begins_year:
        return Tick(_midnight(day, zone), str(day.year), True)
    label = _MONTHS[day.month - 1] if step >= _MONTH else _day(day)
    return Tick(_midnight(day, zone), label, step < _MONTH and day.day == 1)


def _clock_tick(t: int, step: int, zone: tzinfo) -> Tick:
    local = to_datetime(t, zone)
    in_second = t % SECOND
    if local.hour == local.minute == local.second == in_second == 0:
        return Tick(t, _day(local), True)
    if step >= MINUTE:
        return Tick(t, f"{local:%H:%M}")
    if step >= SECOND or in_second == 0:
        return Tick(t, f"{local:%H:%M:%S}", step < SECOND)
    return Tick(t, _decimals(t, step))


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


def _decimals(t: int, resolution: int) -> str:
    digits = next((d for d in (0, 3, 6) if resolution >= 10 ** (9 - d)), 9)
    return "." + f"{t % SECOND:09d}"[:digits] if digits else ""

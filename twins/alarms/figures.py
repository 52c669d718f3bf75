"""Figures of an alarm system over a stretch, as EEMUA 191 and ISA-18.2 ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from twins.clock import HOUR, MINUTE, format_time
from twins.record import Event, EventKind

Int64 = NDArray[np.int64]
WINDOW = 10 * MINUTE
FLOOD_BEGINS, FLOOD_ENDS = 10, 5  # alarms in 10 min: above, below
_STANDING, _CHATTERING = 24 * HOUR, 3  # transitions in a minute
_WORST = 10
NEW = "unacknowledged"


@dataclass(frozen=True, slots=True)
class Flood:
    """[start, end) in ns; `first` is the key of the alarm that came first, `count` how many there were."""

    start: int
    end: int
    first: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """About 1 alarm in 10 min is acceptable, 2 manageable; floods below 1 % of the time, standing below 5, chattering none."""

    raised: int
    per_10_min: float
    peak_10_min: int
    flood_percent: float
    floods: tuple[Flood, ...]
    standing_over_24_h: tuple[str, ...]
    chattering: tuple[str, ...]
    worst: tuple[tuple[str, int], ...]
    priorities: dict[str, float]  # percent


def figures(events: Iterable[Event], start: int, end: int) -> Figures:
    """Of the alarm events in [start, end), ns."""
    alarms = [event for event in events if event.kind is EventKind.ALARM and start <= event.time < end]
    raised = [event for event in alarms if is_new(event)]
    times = np.array([event.time for event in raised], np.int64)
    floods = tuple(floods_of(raised, end))
    priorities = Counter(str(event.data.get("priority", "medium")) for event in raised)
    return Figures(
        len(raised),
        len(raised) * WINDOW / max(end - start, 1),
        int(_within(times, WINDOW).max(initial=0)),
        100.0 * sum(flood.end - flood.start for flood in floods) / max(end - start, 1),
        floods,
        tuple(_standing(alarms, end)),
        tuple(_chattering(alarms)),
        tuple(Counter(event.key for event in raised).most_common(_WORST)),
        {priority: 100.0 * count / len(raised) for priority, count in priorities.items()},
    )


def told(found: Figures) -> dict[str, object]:
    """As plain JSON values."""
    floods = [{**asdict(flood), "start": format_time(flood.start), "end": format_time(flood.end)} for flood in found.floods]
    return {**asdict(found), "floods": floods, "worst": dict(found.worst)}


def is_new(event: Event) -> bool:
    """It asks for somebody who has not been asked yet: not the end of a shelving, not a change of somebody's."""
    return event.data.get("state") == NEW and not event.data.get("shelving_ended")


def floods_of(raised: Sequence[Event], end: int) -> Iterable[Flood]:
    """Each begins at its first alarm, when there are more than 10 in 10 min, and ends when there are fewer than 5."""
    times = np.array([event.time for event in raised], np.int64)
    counts = _within(times, WINDOW)
    i = 0
    while i < len(times):
        if counts[i] <= FLOOD_BEGINS:
            i += 1
            continue
        first = i - int(counts[i]) + 1
        last = i
        while last + 1 < len(times) and _count_before(times, last, int(times[last + 1])) >= FLOOD_ENDS:
            last += 1
        over = int(times[max(first, last - FLOOD_ENDS + 2)]) + WINDOW
        yield Flood(int(times[first]), min(over, end), raised[first].key, last - first + 1)
        i = last + 1


def _within(times: Int64, span: int) -> NDArray[np.int64]:
    """For each alarm, how many there were in the `span` that ends with it, itself included."""
    return np.arange(1, len(times) + 1) - np.searchsorted(times, times - span, "right")


def _count_before(times: Int64, last: int, time: int) -> int:
    """How many of the first `last` + 1 lie in the 10 min before `time`."""
    return last + 1 - int(np.searchsorted(times[: last + 1], time - WINDOW, "right"))


def _standing(alarms: Sequence[Event], end: int) -> Iterable[str]:
    """Those whose condition has been there for more than a day at the end."""
    since: dict[str, int] = {}
    for event in alarms:
        if event.data.get("state") in ("unacknowledged", "acknowledged"):
            since.setdefault(event.key, event.time)
        else:
            since.pop(event.key, None)
    return (key for key, time in since.items() if end - time > _STANDING)


def _chattering(alarms: Sequence[Event]) -> Iterable[str]:
    """Those that came and went three times or more in a minute."""
    by_key: dict[str, list[int]] = {}
    for event in alarms:
        if "by" not in event.data:
            by_key.setdefault(event.key, []).append(event.time)
    return (key for key, times in by_key.items() if _within(np.array(times, np.int64), MINUTE).max() >= _CHATTERING)

"""The rows of the alarm list, decided purely: what stands, in which order, in which groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twins.alarms.figures import FLOOD_BEGINS, FLOOD_ENDS, WINDOW, is_new
from twins.asset import Twin
from twins.clock import SECOND, format_duration
from twins.record import Event, EventKind, Snapshot
from ui.event_text import source_text
from ui.marks import PRIORITIES, priority_of
from ui.numbers import age_text, brief, grouped, unit_text

UNACKNOWLEDGED = ("unacknowledged", "returned_unacknowledged")
_WORDS = {"unacknowledged": "unack", "returned_unacknowledged": "returned, unack", "acknowledged": "acked", "latched": "latched"}
_ABOVE, _BELOW = "{value} {unit} above {limit}", "{value} {unit} below {limit}"
_BOUNDS = {
    "high": _ABOVE,
    "high_high": _ABOVE,
    "low": _BELOW,
    "low_low": _BELOW,
    "rate": "by more than {limit} {unit} in {per}, at {value} {unit}",
    "deviation": "{value} {unit}, off by more than {limit}",
}
_LATER = {  # where the value is not that of the raise, but of what came of it
    "high": "above {limit}, {value} {unit}",
    "high_high": "above {limit}, {value} {unit}",
    "low": "below {limit}, {value} {unit}",
    "low_low": "below {limit}, {value} {unit}",
    "deviation": "off by more than {limit}, {value} {unit}",
}
_WHEN = {"acknowledged": "when acknowledged", "returned_unacknowledged": "when it returned", "latched": "when it latched"}


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """One row: an alarm, or (without one) the head of a group of `count`, or of what is shelved."""

    key: str
    event: Event | None = None
    shelving: Event | None = None
    title: str = ""
    count: int = 0
    open: bool = True

    @property
    def unacknowledged(self) -> bool:
        """Asks for somebody."""
        return self.event is not None and self.shelving is None and self.event.data.get("state") in UNACKNOWLEDGED


def entries(
    snapshot: Snapshot, twin: Twin, words: Sequence[str] = (), *, flooded: bool = False, opened: frozenset[str] = frozenset()
) -> list[AlarmEntry]:
    """Worst first, then newest. In a flood one group a top asset, the one that came first on top; what is shelved at the end."""
    shelvings = {event.key: event for event in snapshot.standing.of(EventKind.SHELVING)}
    alarms = [event for event in snapshot.standing.of(EventKind.ALARM) if _fits(event, twin, words)]
    here = sorted((e for e in alarms if e.key not in shelvings), key=_rank)
    rows = _grouped(here, twin, opened) if flooded else [AlarmEntry(e.key, e) for e in here]
    shelved = [AlarmEntry(e.key, e, shelvings[e.key]) for e in alarms if e.key in shelvings]
    if shelvings:
        known = {entry.key for entry in shelved}
        shelved += [AlarmEntry(key, None, event, title=key) for key, event in shelvings.items() if key not in known and not words]
    if shelved:
        is_open = "shelved" in opened
        rows.append(AlarmEntry("shelved", title="Shelved", count=len(shelved), open=is_open))
        rows += shelved if is_open else []
    return rows


def is_flooded(events: Iterable[Event], now: int, before: bool) -> tuple[bool, int, Event | None]:
    """Whether it is a flood now, given whether it was one; how many came in the last 10 min, and which came first."""
    new = [event for event in events if event.kind is EventKind.ALARM and is_new(event) and now - WINDOW < event.time <= now]
    return len(new) > FLOOD_BEGINS or (before and len(new) >= FLOOD_ENDS), len(new), new[0] if new else None


def state_words(entry: AlarmEntry, now: int) -> str:
    """“unack”, “acked MO”, “shelved 12 min left”."""
    if entry.shelving is not None:
        until = entry.shelving.data.get("until")
        left = f" {age_text(until - now)} left" if isinstance(until, int) else ""
        return f"shelved{left}"
    if entry.event is None:
        return ""
    state = str(entry.event.data.get("state", ""))
    by = f" {entry.event.data['by']}" if state in ("acknowledged", "latched") and entry.event.data.get("by") else ""
    return _WORDS.get(state, state.replace("_", " ")) + by


def message_words(event: Event) -> str:
    """“Oil hot, 78.4 °C above 75 · derate or stop”; later on “Oil hot, above 75, 81.2 °C when acknowledged · …”."""
    data = event.data
    words = str(data.get("message") or event.key)
    value, limit, unit = data.get("value"), data.get("limit"), unit_text(str(data.get("unit", "")))
    if isinstance(value, int | float) and isinstance(limit, int | float):
        condition = str(data.get("condition"))
        said = _BOUNDS.get(condition, "{value} {unit}")
        if event.time > _since(event):
            said = f"{_LATER.get(condition, said)} {_WHEN.get(str(data.get('state')), 'when last told')}"
        per = data.get("per_s")
        span = format_duration(round(per * SECOND)) if isinstance(per, int | float) else "its time"
        said = said.format(value=grouped(value, 1), limit=brief(limit), unit=unit, per=span)
        words += f", {said}".rstrip()
    return " · ".join(filter(None, (words, str(data.get("action", "")))))


def details(event: Event) -> str:
    """All that an operator should know, a line each."""
    data = event.data
    lines = [message_words(event).partition(" · ")[0], f"priority {priority_of(event)}"]
    lines += [f"{key}: {data[key]}" for key in ("cause", "consequence", "action") if data.get(key)]
    return "\n".join(lines)


def top_asset(event: Event, twin: Twin) -> str:
    """The placed asset that an alarm belongs to."""
    tag = twin.tags.get(event.subject)
    return (tag.asset if tag else event.subject).partition("/")[0]


def _rank(event: Event) -> tuple[int, int, int]:
    waiting = event.data.get("state") not in UNACKNOWLEDGED
    since = event.data.get("since")
    return PRIORITIES.index(priority_of(event)), int(waiting), -(since if isinstance(since, int) else event.time)


def _since(event: Event) -> int:
    since = event.data.get("since")
    return since if isinstance(since, int) else event.time


def _grouped(alarms: Sequence[Event], twin: Twin, opened: frozenset[str]) -> list[AlarmEntry]:
    groups: dict[str, list[Event]] = {}
    for event in alarms:
        groups.setdefault(top_asset(event, twin), []).append(event)
    rows: list[AlarmEntry] = []
    for asset, own in sorted(groups.items(), key=lambda group: min(map(_since, group[1]))):
        first = min(own, key=_since)
        name = twin.assets[asset].name if asset in twin.assets else twin.name
        is_open = f"group {asset}" in opened
        title = f"{name} · first out: {source_text(first, twin)} {first.data.get('message', '')}"
        rows.append(AlarmEntry(f"group {asset}", title=title, count=len(own), open=is_open))
        rows += [AlarmEntry(e.key, e) for e in own] if is_open else []
    return rows


def _fits(event: Event, twin: Twin, words: Sequence[str]) -> bool:
    said = f"{source_text(event, twin)} {message_words(event)} {event.data.get('priority', '')} {event.key}".lower()
    return all(word in said for word in words)

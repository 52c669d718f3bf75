"""An event in words: its kind, what it says, and the state it left things in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from twins.asset import Twin
from twins.clock import SECOND
from twins.record import Event, EventKind
from ui.axis import stamp
from ui.numbers import brief, grouped, tag_label, unit_text

_KINDS = {EventKind.PACKAGE: "twin package", EventKind.REJECTED: "unreadable"}
_COUNTS = ("samples", "rows", "duplicate", "conflict")


def kind_text(event: Event) -> str:
    """The kind, for an alarm with its priority: “alarm, high”."""
    if event.kind is EventKind.ALARM and "priority" in event.data:
        return f"alarm, {event.data['priority']}"
    return _KINDS.get(event.kind, event.kind.value)


def message_text(event: Event) -> str:
    """What happened, in one line."""
    data = event.data
    said = next((str(data[key]) for key in ("message", "text", "note", "sentence") if data.get(key)), "")
    if event.kind is EventKind.IMPORT:
        return " · ".join(filter(None, (said, str(data.get("source", "")), _counts(data))))
    if (words := _WORDS.get(event.kind)) is not None:
        return words(event)
    return said or " · ".join(f"{key} {_plain(value)}" for key, value in data.items() if key not in ("state", "priority"))


def source_text(event: Event, twin: Twin) -> str:
    """What it is about, as people call it: “T01 Gearbox oil temperature”, “T01”, the twin's name."""
    tag = twin.tags.get(event.subject)
    asset = twin.assets.get(tag.asset if tag else event.subject)
    names = [above.name for above in reversed(tuple(twin.ancestors(asset.path)))][1:] if asset else []
    return " ".join(filter(None, (*names, tag_label(tag) if tag else ""))) or event.subject or twin.name


def _refused(event: Event, words: str) -> str:
    return f"refused: {event.data.get('reason', '')}" if event.data.get("state") == "refused" else words


def _alarm(event: Event) -> str:
    """“Oil hot: 78.4 above 75 degC”."""
    data, parts = event.data, [str(event.data.get("message", ""))]
    if isinstance(value := data.get("value"), int | float) and isinstance(limit := data.get("limit"), int | float):
        side = {"low": "below", "low_low": "below", "high": "above", "high_high": "above"}.get(
            str(data.get("condition")), "limit"
        )
        unit = unit_text(str(data.get("unit", "")))
        parts.append(f"{grouped(value, 1)} {unit}".rstrip() + f" ({side} {grouped(limit, 1)})")
    parts += [f"by {data['by']}"] if data.get("by") else []
    return _refused(event, " · ".join(filter(None, parts)))


def _command(event: Event) -> str:
    data, unit = event.data, unit_text(str(event.data.get("unit", "")))
    change = f"{brief(data.get('old'))} → {brief(data.get('value'))} {unit}".rstrip()
    reason = f" · {data['reason']}" if data.get("reason") else ""
    return f"{change} by {data.get('by', '')}: {data.get('why', '')}{reason}"


def _link(event: Event) -> str:
    reason = f": {event.data['reason']}" if event.data.get("reason") else ""
    return f"link {event.key} {event.data.get('state', '')}{reason}"


def _shelving(event: Event) -> str:
    data = event.data
    by = f" by {data['by']}" if data.get("by") else ""
    return _refused(event, f"{data.get('state', '')}{by}" + (f": {data['why']}" if data.get("why") else ""))


def _limit(event: Event) -> str:
    data = event.data
    unit = unit_text(str(data.get("unit", "")))
    change = (
        f"{str(data.get('limit', '')).replace('_', ' ')} {_plain(data.get('old'))} → {_plain(data.get('value'))} {unit}".rstrip()
    )
    return _refused(event, f"{change} by {data.get('by', '')}: {data.get('why', '')}")


def _note(event: Event) -> str:
    by = f" ({event.data['by']})" if event.data.get("by") else ""
    return _refused(event, f"{event.data.get('text', '')}{by}")


def _operator(event: Event) -> str:
    return _refused(event, f"{event.data.get('by', '')} signed {event.data.get('state', '')}")


def _rejected(event: Event) -> str:
    data = event.data
    return f"{_plain(data.get('count', 1))} on {data.get('topic', '')}: {data.get('reason', '')} · {data.get('payload', '')}"


_WORDS = {
    EventKind.ALARM: _alarm,
    EventKind.COMMAND: _command,
    EventKind.LINK: _link,
    EventKind.SHELVING: _shelving,
    EventKind.LIMIT: _limit,
    EventKind.NOTE: _note,
    EventKind.OPERATOR: _operator,
    EventKind.REJECTED: _rejected,
}


def state_text(event: Event) -> str:
    """The state it is in now: what was said, else whether it stands."""
    if "state" in event.data:
        return str(event.data["state"]).replace("_", " ")
    return "standing" if event.stands and event.kind is EventKind.ALARM else ""


def sentence(event: Event, zone: tzinfo) -> str:
    """One line that stands alone: “2026-11-23 14:01:47  T01 · high, 78.4 °C above 75”."""
    told = " · ".join(filter(None, (event.subject, message_text(event) or kind_text(event), state_text(event))))
    return f"{stamp(event.time, zone, SECOND)}  {told}"


def _counts(data: Mapping[str, object]) -> str:
    counts = data.get("counts")
    found = dict(counts) if isinstance(counts, Mapping) else {key: data[key] for key in _COUNTS if key in data}
    return " · ".join(f"{_plain(value)} {str(key).replace('_', ' ')}" for key, value in found.items())


def _plain(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return grouped(value, 0 if isinstance(value, int) else 1)

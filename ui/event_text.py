"""An event in words: its kind, what it says, and the state it left things in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from twins.clock import SECOND
from twins.record import Event, EventKind
from ui.axis import stamp
from ui.numbers import grouped

_KINDS = {EventKind.IMPORT: "import", EventKind.PACKAGE: "twin package", EventKind.OPERATOR: "operator"}
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
    if event.kind is EventKind.LINK:
        return said or f"link {event.key} {data.get('state', '')}".strip()
    return said or " · ".join(f"{key} {_plain(value)}" for key, value in data.items() if key not in ("state", "priority"))


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

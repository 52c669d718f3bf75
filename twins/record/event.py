"""An event: what is not a sample, and the pure fold that says what still stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventKind(StrEnum):
    """What may happen besides a new value."""

    ALARM = "alarm"  # key: source and condition; data: state, priority, message, …
    SHELVING = "shelving"
    COMMAND = "command"
    PREDICTION = "prediction"
    LINK = "link"  # key: the link; data: state up / down
    GAP = "gap"  # samples that were sent and never came: how many, of which link
    REJECTED = "rejected"  # a payload that could not be read, kept in quarantine
    HEARTBEAT = "heartbeat"  # key: "station"
    STATION = "station"  # started, stopped, the clock jumped, another took over
    LIMIT = "limit"  # an alarm's limit is another than the package's
    NOTE = "note"
    OPERATOR = "operator"
    PACKAGE = "package"
    IMPORT = "import"  # data: source, sha256, mapping, counts
    SHOWN = "shown"  # what a window showed
    CHECKPOINT = "checkpoint"  # all that the models held, so that they can go on from here


# What people are told of: the rest is how a record knows, second by second, that all is as it was.
TOLD = tuple(kind for kind in EventKind if kind not in (EventKind.HEARTBEAT, EventKind.SHOWN, EventKind.CHECKPOINT))


@dataclass(frozen=True, slots=True)
class Event:
    """`time` is when it was known here, ns UTC. With a `key` it is the newest word on that thing: it stands
    (`stands`) until a later event with the same kind and key ends or replaces it. Without one it just happened."""

    time: int
    kind: EventKind
    subject: str = ""  # an asset's or a tag's path
    key: str = ""
    stands: bool = False
    data: Mapping[str, object] = field(default_factory=dict)


class Standing(Mapping[tuple[EventKind, str], Event]):
    """Everything that stands at one instant, by kind and key; immutable."""

    __slots__ = ("_events",)

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: dict[tuple[EventKind, str], Event] = {}
        for event in events:
            self._put(event)

    def __getitem__(self, key: tuple[EventKind, str]) -> Event:
        return self._events[key]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def after(self, events: Iterable[Event]) -> Standing:
        """What stands once these have happened too, in their order."""
        return Standing((*self._events.values(), *events))

    def of(self, kind: EventKind) -> tuple[Event, ...]:
        """What stands of one kind, oldest first."""
        return tuple(sorted((e for e in self._events.values() if e.kind is kind), key=lambda e: e.time))

    def _put(self, event: Event) -> None:
        if event.key:
            if event.stands:
                self._events[event.kind, event.key] = event
            else:
                self._events.pop((event.kind, event.key), None)

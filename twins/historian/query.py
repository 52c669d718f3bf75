"""A query: what a view wants to know besides the snapshot, and the answers to it, in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twins.historian.recording import Recording, Trend
from twins.record import Event


@dataclass(frozen=True, slots=True)
class Query:
    """Trends of `tags` over [start, end) in `width` buckets, and the events of that stretch if `events`."""

    tags: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    width: int = 0
    events: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What one query was answered; `query` says which question this belongs to."""

    query: Query
    trends: Mapping[str, Trend] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


def answer(recording: Recording, query: Query, known_at: int | None) -> Answers:
    """Asks the recording; with `known_at` nothing that arrived later is told."""
    trends = {tag: recording.trend(tag, query.start, query.end, query.width, known_at) for tag in query.tags}
    events = recording.events(query.start, query.end) if query.events else ()
    return Answers(query, trends, events)

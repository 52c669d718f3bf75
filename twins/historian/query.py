"""A query: what a view wants to know besides the snapshot, and the answers to it, in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twins.historian.recording import Recording, Trend
from twins.record import Event, EventKind, Waveform

MOST_BLOCKS = 200  # of a waveform are answered


@dataclass(frozen=True, slots=True)
class Query:
    """Trends of `tags` over [start, end) in `width` buckets, and the events of that stretch if `events`, of these `kinds`
    (None: all). With `hindsight` also what arrived after the cursor: a map of the recording, not what was known."""

    tags: tuple[str, ...] = ()
    start: int = 0
    end: int = 0
    width: int = 0
    events: bool = False
    kinds: tuple[EventKind, ...] | None = None
    hindsight: bool = False
    waves: tuple[str, ...] = ()  # waveforms of [start, end), each block whole
    lane: str = ""  # the key of the lane that is asked; "" is the plant's
    also: tuple[Query, ...] = ()  # what is asked of other lanes at the same time


@dataclass(frozen=True, slots=True)
class Answers:
    """What one query was answered; `query` says which question this belongs to."""

    query: Query
    trends: Mapping[str, Trend] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    waves: Mapping[str, tuple[Waveform, ...]] = field(default_factory=dict)  # in order of time
    also: tuple[Answers, ...] = ()  # in the order in which they were asked


def answer(recording: Recording, query: Query, known_at: int | None) -> Answers:
    """Asks the recording; with `known_at` nothing that arrived later is told."""
    known_at = None if query.hindsight else known_at
    trends = {tag: recording.trend(tag, query.start, query.end, query.width, known_at) for tag in query.tags}
    until = query.end if known_at is None else min(query.end, known_at + 1)
    events = recording.events(query.start, until, query.kinds) if query.events and until > query.start else ()
    waves = {tag: _blocks(recording, tag, query, known_at) for tag in query.waves}
    return Answers(query, trends, events, waves)


def _blocks(recording: Recording, tag: str, query: Query, known_at: int | None) -> tuple[Waveform, ...]:
    samples = recording.between(query.start, query.end, [tag])
    known = [row for row in range(len(samples)) if known_at is None or samples.arrival[row] <= known_at]
    found = (samples.waveforms[int(samples.bits[row])] for row in known[-MOST_BLOCKS:] if samples.waveforms)
    return tuple(sorted(found, key=lambda wave: wave.start))

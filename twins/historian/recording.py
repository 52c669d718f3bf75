"""A recording: everything that happened, in order. The port that files, memory and databases fulfil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.record import Channel, Event, EventKind, Samples, Snapshot


class RecordingError(InputError):
    """A recording can't be opened, read or written; the message is one sentence for the user, with the remedy."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One tag over a stretch, in at most `width` buckets of equal time; empty buckets are left out.

    Where the stretch holds no more than `width` samples, each is a bucket of its own at its exact time. Only numbers count
    that are not BAD; `gap_ns` is the silence after which a line must break (1.9 periods of the channel that spoke).
    """

    t: NDArray[np.int64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    mean: NDArray[np.float64]
    n: NDArray[np.int64]
    gap_ns: int = 0
    exact: bool = False  # each bucket is one sample

    @classmethod
    def empty(cls) -> Trend:
        """Nothing was measured."""
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        return cls(none, nothing, nothing, nothing, none)


@dataclass(frozen=True, slots=True)
class Tail:
    """What came after a position, and the position to ask from next."""

    position: object  # opaque: give it back
    samples: Samples
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found. `damaged` are sentences, one a damaged block, event or table row."""

    blocks: int
    samples: int
    first: int | None
    last: int | None
    damaged: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Everything that was written can be read as it was written."""
        return not self.damaged


class Recording(Protocol):
    """Times are ns UTC; `between`, `trend` and `span` run on source time, `at` and `events` on what was known."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The tag table, in the order it grew; several channels may share a path."""

    @property
    def damage(self) -> tuple[str, ...]:
        """What was found damaged so far, in sentences."""

    def append(self, samples: Samples, events: Sequence[Event] = ()) -> None:
        """Durable when it returns, all or nothing."""

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known at `time`; with hindsight, what had happened by then."""

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples with start ≤ order time < end of these tags (None: all), ordered by it; ties in order of arrival."""

    def trend(self, path: str, start: int, end: int, width: int, known_at: int | None = None) -> Trend:
        """One tag between start and end, of what had arrived by `known_at` where that is given."""

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """Events with start ≤ time < end, in order."""

    def tail(self, position: object = None) -> Tail:
        """What was appended after `position`; None is the beginning."""

    def span(self) -> tuple[int, int] | None:
        """The first and last order time, None while empty."""

    def package_at(self, time: int) -> bytes | None:
        """The twin package, zipped, that was in force; the first one for times before it."""

    def close(self) -> None:
        """Lets go of files and threads."""

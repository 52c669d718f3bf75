"""What the station needs of its record and of its desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from twins.record import Event, Intention, Samples, Snapshot


class Mailbox(Protocol):
    """The desk: where windows and command lines leave what they want."""

    def after(self, position: int) -> Sequence[tuple[int, Intention]]:
        """What was posted after a position, in order."""


class Log(Protocol):
    """The record, which the station alone appends to. Whatever can't be written raises RecordingError."""

    simulated: bool

    @property
    def desk_position(self) -> int:
        """Up to where the desk was answered."""

    def append(self, samples: Samples, events: Sequence[Event] = (), desk: int | None = None) -> None:
        """Durable when it returns, all or nothing; `desk` is up to where these events answer it."""

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known at `time`."""

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples of these tags with start ≤ order time < end."""

    def events(self, start: int, end: int) -> Sequence[Event]:
        """Events with start ≤ time < end, in order."""

    def roll_if_due(self, now: int) -> bool:
        """Another day, another file."""

    def note_counters(self, counters: Mapping[str, int]) -> None:
        """Remembers the counters of the links as of the last append."""

    def reopen(self) -> None:
        """Begins anew after a failed write."""

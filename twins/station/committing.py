"""Committing: one durable append a turn; what was promised by it (acknowledgements) follows, and never goes before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.clock import SECOND
from twins.historian.recording import RecordingError
from twins.record import Event, Samples
from twins.station.ports import Log
from twins.station.telling import Meter

RETRY_NS = SECOND


@dataclass(frozen=True, slots=True)
class _Commit:
    samples: Samples
    events: Sequence[Event]
    desk: int
    receipt: object


class Committer:
    """After a failed write nothing is acknowledged and nothing new is taken until the same commit has been written.

    Nobody knows how much of a failed write is on the disk, so the record is opened anew and what `held` finds there is not
    written twice. Meanwhile the windows see no heartbeat: the fault is visible, and nothing they show counts as current.
    """

    def __init__(
        self,
        record: Log,
        held: Callable[[Samples], NDArray[np.bool_]],
        acknowledge: Callable[[object], None],
        meter: Meter,
    ) -> None:
        self._record, self._held, self._acknowledge, self._meter = record, held, acknowledge, meter
        self._unwritten: _Commit | None = None
        self._retry_at = 0
        self.fault = ""  # one sentence while a write fails

    def write(self, samples: Samples, events: Sequence[Event], desk: int, receipt: object) -> bool:
        """Commits and acknowledges; False where that failed and will be tried again."""
        commit = _Commit(samples, events, desk, receipt)
        begun = self._meter.stamp()
        try:
            if len(samples) or events or desk != self._record.desk_position:
                self._record.append(samples, events, desk)
        except RecordingError as problem:
            self._fail(commit, problem)
            return False
        self._meter.committed(begun)
        self._acknowledge(receipt)
        return True

    def settled(self) -> bool:
        """Nothing waits to be written; tries again, once a second, what does."""
        if self._unwritten is None:
            return True
        if self._meter.stamp() < self._retry_at:
            return False
        commit = self._unwritten
        try:
            self._record.reopen()
            done = self._record.desk_position >= commit.desk and self._on_the_disk(commit)
            if not done:
                self._record.append(commit.samples, commit.events, commit.desk)
        except RecordingError as problem:
            self._fail(commit, problem)
            return False
        self._unwritten, self.fault = None, ""
        self._acknowledge(commit.receipt)
        return True

    def _on_the_disk(self, commit: _Commit) -> bool:
        """A commit is whole or not there at all, so one part tells of all."""
        if len(commit.samples):
            return bool(self._held(commit.samples.take(slice(0, 1)))[0])
        newest = commit.events[-1] if commit.events else None
        return newest is None or newest in self._record.events(newest.time, newest.time + 1)

    def _fail(self, commit: _Commit, problem: RecordingError) -> None:
        self._unwritten, self._retry_at, self.fault = commit, self._meter.stamp() + RETRY_NS, str(problem)

"""The record: what a station writes, a file a day. Each day opens alone, for it begins with all that was known and stood."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from twins.historian import schema
from twins.historian.cutting import samples_of
from twins.historian.days import Days
from twins.historian.drafting import drafted
from twins.historian.evidence import seal, sha256_of
from twins.historian.file import RecordingFile
from twins.historian.place import day, day_file, days_of, is_folder
from twins.historian.recording import RecordingError
from twins.record import Event, EventKind, Samples, Snapshot

_SEAL_AGAIN = 60  # turns of roll_if_due between two attempts to seal a day that windows still have open


class Record:
    """The newest day, open for writing. Closed days are sealed as soon as nobody has them open, and hashed into the next day."""

    def __init__(self, path: Path, file: RecordingFile) -> None:
        self.path, self._file = path, file
        self._day = int(file.meta["day"])
        self._turns = 0
        self._desk = int(file.meta.get("desk", 0))

    @classmethod
    def open(cls, path: Path, package: bytes, twin_id: str, now: int, *, simulated: bool = False) -> Self:
        """Goes on with a record, or begins one. Raises RecordingError, also where it is another twin's."""
        if is_folder(path):
            path.mkdir(parents=True, exist_ok=True)
        days = days_of(path)
        if not days:
            first = day_file(path, now, first=True)
            with drafted(first) as draft, RecordingFile.create(draft, package, twin_id, now, simulated=simulated) as new:
                new.set_meta("day", str(day(now)))
            days = [first]
        newest = days[-1]
        _refuse_other_twin(newest, twin_id)
        if schema.is_sealed(newest):  # killed between the sealing of a day and the making of the next, or evidence
            _refuse_evidence(newest)
            newest = _next_day(path, newest, max(now, _last_time(newest)))
        file = RecordingFile.open(newest, write=True)
        if "day" not in file.meta:  # history that was imported: a plant goes on from it
            file.set_meta("day", str(day(now)))
        record = cls(path, file)
        record._seal_closed_days()
        return record

    # what the station asks

    @property
    def desk_position(self) -> int:
        """Up to where the desk was answered."""
        return self._desk

    @property
    def simulated(self) -> bool:
        """Whether the plant is an emulator."""
        return self._file.simulated

    @simulated.setter
    def simulated(self, simulated: bool) -> None:
        self._file.set_meta("simulated", "yes" if simulated else "no")

    @property
    def last_time(self) -> int:
        """The newest arrival or event, ns; 0 while there is none."""
        return self._file.last_time()

    def append(self, samples: Samples, events: Sequence[Event] = (), desk: int | None = None) -> None:
        """Durable when it returns, all or nothing; `desk` is up to where these events answer it."""
        with self._file.transaction():
            self._file.append(samples, events)
            if desk is not None and desk != self._desk:
                self._file.set_meta("desk", str(desk))
        self._desk = self._desk if desk is None else desk

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known at `time`, of today."""
        return self._file.at(time, hindsight)

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """Samples with start ≤ order time < end, of whatever day."""
        if start >= self._file.begins:
            return self._file.between(start, end, paths)
        with Days(self.path) as days:
            return days.between(start, end, paths)

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """Events of today, and what stood before."""
        return self._file.events(start, end, kinds)

    def add_package(self, package: bytes, time: int) -> None:
        """Another version of the package, if it is another."""
        self._file.add_package(package, time)

    def note_counters(self, counters: Mapping[str, int]) -> None:
        """Remembers what the plant had counted as of the last append."""
        self._file.set_meta("counters", json.dumps({"last": dict(counters), "position": self._file.tail_position()}))

    def counters(self) -> tuple[dict[str, int], dict[str, int]]:
        """The counters as they were noted last, and how many samples of each tag have come since (missing ones included)."""
        return _counters_in(self._file)

    def roll_if_due(self, now: int) -> bool:
        """Goes on in another file where another day has begun (UTC of the twin's clock); whether it did."""
        if day(now) <= self._day:
            self._turns += 1
            if self._turns % (20 * _SEAL_AGAIN) == 0:
                self._seal_closed_days()
            return False
        following = _next_day(self.path, self._file.path, now, self._file)
        self._file.close()
        self._file, self._day = RecordingFile.open(following, write=True), day(now)
        self._seal_closed_days()
        return True

    def reopen(self) -> None:
        """After a failed write: what is on the disk is read anew."""
        path = self._file.path
        with contextlib.suppress(RecordingError, sqlite3.Error):
            self._file.close()
        self._file = RecordingFile.open(path, write=True)
        self._desk = int(self._file.meta.get("desk", 0))

    def close(self) -> None:
        """Lets go; the day is not over and stays unsealed."""
        self._file.close()

    def _seal_closed_days(self) -> None:
        """Seals what can be sealed, and writes the hash of yesterday into today."""
        for closed in days_of(self.path)[:-1]:
            if not schema.is_sealed(closed):
                with contextlib.suppress(RecordingError):  # a window has it open still
                    seal(closed)
        facts = self._file.meta
        if "previous" not in facts or "previous_sha256" in facts:
            return
        previous = self._file.path.with_name(facts["previous"])
        if previous.exists() and schema.is_sealed(previous):
            self._file.set_meta("previous_sha256", sha256_of(previous))


def _next_day(record: Path, before: Path, now: int, source: RecordingFile | None = None) -> Path:
    """A new day's file, with all that was known and stood when it begins; it appears when it is whole."""
    following = day_file(record, now, first=False)
    known_from = source or RecordingFile.open(before)
    try:
        known = known_from.at(now - 1)
        with drafted(following) as draft:
            package = known_from.package_at(now) or b""
            with RecordingFile.create(
                draft, package, known_from.meta.get("twin", ""), now, simulated=known_from.simulated
            ) as new:
                carried = samples_of(known_from.channels, known)
                stood = sorted(known.standing.values(), key=lambda event: event.time)
                with new.transaction():
                    new.append(carried, stood)
                counts = new.counts()
                facts = {
                    "day": day(now),
                    "begins": now,
                    "carried_blocks": counts["blocks"],
                    "carried_events": counts["events"],
                    "previous": before.name,
                }
                for key, value in facts.items():
                    new.set_meta(key, str(value))
                new.set_meta("desk", known_from.meta.get("desk", "0"))
                last, since = _counters_in(known_from)
                moved = {path: n + since.get(path, 0) for path, n in last.items()}
                new.set_meta("counters", json.dumps({"last": moved, "position": new.tail_position()}))
    finally:
        if source is None:
            known_from.close()
    return following


def _counters_in(file: RecordingFile) -> tuple[dict[str, int], dict[str, int]]:
    """Counters as a file notes them, and how far each has gone since: by what was stored and by what is known to be missing."""
    noted = json.loads(file.meta.get("counters", "{}"))
    if not noted:
        return {}, {}
    tail = file.tail(tuple(noted["position"]))
    since = Counter({file.channels[i].path: int(n) for i, n in enumerate(np.bincount(tail.samples.channel)) if n})
    for event in tail.events:
        if event.kind is EventKind.GAP and isinstance(missing := event.data.get("tags"), Mapping):
            since.update({str(path): int(n) for path, n in missing.items()})
    return noted["last"], dict(since)


def _refuse_other_twin(path: Path, twin_id: str) -> None:
    with RecordingFile.open(path) as file:
        other = file.meta.get("twin", twin_id)
    if other != twin_id:
        raise RecordingError(f"{path} is the record of “{other}”, not of “{twin_id}”; name another one")


def _refuse_evidence(path: Path) -> None:
    with RecordingFile.open(path) as file:
        if "cut_from" in file.meta or "day" not in file.meta:
            raise RecordingError(f"{path} is sealed evidence and is never written to again; record into another file")


def _last_time(path: Path) -> int:
    with RecordingFile.open(path) as file:
        return file.last_time() + 1

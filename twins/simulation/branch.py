"""A branch: what models told from an instant on, as a recording of its own beside the plant's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import numpy as np

from twins.asset import Tag, TagKind
from twins.historian.drafting import drafted, refuse_bad_place
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError
from twins.physics import Array
from twins.record import Channel, Channels, Event, EventKind, Quality, Reason, Samples, quality_byte
from twins.simulation.ensemble import Ensemble, Held

_ROWS = 200_000  # are written at once
_NO_NUMBER = quality_byte(Quality.BAD, Reason.INPUT_BAD)


class Branch:
    """Writes one. Nothing is at its place until it is left without an exception; what stood there is replaced then."""

    def __init__(self, place: Path, package: bytes, twin_id: str, start: int, facts: Mapping[str, str]) -> None:
        """`start` is the fork, ns UTC. Raises RecordingError where the place is no good."""
        refuse_bad_place(place)
        refuse_to_replace(place)
        self._drafted: AbstractContextManager[Path] = drafted(place, over=True)
        self._file = RecordingFile.create(self._drafted.__enter__(), package, twin_id, start, simulated=True)
        for key, value in facts.items():
            self._file.set_meta(key, value)
        self._rows: list[Samples] = []
        self._events: list[Event] = []
        self._waiting = 0

    def __enter__(self) -> Branch:
        return self

    def __exit__(self, *problem: object) -> None:
        try:
            if problem[0] is None:
                self._write()
        finally:
            self._file.close()
            self._drafted.__exit__(*problem)  # type: ignore[arg-type]

    def add(self, samples: Samples, events: Sequence[Event] = ()) -> None:
        """In order of time."""
        self._rows.append(samples)
        self._events += events
        self._waiting += len(samples)
        if self._waiting >= _ROWS:
            self._write()

    def conclude(self, findings: Mapping[str, object]) -> None:
        """What came of the run."""
        self._file.set_meta("findings", json.dumps(findings, ensure_ascii=False))

    def _write(self) -> None:
        self._file.append(Samples.join(self._rows), self._events)
        self._rows, self._events, self._waiting = [], [], 0


def refuse_to_replace(place: Path) -> None:
    """Raises RecordingError where something stands that is no branch: a record is never written over."""
    if not place.exists():
        return
    lane = ""
    with suppress(RecordingError), RecordingFile.open(place) as file:
        lane = file.meta.get("lane", "")
    if not lane:
        raise RecordingError(f"{place} is there already and is no what-if or forecast; name another file")


class Columns:
    """Turns what an ensemble tells into samples: each tag at each instant, words only when they change."""

    def __init__(self, tags: Sequence[Tag], every_ns: int, words: Mapping[str, Sequence[str]]) -> None:
        """`words` are what a text tag's codes mean, by path."""
        self.channels = Channels(_channel(tag, every_ns) for tag in tags)
        self._number = self.channels.of_kind(TagKind.NUMBER)
        self._on_change = self.channels.period < 0
        self._texts: list[str] = []
        self._text_at = np.zeros(len(tags), np.int64)
        for i, tag in enumerate(tags):
            if tag.kind is TagKind.TEXT:
                self._text_at[i] = len(self._texts)
                self._texts += words[tag.path]
        self._last = np.full(len(tags), np.nan)
        self._begun = False

    def samples(self, time: int, values: Array) -> Samples:
        """One instant; `values` (tag,)."""
        changed = ~self._on_change | (values != self._last) & ~(np.isnan(values) & np.isnan(self._last) & self._begun)
        chosen = np.flatnonzero(changed)
        self._last, self._begun = values.copy(), True
        lost = np.isnan(values)
        whole = np.where(lost, 0, values).astype(np.int64) + self._text_at
        bits = np.where(self._number, (values + 0.0).view(np.int64), whole)[chosen]
        stamps = np.full(len(chosen), time, np.int64)
        quality = np.where(lost, _NO_NUMBER, 0).astype(np.uint8)[chosen]
        return Samples(self.channels, chosen.astype(np.int32), stamps, stamps, bits, quality, tuple(self._texts))


def checkpoint(models: Ensemble) -> Event:
    """All that a single member holds now; exact, as JSON writes floats so that they read back to the bit."""
    data = {
        "start": models.start,
        "step": models.step_ns,
        "steps": models.steps,
        "seed": models.seed,
        "held": _plain(models.held()),
    }
    return Event(models.time, EventKind.CHECKPOINT, data=data)


def held_in(event: Event) -> Held:
    """What a checkpoint holds."""
    written = event.data["held"]
    assert isinstance(written, Mapping)
    return {
        what: {
            path: {name: np.array([np.nan if value is None else value]) for name, value in each.items()}
            for path, each in places.items()
        }
        for what, places in written.items()
    }


def _plain(held: Held) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        what: {path: {name: _number(value) for name, value in each.items()} for path, each in places.items()}
        for what, places in held.items()
    }


def _number(value: Array) -> float | None:
    return float(value[0]) if np.isfinite(value[0]) else None


def _channel(tag: Tag, every_ns: int) -> Channel:
    if tag.period_ns is None and not tag.computed:
        return Channel.of(tag)
    return Channel(
        tag.path, tag.kind, tag.unit, max(every_ns, tag.period_ns or 0) if not tag.computed else every_ns, values=tag.values
    )

"""Deriving: the computed tags of a twin, at every instant one of their inputs was measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind, Twin
from twins.expression import Formula, computed_formulas
from twins.historian.merging import in_terms_of, merge, without_rounding
from twins.historian.recording import Recording
from twins.record import Channel, Samples, Snapshot
from twins.record.snapshot import stale_after

Int64 = NDArray[np.int64]


class Recorded(Protocol):
    """What is asked of a recording here."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Its tag table."""
        ...

    def at(self, time: int, hindsight: bool = False) -> Snapshot:
        """What was known."""
        ...

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples of a stretch."""
        ...


_NAMED = 3  # inputs that one sentence names


@dataclass(frozen=True, slots=True)
class Derived:
    """What was derived, in order of time; `refused` says in sentences which computed tags could not be, and why."""

    samples: Samples
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """One tag's n samples in order of time, as calculation sees them; each holds for `hold` ns."""

    time: Int64
    values: NDArray[np.float64]
    quality: NDArray[np.uint8]
    hold: Int64
    channels: tuple[Channel, ...]

    def held_at(self, instants: Int64) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.bool_]]:
        """Value and quality last at or before each instant, and whether there is one that is not too old."""
        place = np.searchsorted(self.time, instants, side="right") - 1
        if not len(self.time):
            return np.zeros(len(instants)), np.zeros(len(instants), np.uint8), place >= 0
        known = (place >= 0) & (instants - self.time[place] <= self.hold[place])
        return self.values[place], self.quality[place], known


def derive(twin: Twin, recording: Recording, brought: Samples, watch: Callable[[float], None]) -> Derived:
    """The computed tags whose inputs came in with `brought`, which `recording` holds by now.

    An input counts with its last value at or before the instant while that is not older than 1.9 of its periods; where one is
    missing nothing is derived, and where one is BAD the result is BAD. What `recording` holds already is not repeated.
    """
    formulas, refused = computed_formulas(twin)
    came = {brought.channels[i].path for i in np.unique(brought.channel).tolist()}
    chosen = _touched(formulas, came)
    if not chosen or not len(brought):
        return Derived(Samples.empty(), refused)
    first, last = int(brought.source[0]), int(brought.source[-1])
    histories = _histories(recording, twin, chosen, first, last)
    recorded = {channel.path for channel in recording.channels}
    batches, without = [], []
    for done, (path, formula) in enumerate(chosen.items()):
        batch, histories[path] = _derived(twin.tags[path], formula, histories, first)
        batches += [batch] if len(batch) else []
        if not len(histories[path].time):
            without.append(_why_not(path, formula, recorded))
        else:
            recorded.add(path)
        watch((done + 1) / len(chosen))
    samples = Samples.join(batches)
    return Derived(samples.take(np.argsort(samples.source, kind="stable")), (*refused, *without))


def _why_not(path: str, formula: Formula, recorded: Collection[str]) -> str:
    """The sentence for a computed tag that got no value although some of its inputs came in."""
    missing = [name for name in formula.names if name not in recorded]
    if not missing:
        return f"{path} could not be derived: its inputs were never known at the same time"
    named = missing if len(missing) <= _NAMED + 1 else [*missing[:_NAMED], f"{len(missing) - _NAMED} more"]
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{path} needs {listed}, which {'was' if len(missing) == 1 else 'were'} never recorded"


def _touched(formulas: Mapping[str, Formula], came: Iterable[str]) -> dict[str, Formula]:
    """Those that depend on what came, in their order: each after its inputs."""
    touched, chosen = set(came), {}
    for path, formula in formulas.items():
        if touched & set(formula.names):
            chosen[path] = formula
            touched.add(path)
    return chosen


def _histories(recording: Recording, twin: Twin, formulas: Mapping[str, Formula], first: int, last: int) -> dict[str, History]:
    """What the recording holds of all inputs and results, from as long before `first` as it may still count."""
    paths = list(dict.fromkeys([*formulas, *(name for formula in formulas.values() for name in formula.names)]))
    wanted = set(paths)
    periods = [channel.period_ns for channel in recording.channels if channel.path in wanted]
    span = recording.span() or (first, last)
    longest = stale_after(max((p for p in periods if p is not None), default=0)) + 1
    start = span[0] if None in periods else first - longest
    samples = recording.between(start, last + longest, paths)
    place = {path: np.flatnonzero(np.isin(samples.channel, _channels(samples, path))) for path in paths}
    return {path: history_of(twin.tags[path], in_terms_of(twin.tags[path], samples.take(rows))) for path, rows in place.items()}


def _channels(samples: Samples, path: str) -> list[int]:
    return [i for i, channel in enumerate(samples.channels) if channel.path == path]


def history_of(tag: Tag, samples: Samples) -> History:
    """One tag's samples, in its own terms (`in_terms_of`), as calculation sees them."""
    own = np.unique(samples.channel).tolist()
    holds = np.zeros(len(samples.channels), np.int64)
    for i in own:
        holds[i] = stale_after(samples.channels[i].period_ns)
    values = samples.bits.view(np.float64) if tag.kind is TagKind.NUMBER else samples.bits.astype(np.float64)
    channels = tuple(samples.channels[i] for i in own)
    return History(samples.source, values, samples.quality, holds[samples.channel], channels)


def histories_of(recording: Recorded, tags: Mapping[str, Tag], first: int, last: int) -> dict[str, History]:
    """What is recorded of tags, each in its own terms, from as long before `first` as it may still count there (ns UTC)."""
    periods = [channel.period_ns for channel in recording.channels if channel.path in tags]
    hold = stale_after(max((p for p in periods if p is not None), default=0)) + 1
    samples = recording.between(first - hold, last + 1 + hold, list(tags))
    standing = _standing(recording, tags, first - hold) if None in periods else Samples.empty()
    samples = Samples.join([standing, samples]) if len(standing) else samples
    place = {path: np.flatnonzero(np.isin(samples.channel, _channels(samples, path))) for path in tags}
    return {path: history_of(tags[path], in_terms_of(tags[path], samples.take(rows))) for path, rows in place.items()}


def _standing(recording: Recorded, tags: Mapping[str, Tag], time: int) -> Samples:
    """What stood already of those that tell changes."""
    snapshot = recording.at(time, hindsight=True)
    here = [i for i, c in enumerate(snapshot.channels) if c.path in tags and c.period_ns is None and snapshot.seen[i]]
    kept = [i for i in here if snapshot.channels[i].kind not in (TagKind.TEXT, TagKind.WAVEFORM)]
    return Samples(
        snapshot.channels, np.array(kept, np.int32), snapshot.source[kept], snapshot.arrival[kept], snapshot.bits[kept],
        snapshot.quality[kept],
    )  # fmt: skip


def _derived(tag: Tag, formula: Formula, histories: Mapping[str, History], first: int) -> tuple[Samples, History]:
    """One tag's new samples, and its whole history with them."""
    inputs = [histories[name] for name in formula.names]
    instants = np.unique(np.concatenate([h.time for h in inputs] or [np.zeros(0, np.int64)]))
    instants = instants[instants >= first]
    columns, known = {}, np.ones(len(instants), bool)
    for name, history in zip(formula.names, inputs, strict=True):
        values, quality, here = history.held_at(instants)
        columns[name] = (values, quality)
        known &= here
    instants = instants[known]
    values, quality = formula({name: (values[known], quality[known]) for name, (values, quality) in columns.items()})
    values = np.broadcast_to(values, instants.shape)
    quality = np.broadcast_to(quality, instants.shape)
    held = histories[tag.path]
    channel = _channel(tag, inputs)
    bits, held_bits = _bits(tag, values), _bits(tag, held.values)
    if tag.kind is TagKind.NUMBER:  # an input may have been converted since
        held_bits = without_rounding(instants, bits, held.time, held_bits)
    merged = merge(instants, bits, held.time, held_bits)
    kept = merged.kept
    new = Samples((channel,), np.zeros(len(kept), np.int32), instants[kept], instants[kept], bits[kept], quality[kept])
    return new, _together(
        held, History(instants[kept], values[kept], quality[kept], np.full(len(kept), stale_after(channel.period_ns)), (channel,))
    )


def _channel(tag: Tag, inputs: Sequence[History]) -> Channel:
    """As often as its most frequent input reports."""
    brought = [channel for history in inputs for channel in history.channels]
    periods = [channel.period_ns for channel in brought if channel.period_ns is not None]
    stamps = {channel.stamp for channel in brought}
    channel = replace(Channel.of(tag), period_ns=min(periods, default=None))
    return replace(channel, stamp=stamps.pop()) if len(stamps) == 1 else channel


def _bits(tag: Tag, values: NDArray[np.float64]) -> Int64:
    """As a sample of the tag stores them; what is no number is 0 where the tag's kind has no such value."""
    if tag.kind is TagKind.NUMBER:
        return (values + 0.0).view(np.int64)
    return np.where(np.isfinite(values), np.rint(values), 0).astype(np.int64)


def _together(one: History, other: History) -> History:
    """Both in order of time, the other's after the one's at the same instant."""
    time = np.concatenate([one.time, other.time])
    order = np.argsort(time, kind="stable")
    return History(
        time[order],
        np.concatenate([one.values, other.values])[order],
        np.concatenate([one.quality, other.quality])[order],
        np.concatenate([one.hold, other.hold])[order],
        (*one.channels, *other.channels),
    )

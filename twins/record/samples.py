"""Samples: a columnar batch, self-contained, the only shape in which values travel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twins.asset import Tag, TagKind
from twins.clock import SECOND
from twins.record.quality import Quality, Reason, quality_byte

Int64 = NDArray[np.int64]
_KINDS = {kind: i for i, kind in enumerate(TagKind)}
_AHEAD = quality_byte(Quality.UNCERTAIN, Reason.AHEAD_OF_ARRIVAL)


@dataclass(frozen=True, slots=True)
class Channel:
    """How one tag was written over a stretch: a row of a recording's tag table. Readers join channels by path."""

    path: str
    kind: TagKind = TagKind.NUMBER
    unit: str = ""
    period_ns: int | None = None  # None: on change
    aggregate: str = ""  # "mean" of a period, "" for a plain reading
    stamp: str = ""  # which end of the period the time is: "start", "end", "" for a plain reading
    values: tuple[str, ...] = ()  # an enumeration's names
    link: str = ""  # what brought it; an `on change` tag is as alive as its link

    @classmethod
    def of(cls, tag: Tag, link: str = "") -> Channel:
        """The channel of a tag as the package declares it."""
        return cls(tag.path, tag.kind, tag.unit, tag.period_ns, values=tag.values, link=link)


class Channels(tuple[Channel, ...]):
    """A tag table: channels in the order it grew, and what is asked of all of them at once, worked out once."""

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Tag path → its place; where several channels share a path, the last."""
        return {channel.path: i for i, channel in enumerate(self)}

    @cached_property
    def group(self) -> Int64:
        """For each channel, the place of its path among the distinct paths."""
        first: dict[str, int] = {}
        return np.array([first.setdefault(c.path, len(first)) for c in self], np.int64)

    @cached_property
    def period(self) -> Int64:
        """Expected periods, ns; −1 for `on change`."""
        return np.array([-1 if c.period_ns is None else c.period_ns for c in self], np.int64)

    def of_kind(self, *kinds: TagKind) -> NDArray[np.bool_]:
        """Which channels are of these kinds."""
        return np.isin(self._kinds, [_KINDS[kind] for kind in kinds])

    @cached_property
    def _kinds(self) -> NDArray[np.int8]:
        return np.array([_KINDS[c.kind] for c in self], np.int8)


@dataclass(frozen=True, slots=True)
class Waveform:
    """One sample that is an array: `values` from `start` (ns) every `step` ns, in `unit`."""

    start: int
    step: int
    unit: str
    values: NDArray[Any]  # float32, float64, int16 or int32


@dataclass(frozen=True, slots=True)
class Samples:
    """n samples in columns. `bits` holds float64 patterns for numbers, int64 for the rest:
    integers, 0/1, enumeration codes, and for text and waveforms the place in `texts` / `waveforms`."""

    channels: tuple[Channel, ...]
    channel: NDArray[np.int32]  # place in `channels`
    source: Int64  # ns UTC, when it was measured
    arrival: Int64  # ns UTC, when it was known here
    bits: Int64
    quality: NDArray[np.uint8]
    texts: tuple[str, ...] = field(default=())
    waveforms: tuple[Waveform, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.source)

    @classmethod
    def empty(cls) -> Samples:
        """No samples."""
        none = np.zeros(0, np.int64)
        return cls((), np.zeros(0, np.int32), none, none, none, np.zeros(0, np.uint8))

    @classmethod
    def numbers(
        cls, channel: Channel, source: ArrayLike, values: ArrayLike, *, arrival: ArrayLike | None = None, quality: ArrayLike = 0
    ) -> Samples:
        """One channel's numbers; arrival defaults to source, as for imported history."""
        times = np.atleast_1d(np.asarray(source, np.int64))
        bits = np.atleast_1d(np.asarray(values, np.float64)).view(np.int64)
        if channel.kind is not TagKind.NUMBER:
            bits = np.atleast_1d(np.asarray(values, np.int64))
        return cls(
            (channel,),
            np.zeros(len(times), np.int32),
            times,
            times if arrival is None else np.broadcast_to(np.asarray(arrival, np.int64), times.shape),
            bits,
            np.broadcast_to(np.asarray(quality, np.uint8), times.shape),
        )

    @classmethod
    def of_texts(cls, channel: Channel, source: ArrayLike, values: Sequence[str], quality: ArrayLike = 0) -> Samples:
        """One text channel's values."""
        texts = tuple(dict.fromkeys(values))
        place = {text: i for i, text in enumerate(texts)}
        batch = cls.numbers(channel, source, [place[v] for v in values], quality=quality)
        return batch._with_tables(texts, ())

    @classmethod
    def of_waveforms(cls, channel: Channel, source: ArrayLike, values: Sequence[Waveform], quality: ArrayLike = 0) -> Samples:
        """One waveform channel's values."""
        batch = cls.numbers(channel, source, np.arange(len(values)), quality=quality)
        return batch._with_tables((), tuple(values))

    @classmethod
    def join(cls, batches: Sequence[Samples]) -> Samples:
        """Batches one after the other, with one table of channels, texts and waveforms."""
        channels: dict[Channel, int] = {}
        texts: dict[str, int] = {}
        waveforms: list[Waveform] = []
        place, bits = [], []
        for batch in batches:
            to = np.array([channels.setdefault(c, len(channels)) for c in batch.channels], np.int32)
            place.append(to[batch.channel] if len(batch) else batch.channel)
            own = batch.bits
            if batch.texts or batch.waveforms:
                own = own.copy()
                kinds = np.array([c.kind for c in batch.channels])[batch.channel]
                written = kinds == TagKind.TEXT
                codes = np.array([texts.setdefault(t, len(texts)) for t in batch.texts], np.int64)
                own[written] = codes[own[written]] if len(codes) else 0
                own[kinds == TagKind.WAVEFORM] += len(waveforms)
                waveforms.extend(batch.waveforms)
            bits.append(own)
        if not batches:
            return cls.empty()
        return cls(
            tuple(channels),
            np.concatenate(place),
            np.concatenate([b.source for b in batches]),
            np.concatenate([b.arrival for b in batches]),
            np.concatenate(bits),
            np.concatenate([b.quality for b in batches]),
            tuple(texts),
            tuple(waveforms),
        )

    def followed_by(self, others: Sequence[Samples]) -> Samples:
        """With the rows of others behind its own; they count in the same table and hold neither texts nor waveforms."""
        parts = (self, *others)
        return Samples(
            self.channels,
            np.concatenate([part.channel for part in parts]),
            np.concatenate([part.source for part in parts]),
            np.concatenate([part.arrival for part in parts]),
            np.concatenate([part.bits for part in parts]),
            np.concatenate([part.quality for part in parts]),
            self.texts,
            self.waveforms,
        )

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Samples:
        """The rows at `chosen` (places, a mask or a slice), with the same tables."""
        return Samples(
            self.channels,
            self.channel[chosen],
            self.source[chosen],
            self.arrival[chosen],
            self.bits[chosen],
            self.quality[chosen],
            self.texts,
            self.waveforms,
        )

    def order(self) -> Int64:
        """The time each sample is ordered by: its source, or its arrival where the stamp is over 1 s ahead of that."""
        return order_time(self.source, self.arrival)

    def arrived(self, now: int, instead: int) -> Samples:
        """The same samples, arrived `now` (ns), not at `instead` by another clock; what is stamped so has no time of its own."""
        source = np.where(self.source == instead, now, self.source)
        arrival = np.full(len(self), now, np.int64)
        return Samples(self.channels, self.channel, source, arrival, self.bits, self.quality, self.texts, self.waveforms)

    def judged(self) -> Samples:
        """The same samples, those stamped over 1 s ahead of their arrival UNCERTAIN (unless worse)."""
        ahead = (self.source > self.arrival + SECOND) & (self.quality & 0b11 == Quality.GOOD)
        if not ahead.any():
            return self
        quality = np.where(ahead, _AHEAD | self.quality & 0b100, self.quality).astype(np.uint8)
        return Samples(self.channels, self.channel, self.source, self.arrival, self.bits, quality, self.texts, self.waveforms)

    def value(self, row: int) -> float | int | bool | str | Waveform:
        """One row's value in plain Python."""
        return plain_value(self.channels[self.channel[row]], int(self.bits[row]), self.texts, self.waveforms)

    def _with_tables(self, texts: tuple[str, ...], waveforms: tuple[Waveform, ...]) -> Samples:
        return Samples(self.channels, self.channel, self.source, self.arrival, self.bits, self.quality, texts, waveforms)


def order_time(source: Int64, arrival: Int64) -> Int64:
    """Source time, or arrival where the source claims to be over 1 s ahead of it."""
    return np.where(source > arrival + SECOND, arrival, source)


def plain_value(
    channel: Channel, bits: int, texts: Sequence[str] | Mapping[int, str], waveforms: Sequence[Waveform] | Mapping[int, Waveform]
) -> float | int | bool | str | Waveform:
    """A stored 8-byte pattern as the value it means on its channel."""
    match channel.kind:
        case TagKind.NUMBER:
            return float(np.int64(bits).view(np.float64))
        case TagKind.BOOLEAN:
            return bool(bits)
        case TagKind.ENUMERATION:
            return channel.values[bits] if 0 <= bits < len(channel.values) else str(bits)
        case TagKind.TEXT:
            return texts[bits]
        case TagKind.WAVEFORM:
            return waveforms[bits]
        case _:
            return bits

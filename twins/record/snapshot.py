"""A snapshot: everything known at one instant of one lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.clock import BEFORE_ALL_TIME, SECOND
from twins.record.event import EventKind, Standing
from twins.record.quality import ASSUMED, Quality, Reason, quality_byte, quality_of, reason_of
from twins.record.samples import Channel, Channels, Int64, Waveform, order_time, plain_value

STALE_AFTER_PERIODS = 1.9
LEAST_STALE = SECOND  # what is measured many times a second comes in bunches: through a broker, a commit, a glance
LOST_AFTER = round(2.8 * SECOND)  # without a heartbeat; they come once a second
STATION = "station"  # the key of its heartbeat
_LOST = quality_byte(Quality.BAD, Reason.STATION_LOST)


def stale_after(period_ns: int | None) -> int:
    """The age from which a value is stale, ns; what is told `on change` never is by its age."""
    return 2**62 if period_ns is None else max(round(STALE_AFTER_PERIODS * period_ns), LEAST_STALE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One tag at one instant, ready to be told. `value` is None where the tag was never seen."""

    path: str
    value: float | int | bool | str | Waveform | None
    unit: str
    quality: Quality
    reason: Reason
    assumed: bool
    age_ns: int
    stale: bool
    source: int
    channel: Channel

    @property
    def sound(self) -> bool:
        """May be shown as current."""
        return self.value is not None and self.quality is Quality.GOOD and not self.stale


@dataclass(frozen=True)
class Snapshot:
    """Columns over `channels`, one per tag path that the lane knows of at all."""

    time: int
    channels: tuple[Channel, ...]
    source: Int64  # BEFORE_ALL_TIME where never seen by `time`
    arrival: Int64
    bits: Int64
    written: NDArray[np.uint8]  # quality as it was recorded; `quality` is what may be shown
    standing: Standing = field(default_factory=Standing)
    texts: Mapping[int, str] = field(default_factory=dict)
    waveforms: Mapping[int, Waveform] = field(default_factory=dict)
    hindsight: bool = False
    reference: Snapshot | None = None  # the plant at the same instant, where a branch is held against it
    courses: Snapshot | None = None  # of a difference: the branch itself, by which things move

    @classmethod
    def empty(cls, time: int = 0) -> Snapshot:
        """Nothing is known."""
        none = np.zeros(0, np.int64)
        return cls(time, (), none, none, none, np.zeros(0, np.uint8))

    @cached_property
    def table(self) -> Channels:
        """The channels as a tag table; shared between snapshots where the recording shares it."""
        return self.channels if isinstance(self.channels, Channels) else Channels(self.channels)

    @property
    def place(self) -> Mapping[str, int]:
        """Tag path → place in the columns."""
        return self.table.place

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Which channels had a sample by `time`."""
        return self.source != BEFORE_ALL_TIME

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """Values as float64: integers, booleans and enumeration codes converted; texts, waveforms and the unseen NaN."""
        number, told = self.table.of_kind(TagKind.NUMBER), self.table.of_kind(TagKind.TEXT, TagKind.WAVEFORM)
        values = np.where(number, self.bits.view(np.float64), self.bits.astype(np.float64))
        values[told | ~self.seen] = np.nan
        return values

    @cached_property
    def station_lost(self) -> bool:
        """The station said nothing for so long that nothing may be shown as current; what is known with hindsight may."""
        beat = self.standing.get((EventKind.HEARTBEAT, STATION))
        if beat is None or self.hindsight:
            return False
        clock = beat.data.get("clock")
        rate = clock.get("rate", 1.0) if isinstance(clock, Mapping) else 1.0
        return self.time - beat.time > LOST_AFTER * max(float(rate), 1.0)

    @cached_property
    def quality(self) -> NDArray[np.uint8]:
        """One byte a channel: as recorded, or BAD throughout while the station is lost."""
        return np.full(len(self.written), _LOST, np.uint8) if self.station_lost else self.written

    @cached_property
    def age_ns(self) -> Int64:
        """How old each value is at `time`, by its arrival where its stamp lies ahead of that; 0 where never seen."""
        return np.where(self.seen, self.time - np.where(self.seen, order_time(self.source, self.arrival), 0), 0)

    @cached_property
    def stale(self) -> NDArray[np.bool_]:
        """Older than 1.9 periods, and than a second; of `on change` channels, where their link is not alive. What was never seen
        is absent and not stale."""
        period = self.table.period
        old = (period >= 0) & (self.age_ns > np.maximum(STALE_AFTER_PERIODS * period, LEAST_STALE))
        dead = {e.key for e in self.standing.of(EventKind.LINK) if e.data.get("state") != "up"}
        if not dead:
            return self.seen & old
        silent = np.array([c.period_ns is None and c.link in dead for c in self.channels], bool)
        return self.seen & (old | silent)

    def reading(self, path: str) -> Reading:
        """One tag; a path that this lane does not know reads as never seen."""
        i = self.place.get(path)
        if i is None or not self.seen[i]:
            channel = Channel(path) if i is None else self.channels[i]
            return Reading(path, None, channel.unit, Quality.BAD, Reason.NEVER_SEEN, False, 0, False, BEFORE_ALL_TIME, channel)
        byte, channel = int(self.quality[i]), self.channels[i]
        return Reading(
            path,
            plain_value(channel, int(self.bits[i]), self.texts, self.waveforms),
            channel.unit,
            quality_of(byte),
            reason_of(byte),
            bool(byte & ASSUMED),
            int(self.age_ns[i]),
            bool(self.stale[i]),
            int(self.source[i]),
            channel,
        )

    def places(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Where each path stands in the columns, −1 where the lane does not know it."""
        return np.array([self.place.get(path, -1) for path in paths], np.int64)


def difference(snapshot: Snapshot) -> Snapshot:
    """A branch's numbers less those of its reference, each in its unit. Words are the branch's. What either lacks is not seen;
    nor is what the reference has not told lately, as where the branch reaches beyond it."""
    other = snapshot.reference
    if other is None:
        return snapshot
    place = other.places([channel.path for channel in snapshot.channels])
    number = snapshot.table.of_kind(TagKind.NUMBER, TagKind.INTEGER)
    alike = np.array([p >= 0 and other.channels[p].unit == c.unit for p, c in zip(place, snapshot.channels, strict=True)], bool)
    both = number & alike & snapshot.seen & np.where(alike, (other.seen & ~other.stale)[np.maximum(place, 0)], False)
    values = np.where(both, snapshot.numbers - other.numbers[np.maximum(place, 0)], 0.0)
    channels = tuple(_of_difference(c) if n else c for c, n in zip(snapshot.channels, number, strict=True))
    worst = np.maximum(snapshot.written & 0b11, np.where(both, other.written[np.maximum(place, 0)] & 0b11, 0))
    return replace(
        snapshot,
        channels=channels,
        source=np.where(both | ~number, snapshot.source, BEFORE_ALL_TIME),
        bits=np.where(number, values.view(np.int64), snapshot.bits),
        reference=None,
        courses=snapshot,
        written=np.where(worst >= Quality.BAD, snapshot.written | Quality.BAD, snapshot.written).astype(np.uint8),
    )


def _of_difference(channel: Channel) -> Channel:
    """Two temperatures differ by K."""
    steps = {"degC": "K", "degF": "delta_degF"}
    return replace(channel, kind=TagKind.NUMBER, unit=steps.get(channel.unit, channel.unit))

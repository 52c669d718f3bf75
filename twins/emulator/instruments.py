"""The plant as its instruments tell it: every tag in its unit, at its own period, with what is wrong with the instrument."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind
from twins.clock import SECOND
from twins.physics import Array, keyed_generator, rows
from twins.record import Channel, Channels, Quality, Reason, Samples, Waveform, quality_byte
from twins.simulation.binding import Bound
from twins.simulation.ensemble import Ensemble
from twins.simulation.faults import Injection
from twins.simulation.readout import rounded

Int64 = NDArray[np.int64]
_GOOD, _BROKEN = quality_byte(Quality.GOOD), quality_byte(Quality.BAD, Reason.SENSOR_FAILURE)
_SPREAD = 10 * SECOND  # first stamps of slow tags are not later than this


class Instruments:
    """Measured tags in the package's order, then set-points. Every read is of the plant as it stands."""

    def __init__(self, plant: Ensemble, start: int, member: int = 0) -> None:
        self._plant, self._bounds, self._seed, self._member = plant, plant.bounds, plant.seed, member
        self.tags = plant.readout.tags
        self.channels = Channels(Channel.of(tag) for tag in self.tags)
        self._place = {tag.path: i for i, tag in enumerate(self.tags)}
        self._texts, self._text_at = _texts(self._bounds)
        self._periodic = np.array([tag.period_ns is not None for tag in self.tags], bool)
        self._period = np.array([tag.period_ns or SECOND for tag in self.tags], np.int64)
        self._due = start + np.array([_phase(tag) for tag in self.tags], np.int64)
        self._due[~self._periodic] = self._first_stamp = start
        self._last = np.full(len(self.tags), np.nan)
        self._is_number = np.array([tag.kind is TagKind.NUMBER for tag in self.tags], bool)
        self._is_wave = np.array([tag.kind is TagKind.WAVEFORM for tag in self.tags], bool)
        self._none = Samples.empty()
        self._faulty: list[tuple[Injection, NDArray[np.intp]]] = []
        self._first: dict[Injection, float] = {}

    def spoil(self, fault: Injection) -> None:
        """Something is wrong with a tag, or with all tags of an asset and its parts, from an instant on."""
        concerned = [i for i, tag in enumerate(self.tags) if _concerns(fault, tag)]
        self._faulty.append((fault, np.array(concerned, np.intp)))

    def is_cut_off(self, path: str, t: int) -> bool:
        """Whether a tag is not heard of at an instant, and so can't be reached."""
        return bool(self._silent(t)[self._place[path]])

    def due(self, t: int) -> Samples:
        """What is to be told by now: each tag whose period has passed, and each that tells changes and has changed."""
        values = self._values(t)
        late = self._due <= t
        changed = (
            late
            & ~self._periodic
            & (values != self._last)
            & ~(np.isnan(values) & np.isnan(self._last) & (self._due > self._first_stamp))
        )
        told = (late & self._periodic) | changed
        self._due[late & self._periodic] += self._period[late & self._periodic]
        self._due[changed] = t + self._period[changed]
        behind = self._periodic & (self._due <= t)  # quicker than the plant steps: one a step is told
        self._due[behind] += ((t - self._due) // self._period + 1)[behind] * self._period[behind]
        self._last[told] = values[told]
        return self._samples(np.flatnonzero(told & ~self._silent(t)), np.full(len(self.tags), t, np.int64), values)

    def joined(self, batches: Sequence[Samples]) -> Samples:
        """Batches of these instruments as one, by source time."""
        bits = [batch.bits for batch in batches]
        waves: list[Waveform] = []
        for k, batch in enumerate(batches):
            if batch.waveforms:
                bits[k] = batch.bits + np.where(self._is_wave[batch.channel], len(waves), 0)
                waves += batch.waveforms
        source = np.concatenate([self._none.source, *(batch.source for batch in batches)])
        order = np.argsort(source, kind="stable")
        channel = np.concatenate([self._none.channel, *(batch.channel for batch in batches)])[order]
        source = source[order]
        bits_ = np.concatenate([self._none.bits, *bits])[order]
        quality = np.concatenate([self._none.quality, *(batch.quality for batch in batches)])[order]
        return Samples(self.channels, channel, source, source, bits_, quality, self._texts, tuple(waves))

    def tell(self, paths: Sequence[str], t: int) -> Samples:
        """These tags now, whether they are due or not."""
        values, chosen = self._values(t), np.array([self._place[path] for path in paths], np.intp)
        self._last[chosen] = values[chosen]
        return self._samples(chosen, np.full(len(self.tags), t, np.int64), values)

    def _values(self, t: int) -> Array:
        """All tags in their units, rounded as instruments are; codes of what is not a number."""
        values = self._plant.values()[:, self._member]
        for fault, concerned in self._faulty:
            if fault.start <= t and fault.tag:
                spoilt = [rounded(self.tags[i], self._changed(fault, float(values[i]), t)) for i in concerned]
                values[concerned] = spoilt
        return values

    def _changed(self, fault: Injection, value: float, t: int) -> float:
        noise = float(keyed_generator(self._seed, fault.tag, t).standard_normal()) if fault.profile.amplitude else 0.0
        return fault.profile.changed(value, self._first.setdefault(fault, value), (t - fault.start) / SECOND, noise)

    def _silent(self, t: int) -> NDArray[np.bool_]:
        silent = np.zeros(len(self.tags), bool)
        for fault, concerned in self._faulty:
            if fault.profile.shape == "drop" and fault.start <= t:
                silent[concerned] = True
        return silent

    def _samples(self, chosen: NDArray[np.intp], stamps: Int64, values: Array) -> Samples:
        lost = np.isnan(values[chosen])  # a model gave no number
        told = np.where(lost, 0.0, values[chosen])
        bits = np.where(self._is_number[chosen], told.view(np.int64), told.astype(np.int64))
        waves: list[Waveform] = []
        for k, i in enumerate(chosen):
            if i in self._text_at:
                bits[k] = self._text_at[int(i)] + int(told[k])
            elif self._is_wave[i]:
                bits[k] = len(waves)
                waves.append(self._wave(self._bounds[i], int(stamps[i])))
        source = stamps[chosen]
        quality = np.where(lost, _BROKEN, _GOOD).astype(np.uint8)
        return Samples(self.channels, chosen.astype(np.int32), source, source, bits, quality, self._texts, tuple(waves))

    def _wave(self, each: Bound, t: int) -> Waveform:
        assert each.wave is not None
        group, wave, here = each.group, each.wave, slice(each.instance, each.instance + 1)
        noise = keyed_generator(self._seed, each.tag.path, t).standard_normal((1, 1, wave.n))
        outputs = rows(group.model.outputs, group.outputs[:, :, here])
        made = wave.make(outputs, rows(group.model.parameters, group.parameters[:, :, here]), noise)[self._member, 0]
        step = round(SECOND / wave.rate)
        return Waveform(t - step * wave.n, step, each.tag.unit, (made * each.factor + each.offset).astype(np.float32))


def _texts(bounds: Sequence[Bound]) -> tuple[tuple[str, ...], dict[int, int]]:
    """All texts that may be told, and where each text tag's own begin."""
    texts: list[str] = []
    at: dict[int, int] = {}
    for i, each in enumerate(bounds):
        if each.tag.kind is TagKind.TEXT:
            at[i] = len(texts)
            texts += each.words
    return tuple(texts), at


def _phase(tag: Tag) -> int:
    """When in its period a tag is due: not all at once; it is told at the plant's next step."""
    within = min(tag.period_ns or SECOND, _SPREAD)
    return zlib.crc32(tag.path.encode()) * 1_000_000 % within


def _concerns(fault: Injection, tag: Tag) -> bool:
    if fault.tag:
        return tag.path == fault.tag
    return not fault.parameter and (tag.asset == fault.asset or tag.asset.startswith(f"{fault.asset}/") or not fault.asset)

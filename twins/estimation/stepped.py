"""Stepped: what was recorded of tags, in steps of equal length: its mean over each step, and what stood at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from twins.asset import Tag, Twin, expects
from twins.clock import MINUTE
from twins.expression import scale
from twins.historian.days import Record
from twins.historian.deriving import History, histories_of
from twins.physics import Array
from twins.record import Channel, Quality
from twins.record.samples import Int64

_LONGEST = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Stepped:
    """n steps that end at `time` (ns UTC); by path (n,) in the tags' units, NaN where nothing good is known."""

    time: Int64
    mean: Mapping[str, Array]
    last: Mapping[str, Array]


def stepped(record: Record, tags: Iterable[Tag], start: int, end: int, step: int) -> Stepped:
    """From `start` to `end` (ns). A mean that is stamped with its start counts where it ends."""
    chosen = {tag.path: tag for tag in tags}
    time = start + step * np.arange(1, (end - start) // step + 1, dtype=np.int64)
    mean, last = {}, {}
    for path, history in histories_of(record, chosen, start, end).items():
        mean[path], last[path] = _of(history, chosen[path], time, start, step)
    return Stepped(time, mean, last)


def step_of(twin: Twin, channels: Iterable[Channel], least: int) -> int:
    """ns: as often as the quickest of what the twin expects was recorded; `least` at least, ten minutes at most."""
    judged = {tag.path for asset in twin.assets.values() for tag in expects(asset, twin.tags)}
    periods = [channel.period_ns for channel in channels if channel.path in judged and channel.period_ns]
    return max(least, min([_LONGEST, *periods]))


def _of(history: History, tag: Tag, time: Int64, start: int, step: int) -> tuple[Array, Array]:
    shift = max((channel.period_ns or 0 for channel in history.channels if channel.stamp == "start"), default=0)
    if not len(history.time):
        return np.full(len(time), np.nan), np.full(len(time), np.nan)
    sound = history.quality & 0b11 < Quality.BAD
    ends = history.time + shift
    place = np.searchsorted(ends, time, side="right") - 1
    held = (place >= 0) & (time - ends[place] <= np.maximum(history.hold[place] - shift, step)) & sound[place]
    last = np.where(held, history.values[place], np.nan)
    k = (ends - start - 1) // step
    inside = sound & np.isfinite(history.values) & (k >= 0) & (k < len(time))
    return _means(history.values[inside], k[inside], len(time), last, scale(tag.unit).turns), last


def _means(values: Array, k: Int64, n: int, otherwise: Array, angle: bool) -> Array:
    """(n,): of the values in each step; of angles about the last of it."""
    count = np.bincount(k, minlength=n)
    if angle:
        turn = 360.0
        off = (values - otherwise[k] + turn / 2) % turn - turn / 2
        total = np.bincount(k, np.nan_to_num(off), minlength=n)
        found = otherwise + total / np.maximum(count, 1)
    else:
        found = np.bincount(k, values, minlength=n) / np.maximum(count, 1)
    return np.where(count > 0, found, otherwise)

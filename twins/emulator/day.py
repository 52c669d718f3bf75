"""A plant made of nothing but its package: a seeded day in which every tag moves believably within its range."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind, Twin
from twins.clock import DAY, SECOND
from twins.record import Channel, Samples, quality_byte
from twins.record.quality import Quality

STEP = 30 * SECOND
_GOOD = quality_byte(Quality.GOOD)


def synthetic_day(twin: Twin, start: int, seed: int = 1) -> Iterator[Samples]:
    """Every measured tag of the twin, each STEP for a day from `start` (ns UTC), an hour a batch; the same for the same seed.

    One slow load drives each top asset; its tags follow it, each with a lag, a share and a noise of its own.
    """
    t = start + np.arange(DAY // STEP) * STEP
    measured = [tag for tag in twin.tags.values() if not tag.computed]
    loads = {asset.path: _load(len(t), seed, asset.path) for asset in twin.children("")} | {"": _load(len(t), seed, "")}
    columns = [_values(tag, loads[tag.asset.partition("/")[0]], seed) for tag in measured]
    hour = max(1, len(t) // 24)
    for first in range(0, len(t), hour):
        rows = slice(first, first + hour)
        parts = [_samples(tag, t[rows], values[rows]) for tag, values in zip(measured, columns, strict=True)]
        batch = Samples.join([part for part in parts if part is not None])
        yield batch.take(np.argsort(batch.source, kind="stable"))


def _load(n: int, seed: int, name: str) -> NDArray[np.float64]:
    """A load between 0 and 1 with slow weather and quick gusts."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    day = np.sin(np.linspace(0, 2 * np.pi, n) + rng.uniform(0, 1)) * 0.25
    return np.clip(0.5 + day + _smooth(rng.standard_normal(n), 400) * 6 + _smooth(rng.standard_normal(n), 8) * 0.12, 0, 1)


def _values(tag: Tag, load: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """One tag's values over the day, in its unit; codes for what is not a number."""
    rng = np.random.default_rng([seed, zlib.crc32(tag.path.encode())])
    if tag.kind in (TagKind.ENUMERATION, TagKind.BOOLEAN):
        return np.full(len(load), min(2, max(0, len(tag.values) - 1)), float)
    low, high = tag.range or (0.0, 1.0)
    limits = [limit for limit in (tag.limits.high, tag.limits.high_high) if limit is not None]
    if limits:  # what has a limit runs in the upper part of what is normal
        high = min(limits)
        low = max(low, tag.limits.low or low, high - 0.45 * (high - low))
    lagged = _smooth(load, int(rng.integers(1, 60)))
    share = lagged * rng.uniform(0.75, 0.95) + rng.normal(0, 0.006, len(load)) + 0.03
    return low + (high - low) * np.clip(share, 0, 0.98)


def _samples(tag: Tag, t: NDArray[np.int64], values: NDArray[np.float64]) -> Samples | None:
    if tag.kind in (TagKind.TEXT, TagKind.WAVEFORM) or not len(t):
        return None
    on_change = tag.period_ns is None
    channel = Channel(tag.path, tag.kind, tag.unit, None if on_change else STEP, values=tag.values)
    rows = slice(0, 1) if on_change else slice(None)
    return Samples.numbers(channel, t[rows], np.round(values[rows], tag.decimals + 1), quality=_GOOD)


def _smooth(values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """The mean of the last n values."""
    sums = np.cumsum(np.concatenate((np.full(n, values[0]), values)))
    return (sums[n:] - sums[:-n]) / n

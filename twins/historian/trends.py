"""A trend: many samples as few buckets of min, max and mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.historian.recording import Trend
from twins.record import Channel, Quality
from twins.record.samples import Int64
from twins.record.snapshot import STALE_AFTER_PERIODS


def numbers_of(channel: Channel, bits: Int64) -> NDArray[np.float64]:
    """Stored patterns as float64; text and waveforms as NaN."""
    if channel.kind is TagKind.NUMBER:
        return bits.view(np.float64)
    if channel.kind in (TagKind.TEXT, TagKind.WAVEFORM):
        return np.full(len(bits), np.nan)
    return bits.astype(np.float64)


def gap_of(channel: Channel) -> int:
    """The silence after which a channel is stale, ns; 0 for `on change`."""
    return round(STALE_AFTER_PERIODS * (channel.period_ns or 0))


@dataclass(frozen=True, slots=True)
class TrendPiece:
    """One file's part of a trend: order times, values and qualities in arrays, and the longest silence that is none."""

    times: Sequence[Int64]
    values: Sequence[NDArray[np.float64]]
    qualities: Sequence[NDArray[np.uint8]]
    gap_ns: int


def trend_of_pieces(pieces: Sequence[TrendPiece], start: int, end: int, width: int) -> Trend:
    """The trend of all pieces together, which are in order of their files."""
    times = [part for piece in pieces for part in piece.times]
    if not times:
        return Trend.empty()
    values = np.concatenate([part for piece in pieces for part in piece.values])
    qualities = np.concatenate([part for piece in pieces for part in piece.qualities])
    return trend_of(np.concatenate(times), values, qualities, start, end, width, max(piece.gap_ns for piece in pieces))


def trend_of(
    time: Int64, value: NDArray[np.float64], quality: NDArray[np.uint8], start: int, end: int, width: int, gap_ns: int
) -> Trend:
    """Samples in any order → at most `width` buckets; of several at one instant only the last row counts."""
    by = np.argsort(time, kind="stable")
    time, value, quality = time[by], value[by], quality[by]
    last = np.append(time[1:] != time[:-1], True) if len(time) else np.zeros(0, bool)
    good = last & (quality & 0b11 != Quality.BAD) & np.isfinite(value)
    time, value = time[good], value[good]
    if not len(time) or width < 1:
        return Trend.empty()
    if len(time) <= width:
        return Trend(time, value, value, value, np.ones(len(time), np.int64), gap_ns, exact=True)
    bucket = _bucket(time - start, end - start, width)
    first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1]))
    n = np.diff(np.append(first, len(time)))
    return Trend(
        start + _edges(bucket[first], end - start, width),
        np.minimum.reduceat(value, first),
        np.maximum.reduceat(value, first),
        _means(value, first, n),
        n,
        gap_ns,
    )


def _means(value: NDArray[np.float64], first: NDArray[np.intp], n: Int64) -> NDArray[np.float64]:
    """The mean of each bucket; where a sum would leave float64, the sum of the parts."""
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(value, first)
    return sums / n if np.isfinite(sums).all() else np.add.reduceat(value / np.repeat(n, n), first)


def _edges(bucket: Int64, span: int, width: int) -> Int64:
    """Where buckets begin, exact to the ns; bucket × span alone would leave int64."""
    whole, rest = divmod(int(span), width)
    return bucket * whole + bucket * rest // width


def _bucket(since: Int64, span: int, width: int) -> Int64:
    """The bucket of each time; shifted where the product would leave int64 (a span over 292 years / width)."""
    shift = max(0, (int(span) * width).bit_length() - 62)
    return np.minimum((since >> shift) * width // max(1, span >> shift), width - 1)

"""Coverage: where a recording holds samples, read off the buckets of a trend."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from twins.historian import Trend
from twins.record.snapshot import STALE_AFTER_PERIODS
from twins.timeline import Gaps

Int64 = NDArray[np.int64]


def bucket_ns(trend: Trend, start: int, end: int, width: int) -> int:
    """How long one bucket of the trend lasts; 0 where each is a sample."""
    return 0 if trend.exact else (end - start) // max(1, width)


def breaks(trend: Trend, bucket: int) -> NDArray[np.bool_]:
    """n − 1 answers: whether silence lies between one bucket and the next. A tag that reports on change is never silent."""
    if not trend.gap_ns:
        return np.zeros(max(0, len(trend.t) - 1), bool)
    return np.diff(trend.t) > max(trend.gap_ns, bucket * 3 // 2)


def covered(trend: Trend, bucket: int) -> tuple[Int64, Int64]:
    """Starts and ends of the stretches with samples; the last sample of each still holds for its period."""
    if not len(trend.t):
        return trend.t, trend.t
    cut = np.flatnonzero(breaks(trend, bucket))
    hold = max(bucket, round(trend.gap_ns / STALE_AFTER_PERIODS))
    return trend.t[np.append(0, cut + 1)], trend.t[np.append(cut, len(trend.t) - 1)] + hold


def together(stretches: Iterable[tuple[Int64, Int64]]) -> tuple[Int64, Int64]:
    """Where at least one of them is, merged."""
    pairs = list(stretches)
    if not pairs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    merged = Gaps(np.concatenate([s for s, _ in pairs]), np.concatenate([e for _, e in pairs]))
    return merged.starts, merged.ends


def between(stretches: tuple[Int64, Int64], start: int, end: int) -> tuple[Int64, Int64]:
    """What of [start, end) they leave open."""
    starts, ends = stretches
    low, high = np.append(start, np.clip(ends, start, end)), np.append(np.clip(starts, start, end), end)
    open_ = low < high
    return low[open_].astype(np.int64), high[open_].astype(np.int64)


def learnt(known: Gaps, start: int, end: int, gaps: tuple[Int64, Int64]) -> Gaps:
    """The gaps known before outside [start, end), and those now found inside it."""
    before = np.minimum(known.starts, start), np.minimum(known.ends, start)
    after = np.maximum(known.starts, end), np.maximum(known.ends, end)
    return Gaps(np.concatenate([before[0], gaps[0], after[0]]), np.concatenate([before[1], gaps[1], after[1]]))

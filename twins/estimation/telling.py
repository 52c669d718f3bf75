"""Telling: what an estimator tells, as samples of tags like any other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twins.asset import Twin
from twins.estimation.estimator import Estimator
from twins.record import Channel, Channels, Quality, Reason, Samples, quality_byte

_FINER = 2  # decimals that are recorded beyond those that are shown
_UNKNOWN = quality_byte(Quality.BAD, Reason.INPUT_BAD)
_GOOD = quality_byte(Quality.GOOD)


def channels_of(estimator: Estimator) -> Channels:
    """Of all that is estimated of its twin."""
    return Channels(Channel.of(tag) for tag in estimator.models.twin.estimated.values())


def samples_of(estimator: Estimator, channels: Channels, now: int, besides: Mapping[str, float]) -> Samples:
    """What it tells by now, and what else is told `besides`, over `channels` that hold all that; what nobody knows is BAD."""
    values = np.concatenate([estimator.told(), np.array(list(besides.values()), float)])
    paths = (*estimator.tells, *besides)
    place = np.array([channels.place[path] for path in paths], np.int32)
    quality = np.where(np.isnan(values), _UNKNOWN, _GOOD).astype(np.uint8)
    digits = _digits(estimator.models.twin, paths)
    told = np.array([round(value, n) + 0.0 for value, n in zip(np.nan_to_num(values).tolist(), digits, strict=True)])
    source, arrival = np.full(len(paths), estimator.time, np.int64), np.full(len(paths), now, np.int64)
    return Samples(channels, place, source, arrival, told.view(np.int64), quality)


def _digits(twin: Twin, paths: tuple[str, ...]) -> list[int]:
    return [twin.estimated[path].decimals + _FINER for path in paths]

"""The synthetic day: every tag of any package, the same for the same seed, believable in its range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twins.clock import DAY
from twins.emulator import synthetic_day
from twins.package.loader import load
from twins.record import Samples

SKID = Path(__file__).parent / "skid"


@pytest.fixture(params=["skid", "north-ridge"])
def twin(request, north_ridge):
    return load(SKID if request.param == "skid" else north_ridge)


def test_that_the_day_is_the_same_for_the_same_seed_and_another_for_another(twin):
    one, same, other = (Samples.join(list(synthetic_day(twin, 0, seed))) for seed in (1, 1, 2))
    assert np.array_equal(one.bits, same.bits)
    assert not np.array_equal(one.bits, other.bits)


def test_that_every_measured_number_stays_in_its_range_and_below_its_limits(twin):
    day = Samples.join(list(synthetic_day(twin, 0)))
    assert day.source.min() == 0
    assert day.source.max() < DAY
    for place, channel in enumerate(day.channels):
        tag = twin.tags[channel.path]
        if tag.kind == "number" and tag.range:
            values = day.bits[day.channel == place].view(np.float64)
            assert tag.range[0] <= values.min() <= values.max() <= tag.range[1], channel.path
            assert tag.limits.high is None or values.max() <= tag.limits.high, channel.path
    expected = {tag.path for tag in twin.tags.values() if not tag.computed and tag.kind not in ("text", "waveform")}
    assert {channel.path for channel in day.channels} == expected

"""Which limits are told first: those that most members pass, in the order of time; one stray member of many is no headline."""

from __future__ import annotations

import numpy as np

from twins.asset import Limits, Tag
from twins.clock import SECOND
from twins.simulation.crossings import Crossings

TAGS = (
    Tag("T01.bearing", limits=Limits(high_high=95.0)),
    Tag("T01.oil", limits=Limits(high=75.0, high_high=80.0)),
    Tag("T01.pressure", limits=Limits(low=1.0)),
)


def test_that_what_most_members_pass_is_told_before_a_stray_one():
    crossings = Crossings(TAGS, 10)
    cool, stray = np.full(10, 60.0), np.where(np.arange(10) == 3, 99.0, 60.0)
    crossings.see(1 * SECOND, np.array([stray, cool, cool]))  # one bearing of ten is hot at once
    crossings.see(2 * SECOND, np.array([stray, np.full(10, 76.0), np.where(np.arange(10) < 4, 0.5, 2.0)]))
    crossings.see(3 * SECOND, np.array([stray, np.full(10, 81.0), np.full(10, np.nan)]))
    found = [(each.tag, each.limit, each.share, each.time // SECOND) for each in crossings.found()]
    assert found == [
        ("T01.oil", "high", 1.0, 2),
        ("T01.oil", "high_high", 1.0, 3),
        ("T01.pressure", "low", 0.4, 2),
        ("T01.bearing", "high_high", 0.1, 1),
    ]

"""What members tell together."""

import numpy as np
import pytest

from twins.simulation.band import band, whole_band


@pytest.mark.parametrize("members", [19, 64, 256])
def test_that_one_more_member_lies_within_in_ninety_percent(members):
    drawn = np.random.default_rng(members).standard_normal((20_000, members + 1))
    low, middle, high = band(drawn[:, :-1], axis=1)
    more = drawn[:, -1]
    assert np.mean((more >= low) & (more <= high)) == pytest.approx(0.9, abs=0.007)
    assert np.mean(more < middle) == pytest.approx(0.5, abs=0.012)
    whole = np.stack([whole_band(each[:-1]) for each in drawn])
    assert 0.893 < np.mean((more >= whole[:, 0]) & (more <= whole[:, 2])) < 0.93


def test_that_few_members_tell_from_the_lowest_to_the_highest_and_one_tells_itself():
    assert band(np.array([3.0, 1.0, 2.0]), axis=0).tolist() == [1.0, 2.0, 3.0]
    assert band(np.array([4.0]), axis=0).tolist() == [4.0, 4.0, 4.0]
    assert whole_band(np.array([4.0])).tolist() == [4.0, 4.0, 4.0]


def test_that_who_tells_nothing_is_left_out_or_never_comes():
    assert band(np.array([1.0, np.nan, 3.0]), axis=0).tolist() == [1.0, 2.0, 3.0]
    assert whole_band(np.array([1.0, np.nan, np.nan])).tolist() == [1.0, np.inf, np.inf]

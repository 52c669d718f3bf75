"""One unit's own trend is run on to a threshold, and the answer is as sure as it should be."""

from __future__ import annotations

import numpy as np
import pytest

from twins import InputError
from twins.prognosis.degradation.passage import foreseen


def test_that_a_steady_wear_passes_where_its_line_does():
    t = np.arange(60.0)
    passage = foreseen(t, 1 + 0.02 * t + 0.005 * np.random.default_rng(1).standard_normal(60), 3.0)
    assert passage.crossing.median == pytest.approx(100, rel=0.1)
    assert passage.crossing.low < 100 < passage.crossing.high


def test_that_fewer_than_five_times_are_refused():
    with pytest.raises(InputError, match="5 times or more"):
        foreseen(np.array([1.0, 2, 3, 3, 4]), np.ones(5), 3.0)

"""What speaks for a fault that was recognised: the tag whose signs it is thought of by, not one that is as odd by chance."""

from __future__ import annotations

import numpy as np
import pytest

from twins import InputError
from twins.prognosis.prediction import KIN, ROUGH, SILENT, STILL, Evidence
from twins.prognosis.recognition.speaking import Usual, speaking

TAGS = ("heat", "flow")
NAMES = ("heat apart", "heat level", "heat rough", "flow apart", "flow level", "flow rough", "silent")
SOUND = np.random.default_rng(2).normal(0, [1, 20, 1, 0.5, 20, 1, 0.1], (400, len(NAMES)))


def by_heat(rows):
    """Log-odds of a fault that shows in how far the heat is from its kin's, or in silence."""
    return np.clip(rows[:, 0] - 3, -6, 6) + np.clip(rows[:, 6] - 3, 0, 6)


def test_that_the_tag_that_is_thought_of_speaks_with_its_oddest_sign():
    usual = Usual.of(SOUND)
    seen = np.array([8.0, 60.0, 2.0, 20.0, 0.0, 0.0, 0.0])  # the flow is odd as well, but not by this fault
    (odd,) = speaking(seen, usual, NAMES, TAGS, by_heat)
    assert (odd.tag, odd.what, odd.value) == ("heat", "apart", 8.0)
    assert odd.off == pytest.approx(8, rel=0.2)


def test_that_silence_speaks_where_no_tag_can():
    (odd,) = speaking(np.array([0, 0, 0, 0, 0, 0, 7.0]), Usual.of(SOUND), NAMES, TAGS, by_heat)
    assert (odd.tag, odd.what) == ("", SILENT)


def test_that_nothing_speaks_for_what_nobody_sees():
    assert speaking(np.zeros(len(NAMES)), Usual.of(SOUND), NAMES, TAGS, by_heat) == []


def test_that_what_is_usual_is_checked():
    with pytest.raises(InputError, match="damaged"):
        Usual(np.zeros(3), np.zeros(3)).check(3)
    with pytest.raises(InputError, match="damaged"):
        Usual(np.zeros(3), np.ones(3)).check(4)


@pytest.mark.parametrize(
    ("evidence", "unit", "words"),
    [
        (Evidence("T.heat", 81.2, 64.0, 9.2), "°C", "81.2 °C, expected 64 °C (+9 σ)"),
        (Evidence("T.vane", 255.0, 241.0, -15.0, KIN), "°", "255 °, others 241 ° (−15 σ)"),
        (Evidence("T.heat", 41.0, 41.0, 8.0, STILL), "°C", "41 °C, stands still (+8 σ)"),
        (Evidence("T.cos", 0.9, 0.9, 6.0, ROUGH), "", "0.9, is rougher than it was (+6 σ)"),
    ],
)
def test_that_evidence_is_told_in_words(evidence, unit, words):
    assert evidence.words(unit) == words

"""What an estimator tells is coloured, drawn and written beside what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from scene.legend import CONDITION, RESIDUAL, choices_of, legend_of
from twins.asset import Asset, AssetKind, Tag, Twin
from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, Query, answer
from twins.record import Channel, Samples
from twins.timeline import Timeline
from ui.judged import judged_words
from ui.panels.inspector import Inspector
from ui.panels.trends import TrendsPanel
from ui.selection import Selection
from ui.theme import Theme
from ui.time_view import TimeView

ESTIMATE = {"expects": ["power"], "parameters": {"cooling": {"spread": 0.2, "over": "1 d"}}}


def farm(estimate=ESTIMATE):
    tags = {
        "T01.power": Tag("T01.power", unit="kW", range=(0, 2000), period_ns=SECOND, decimals=0, quantity="power"),
        "T01.wind": Tag("T01.wind", unit="m/s", range=(0, 30), period_ns=SECOND),
    }
    model = {"physics": "wind-turbine", **({"estimate": estimate} if estimate else {})}
    assets = {
        "": Asset("", "Farm", AssetKind.SYSTEM),
        "T01": Asset("T01", "T01", AssetKind.COMPONENT, tags=tuple(tags), model=model),
    }
    return Twin("farm", "Farm", AssetKind.SYSTEM, assets, tags)


def recording(twin):
    """A minute in which 1,000 kW were expected, and 950 came."""
    made, times = MemoryRecording(), np.arange(0, MINUTE, SECOND)
    made.append(Samples.numbers(Channel.of(twin.tags["T01.power"]), times, np.full(len(times), 950.0)))
    told = {"T01.power.expected": 1000.0, "T01.power.spread": 10.0, "T01.power.residual": -5.0}
    told |= {"T01.cooling.p05": 0.4, "T01.cooling.p50": 0.5, "T01.cooling.p95": 0.6}
    for path, value in told.items():
        slow = times[::5]
        made.append(Samples.numbers(Channel.of(twin.estimated[path]), slow, np.full(len(slow), value)))
    return made


def test_that_residuals_can_be_chosen_as_colours_where_there_are_any():
    assert RESIDUAL in choices_of(farm())
    assert RESIDUAL not in choices_of(farm(estimate=None))
    legend = legend_of(farm(), RESIDUAL)
    assert (legend.low, legend.middle, legend.high) == (-6.0, 0.0, 6.0)
    assert choices_of(farm())[0] == CONDITION
    assert not any("expected" in choice.title.lower() for choice in choices_of(farm()))


def test_that_what_was_expected_is_told_in_words():
    twin = farm()
    snapshot = recording(twin).at(50 * SECOND)
    assert judged_words(snapshot, twin.tags["T01.power"]) == "expected 1000 ± 16.4 kW · −5.0 σ"
    assert judged_words(snapshot, twin.estimated["T01.cooling.p50"]) == "90 %: 0.400 to 0.600"
    assert judged_words(snapshot, twin.tags["T01.wind"]) == ""


def test_that_the_inspector_lists_what_was_found_of_parameters(qtbot):
    twin, selection = farm(), Selection()
    inspector = Inspector(Theme(), selection, twin)
    qtbot.addWidget(inspector)
    selection.choose("T01", "T01.power")
    inspector.present(recording(twin).at(50 * SECOND), Answers(Query()))
    assert list(inspector.rows) == ["T01.power", "T01.wind", "T01.cooling.p50"]
    assert "expected 1000 ± 16.4 kW · −5.0 σ" in inspector.rows["T01.power"].words()
    assert inspector.rows["T01.cooling.p50"].tag.label == "Cooling"


@pytest.mark.parametrize("tag", ["T01.power", "T01.cooling.p50"])
def test_that_a_trend_shows_what_was_expected_and_within_which_interval(qtbot, tag):
    twin, selection = farm(), Selection()
    record = recording(twin)
    timeline = Timeline(0, MINUTE)
    timeline.seek(50 * SECOND)
    panel = TrendsPanel(Theme(), selection, twin, timeline, TimeView(0, MINUTE))
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    selection.choose("T01", tag)
    snapshot = record.at(50 * SECOND)
    panel.present(snapshot, Answers(Query()))
    query = panel.wanted()
    panel.present(snapshot, answer(record, query, 50 * SECOND))
    beside = panel.plot._beside[tag]
    low, high = beside.interval[2], beside.interval[3]
    expected = (1000 - 16.45, 1000 + 16.45) if tag == "T01.power" else (0.4, 0.6)
    np.testing.assert_allclose([low[0], high[0]], expected)
    assert (beside.expected is not None) == (tag == "T01.power")

"""The predictions panel: the greatest risk first, its evidence on a click, and decisions that reach the station."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from tests.ui.test_estimated import farm
from twins.asset import Asset, AssetKind
from twins.clock import DAY, HOUR, SECOND
from twins.historian.query import Answers, Query
from twins.prognosis.prediction import Evidence, Life, Prediction, event_of
from twins.record import Event, EventKind, IntentionKind, Snapshot, Standing
from twins.timeline import Timeline
from ui.panels.predictions import Predictions
from ui.selection import Selection
from ui.theme import Theme

NOW = 1_700_000_000 * SECOND
PATH = ((60.0, 60.0, 61.0, 62.0), (600.0, 66.0, 70.0, 74.0), (1_800.0, 75.0, 82.0, 90.0))
LIFE = Life("T01.power", "high_high", 80.0, 900.0, 1_500.0, 2_400.0, 0.9, 21_600.0, PATH)


def foreseen(fault, label, probability, days, life=None, verdict="", evidence=()):
    return Prediction(
        NOW, "T01", fault, label, probability, (0.4, 0.5, 0.6), NOW - HOUR, life, evidence, "It wears.", "Inspect it",
        NOW + DAY, days * 86_400.0, 5_000.0, "estimator", "abc", verdict, "MO" if verdict else "", "seen" if verdict else "",
    )  # fmt: skip


WEAR = foreseen("wear", "Bearing wear", 0.9, 10, LIFE, evidence=(Evidence("T01.power", 72.0, 60.0, 12.0),))
FAN = foreseen("fan", "Fan lost", 0.99, 1)
FALSE = foreseen("false", "No fault at all", 0.99, 100, verdict="dismissed")


def snapshot(*predictions):
    return replace(Snapshot.empty(NOW), standing=Standing(event_of(each) for each in predictions))


@pytest.fixture
def panel(qtbot):
    twin = farm()
    twin.assets["T01/gearbox"] = Asset("T01/gearbox", "Gearbox", AssetKind.COMPONENT, parent="T01", shows=("T01.power",))
    selection = Selection()
    made = Predictions(Theme(), selection, twin, Timeline(NOW - HOUR, NOW + HOUR))
    qtbot.addWidget(made)
    made.resize(380, 500)
    with qtbot.waitExposed(made, timeout=60_000):
        made.show()
    return made, selection


def shows(made, *predictions):
    made.present(snapshot(*predictions), Answers(Query()))
    return [made.list.item(k).text() for k in range(made.list.count())]


def test_that_the_greatest_risk_stands_first_and_what_is_dismissed_last(panel):
    made, _ = panel
    assert made.empty.isVisible()
    rows = shows(made, FAN, FALSE, WEAR)
    assert [row.splitlines()[0].split("   ")[1].partition(":")[0] for row in rows] == [
        "Bearing wear",
        "Fan lost",
        "No fault at all",
    ]
    assert "risk 216 h" in rows[0]
    assert "in 25 min (15 min to 40 min)" in rows[0]
    assert "dismissed by MO" in rows[2]
    assert not made.empty.isVisible()


def test_that_a_click_tells_why_and_selects_the_part(panel):
    made, selection = panel
    shows(made, WEAR, FAN)
    made.list.itemClicked.emit(made.list.item(0))
    assert (selection.asset, selection.tag) == ("T01/gearbox", "T01.power")
    assert "Inspect it" in made.words.text()
    assert "72 kW, expected 60 kW (+12 σ)" in made.words.text()
    assert made.plot.isVisible()
    made.grab()
    made.list.setCurrentRow(1)
    assert not made.plot.isVisible()


def test_that_a_double_click_goes_there(panel, qtbot):
    made, selection = panel
    shows(made, WEAR)
    with qtbot.waitSignal(selection.visited, timeout=60_000) as visited:
        made.list.itemActivated.emit(made.list.item(0))
    assert visited.args == ["T01/gearbox"]


def test_that_a_decision_is_told_with_its_reason(panel, qtbot):
    made, _ = panel
    shows(made, WEAR, FAN)
    said = []
    made.intended.connect(said.append)
    made.buttons["acknowledged"].click()
    assert (said[0].kind, said[0].subject, said[0].data["verdict"]) == (IntentionKind.JUDGE, "T01.wear", "acknowledged")
    made.buttons["dismissed"].click()
    form = made.findChild(QDialog)
    qtbot.keyClick(form.fields[0], Qt.Key.Key_Return)
    assert form.complaint.isVisible()
    qtbot.keyClicks(form.fields[0], "sensor was changed")
    form.button.click()
    assert (said[1].data["verdict"], said[1].why) == ("dismissed", "sensor was changed")


def test_that_what_is_chosen_stays_chosen_while_others_come(panel):
    made, _ = panel
    shows(made, FAN)
    shows(made, WEAR, FAN)
    assert made.chosen.fault == "fan"
    shows(made)
    assert made.chosen is None


def test_that_the_track_record_says_only_what_was_known_by_then(panel):
    made, _ = panel
    alarm = Event(
        NOW + 1_200 * SECOND, EventKind.ALARM, "T01.power", "T01.power/high_high", True,
        {"state": "unacknowledged", "condition": "high_high"},
    )  # fmt: skip
    events = (event_of(WEAR), alarm)
    query = made.wanted()
    made.present(replace(snapshot(WEAR), time=NOW + 60 * SECOND), Answers(query, events=events))
    assert made.record.text() == "Track record: 1 not yet decided"
    made.present(replace(snapshot(WEAR), time=NOW + 1_300 * SECOND), Answers(query, events=events))
    assert made.record.text() == "Track record: 1 of 1 intervals held what happened"
    assert "came after 20 min" in made.record.toolTip()


def test_that_one_number_for_severity_is_told_as_one(panel):
    made, _ = panel
    shows(made, replace(FAN, severity=(0.4, 0.4, 0.4), model="predictor fan (limits)", version="0123456789ab"))
    assert "Severity 40%" in made.words.text()
    assert "predictor fan (limits) · 0123456789ab" in made.words.text()


def test_that_what_nobody_did_in_time_is_told_as_overdue(panel):
    made, _ = panel
    assert "act by 2023-11-15" in shows(made, WEAR)[0]
    made.present(replace(snapshot(WEAR), time=NOW + DAY), Answers(Query()))
    assert "overdue since 2023-11-15" in made.list.item(0).text()
    made.present(replace(snapshot(WEAR), time=NOW + DAY - SECOND), Answers(Query()))
    assert "act by" in made.list.item(0).text()

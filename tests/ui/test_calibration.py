"""Calibration in the window: asked for, read before it is approved, drift seen, versions told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from tests.conftest import NORTH_RIDGE
from twins.clock import HOUR, SECOND, format_time
from twins.package.revising import approve
from twins.timeline import Timeline
from ui.ask import Ask
from ui.calibrating import NO_PACKAGE, Calibrating
from ui.calibration_proposal import CalibrationProposal
from ui.calibration_rows import drift_sentence
from ui.main_window import Opened
from ui.panels.calibration import CalibrationPanel
from ui.selection import Selection
from ui.theme import Theme
from ui.time_view import TimeView

NOW = 1_700_000_000 * SECOND
PLACE = Path("proposal.json")


def parameter(name, before, after, identified=True):
    return {"parameter": name, "unit": "", "before": before, "after": after, "deviation": 0.01, "low": after - 0.01,
            "high": after + 0.01, "identified": identified}  # fmt: skip


def told(*parameters):
    errors = {"n": 100, "mae": 60.0, "rmse": 70.0, "bias": 20.0}
    held = {"before": errors, "after": {**errors, "mae": 30.0}}
    course = [[NOW + k * SECOND, 1000.0 + k, 1060.0 + k, 1010.0 + k] for k in range(50)]
    return {
        "start": format_time(NOW - HOUR), "end": format_time(NOW), "hold_out": [format_time(NOW), format_time(NOW + HOUR)],
        "where": "", "step": 10.0, "package": {"version": 0}, "parameters": list(parameters),
        "outputs": [{"tag": "T01.power", "unit": "kW", "span": 2000.0, "course": course, "held_out": held, "fitted": held}],
    }  # fmt: skip


def drift(now, approved=30.0):
    each = {"asset": "T01", "tag": "T01.power", "unit": "kW", "span": 2000.0, "n": 100, "now": now, "approved": approved,
            "course": [[NOW, now], [NOW + HOUR, now]], "drifted": now > 1.5 * approved}  # fmt: skip
    return {"start": format_time(NOW), "end": format_time(NOW + HOUR), "model_version": 1, "outputs": [each]}


@pytest.fixture
def panel(qtbot, farm):
    made = CalibrationPanel(Theme(), Selection(), farm, Timeline(NOW, NOW + 10 * HOUR), TimeView(NOW, NOW + HOUR))
    qtbot.addWidget(made)
    made.resize(280, 600)
    made.show()
    return made


def proposal(qtbot, *parameters, operator="MO"):
    made = CalibrationProposal(None, Theme(), told(*parameters), PLACE, operator)
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_a_stretch_assets_and_parameters_are_asked_for(panel, qtbot):
    panel.scope.setCurrentIndex(1)
    panel.parameters.setEditText("drivetrain_efficiency, anemometer_*")
    panel.stretch.setCurrentIndex(panel.stretch.findText("Last 6 h"))
    panel.correct.click()
    with qtbot.waitSignal(panel.asked, timeout=60_000) as heard:
        panel.run.click()
    asked = heard.args[0]
    assert asked.correct
    assert asked.assets == ("T01", "T02", "T03", "T04")
    assert asked.parameters[:2] == ("T01.drivetrain_efficiency", "T01.anemometer_*")
    assert (asked.start, asked.until) == (format_time(NOW + 4 * HOUR), format_time(NOW + 10 * HOUR))


def test_that_a_run_shows_its_progress_and_can_be_cancelled(panel, qtbot):
    panel.show_run(0.5, "calibrating T02")
    assert (panel.run.isVisible(), panel.cancel.isVisible(), panel.bar.value()) == (False, True, 50)
    with qtbot.waitSignal(panel.cancelled, timeout=60_000):
        panel.cancel.click()
    panel.show_run(None)
    assert panel.run.isVisible()


def test_that_a_proposal_tells_before_after_interval_and_error(qtbot):
    made = proposal(qtbot, parameter("T01.drivetrain_efficiency", 0.935, 0.9), parameter("T01.life", 1.0, 1.0, False))
    rows = [[made.parameters.item(r, c).text() for c in (0, 1, 2, 3, 6)] for r in range(2)]
    assert rows[0] == ["T01.drivetrain_efficiency", "0.935", "0.9", "0.89 … 0.91", ""]
    assert rows[1][3:] == ["—", "the data don't tell; stays"]
    errors = [made.errors.item(0, c).text() for c in range(7)]
    assert errors == ["T01.power", "100", "60", "30", "1.5 %", "kW", "better"]
    assert not made.grab().isNull()


def test_that_nobody_approves_without_a_name_and_a_reason(qtbot):
    made = proposal(qtbot, parameter("T01.drivetrain_efficiency", 0.935, 0.9), operator="")
    with qtbot.assertNotEmitted(made.approved):
        made.approve.click()
    assert "name and a reason" in made.said.text()
    made.name.setText("M. Okafor")
    made.why.setText("after service")
    with qtbot.waitSignal(made.approved, timeout=60_000) as heard:
        made.approve.click()
    assert heard.args == [PLACE, "M. Okafor", "after service"]


def test_that_a_proposal_that_changes_nothing_can_t_be_approved(qtbot):
    made = proposal(qtbot, parameter("T01.life", 1.0, 1.0, False))
    assert not made.why.isEnabled()
    assert "nothing to approve" in made.said.text()


def test_that_a_drift_is_said_and_gone_once_the_model_is_realigned(panel, farm):
    panel.show_drift(drift(62.0))
    assert panel.notice.isVisible()
    assert "The model of T01 has drifted: power is off by 3.1 % of its range, by 1.5 %" not in panel.version.text()
    assert drift_sentence(drift(62.0), farm) in panel.notice.text()
    assert "off by 3.1 %, by 1.5 % when it was approved; calibrate again" in panel.notice.text()
    panel.show_drift(drift(31.0))
    assert not panel.notice.isVisible()


def test_that_versions_are_told_and_rolled_back_with_a_reason(panel, qtbot):
    data = {"recording": "may.twin-recording", "errors": {"T01.power": {"mae": 30.0, "unit": "kW"}}}
    change = {
        "change": "approved",
        "before": 0,
        "after": 1,
        "by": "A. Engineer",
        "why": "after <service>",
        "at": format_time(NOW),
    }
    panel.show_versions({"in_force": 1, "versions": [{"version": 1, "data": data}], "changes": [change]})
    assert "Version 1 of the models is in force" in panel.version.text()
    assert any("after &lt;service>" in label.text() for label in panel.findChildren(QLabel))
    panel.back.click()
    form = panel.findChild(Ask)
    form.fields[0].setText("B")
    form.fields[1].setText("the meter was wrong")
    with qtbot.waitSignal(panel.rolled_back, timeout=60_000) as heard:
        next(each for each in form.findChildren(QPushButton) if each.text() == "Roll back").click()
    assert heard.args == ["B", "the meter was wrong"]


def test_that_a_package_s_versions_come_from_a_process_of_their_own(qtbot, tmp_path, farm):
    package, record = Path(shutil.copytree(NORTH_RIDGE, tmp_path / "farm")), tmp_path / "r.twin-recording"
    approve(package, {"T01": {"drivetrain_efficiency": 0.91}}, {}, "A", "B")
    made = Calibrating(Opened(farm, record, lambda: None, dict, package=package), Timeline(NOW, NOW + HOUR))
    with qtbot.waitSignal(made.versions, timeout=60_000) as heard:
        made.read_versions()
    assert heard.args[0]["in_force"] == 1
    made.close()
    alone = Calibrating(Opened(farm, record, lambda: None, dict), Timeline(NOW, NOW + HOUR))
    assert alone.why_not == NO_PACKAGE


def test_that_a_correction_is_told_beside_the_error_and_can_be_approved_alone(qtbot):
    with_one = told(parameter("T01.gearbox_heat", 1.0, 1.0, identified=False))
    with_one["corrections"] = [{"asset": "T01", "output": "power", "tag": "T01.power", "most": 38.2}]
    made = CalibrationProposal(None, Theme(), with_one, PLACE, "MO")
    qtbot.addWidget(made)
    assert made.errors.item(0, 6).text() == "better, corrected by 38.2 kW at most"
    assert made.approve.isEnabled()

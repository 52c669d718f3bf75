"""A shift: a gearbox's bearing overheats, is alarmed, acknowledged, derated and cools; the replay shows the same minutes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from scene.legend import CONDITION
from tests.rig import Broker, EmulatedPlant, StationProcess
from twins.historian.days import open_record
from twins.record import EventKind

BEARING, ALARM = "T01.gearbox_bearing_temperature", "T01.gearbox_bearing_temperature/high"
LIMIT = "T01.active_power_limit"


def test_that_an_overheating_gearbox_turns_red_is_alarmed_acknowledged_derated_and_cools(
    north_ridge, open_window, qtbot, tmp_path, keep
):
    record = tmp_path / "shift.twin-recording"
    broker = keep(Broker(tmp_path / "broker"))
    keep(StationProcess(north_ridge, broker.url, record))
    keep(EmulatedPlant(north_ridge, broker.url, "--seed", "2", "--speed", "2", "--fault", "gearbox_bearing_wear@T01"))
    place = open_window(north_ridge, record, operator="M. Operator")
    snapshot = lambda: place.window.refresh.snapshot  # noqa: E731
    alarms = place.window.panel("alarms")

    # it is live, it is said to be simulated, and soon the alarm is there
    qtbot.waitUntil(lambda: place.window.banner.mode == "live", timeout=120_000)
    qtbot.waitUntil(lambda: (EventKind.ALARM, ALARM) in snapshot().standing, timeout=120_000)
    qtbot.waitUntil(lambda: alarms.model.row_of(ALARM) >= 0, timeout=120_000)
    hot = snapshot().reading(BEARING).value
    assert hot > 85
    place.selection.choose("T01/gearbox")
    assert place.window.banner._simulated.isVisible()
    assert "high" in place.window.banner.alarms.text()
    assert "high" in place.annunciator.played

    # the gearbox turns red, and nothing else of the farm does
    place.scene_ties.colour_by(CONDITION)
    scene = place.scene.scene
    red = scene._alarmed.worst(snapshot()) == 2
    assert {scene.stage.parts[i].asset for i in red.nonzero()[0]} == {"T01", "T01/gearbox"}
    assert (scene.colouring._told[: len(red)][red][:, 0] > 2 * 255 / 3).all(), "the third band of the map, which is red"

    # from the alarm to its source in two clicks
    row = alarms.model.index(alarms.model.row_of(ALARM), 2)
    QTest.mouseClick(alarms.table.viewport(), Qt.MouseButton.LeftButton, pos=alarms.table.visualRect(row).center())
    assert place.selection.tag == BEARING
    assert place.selection.asset.startswith("T01/")

    # acknowledged with a key, by name
    qtbot.waitUntil(lambda: place.standpoint.may_act, timeout=120_000)
    alarms.table.selectRow(alarms.model.row_of(ALARM))
    alarms.acknowledge_selected()
    qtbot.waitUntil(lambda: snapshot().standing[EventKind.ALARM, ALARM].data["state"] == "acknowledged", timeout=120_000)
    assert snapshot().standing[EventKind.ALARM, ALARM].data["by"] == "M. Operator"

    # derated from the inspector: value, reason, confirm, send; verified by what the plant reports back
    place.selection.choose("T01", LIMIT)
    setpoint = place.inspector.setpoints[LIMIT]
    qtbot.waitUntil(lambda: setpoint.actual.text().startswith("2"), timeout=120_000)
    setpoint.field.setText("500")
    setpoint.confirm.click()
    assert "reason" in setpoint.complaint.text()
    setpoint.why.setText("bearing too hot")
    setpoint.confirm.click()
    assert "500" in setpoint.question.text()
    assert "bearing too hot" in setpoint.question.text()
    qtbot.waitUntil(lambda: place.standpoint.may_act, timeout=120_000)
    setpoint.send.click()
    qtbot.waitUntil(lambda: "verified by readback" in setpoint.state.text(), timeout=120_000)
    assert snapshot().reading(LIMIT).value == 500.0

    # it cools, and the alarm goes
    qtbot.waitUntil(lambda: (EventKind.ALARM, ALARM) not in snapshot().standing, timeout=120_000)
    assert snapshot().reading(BEARING).value < hot

    # the replay shows the same minutes the same way
    with open_record(record) as recording:
        told = [e for e in recording.events(0, 2**62, (EventKind.ALARM, EventKind.COMMAND)) if e.subject in (BEARING, LIMIT)]
        states = [event.data["state"] for event in told if event.key == ALARM]
        stages = [event.data["state"] for event in told if event.kind is EventKind.COMMAND]
    assert states == ["unacknowledged", "acknowledged", "normal"]
    assert stages == ["requested", "sent", "acknowledged", "verified"]
    raised = next(event for event in told if event.key == ALARM)
    place.timeline_panel.seek(raised.time)
    qtbot.waitUntil(lambda: snapshot().time == raised.time, timeout=120_000)
    assert place.window.banner.mode == "replay"
    qtbot.waitUntil(lambda: alarms.model.row_of(ALARM) >= 0, timeout=120_000)
    assert snapshot().reading(BEARING).value == raised.data["value"]
    assert not setpoint.confirm.isEnabled(), "no command outside LIVE"
    assert "LIVE" in setpoint.confirm.toolTip()
    qtbot.waitUntil(place.window.strip.isVisible, timeout=120_000)
    place.window.strip.button.click()
    qtbot.waitUntil(lambda: place.window.banner.mode == "live", timeout=120_000)

"""A shift: a forecast tells when the oil would trip, a what-if shows that less load holds it, and that is commanded."""

from __future__ import annotations

from tests.rig import Broker, EmulatedPlant, StationProcess
from twins.timeline import LaneKind

OIL, LIMIT = "T01.gearbox_oil_temperature", "T01.active_power_limit"


def test_that_a_live_plant_is_forecast_rehearsed_and_commanded(north_ridge, open_window, qtbot, tmp_path, keep):
    record = tmp_path / "shift.twin-recording"
    broker = keep(Broker(tmp_path / "broker"))
    keep(StationProcess(north_ridge, broker.url, record))
    keep(EmulatedPlant(north_ridge, broker.url, "--seed", "2"))
    place = open_window(north_ridge, record, operator="M. Operator")
    timeline, banner = place.timeline, place.window.banner
    panel = place.window.panel("simulation")
    snapshot = lambda: place.window.refresh.snapshot  # noqa: E731
    lanes = lambda kind: [lane for lane in timeline.branches if lane.kind is kind]  # noqa: E731
    qtbot.waitUntil(lambda: banner.mode == "live", timeout=60_000)
    qtbot.waitUntil(lambda: snapshot().reading(OIL).value is not None, timeout=60_000)

    # the forecast of a broken cooler, from now: what is right of now is shown in 3D, and marked as such
    place.window.docks.reveal("simulation")
    place.selection.choose("T01")
    panel.fault.setCurrentIndex(panel.fault.findData("T01.gearbox_cooling_loss"))
    panel.after.setText("10 s")
    panel.duration.setText("20 min")
    panel.ask("forecast")
    qtbot.waitUntil(lambda: len(lanes(LaneKind.FORECAST)) == 1, timeout=150_000)
    assert banner.mode == "live", "whoever follows the plant goes on following it"
    place.timeline_panel.seek(lanes(LaneKind.FORECAST)[0].end)
    qtbot.waitUntil(lambda: banner.mode == "forecast", timeout=60_000)
    assert not place.standpoint.may_act
    qtbot.waitUntil(lambda: snapshot().reading(f"{OIL}.p95").value is not None, timeout=60_000)
    hot = snapshot().reading(f"{OIL}.p95").value
    assert hot > 70
    scenarios = place.window.panel("scenarios")
    qtbot.waitUntil(lambda: scenarios.limits.rowCount() > 0, timeout=60_000)
    assert scenarios.limits.item(0, 0).text().startswith(f"{OIL} high"), "what most members pass, the soonest first"

    # back to live: the same with less load
    place.timeline_panel.go_live()
    qtbot.waitUntil(lambda: banner.mode == "live", timeout=60_000)
    row = [knob.key for knob in panel.model.knobs].index(LIMIT)
    assert panel.model.setData(panel.model.index(row, 1), "500")
    panel.name.setText("Less load")
    panel.ask("what-if")
    qtbot.waitUntil(lambda: len(lanes(LaneKind.WHAT_IF)) == 1, timeout=150_000)
    place.timeline_panel.show_lane(lanes(LaneKind.WHAT_IF)[0].key)
    place.timeline_panel.seek(lanes(LaneKind.WHAT_IF)[0].end)
    qtbot.waitUntil(lambda: banner.mode == "whatif", timeout=60_000)
    qtbot.waitUntil(lambda: snapshot().reading("T01.power").value < 505, timeout=60_000)
    assert snapshot().reading(OIL).value < hot
    qtbot.waitUntil(place.window.strip.isVisible, timeout=60_000)

    # and so it is commanded, and verified
    place.timeline_panel.go_live()
    qtbot.waitUntil(lambda: place.standpoint.may_act, timeout=60_000)
    place.what_ifs._command([{"tag": LIMIT, "value": 500.0}], "the oil would trip")
    qtbot.waitUntil(lambda: snapshot().reading(LIMIT).value == 500.0, timeout=60_000)

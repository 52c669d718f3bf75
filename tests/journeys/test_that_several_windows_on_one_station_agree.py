"""Two desks, one station: what one operator does the other sees, and both see the same plant."""

from __future__ import annotations

from tests.rig import Broker, Sender, StationProcess, sensors_package
from twins.record import EventKind

HOT = "S1.v1/high"


def test_that_several_windows_on_one_station_agree(open_window, qtbot, tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    package = sensors_package(tmp_path / "rig")
    station = keep(StationProcess(package, broker.url, tmp_path / "two.twin-recording"))
    one, other = (open_window(package, station.record, operator=name) for name in ("MO", "AB"))
    sender.say("rig/S1/v1", 95.0)

    def state(place):
        event = place.window.refresh.snapshot.standing.get((EventKind.ALARM, HOT))
        return event and (event.data["state"], event.data.get("by"))

    for place in (one, other):
        qtbot.waitUntil(lambda place=place: state(place) == ("unacknowledged", None), timeout=60_000)
        assert place.window.refresh.snapshot.reading("S1.v1").value == 95.0
    one.window.panel("alarms").acknowledge_selected()
    for place in (one, other):
        qtbot.waitUntil(lambda place=place: state(place) == ("acknowledged", "MO"), timeout=60_000)
    signed = {event.data["by"] for event in other.window.refresh.snapshot.standing.of(EventKind.OPERATOR)}
    assert signed == {"MO", "AB"}
    one.window.close()
    qtbot.waitUntil(
        lambda: {e.data["by"] for e in other.window.refresh.snapshot.standing.of(EventKind.OPERATOR)} == {"AB"}, timeout=60_000
    )

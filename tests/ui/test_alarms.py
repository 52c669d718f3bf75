"""The alarm list and the set-point: what asks for somebody is found, told and dealt with; what is not allowed says why."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers
from twins.package.loader import load
from twins.record import Channel, Event, EventKind, IntentionKind, Samples
from ui.alarm_model import ACTIONS, MESSAGE, STATE
from ui.alarm_rows import entries, message_words
from ui.ask import Ask
from ui.panels.alarms import Alarms
from ui.panels.commands import LINES, Commands
from ui.panels.inspector import Inspector
from ui.selection import Selection
from ui.setpoint import SetPoint
from ui.standpoint import Standpoint
from ui.theme import GREY, Theme
from ui.time_view import TimeView

T0 = 1_800_000_000 * SECOND
OIL, LIMIT = "T01.gearbox_oil_temperature", "T01.active_power_limit"


@pytest.fixture(scope="module")
def twin(north_ridge):
    return load(north_ridge)


def alarm(subject=OIL, name="high", at=T0, state="unacknowledged", priority="medium", **more):
    data = {"state": state, "priority": priority, "message": "Oil hot", "since": at, "condition": "high", **more}
    return Event(at, EventKind.ALARM, subject, f"{subject}/{name}", state != "normal", data)


def snapshot(*events, at=T0 + MINUTE, **values):
    record = MemoryRecording()
    channels = {"limit": (LIMIT, 2050.0, None), **{k: (f"T01.{k}", v, SECOND) for k, v in values.items()}}
    batches = [Samples.numbers(Channel(path, unit="kW", period_ns=p), at, v) for path, v, p in channels.values()]
    state = Channel("T01.state", kind="enumeration", values=("stopped", "starting", "producing", "fault"))
    record.append(Samples.join([*batches, Samples.numbers(state, at, values.get("code", 2))]), events)
    return record.at(at)


@pytest.fixture
def standpoint(qtbot):
    made = Standpoint(desk=True)
    made.sign_in("MO")
    made.stand(live=True, lost=False)
    return made


@pytest.fixture
def panel(qtbot, twin, standpoint):
    made = Alarms(Theme(GREY), Selection(), twin, standpoint)
    made.wants = []
    made.intended.connect(made.wants.append)
    qtbot.addWidget(made)
    made.resize(1200, 240)
    made.show()
    return made


def show(panel, *events, at=T0 + MINUTE):
    panel.present(snapshot(*events, at=at), Answers(panel.wanted(), events=events))
    panel._refresh()
    return [panel.model.entry(row).key for row in range(panel.model.rowCount())]


def test_that_the_worst_and_unseen_stand_first(panel):
    keys = show(
        panel,
        alarm("T02.power", priority="low", at=T0 + 3),
        alarm("T03.power", priority="high", state="acknowledged", by="MO"),
        alarm("T01.power", priority="high", at=T0 - 5),
        alarm("T04.power", at=T0 + 9),
    )
    assert keys == ["T01.power/high", "T03.power/high", "T04.power/high", "T02.power/high"]
    assert panel.head.text() == "4 standing · 3 to acknowledge"
    assert panel.model.data(panel.model.index(1, 4)) == "acked MO"


def test_that_what_is_wrong_and_what_to_do_is_said(twin):
    said = message_words(alarm(value=78.44, limit=75.0, unit="degC", action="Lower the load"))
    assert said == "Oil hot, 78.4 °C above 75 · Lower the load"
    rate = message_words(alarm(condition="rate", value=66.9, limit=8.0, unit="degC", per_s=60.0))
    assert rate == "Oil hot, by more than 8 °C in 60 s, at 66.9 °C"


def test_that_the_value_of_the_raise_and_a_later_one_are_told_apart():
    later = alarm(value=91.4, limit=85.0, unit="degC", state="acknowledged", action="Derate", since=T0 - MINUTE)
    assert message_words(later) == "Oil hot, above 85, 91.4 °C when acknowledged · Derate"
    back = alarm(value=84.2, limit=85.0, unit="degC", state="returned_unacknowledged", since=T0 - MINUTE)
    assert message_words(back) == "Oil hot, above 85, 84.2 °C when it returned"
    rate = alarm(condition="rate", value=66.9, limit=8.0, unit="degC", per_s=60.0, state="acknowledged", since=T0 - MINUTE)
    assert message_words(rate) == "Oil hot, by more than 8 °C in 60 s, at 66.9 °C when acknowledged"


def test_that_the_state_takes_no_more_room_than_its_words_and_the_text_has_the_rest(panel):
    show(panel, alarm("T01.power", state="acknowledged", by="MO"), alarm("T02.power"))
    words = panel.table.fontMetrics().horizontalAdvance("acked MO")
    assert words < panel.table.columnWidth(STATE) < words + 40
    row = panel.model.row_of("T02.power/high")
    boxes = panel.table._buttons._boxes(panel.model.index(row, ACTIONS), panel.table.visualRect(panel.model.index(row, ACTIONS)))
    assert all(box.left() >= panel.table.columnViewportPosition(ACTIONS) for _, box in boxes), "buttons are whole"
    widths = [panel.table.columnWidth(column) for column in range(6)]
    assert widths[MESSAGE] == max(widths)


def test_that_one_some_or_all_are_acknowledged(panel, qtbot):
    show(panel, alarm("T01.power"), alarm("T02.power"), alarm("T03.power", state="acknowledged"))
    index = panel.model.index(0, 5)
    rect = panel.table.visualRect(index)
    boxes = dict(panel.table._buttons._boxes(index, rect))
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=boxes["Acknowledge"].center())
    panel.all.click()
    panel.table.selectRow(1)
    panel.acknowledge_selected()
    asked = [(want.kind, sorted(want.data["keys"])) for want in panel.wants]
    kind = IntentionKind.ACKNOWLEDGE
    first = panel.model.entry(0).key
    assert asked[:2] == [(kind, [first]), (kind, ["T01.power/high", "T02.power/high"])]
    assert len(asked) == 3


def test_that_nothing_is_done_outside_live_and_the_reason_is_told(panel, standpoint, qtbot):
    show(panel, alarm("T01.power"))
    standpoint.stand(live=False, lost=False)
    index = panel.model.index(0, 5)
    box = dict(panel.table._buttons._boxes(index, panel.table.visualRect(index)))["Acknowledge"]
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert panel.wants == []
    assert not panel.all.isEnabled()
    assert "Only in LIVE" in panel.all.toolTip()


def form(panel):
    return next(w for w in panel.findChildren(Ask))


def test_that_shelving_asks_how_long_and_why(panel):
    show(panel, alarm("T01.power"))
    panel.ask_shelving(panel.model.entry(0))
    asked = form(panel)
    asked.button.click()
    assert "reason" in asked.complaint.text()
    asked.fields[0].setCurrentText("60 min")
    asked.fields[1].setText("sensor is being changed")
    asked.button.click()
    [want] = panel.wants
    assert (want.kind, want.subject, want.why) == (IntentionKind.SHELVE, "T01.power/high", "sensor is being changed")
    assert want.data["duration_ns"] == 60 * MINUTE


def test_that_shelved_ones_are_put_aside_and_can_be_taken_back(panel, qtbot):
    events = [alarm("T01.power"), alarm("T02.power")]
    shelving = Event(T0, EventKind.SHELVING, "T02.power", "T02.power/high", True, {"state": "shelved", "until": T0 + 13 * MINUTE})
    assert show(panel, *events, shelving) == ["T01.power/high", "shelved"]
    panel._clicked(panel.model.index(1, 0))
    assert panel.model.data(panel.model.index(2, 4)) == "shelved 12 min left"
    panel._pressed(2, "Unshelve")
    assert (panel.wants[-1].kind, panel.wants[-1].subject) == (IntentionKind.UNSHELVE, "T02.power/high")


def test_that_a_limit_is_changed_with_a_reason_and_given_back_with_an_empty_field(panel):
    hot = alarm(value=78.0, limit=75.0, unit="degC")
    show(panel, hot)
    panel.ask_limit(hot)
    asked = form(panel)
    asked.fields[0].setText("7o")
    asked.button.click()
    assert "no number" in asked.complaint.text()
    asked.fields[0].setText("72,5")
    asked.fields[1].setText("a hot day")
    asked.button.click()
    assert (panel.wants[-1].kind, panel.wants[-1].data) == (IntentionKind.LIMIT, {"value": 72.5})


def test_that_a_click_goes_to_the_component_that_shows_the_tag(panel):
    show(panel, alarm())
    panel._clicked(panel.model.index(0, 2))
    assert (panel._selection.asset, panel._selection.tag) == ("T01/gearbox", OIL)


def test_that_a_filter_and_an_empty_list_say_so(panel):
    show(panel)
    assert "Nothing asks for you" in panel.empty.text()
    show(panel, alarm(), alarm("T02.power"))
    panel.filter.setText("t02")
    panel._refresh()
    assert panel.model.rowCount() == 1
    panel.filter.setText("zebra")
    panel._refresh()
    assert "“zebra”" in panel.empty.text()


def test_that_a_flood_is_told_grouped_with_what_came_first(panel):
    events = [alarm(f"T0{1 + i % 4}.power", f"c{i}", T0 + i * SECOND) for i in range(40)]
    keys = show(panel, *events)
    assert keys == ["group T01", "group T02", "group T03", "group T04"]
    assert panel.head.text().startswith("ALARM FLOOD · 40 in 10 min · first out T01 Power")
    assert "first out" in panel.model.data(panel.model.index(0, 3))
    panel._clicked(panel.model.index(1, 0))
    assert panel.model.rowCount() == 14
    panel.all.click()
    assert len(panel.wants[-1].data["keys"]) == 40


def test_that_a_thousand_alarms_are_a_flood_that_is_counted(panel, twin):
    events = [alarm(f"T0{1 + i % 4}.power", f"c{i}", T0 + i) for i in range(1000)]
    shown = snapshot(*events)
    assert len(entries(shown, twin)) == 1000
    panel.present(shown, Answers(panel.wanted(), events=tuple(events)))
    panel._refresh()
    assert panel.head.text().startswith("ALARM FLOOD · 1000 in 10 min")


# set-points


@pytest.fixture
def setpoint(qtbot, twin, standpoint):
    made = SetPoint(Theme(GREY), twin.tags[LIMIT], twin, standpoint)
    made.wants = []
    made.intended.connect(made.wants.append)
    qtbot.addWidget(made)
    made.show()
    made.show_snapshot(snapshot())
    return made


def test_that_a_set_point_is_given_in_two_deliberate_steps(setpoint):
    assert setpoint.actual.text() == "2\u2009050 kW →"
    assert setpoint.conditions.text() == "permissives 1 of 1"
    setpoint.confirm.click()
    assert "as a number" in setpoint.complaint.text()
    setpoint.field.setText("9000")
    setpoint.confirm.click()
    assert "0 to 2\u2009050 kW" in setpoint.complaint.text()
    setpoint.field.setText("1400,5")
    setpoint.confirm.click()
    assert "reason" in setpoint.complaint.text()
    setpoint.why.setText("oil too hot")
    setpoint.confirm.click()
    assert setpoint.send.isVisible()
    assert "from 2\u2009050 kW to 1400,5 kW, because: oil too hot" in setpoint.question.text()
    setpoint.back.click()
    assert setpoint.wants == []
    setpoint.confirm.click()
    setpoint.send.click()
    [want] = setpoint.wants
    assert (want.subject, want.data["value"], want.data["lane"], want.why) == (LIMIT, "1400.5", "live", "oil too hot")


def test_that_what_does_not_hold_is_named(setpoint):
    setpoint.show_snapshot(snapshot(code=3))
    assert "state != fault" in setpoint.conditions.text()
    assert "is fault" in setpoint.conditions.text()


def test_that_it_is_closed_outside_live_and_says_why(setpoint, standpoint):
    standpoint.stand(live=False, lost=False)
    assert not setpoint.confirm.isEnabled()
    assert "Only in LIVE" in setpoint.confirm.toolTip()


def command(key, state, at=T0 + 2 * SECOND, **more):
    data = {"state": state, "value": 1400.0, "old": 2050.0, "unit": "kW", "by": "MO", "why": "hot", **more}
    return Event(at, EventKind.COMMAND, LIMIT, key, state in ("requested", "sent", "acknowledged"), data)


def test_that_the_life_of_a_command_is_told_in_place_and_the_target_never_as_the_actual(setpoint):
    setpoint.field.setText("1400")
    setpoint.why.setText("hot")
    setpoint.confirm.click()
    setpoint.send.click()
    key = setpoint.wants[0].id
    setpoint.show_snapshot(snapshot(command(key, "sent")))
    assert setpoint.state.text().startswith("1\u2009400 kW by MO: requested ✓ · sent ✓")
    assert setpoint.actual.text() == "2\u2009050 kW →"
    setpoint.hear_commands((command(key, "failed", reason="the plant refused it"),))
    setpoint.show_snapshot(snapshot())
    assert "failed: the plant refused it" in setpoint.state.text()
    setpoint.show_snapshot(snapshot(at=T0))
    assert setpoint.state.text() == "", "before it was given it was not"


def test_that_the_inspector_keeps_what_is_typed_while_alarms_come_and_go(qtbot, twin, standpoint):
    selection = Selection()
    inspector = Inspector(Theme(GREY), selection, twin, standpoint)
    qtbot.addWidget(inspector)
    inspector.show()
    selection.choose("T01", LIMIT)
    inspector.present(snapshot(), Answers(inspector.wanted()))
    field = inspector.setpoints[LIMIT].field
    assert isinstance(field, QLineEdit)
    field.setText("14")
    inspector.present(snapshot(alarm("T01.power")), Answers(inspector.wanted()))
    assert inspector.setpoints[LIMIT].field is field
    assert field.text() == "14"
    changed = {"limit": "high", "value": 70.0, "by": "MO", "why": "hot day", "state": "changed"}
    inspector.present(snapshot(Event(T0, EventKind.LIMIT, OIL, f"{OIL}/high", True, changed)), Answers(inspector.wanted()))
    words = " ".join(inspector.rows[OIL].words())
    assert "70 high" in words
    assert "high changed from 75 by MO: hot day" in words


def test_that_commands_are_listed_with_their_last_word_as_known_then(qtbot, twin):
    view = TimeView(T0 - MINUTE, T0 + MINUTE)
    panel = Commands(Theme(GREY), Selection(), twin, view)
    qtbot.addWidget(panel)
    panel.show()
    events = (
        command("a", "sent"),
        command("a", "verified", T0 + 3 * SECOND),
        command("b", "refused", T0 + 40 * SECOND, reason="too hot"),
    )
    panel.present(snapshot(at=T0 + 10 * SECOND), Answers(panel.wanted(), events=events))
    assert panel.model.rowCount() == 1
    lines = panel.model.data(panel.model.index(0), LINES)
    assert lines[0] == "T01 Active power limit  2\u2009050 → 1\u2009400 kW"
    assert lines[1] == "✓ verified"
    panel.present(snapshot(), Answers(panel.wanted(), events=events))
    assert panel.model.data(panel.model.index(0), LINES)[1] == "✕ refused: too hot"
    panel.present(snapshot(at=T0), Answers(panel.wanted(), events=events))
    assert panel.empty.isVisible()

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtWidgets import QToolButton

from twins.asset import Asset, AssetKind, Tag, Twin
from twins.clock import MINUTE
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, Query
from twins.record import Channel, Event, EventKind, Quality, Reason, Samples, quality_byte
from ui.asset_model import MARK, NAME, TAG_MIME, VALUE, AssetModel, Row
from ui.crumbs import Crumbs
from ui.panels.assets import MARK_WIDTH, NUMBER_WIDTH, UNIT_WIDTH, Assets
from ui.selection import Selection
from ui.theme import Theme

NOTHING = Answers(Query())


def skid():
    tags = {
        path: Tag(path, unit=unit, period_ns=MINUTE)
        for path, unit in (("P1.flow", "m^3/h"), ("P1.heat", "degC"), ("V1.level", "m"))
    }
    assets = {
        "": Asset("", "Skid", AssetKind.SYSTEM),
        "P1": Asset("P1", "Feed pump", AssetKind.COMPONENT, tags=("P1.flow", "P1.heat")),
        "P1/bearing": Asset("P1/bearing", "Bearing", AssetKind.COMPONENT, parent="P1", shows=("P1.heat",)),
        "V1": Asset("V1", "Tank", AssetKind.COMPONENT, tags=("V1.level",)),
    }
    return Twin("skid", "Skid", AssetKind.SYSTEM, assets, tags)


def a_recording(*events, quality=0):
    recording = MemoryRecording()
    for path in ("P1.flow", "P1.heat"):
        recording.append(Samples.numbers(Channel(path, unit="m^3/h", period_ns=MINUTE), [0], [1234.5], quality=quality))
    recording.append(Samples.empty(), events)
    return recording


def alarm(subject, priority="high", stands=True, time=0):
    return Event(time, EventKind.ALARM, subject, f"{subject}/{priority}", stands, {"priority": priority})


@pytest.fixture
def panel(qtbot):
    selection = Selection()
    made = Assets(Theme(), selection, skid())
    qtbot.addWidget(made)
    made.resize(280, 400)
    with qtbot.waitExposed(made, timeout=60_000):
        made.show()
    return made, selection


def test_that_a_row_shows_name_value_and_unit():
    model = AssetModel(skid())
    model.show(a_recording().at(0))
    pump = model.where("P1")
    assert [model.data(pump.siblingAtColumn(c)) for c in (NAME, VALUE, MARK)] == ["Feed pump", "1\u2009234.5 m³/h", ""]


def test_that_a_stale_or_bad_value_is_not_shown_as_current():
    model = AssetModel(skid())
    model.show(a_recording().at(5 * MINUTE))
    stale = model.facts(model.where("P1").internalId())
    assert (stale.sound, stale.struck, stale.doubt, stale.mark) == (False, True, "5 min", "stale")
    model.show(a_recording(quality=quality_byte(Quality.BAD, Reason.SENSOR_FAILURE)).at(0))
    bad = model.facts(model.where("P1").internalId())
    assert (bad.sound, bad.struck, bad.doubt) == (False, True, "bad")
    assert "sensor failure" in model.data(model.where("P1"), Qt.ItemDataRole.ToolTipRole)


def test_that_what_was_never_seen_is_absent_and_not_stale():
    model = AssetModel(skid())
    model.show(a_recording().at(0))
    tank = model.facts(model.where("V1").internalId())
    assert (tank.value, tank.mark) == ("—", "")


def test_that_a_parent_shows_the_worst_alarm_below_it():
    model = AssetModel(skid())
    model.show(a_recording(alarm("P1.heat", "low"), alarm("P1/bearing", "high"), alarm("V1", "medium")).at(0))
    marks = {path: model.facts(model.where(path).internalId()).alarm for path in ("", "P1", "P1/bearing", "V1")}
    assert marks == {"": "high", "P1": "high", "P1/bearing": "high", "V1": "medium"}


def test_that_an_alarm_that_ended_or_is_shelved_leaves_no_mark():
    model = AssetModel(skid())
    model.show(a_recording(alarm("P1"), alarm("P1", stands=False)).at(0))
    assert model.facts(model.where("P1").internalId()).alarm == ""
    shelved = Event(0, EventKind.SHELVING, "P1", "P1/high", True)
    model.show(a_recording(alarm("P1"), shelved).at(0))
    assert model.facts(model.where("P1").internalId()).alarm == ""


def test_that_searching_shows_matching_assets_and_tags_with_what_they_are_in(qtmodeltester):
    model = AssetModel(skid())
    qtmodeltester.check(model)
    model.search("heat")
    qtmodeltester.check(model)
    assert model.subject(model.where("P1", "P1.heat")) == ("P1", "P1.heat")
    assert not model.where("V1").isValid()
    model.search("feed flow")
    assert model.rowCount() == 0
    model.search("tank")
    assert model.where("V1").isValid()
    model.search("")
    assert model.where("P1/bearing").isValid()


def test_that_a_dragged_row_carries_its_tag():
    model = AssetModel(skid())
    mime = model.mimeData([model.where("P1"), model.where("P1").siblingAtColumn(VALUE)])
    assert bytes(mime.data(TAG_MIME)) == b"P1.flow"
    assert not model.flags(model.where("")) & Qt.ItemFlag.ItemIsDragEnabled


def test_that_selection_goes_both_ways(panel):
    assets, selection = panel
    selection.choose("P1/bearing", "P1.heat")
    assert assets.model.subject(assets.tree.currentIndex()) == ("P1/bearing", "")
    assert selection.tag == "P1.heat"  # the tree does not unselect the tag
    assets.tree.setCurrentIndex(assets.model.where("V1"))
    assert (selection.asset, selection.tag) == ("V1", "")


def test_that_a_double_click_and_enter_fly_there(panel, qtbot):
    assets, selection = panel
    place = assets.tree.visualRect(assets.model.where("P1")).center()
    with qtbot.waitSignal(selection.visited, timeout=60_000) as flown:
        qtbot.mouseClick(assets.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(assets.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert flown.args == ["P1"]
    with qtbot.waitSignal(selection.visited, timeout=60_000):
        qtbot.keyClick(assets.tree, Qt.Key.Key_Return)


class Paints(QObject):
    """Counts how often a widget is painted."""

    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_that_only_what_changed_is_painted_again(panel, qtbot):
    assets, _ = panel
    recording = a_recording()
    assets.present(recording.at(0), NOTHING)
    qtbot.wait(50)
    paints = Paints()
    assets.tree.viewport().installEventFilter(paints)
    assets.present(recording.at(1), NOTHING)
    qtbot.wait(50)
    assert paints.count == 0
    assets.present(recording.at(5 * MINUTE), NOTHING)
    qtbot.wait(50)
    assert paints.count > 0


def test_that_ten_thousand_assets_cost_a_window_full(qtbot):
    paths = [f"A{i:05d}" for i in range(10_000)]
    tags = {f"{path}.x": Tag(f"{path}.x", unit="kW", period_ns=MINUTE) for path in paths}
    assets = {"": Asset("", "All", AssetKind.PROCESS)}
    assets |= {path: Asset(path, path, AssetKind.COMPONENT, tags=(f"{path}.x",)) for path in paths}
    panel = Assets(Theme(), Selection(), Twin("all", "All", AssetKind.PROCESS, assets, tags))
    qtbot.addWidget(panel)
    panel.resize(280, 900)
    with qtbot.waitExposed(panel, timeout=60_000):
        panel.show()
    snapshot = _snapshot_of(list(tags))
    panel.present(snapshot, NOTHING)
    qtbot.wait(50)
    panel.present(snapshot, NOTHING)
    assert len(panel.tree.rows.painted) < 60
    panel.search.setText("a09")
    assert panel.model.rowCount(panel.model.index(0, 0, QModelIndex())) >= 1000


def _snapshot_of(paths):
    from twins.record import Snapshot

    n = len(paths)
    channels = tuple(Channel(path, unit="kW", period_ns=MINUTE) for path in paths)
    zeros = np.zeros(n, np.int64)
    return Snapshot(0, channels, zeros, zeros, np.random.default_rng(1).normal(size=n).view(np.int64), np.zeros(n, np.uint8))


def test_that_a_name_takes_the_room_that_its_value_leaves(panel):
    assets, _ = panel
    rows = assets.tree.rows
    assert rows._value_takes(Row("x"), 120) == 0
    number, absent = rows._value_takes(Row("x", "1\u2009234.5", "m³/h"), 120), rows._value_takes(Row("x", "—"), 120)
    assert absent < number <= rows.value_width
    long, short = (rows._value_takes(Row(name, "shut down"), 120) for name in ("Main entrance of the north wing", "Door"))
    assert long < short, "a word gives way to the name"


def test_that_values_take_no_more_room_than_the_widest_unit_needs(panel):
    assets, _ = panel
    assert assets.tree.rows.value_width < NUMBER_WIDTH + UNIT_WIDTH
    assert assets.tree.columnWidth(VALUE) == assets.tree.rows.value_width
    rows = assets.tree.rows
    rows.leave_room(["kW"])
    narrow = rows.value_width
    rows.leave_room(["kW", "m³/h"])
    assert narrow < rows.value_width


def test_that_marks_take_room_only_once_there_is_one(panel, qtbot):
    assets, _ = panel
    qtbot.waitUntil(lambda: bool(assets.tree.rows.painted), timeout=60_000)
    assets.present(a_recording().at(0), NOTHING)
    narrow = assets.tree.columnWidth(MARK)
    assets.present(a_recording(alarm("P1")).at(0), NOTHING)
    qtbot.waitUntil(lambda: narrow < assets.tree.columnWidth(MARK) == MARK_WIDTH, timeout=60_000)
    assets.present(a_recording().at(0), NOTHING)
    qtbot.wait(50)
    assert assets.tree.columnWidth(MARK) == MARK_WIDTH, "nothing jumps to and fro"


def test_that_a_search_begins_with_the_asset_that_is_most_likely_meant(qtbot):
    assets = {"": Asset("", "District", AssetKind.SYSTEM)}
    for i in range(40):
        assets[f"b{i}"] = Asset(f"b{i}", f"Offices {i}", AssetKind.SYSTEM)
    assets["office"] = Asset("office", "Office building", AssetKind.SYSTEM)
    for i in range(40):
        assets[f"office/b{i}"] = Asset(f"office/b{i}", f"Board {i}", AssetKind.COMPONENT, parent="office")
    selection = Selection()
    panel = Assets(Theme(), selection, Twin("d", "District", AssetKind.SYSTEM, assets, {}))
    qtbot.addWidget(panel)
    panel.resize(280, 400)
    with qtbot.waitExposed(panel, timeout=60_000):
        panel.show()
    panel.search.setText("office b")
    assert panel.tree.visualRect(panel.model.where("office")).top() == 0, "at the top"
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert selection.asset == "office"


def test_that_a_search_without_a_find_says_so(panel, qtbot):
    assets, _ = panel
    assets.search.setText("turbine")
    assert assets.nothing.isVisible()
    assert "turbine" in assets.nothing.text()
    assets.search.setText("pump")
    assert not assets.nothing.isVisible()


def test_that_crumbs_are_elided_only_where_there_is_no_room(qtbot):
    long = "The office building at the north end"
    twin = Twin("d", "District", AssetKind.SYSTEM, {
        "": Asset("", "City district", AssetKind.SYSTEM), "o": Asset("o", long, AssetKind.SYSTEM),
    }, {})  # fmt: skip
    crumbs = Crumbs(twin)
    qtbot.addWidget(crumbs)
    crumbs.resize(240, 30)
    crumbs.show_trail(("", "o"))
    crumbs.hide()
    crumbs.resize(600, 30)
    crumbs.show_trail(("", "o"))
    said = lambda: [step.text() for step in crumbs.findChildren(QToolButton) if step.isVisible()]  # noqa: E731
    assert said() == ["City district", long]
    crumbs.resize(240, 30)
    qtbot.waitUntil(lambda: "…" in said()[1], timeout=60_000)
    assert said()[0] == "City district", "the longest is the first to be elided"


@pytest.mark.parametrize("name", ["Office building", "Turbine 3", "Heart", "Line", "The plant of pumps and of cooling towers"])
def test_that_no_crumb_is_elided_by_a_rounded_width(qtbot, name):
    crumbs = Crumbs(
        Twin("d", "D", AssetKind.SYSTEM, {"": Asset("", "D", AssetKind.SYSTEM), "o": Asset("o", name, AssetKind.SYSTEM)}, {})
    )
    qtbot.addWidget(crumbs)
    crumbs.resize(600, 30)
    crumbs.show_trail(("", "o"))
    qtbot.waitUntil(lambda: name in [step.text() for step in crumbs.findChildren(QToolButton)], timeout=5_000)

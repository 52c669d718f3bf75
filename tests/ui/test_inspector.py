import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel

from twins.asset import Asset, AssetKind, Limits, Relation, Tag, Twin
from twins.clock import MINUTE
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, Query
from twins.record import Channel, Event, EventKind, Quality, Reason, Samples, quality_byte
from ui.panels.inspector import Inspector
from ui.selection import Selection
from ui.theme import DARK, GREY, Theme

NOTHING = Answers(Query())


def skid():
    tags = {
        "P1.flow": Tag("P1.flow", unit="m^3/h", range=(0, 40), limits=Limits(low=2, high=35), period_ns=MINUTE, label="flow"),
        "P1.setpoint": Tag("P1.setpoint", unit="rpm", range=(0, 3000), writable=True, role="operator"),
        "P1.energy": Tag("P1.energy", unit="kWh/m^3", computed="power / flow", period_ns=MINUTE),
    }
    assets = {
        "": Asset("", "Skid", AssetKind.SYSTEM),
        "P1": Asset("P1", "Pump", AssetKind.COMPONENT, tags=tuple(tags), description="A centrifugal pump."),
        "P1/seal": Asset("P1/seal", "Seal", AssetKind.COMPONENT, parent="P1"),
        "V1": Asset("V1", "Tank", AssetKind.COMPONENT),
    }
    return Twin("skid", "Skid", AssetKind.SYSTEM, assets, tags, (Relation("P1", "feeds", "V1"),))


def flow(value=12.0, quality=0, events=()):
    recording = MemoryRecording()
    recording.append(Samples.numbers(Channel("P1.flow", unit="m^3/h", period_ns=MINUTE), [0], [value], quality=quality), events)
    return recording


@pytest.fixture
def panel(qtbot):
    selection = Selection()
    made = Inspector(Theme(), selection, skid())
    qtbot.addWidget(made)
    made.resize(340, 600)
    with qtbot.waitExposed(made, timeout=60_000):
        made.show()
    return made, selection


def words_of(panel):
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def test_that_a_chosen_set_point_is_scrolled_into_view_with_its_buttons(panel, qtbot):
    inspector, selection = panel
    inspector.resize(340, 230)
    selection.choose("P1", "P1.setpoint")
    form = inspector.setpoints["P1.setpoint"]
    qtbot.waitUntil(lambda: form.confirm.visibleRegion().boundingRect() == form.confirm.rect(), timeout=60_000)


def test_that_it_follows_the_selection(panel):
    inspector, selection = panel
    selection.choose("P1")
    assert inspector.heading.text() == "PUMP"
    assert list(inspector.rows) == ["P1.flow", "P1.setpoint", "P1.energy"]
    assert "A centrifugal pump." in words_of(inspector)
    selection.choose("P1/seal")
    assert inspector.heading.text() == "PUMP / SEAL"


def test_that_an_asset_without_tags_says_what_would_be_there(panel):
    inspector, selection = panel
    selection.choose("V1")
    assert any("Nothing is measured here" in text for text in words_of(inspector))
    selection.choose("")
    assert any("Look inside: Pump, Tank" in text for text in words_of(inspector))


def test_that_the_chosen_row_tells_quality_age_limits_and_origin(panel):
    inspector, selection = panel
    selection.choose("P1", "P1.flow")
    inspector.present(flow(quality=quality_byte(Quality.GOOD, assumed=True)).at(30_000_000_000), NOTHING)
    row = inspector.rows["P1.flow"]
    assert row.opened
    assert row.words() == ["good (assumed) · 30 s", "limits: 2 low · 35 high", "range: 0 to 40 m³/h"]
    assert not inspector.rows["P1.setpoint"].opened
    assert "computed: power / flow" in inspector.rows["P1.energy"].words()
    assert "may be set by operator" in inspector.rows["P1.setpoint"].words()


def test_that_a_click_selects_the_tag(panel, qtbot):
    inspector, selection = panel
    selection.choose("P1")
    qtbot.mouseClick(inspector.rows["P1.setpoint"], Qt.MouseButton.LeftButton)
    assert (selection.asset, selection.tag) == ("P1", "P1.setpoint")
    assert inspector.rows["P1.setpoint"].height() > 26 or inspector.rows["P1.setpoint"].sizeHint().height() > 26


def bar_pixels(row, qtbot):
    qtbot.wait(30)
    picture = QImage(row.size(), QImage.Format.Format_RGB32)
    row.render(picture)
    across = range(row.width() - 134, row.width() - 120)
    return [picture.pixelColor(x, 13 + dy).name() for x in across for dy in (-1, 0, 1)]


def test_that_a_sound_value_fills_its_bar_and_a_stale_or_bad_one_only_hatches_it(panel, qtbot):
    inspector, selection = panel
    selection.choose("P1")
    row = inspector.rows["P1.flow"]
    inspector.present(flow(30.0).at(0), NOTHING)
    assert set(bar_pixels(row, qtbot)) == {GREY.muted}
    for snapshot in (flow(30.0).at(10 * MINUTE), flow(30.0, quality_byte(Quality.BAD, Reason.SENSOR_FAILURE)).at(0)):
        inspector.present(snapshot, NOTHING)
        assert GREY.line in bar_pixels(row, qtbot)


def test_that_a_value_is_announced_with_its_quality(panel):
    inspector, selection = panel
    selection.choose("P1")
    inspector.present(flow(quality=quality_byte(Quality.BAD, Reason.SENSOR_FAILURE)).at(0), NOTHING)
    assert inspector.rows["P1.flow"].accessibleDescription() == "12.0 m³/h, bad: sensor failure · 0.0 s"


def test_that_relations_are_links_in_both_directions(panel):
    inspector, selection = panel
    selection.choose("V1")
    link = next(label for label in inspector.findChildren(QLabel) if "href" in label.text())
    assert "feeds this" in link.text()
    link.linkActivated.emit("P1")
    assert selection.asset == "P1"
    assert any("feeds&nbsp;" in text and "Tank" in text for text in words_of(inspector))


def test_that_the_standing_alarms_of_the_asset_are_told(panel):
    inspector, selection = panel
    selection.choose("P1")
    data = {"priority": "high", "message": "flow above 35"}
    raised = Event(0, EventKind.ALARM, "P1.flow", "P1.flow/high", True, data)
    recording = flow(events=[raised, Event(MINUTE, EventKind.ALARM, "P1.flow", "P1.flow/high", False)])
    inspector.present(recording.at(1), NOTHING)
    assert inspector.findChildren(QLabel)
    assert [event.key for event in inspector.alarms] == ["P1.flow/high"]
    inspector.present(recording.at(MINUTE), NOTHING)
    assert inspector.alarms == ()


def test_that_pressing_a_row_to_drag_it_away_selects_nothing(panel, qtbot):
    inspector, selection = panel
    selection.choose("P1")
    row = inspector.rows["P1.setpoint"]
    qtbot.mousePress(row, Qt.MouseButton.LeftButton)
    assert selection.tag == ""
    qtbot.mouseRelease(row, Qt.MouseButton.LeftButton, pos=row.rect().bottomRight() + row.rect().bottomRight())
    assert selection.tag == ""


def test_that_links_change_with_the_theme(qtbot):
    theme, selection = Theme(GREY), Selection()
    made = Inspector(theme, selection, skid())
    qtbot.addWidget(made)
    made.show()
    selection.choose("V1")
    assert any(GREY.link in text for text in words_of(made))
    theme.choose(DARK)
    assert any(DARK.link in text for text in words_of(made))

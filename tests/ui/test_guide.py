"""A tour leads through a window and leaves it as it was; a nested twin is entered by a double click and left again."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from twins.asset import Asset, AssetKind, Part, Placement, Step, Tag, Tour, Twin, Viewpoint
from twins.clock import MINUTE, SECOND
from twins.geometry.shapes import build
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Samples
from twins.timeline import Timeline
from ui import guide
from ui.main_window import Opened
from ui.settings import Settings
from ui.workplace import Workplace

START = 1_400_000_000 * SECOND
STEPS = (
    Step("All of it.", viewpoint="Overview", colour_by="flow"),
    Step("A pump.", asset="b12/P1", select="b12/P1", shows="alarms", fault="b12/P1.worn", colour_by="condition"),
    Step("Nothing that there is.", viewpoint="Nowhere", asset="", colour_by="nonsense", select="nobody", shows="inspector"),
)


@pytest.fixture
def begun():
    return []


@pytest.fixture
def place(qtbot, qapp, tmp_path, begun, standing):
    tags = {f"{path}.flow": Tag(f"{path}.flow", unit="m^3/h", range=(0, 100), period_ns=MINUTE) for path in ("P0", "b12/P1")}
    part = lambda path: (Part(path, "body", {"shape": {}}, colour_by=f"{path}.flow"),)  # noqa: E731
    assets = {
        "": Asset("", "Site", AssetKind.SYSTEM),
        "P0": Asset("P0", "Outer pump", AssetKind.COMPONENT, tags=("P0.flow",), at=Placement(-20, 0, 0), parts=part("P0")),
        "b12": Asset("b12", "Building 12", AssetKind.SYSTEM, at=Placement(20, 0, 0), twin="buildings/office"),
        "b12/P1": Asset(
            "b12/P1",
            "Pump",
            AssetKind.COMPONENT,
            parent="b12",
            tags=("b12/P1.flow",),
            at=Placement(1, 0, 0),
            parts=part("b12/P1"),
        ),
    }
    views = (Viewpoint("Overview", (-60, -60, 30), (0, 0, 0)), Viewpoint("b12/Inside", (0, -12, 4), (0, 0, 1), "b12"))
    twin = Twin("site", "Site", AssetKind.SYSTEM, assets, tags, viewpoints=views, tour=Tour("One minute", "", STEPS))
    meshes = {(path, "body"): build({"box": {"size": [6, 6, 6]}}) for path in ("P0", "b12/P1")}
    recording = MemoryRecording()
    times = START + np.arange(10) * MINUTE
    for path in tags:
        recording.append(Samples.numbers(Channel(path, unit="m^3/h", period_ns=MINUTE), times, np.arange(10.0)), [])
    opened = Opened(twin, tmp_path / "site.twin-recording", lambda: recording, lambda: meshes)
    settings = Settings(tmp_path / "settings.json")
    made = Workplace(qapp, opened, Timeline(START, START + 9 * MINUTE), settings, begin_fault=begun.append)
    with standing(made):
        qtbot.waitUntil(lambda: made.selection.asset != "", timeout=60_000)
        yield made


def arrived(place):
    return not place.scene.pilot.moving


def test_that_a_tour_leads_through_all_its_steps_and_leaves_the_window_as_it_was(place, qtbot, begun, tmp_path):
    assert place.guide.card is not None
    assert place.guide.card.isVisible(), "whoever is here for the first time is offered it"
    place.selection.choose("P0")
    chosen, before = place.scene.scene.choice, place.scene.viewpoint("")
    place.window.docks.reveal("events")
    place.guide.begin()
    bar = place.guide.bar
    assert bar.words.text() == "All of it."
    assert "1 of 3" in bar.place.text()
    qtbot.waitUntil(lambda: arrived(place), timeout=60_000)
    bar.buttons["next"].click()
    assert (place.selection.asset, begun, place.scene.scene.choice.title) == ("b12/P1", ["b12/P1.worn"], "Condition")
    assert place.window.docks.widgets["alarms"].isCurrentTab()
    assert not place.guide.paused, "what the tour selects is not the operator's hand"
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.words.text() == "Nothing that there is.", "what is not there blocks no step"
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    assert begun == ["b12/P1.worn"], "a fault begins once"
    place.selection.choose("P0")
    assert place.guide.paused, "whoever selects something themselves is not led on"
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: arrived(place), timeout=60_000)
    assert not bar.isVisible()
    assert (place.selection.asset, place.scene.scene.choice) == ("P0", chosen)
    assert place.window.docks.widgets["events"].isCurrentTab()
    assert place.scene.viewpoint("").eye == pytest.approx(before.eye, abs=0.01)
    assert place.settings.get(f"coloured by/{place.opened.twin.id}", "") == "", "a tour's colours are not what the operator chose"


def test_that_it_goes_on_by_itself_and_stays_at_its_last_words(place, qtbot):
    place.guide.card.declined.emit()
    assert not place.guide.card.isVisible()
    assert json.loads((place.settings._path).read_text())[guide.TOURED] == ["site"], "it is offered once"
    place.guide.begin()
    place.guide._gone_ms = 7_990.0
    qtbot.waitUntil(lambda: place.guide.step == 1, timeout=60_000)
    place.guide.next()
    place.guide._gone_ms = 7_990.0
    qtbot.waitUntil(lambda: place.guide.paused, timeout=60_000)
    assert place.guide.leading
    place.guide.next()
    assert not place.guide.leading


def test_that_a_double_click_goes_into_a_nested_twin_and_backspace_out(place, qtbot):
    place.guide.card.hide()
    place.scene.fit("b12")
    qtbot.waitUntil(lambda: arrived(place), timeout=60_000)
    middle = QPointF(place.scene.width() / 2, place.scene.height() / 2)
    assert place.scene.asset_at(middle) == "b12/P1"
    event = QMouseEvent(
        QMouseEvent.Type.MouseButtonDblClick, middle, middle, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    place.scene.mouseDoubleClickEvent(event)
    assert (place.descent.root, place.selection.asset) == ("b12", "b12")
    assert place.assets.model.rowCount() == 1
    assert place.assets.model.subject(place.assets.model.index(0, 0)) == ("b12", "")
    assert place.assets.crumbs.isVisible()
    qtbot.waitUntil(lambda: arrived(place), timeout=60_000)
    assert place.scene.viewpoint("").eye == pytest.approx((20, -12, 4), abs=0.1), "its own first view"
    place.scene.mouseDoubleClickEvent(event)
    assert (place.descent.root, place.selection.asset) == ("b12", "b12/P1"), "within it a double click flies, as ever"
    place.scene.picked.emit("")
    assert (place.descent.root, place.selection.asset) == ("b12", "b12"), "a click beside everything stays inside"
    qtbot.keyClick(place.window, Qt.Key.Key_Backspace)
    assert (place.descent.root, place.selection.asset) == ("", "")
    assert not place.assets.crumbs.isVisible()
    place.descent.enter("b12")
    place.selection.choose("P0")
    assert place.descent.root == "", "what is selected is never out of sight"


@pytest.mark.parametrize(
    ("tour", "may_break", "apt"),
    [
        (Tour("With a fault", "", STEPS), True, True),
        (Tour("With a fault", "", STEPS), False, False),
        (Tour("With one from the start", "b12/P1.worn", STEPS[:1]), False, False),
        (Tour("Without one", "", STEPS[:1]), False, True),
        (Tour("", "", ()), True, False),
    ],
)
def test_that_a_tour_is_offered_only_where_what_it_shows_can_happen(place, tmp_path, tour, may_break, apt):
    parts = (place.scene, place.tools, place.selection, place.window.docks)
    led = guide.Guide(tour, *parts, (lambda _: None) if may_break else None)
    led.offer(Settings(tmp_path / "new.json"), "site")
    assert (led.apt, led.card is not None) == (apt, apt)

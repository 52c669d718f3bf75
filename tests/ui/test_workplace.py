"""The whole window on a pump skid, with its real panels and its real scene."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt

from twins.asset import Asset, AssetKind, Tag, Twin, Viewpoint
from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Event, EventKind, Samples
from twins.timeline import Mode, Timeline
from ui.main_window import Opened
from ui.settings import Settings
from ui.theme import DARK
from ui.workplace import Workplace

START = 1_400_000_000 * SECOND


@pytest.fixture
def place(qtbot, qapp, tmp_path, standing):
    tags = {"P1.flow": Tag("P1.flow", unit="m^3/h", range=(0, 100), period_ns=MINUTE)}
    assets = {"": Asset("", "Skid", AssetKind.SYSTEM), "P1": Asset("P1", "Pump", AssetKind.COMPONENT, tags=tuple(tags))}
    viewpoints = (Viewpoint("Overview", (-30, -30, 20), (0, 0, 0)),)
    twin = Twin("skid", "Pump skid", AssetKind.SYSTEM, assets, tags, viewpoints=viewpoints)
    recording = MemoryRecording()
    times = START + np.arange(100) * MINUTE
    alarm = Event(
        START + 50 * MINUTE, EventKind.ALARM, "P1.flow", "P1.flow/high", True, {"priority": "high", "message": "too much"}
    )
    recording.append(Samples.numbers(Channel("P1.flow", unit="m^3/h", period_ns=MINUTE), times, np.arange(100.0)), [alarm])
    timeline = Timeline(START, START + 99 * MINUTE)
    opened = Opened(twin, tmp_path / "skid.twin-recording", lambda: recording, dict)
    made = Workplace(qapp, opened, timeline, Settings(tmp_path / "settings.json"))
    with standing(made):
        yield made


def shown_time(place):
    return place.window.refresh.snapshot.time


def test_that_the_window_works_from_the_keyboard(place, qtbot):
    window = place.window
    place.assets.tree.setFocus()
    place.selection.choose("P1", "P1.flow")
    qtbot.waitUntil(lambda: place.inspector.rows["P1.flow"].accessibleDescription().startswith("0.0 m³/h"), timeout=60_000)
    qtbot.keyClick(place.assets.tree, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_time(place) == START + MINUTE, timeout=60_000)
    qtbot.waitUntil(lambda: place.inspector.rows["P1.flow"].accessibleDescription().startswith("1.0 m³/h"), timeout=60_000)
    qtbot.keyClick(window, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: shown_time(place) == START + 50 * MINUTE, timeout=60_000)
    qtbot.waitUntil(lambda: window.banner.alarms.text() == "1 high", timeout=60_000)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: window.banner.alarms.text() == "no alarms", timeout=60_000)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert place.timeline.mode is Mode.PLAYING
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert place.timeline.mode is Mode.PAUSED


def test_that_the_palette_goes_to_assets_viewpoints_and_actions(place, qtbot):
    qtbot.keyClick(place.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert place.palette.isVisible()
    place.palette.field.setText("flow p1")
    qtbot.keyClick(place.palette.field, Qt.Key.Key_Return)
    assert (place.selection.asset, place.selection.tag) == ("P1", "P1.flow")
    titles = [entry.title for entry in place.entries()]
    assert {"Overview", "Pump", "Flow", "Colour by Flow", "Dark"} <= set(titles)


def test_that_the_theme_changes_everywhere_and_is_kept(place, qtbot, tmp_path):
    place.choose_theme("dark")
    qtbot.wait(100)
    assert DARK.panel in place.app.styleSheet()
    assert Settings(tmp_path / "settings.json").get("theme", "grey") == "dark"
    picture = place.window.grab().toImage()
    assert picture.pixelColor(picture.width() // 2, picture.height() - 6).lightness() < 60


def test_that_viewpoints_get_pictures_and_own_ones_are_kept(place):
    assert place.views.has_picture("Overview")
    place.views.save_asked.emit("Mine")
    assert [viewpoint.name for viewpoint in place.views.viewpoints] == ["Overview", "Mine"]
    place.views.forget_asked.emit("Mine")
    assert [viewpoint.name for viewpoint in place.views.viewpoints] == ["Overview"]


def test_that_closing_leaves_no_thread(place):
    place.window.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "recording-reader"] == []


def test_that_a_fresh_window_shows_something_alive(place, qtbot):
    qtbot.waitUntil(lambda: place.selection.asset == "P1", timeout=60_000)
    assert place.scene.scene.choice.title == "Flow"
    assert place.window.panel("trends").tags == ("P1.flow",)
    assert place.timeline.stride >= MINUTE


def test_that_the_tags_of_the_trends_are_remembered(place, tmp_path):
    place.window.panel("trends").add("P1.flow")
    place.window.close()
    assert Settings(tmp_path / "settings.json").get("trends/skid", {}) == {"tags": ["P1.flow"], "linked": True}


def test_that_no_picture_is_taken_of_a_scene_that_is_closed(place, qtbot, capfd):
    place.view_ties.retake()
    place.window.close()
    qtbot.wait(400)
    assert place.scene.picture().isNull()
    assert "ReadPixels" not in capfd.readouterr().err

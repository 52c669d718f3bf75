import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QWidget

from twins.asset import Asset, AssetKind, Twin
from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.historian.query import Query
from twins.record import Channel, Event, EventKind, Samples
from twins.timeline import Timeline
from ui.docks import BELOW_RIGHT, BOTTOM, CENTRE, LEFT, LOWEST, RIGHT, Dock
from ui.main_window import MainWindow, Opened
from ui.settings import Settings
from ui.theme import DARK, GREY, Theme, font, stylesheet

START = 1_400_000_000 * SECOND
PLACES = {"scene": CENTRE, "assets": LEFT, "views": LEFT, "inspector": RIGHT, "trends": BELOW_RIGHT}
PLACES |= {"timeline": BOTTOM, "events": LOWEST}
HEAVY = ("vtkmodules", "pyqtgraph", "qtawesome", "pyvista", "pyarrow")


class Card(QLabel):
    moved = Signal()

    def wanted(self):
        return Query()

    def present(self, snapshot, answers):
        self.setText(str(snapshot.time))


def a_recording(*events):
    recording = MemoryRecording()
    recording.append(Samples.numbers(Channel("P1.flow", period_ns=MINUTE), [START, START + MINUTE], [1.0, 2.0]), events)
    return recording


@pytest.fixture
def opened(tmp_path):
    path = tmp_path / "skid.twin-recording"
    path.write_bytes(b"x" * 84_000)
    twin = Twin("skid", "Pump skid with a name that is far too long for any window that anybody ever opened", AssetKind.SYSTEM,
                {"": Asset("", "Skid", AssetKind.SYSTEM)}, {}, timezone="Europe/Paris")  # fmt: skip
    recording = a_recording(
        Event(START, EventKind.ALARM, "P1", "a", True, {"priority": "high"}),
        Event(START, EventKind.ALARM, "P1", "b", True, {"priority": "low"}),
        Event(START, EventKind.ALARM, "P1", "c", True, {"priority": "low"}),
        Event(START, EventKind.SHELVING, "P1", "c", True),
    )
    return Opened(twin, path, lambda: recording, dict, simulated=True)


@pytest.fixture
def build(qtbot, opened, tmp_path, qapp):
    made = []

    def builder(*, docks=None, on=None, live=False, tokens=GREY, makers=None, settings=None, size=(1280, 800)):
        theme = Theme(tokens)
        qapp.setStyleSheet(stylesheet(tokens))
        timeline = Timeline(START, START + MINUTE, live=live)
        docks = docks or [Dock(name, name.title(), place, (makers or {}).get(name, Card)) for name, place in PLACES.items()]
        window = MainWindow(on or opened, timeline, theme, settings or Settings(tmp_path / "s.json"), docks)
        window.resize(*size)
        made.append(window)
        with qtbot.waitSignal(window.furnished, timeout=60_000):
            window.show()
        return window, timeline

    yield builder
    for window in made:
        window.close()
        window.deleteLater()
    qapp.setStyleSheet("")


def test_that_the_shell_is_painted_before_the_first_panel_is_made(build, qtbot):
    seen = []

    def make():
        picture = window_of().banner.grab().toImage()
        seen.append(picture.width())
        return Card()

    def window_of():
        return next(w for w in QGuiApplication.instance().topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible())

    build(makers={"scene": make})
    assert seen


def test_that_panels_stand_where_they_should(build):
    window, _ = build()
    box = {name: _box(window, window.panel(name)) for name in PLACES if name != "views"}
    assert box["assets"].right() < box["scene"].left() < box["scene"].right() < box["inspector"].left()
    assert box["inspector"].bottom() < box["trends"].top()
    assert box["scene"].bottom() < box["timeline"].top() < box["timeline"].bottom() < box["events"].top()
    assert box["timeline"].width() > 1270
    assert box["scene"].width() > 600
    assert window.panel("views").isHidden() or not window.panel("views").isVisible()


def _box(window, widget):
    return widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))


def test_that_replay_and_live_have_their_banner_and_frame(build, qtbot):
    window, timeline = build(live=True)
    qtbot.waitUntil(lambda: window.banner.mode == "live", timeout=60_000)
    assert _frame_colour(window) == GREY.panel
    timeline.pause()
    timeline.seek(START)
    window.refresh.tick()
    qtbot.waitUntil(lambda: window.banner.mode == "replay", timeout=60_000)
    qtbot.wait(50)
    assert _frame_colour(window) == GREY.replay
    texts = [label.text() for label in window.banner.findChildren(QLabel) if label.isVisible()]
    assert "REPLAY · PAUSED" in texts
    assert "SIMULATED PLANT" in texts


def _frame_colour(window):
    return picture_of(window).pixelColor(0, window.height() // 2).name()


def picture_of(widget):
    """Exact colours, whatever the screen's depth."""
    picture = QImage(widget.size(), QImage.Format.Format_RGB32)
    widget.render(picture)
    return picture


def test_that_a_recording_without_a_live_plant_is_never_called_live(build, qtbot):
    window, timeline = build()
    timeline.last()
    window.refresh.tick()
    qtbot.wait(100)
    assert window.banner.mode == "replay"


def test_that_the_banner_tells_the_local_time_and_what_stands(build, qtbot):
    window, _ = build()
    qtbot.waitUntil(lambda: window.banner.alarms.counts != (), timeout=60_000)
    assert window.banner.alarms.text() == "1 high · 1 low · 1 shelved"
    texts = [label.text() for label in window.banner.findChildren(QLabel)]
    assert "2014-05-13 18:53:20" in texts
    assert "UTC+02:00" in texts


def test_that_nothing_in_the_banner_is_clipped_or_overlaps(build, qtbot):
    for size in ((1280, 800), (1920, 1080), (2560, 1440)):
        window, _ = build(size=size)
        qtbot.wait(50)
        boxes = [
            _box(window.banner, child)
            for child in window.banner.findChildren(QWidget)
            if child.isVisible() and child.layout() is None
        ]
        assert all(window.banner.rect().contains(box) for box in boxes)
        assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
        for label in window.banner.findChildren(QLabel):
            if label.isVisible() and type(label) is QLabel:
                assert label.width() >= label.sizeHint().width(), label.text()


def test_that_the_status_line_tells_size_age_and_damage(build, qtbot, opened):
    opened.open_recording().damage = ("Block 7 is damaged.", "Block 9 is damaged.")
    window, timeline = build()
    timeline.seek(START + 30 * SECOND)
    window.refresh.tick()
    texts = lambda: [label.text() for label in window.status.findChildren(QLabel)]  # noqa: E731
    qtbot.waitUntil(lambda: "data 30 s old" in texts(), timeout=60_000)
    assert "recording skid · 84 kB" in texts()
    assert window.status.damage.text() == "2 damaged places in the recording"


def test_that_no_tab_is_elided_where_four_stand_in_a_row(build, qtbot, qapp):
    before = qapp.font()
    qapp.setFont(font())
    names = ("Inspector", "Simulation", "Predictions", "Commands")
    docks = [Dock("scene", "Scene", CENTRE, Card), *(Dock(name.lower(), name, RIGHT, Card) for name in names)]
    window, _ = build(size=(1400, 900), docks=docks)
    tabs = [window.docks.widgets[name.lower()].tabWidget() for name in names]
    qtbot.waitUntil(lambda: all(tab.width() for tab in tabs), timeout=60_000)
    elided = [tab.isTitleElided() for tab in tabs]
    qapp.setFont(before)
    assert elided == [False] * 4


def test_that_the_layout_is_remembered(build, tmp_path, qtbot):
    window, _ = build()
    window.docks.widgets["inspector"].setFloating()
    window.docks.reveal("views")
    window.close()
    again, _ = build()
    assert again.docks.widgets["inspector"].isFloating()
    assert again.panel("views").isVisible()
    again.docks.reset()
    assert not again.docks.widgets["inspector"].isFloating()


def test_that_tabs_on_top_are_those_of_the_twin_and_of_a_new_twin_the_first(build, opened, tmp_path):
    window, _ = build()
    window.docks.reveal("views")
    window.close()
    other, _ = build(on=replace(opened, twin=replace(opened.twin, id="another")))
    assert other.docks.on_top() != window.docks.on_top()
    assert "assets" in other.docks.on_top()
    other.close()
    again, _ = build()
    assert "views" in again.docks.on_top()


@pytest.mark.qt_log_ignore("Dock manager has central widget")
def test_that_a_broken_layout_gives_the_first_one(build, tmp_path):
    xml = base64.b64encode(b"<?xml version='1.0'?><QtAdvancedDockingSystem Version='1'><Container").decode()
    for broken in ("x", "AAAA", "ÿ" * 9, "A" * 4000, xml):
        settings = Settings(tmp_path / "other.json")
        settings.put("layout", broken)
        settings.put("geometry", [1, "a", broken])
        window, _ = build(settings=settings)
        assert window.panel("scene").width() > 500
        window.close()


def test_that_a_window_from_a_screen_that_is_gone_comes_back_visible(build, tmp_path, qtbot):
    window, _ = build()
    window.docks.widgets["inspector"].setFloating()
    floating = window.docks.floatingWidgets()[0]
    floating.setGeometry(9000, 7000, 300, 300)
    window.move(8000, 6000)
    qtbot.wait(50)
    window.close()
    again, _ = build()
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.intersects(again.geometry())
    assert screen.intersects(again.docks.floatingWidgets()[0].geometry())


def test_that_broken_settings_are_told_in_the_status_line(build, tmp_path, qtbot):
    path = tmp_path / "broken.json"
    path.write_text("{")
    window, _ = build(settings=Settings(path))
    assert any("can't be read" in label.text() for label in window.status.findChildren(QLabel))


def test_that_closing_ends_the_reader_and_keeps_the_layout(build, tmp_path):
    import threading

    window, _ = build()
    window.close()
    assert not any(thread.name == "recording-reader" for thread in threading.enumerate())
    assert json.loads((tmp_path / "s.json").read_text())["layout"]


def test_that_dark_is_dark(build, qtbot):
    window, _ = build(tokens=DARK)
    assert picture_of(window).pixelColor(window.width() // 2, window.height() - 6).name() == DARK.panel


def test_that_the_shell_does_not_wait_for_vtk_or_pyqtgraph():
    code = f"import sys, ui.workplace; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout.strip() == ""

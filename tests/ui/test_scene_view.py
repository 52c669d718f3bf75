from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

from scene import camera
from scene.legend import Choice, ColourBy
from scene.pilot import Way
from twins.asset import Asset, AssetKind, Part, Placement, Tag, Twin, Viewpoint
from twins.clock import SECOND
from twins.geometry.shapes import build
from twins.historian.query import Answers, Query
from twins.record import Channel, Snapshot
from ui.scene_labels import told_apart
from ui.scene_view import SceneView
from ui.theme import DARK, GREY, Theme

NOON = 1_400_000_000 * SECOND
POWER = Choice(ColourBy.TAG, "power", "Power")


def plant() -> tuple[Twin, dict]:
    """Two towers of 20 m, each with a power."""
    shape = build({"box": {"size": [6, 6, 20], "centre": [0, 0, 10]}})
    assets, tags, meshes = {"": Asset("", "Plant", AssetKind.SYSTEM)}, {}, {}
    for name, x in (("A", -20.0), ("B", 20.0)):
        tag = Tag(f"{name}.power", unit="kW", range=(0, 100), period_ns=SECOND, decimals=0)
        tags[tag.path] = tag
        assets[name] = Asset(
            name, f"Tower {name}", AssetKind.SYSTEM, tags=(tag.path,), at=Placement(x, 0, 0), parts=(Part(name, "body"),)
        )
        meshes[name, "body"] = shape
    near = Viewpoint("B near", (0, -40, 10), (0, 0, 10), "B")
    return Twin("plant", "Plant", AssetKind.SYSTEM, assets, tags, viewpoints=(near,)), meshes


def snapshot(twin: Twin, time_ns: int, a: float = 20.0, b: float = 80.0) -> Snapshot:
    channels = tuple(Channel.of(tag) for tag in twin.tags.values())
    source = np.full(2, NOON, np.int64)
    return Snapshot(time_ns, channels, source, source, np.array([a, b]).view(np.int64), np.zeros(2, np.uint8))


def test_that_a_twin_without_shapes_says_so_in_the_middle(qtbot):
    twin, _ = plant()
    view = SceneView(twin, {}, Theme(GREY))
    view.resize(800, 600)
    qtbot.addWidget(view, before_close_func=lambda _: view.close())
    with qtbot.waitSignal(view.ready, timeout=60_000):
        view.show()
    note = next(each for each in view.findChildren(QLabel) if "has a shape" in each.text())
    assert note.isVisible()
    assert abs(note.geometry().center().x() - 400) < 5


@pytest.fixture
def view(qtbot):
    window, theme = QMainWindow(), Theme(GREY)
    twin, meshes = plant()
    view = SceneView(twin, meshes, theme)
    window.resize(800, 600)
    window.setCentralWidget(view)
    qtbot.addWidget(window, before_close_func=lambda _: view.close())
    with qtbot.waitSignal(view.ready, timeout=60_000):
        window.show()
    view.theme = theme
    view.kept = window
    return view


def seen(qtbot, view) -> np.ndarray:
    """The window's own pixels once the picture has settled, uint8[height, width, 3]."""
    qtbot.wait(450)
    image = view.window().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def where(view, x: float, z: float = 10.0) -> QPoint:
    """The pixel that shows the south side of a tower."""
    at = camera.projected(view.pilot.pose, np.array([[x, -3.0, z]]), view.width(), view.height())[0]
    return QPoint(round(at[0]), round(at[1]))


def show(view, time_ns=NOON, **values):
    view.present(snapshot(view.scene.twin, time_ns, **values), Answers(Query()))


def test_that_the_window_itself_holds_the_3d_in_the_legends_colours(qtbot, view):
    legend = view.colour_by(POWER)
    show(view)
    picture = seen(qtbot, view)
    for x, value in ((-20, 20.0), (20, 80.0)):
        at = where(view, x)
        pixel, own = picture[at.y(), at.x()].astype(float), np.array(legend.colour(value), float)
        assert np.abs(pixel / pixel.max() - own / own.max()).max() < 0.06  # the same colour, in some light


def test_that_a_click_picks_what_is_there_and_a_click_beside_it_nothing(qtbot, view):
    show(view)
    with qtbot.waitSignal(view.picked, timeout=60_000) as told:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=where(view, 20))
    assert told.args == ["B"]
    with qtbot.waitSignal(view.picked, timeout=60_000) as told:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert told.args == [""]


def test_that_a_double_click_asks_to_go_there(qtbot, view):
    with qtbot.waitSignal(view.visited, timeout=60_000) as told:
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=where(view, -20))
    assert told.args == ["A"]


def test_that_a_click_on_a_label_is_one_on_its_asset_whatever_lies_behind(qtbot, view):
    view.pilot.jump(camera.Pose.of([0, -120, 8], [0, 0, 8]))
    show(view)
    seen(qtbot, view)
    on_label = where(view, 20, z=20.0) - QPoint(0, 20)  # above the tower's top: the sky
    with qtbot.waitSignal(view.picked, timeout=60_000) as told:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=on_label)
    assert told.args == ["B"]
    with qtbot.waitSignal(view.visited, timeout=60_000) as told:
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=on_label)
    assert told.args == ["B"]
    view.show_labels(False)
    assert view.asset_at(QPointF(on_label)) == ""


def test_that_a_drag_turns_the_camera_and_picks_nothing(qtbot, view):
    before = view.pilot.pose
    with qtbot.assertNotEmitted(view.picked):
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
        for x in (410, 430, 460):
            event_at = QPointF(x, 300)
            from PySide6.QtCore import QEvent
            from PySide6.QtGui import QMouseEvent

            moved = QMouseEvent(
                QEvent.Type.MouseMove,
                event_at,
                view.mapToGlobal(event_at),
                Qt.MouseButton.NoButton,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
            QApplication.sendEvent(view, moved)
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(460, 300))
    assert view.pilot.pose.heading_deg != pytest.approx(before.heading_deg)
    assert view.pilot.pose.distance == pytest.approx(before.distance)


def test_that_the_wheel_zooms_to_what_is_under_the_pointer(qtbot, view):
    at = where(view, 20)
    event = QWheelEvent(
        QPointF(at),
        view.mapToGlobal(QPointF(at)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    before = view.pilot.pose.distance
    QApplication.sendEvent(view, event)
    assert view.pilot.pose.distance < 0.8 * before
    assert (where(view, 20) - at).manhattanLength() <= 3


def test_that_one_walks_with_the_keys_at_eye_height_and_not_through_a_wall(qtbot, view):
    view.pilot.jump(camera.Pose.of([20, -12, 30], [20, 0, 30]))
    view.move_by(Way.WALK)
    qtbot.waitUntil(lambda: not view.pilot.moving, timeout=60_000)
    view.setFocus()
    qtbot.keyPress(view, Qt.Key.Key_W)
    qtbot.keyPress(view, Qt.Key.Key_Shift)
    qtbot.waitUntil(lambda: view.pilot.pose.eye[1] > -4.2, timeout=60_000)
    qtbot.wait(300)
    qtbot.keyRelease(view, Qt.Key.Key_Shift)
    qtbot.keyRelease(view, Qt.Key.Key_W)
    assert view.pilot.pose.eye[2] == pytest.approx(1.7)
    assert view.pilot.pose.eye[1] < -3.3  # the tower's wall is at −3


def test_that_a_selected_thing_fills_the_view_on_demand(qtbot, view):
    view.select("B")
    view.fit("B")
    qtbot.waitUntil(lambda: not view.pilot.moving, timeout=60_000)
    assert view.pilot.pose.focus == pytest.approx([20, 0, 10])


def test_that_a_saved_viewpoint_is_flown_to_and_selects_what_it_looks_at(qtbot, view):
    with qtbot.waitSignal(view.picked, timeout=60_000) as told:
        view.go(view.scene.twin.viewpoints[0])
    qtbot.waitUntil(lambda: not view.pilot.moving, timeout=60_000)
    assert told.args == ["B"]
    assert view.pilot.pose.eye == pytest.approx([20, -40, 10])
    kept = view.viewpoint("here")
    assert kept.eye == pytest.approx((20, -40, 10))


def test_that_a_picture_from_elsewhere_leaves_the_view_as_it_was(qtbot, view):
    show(view)
    before = seen(qtbot, view)
    picture = view.picture_from(view.scene.twin.viewpoints[0], 160, 90)
    assert (picture.width(), picture.height()) == (160, 90)
    assert picture.pixelColor(80, 45) != picture.pixelColor(2, 2)
    assert np.abs(seen(qtbot, view).astype(int) - before).mean() < 0.5


def test_that_another_theme_repaints_the_scene(qtbot, view):
    show(view)
    light = seen(qtbot, view)
    view.theme.choose(DARK)
    dark = seen(qtbot, view)
    assert dark[5, 5].astype(int).sum() < light[5, 5].astype(int).sum() - 300


def test_that_labels_tell_name_and_value_and_can_be_hidden(qtbot, view):
    show(view)
    labelled = seen(qtbot, view)
    view.show_labels(False)
    bare = seen(qtbot, view)
    assert (np.abs(labelled.astype(int) - bare).max(axis=2) > 20).sum() > 500


def test_that_things_of_one_name_are_told_apart_by_what_they_are_in():
    named = {
        "": "House",
        "F0": "Ground floor",
        "F1": "First floor",
        "F0/N": "North",
        "F1/N": "North",
        "F1/S": "South",
        "N": "North",
    }
    assets = {path: Asset(path, name, AssetKind.SYSTEM, parent=path.rpartition("/")[0]) for path, name in named.items()}
    homes = ("F0/N", "F1/N", "F1/S", "N")
    assert told_apart(homes, assets) == ("North, Ground floor", "North, First floor", "South", "North, House")


def test_that_nothing_is_drawn_while_nothing_changes(qtbot, view):
    show(view)
    qtbot.wait(700)
    begun = time.process_time()
    for step in range(20):  # time goes on, the values stay
        show(view, NOON + step)
        qtbot.wait(25)
    assert time.process_time() - begun < 0.15


def test_that_an_instant_shown_twice_is_the_same_picture(qtbot, view):
    view.colour_by(POWER)
    show(view, a=10.0)
    first = seen(qtbot, view)
    show(view, NOON + SECOND // 2, a=90.0)
    assert not np.array_equal(seen(qtbot, view), first)
    show(view, a=10.0)
    assert np.array_equal(seen(qtbot, view), first)


WITHOUT_OPENGL = """
import sys
from PySide6.QtWidgets import QApplication
from PySide6.QtCore import QTimer
app = QApplication(sys.argv[:1])
sys.path.insert(0, "tests/ui")
from test_scene_view import SceneView, Theme, plant, show
view = SceneView(*plant(), Theme())
view.degraded.connect(lambda sentence: print(sentence, flush=True))
view.resize(300, 200)
view.show()
def look():
    show(view)
    image = view.grab().toImage()
    print(len({image.pixelColor(x, y).name() for x in range(0, 300, 5) for y in range(0, 200, 5)}) > 5, flush=True)
    view.close()
    app.quit()
view.ready.connect(lambda: QTimer.singleShot(200, look))
QTimer.singleShot(20000, app.quit)
app.exec()
"""


def test_that_without_opengl_the_3d_is_a_picture_and_the_user_is_told(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    told = subprocess.run([sys.executable, "-c", WITHOUT_OPENGL], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == ["OpenGL 3.2 is not available: the 3D is drawn as a picture, which is slower.", "True"]

"""The scene in the window: shows snapshots, turns mouse and keys into moves of the camera, tells what was picked."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from scene import camera
from scene.camera import Pose, Vector
from scene.legend import Choice, Legend, choices_of
from scene.palette import DARK, GREY, Palette
from scene.pilot import Pilot, Way
from scene.stage import Meshes
from scene.twin_scene import TwinScene
from scene.vantage import vantage
from twins import clock
from twins.asset import Twin, Viewpoint
from twins.historian.query import Answers, Query
from twins.record import Snapshot
from ui.scene_canvas import GlCanvas, PictureCanvas
from ui.scene_labels import Labels
from ui.scene_probe import Probe, is_software
from ui.theme import Theme

EMPTY = "Nothing here has a shape: give the types of this twin parts, a described shape or a mesh."
FRAME_MS = 16
LONGEST_STEP = 0.1  # seconds; after a pause nothing leaps
FLYING_KEYS = {Qt.Key.Key_W: "w", Qt.Key.Key_A: "a", Qt.Key.Key_S: "s", Qt.Key.Key_D: "d", Qt.Key.Key_Q: "q", Qt.Key.Key_E: "e"}
FLYING_KEYS |= {Qt.Key.Key_Shift: "shift"}


class SceneView(QWidget):
    """The 3D of one twin. `ready` fires when the first picture can be drawn, `degraded` when it must do without OpenGL."""

    picked = Signal(str)  # an asset's path, "" beside everything
    visited = Signal(str)
    legend_changed = Signal(object)  # a Legend
    way_changed = Signal(str)
    ready = Signal()
    degraded = Signal(str)  # one sentence for the status line

    def __init__(self, twin: Twin, meshes: Meshes, theme: Theme, probe: Probe | None = None) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._canvas: GlCanvas | PictureCanvas | None = None
        self._probe = probe or Probe()  # works while the scene is built
        self.scene = TwinScene(twin, meshes, self._palette())
        self.beside: TwinScene | None = None  # on the right, while the view is split
        self._beside_labels: Labels | None = None
        self.choices = choices_of(twin)
        self.pilot = Pilot(
            self.scene.overview(1.6), self.scene.ground.height, self.scene.blocked, land=self.scene.ground.bounds is not None
        )
        self.labels = Labels(self.scene, lambda: self.pilot.pose, theme, self)
        self._note = None if meshes else QLabel(EMPTY, self, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._snapshot = Snapshot.empty()
        self._seconds, self._shown_at, self._ticked = 0.0, clock.monotonic(), clock.monotonic()
        self._last, self._dragged = QPointF(), False
        self._timer = QTimer(self, interval=FRAME_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        theme.changed.connect(self._repaint_theme)
        if self._probe.renderer is None:
            self._probe.answered.connect(self._begin)
        else:
            QTimer.singleShot(0, self._begin_known)

    # ------------------------------------------------------------------ what is shown

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Shows an instant. Rotors turn the way that time goes, at the pace of the display's own clock."""
        now = clock.monotonic()
        passed = min((now - self._shown_at) / clock.SECOND, LONGEST_STEP)
        direction = (snapshot.time > self._snapshot.time) - (snapshot.time < self._snapshot.time)
        self._seconds, self._shown_at = self._seconds + direction * passed, now
        if snapshot is not self._snapshot:
            self._snapshot = snapshot
            legend = self.scene.legend
            left = snapshot
            if self.beside is not None and self._beside_labels is not None and snapshot.reference is not None:
                left, right = snapshot.reference, replace(snapshot, reference=None)
                changed = self.beside.show(right, self._seconds)
                if self._beside_labels.read(right) or changed:
                    self._draw()
            changed = self.scene.show(left, self._seconds)
            if self.scene.legend is not legend:
                self.legend_changed.emit(self.scene.legend)
            if self.labels.read(left) or changed:
                self._draw()

    def split(self, beside: TwinScene | None) -> None:
        """Two scenes side by side under one camera, or with None one again."""
        if beside is self.beside or self._canvas is None:
            return
        if self._beside_labels is not None:
            self._beside_labels.deleteLater()
            self._beside_labels = None
        self.beside = beside
        if beside is not None:
            beside.colour_by(self.scene.choice)
            beside.select(self.scene.selected)
            self._beside_labels = Labels(beside, lambda: self.pilot.pose, self._theme, self)
            self._beside_labels.setVisible(self.labels.isVisible())
            self._beside_labels.stackUnder(self.labels)
        self._canvas.show_scenes([self.scene, beside] if beside is not None else [self.scene])
        self._place_labels()
        self._draw()

    def _place_labels(self) -> None:
        whole = self.rect()
        if self._beside_labels is None:
            self.labels.setGeometry(whole)
            return
        half = whole.width() // 2
        self.labels.setGeometry(0, 0, half, whole.height())
        self._beside_labels.setGeometry(half, 0, whole.width() - half, whole.height())

    def colour_by(self, choice: Choice) -> Legend:
        """What colours the scene from now on."""
        legend = self.scene.colour_by(choice)
        if self.beside is not None:
            self.beside.colour_by(choice)
        self.labels.read(self._snapshot)
        self._draw()
        self.legend_changed.emit(legend)
        return legend

    def select(self, asset: str) -> None:
        """Shows an asset as the selected one."""
        if asset != self.scene.selected:
            self.scene.select(asset)
            if self.beside is not None and asset in self.beside.twin.assets:
                self.beside.select(asset)
            self._draw()

    # ------------------------------------------------------------------ where it is seen from

    def fit(self, asset: str = "", seconds: float = camera.EASE_SECONDS) -> None:
        """Flies to where an asset, or all, fills the picture, and other things don't hide it."""
        pose = self.pilot.pose
        pitch = min(max(pose.pitch_deg, -60.0), -8.0)
        everything = self.scene.overview(self._aspect())
        self._glide(vantage(self.scene, asset, self._aspect(), pose.heading_deg, pitch) if asset else everything, seconds)

    def go(self, viewpoint: Viewpoint, seconds: float = camera.EASE_SECONDS) -> None:
        """Flies to a saved camera, and selects what it looks at."""
        if viewpoint.asset:
            self.picked.emit(viewpoint.asset)
        self._glide(self.scene.pose_of(viewpoint), seconds)

    def viewpoint(self, name: str) -> Viewpoint:
        """The camera as it stands, to be saved."""
        pose = self.pilot.pose
        eye, target = (tuple(round(float(c), 3) for c in point) for point in (pose.eye, pose.focus))
        return Viewpoint(name, eye, target)  # type: ignore[arg-type]

    def picture(self) -> QImage:
        """What is seen, without labels."""
        return self._photograph(self.pilot.pose, self.width(), self.height())

    def picture_from(self, viewpoint: Viewpoint, width: int, height: int) -> QImage:
        """What would be seen from a saved camera, without labels."""
        return self._photograph(self.scene.pose_of(viewpoint), width, height)

    def move_by(self, way: Way) -> None:
        """Orbit, fly or walk from now on."""
        self.pilot.choose(way)
        self._go_on()
        self.way_changed.emit(way)

    def show_labels(self, shown: bool) -> None:
        """Whether things have labels."""
        for labels in (self.labels, self._beside_labels):
            if labels is not None:
                labels.setVisible(shown)

    def stand_in(self, root: str) -> None:
        """Which twin one is in: its things have the labels."""
        for labels in (self.labels, self._beside_labels):
            if labels is not None:
                labels.root = root
        for scene in (self.scene, self.beside):
            if scene is not None:
                scene.inside = root
                scene.select(scene.selected)
        self._draw()

    def spin(self, spinning: bool) -> None:
        """Whether rotors go round."""
        for scene in (self.scene, self.beside):
            if scene is not None:
                scene.motion.spinning = spinning

    # ------------------------------------------------------------------ mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a drag, or a click."""
        self._last, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Left: turn; middle, right, or with Shift: pan."""
        step = event.position() - self._last
        if not self._dragged and step.manhattanLength() < QApplication.startDragDistance() / 2:
            return
        self._last, self._dragged = event.position(), True
        if event.buttons() == Qt.MouseButton.LeftButton and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pilot.turn(step.x(), -step.y())
        elif event.buttons() != Qt.MouseButton.NoButton:
            self.pilot.pan(step.x(), -step.y(), self.height())
        self._draw(hurry=True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click selects."""
        if event.button() == Qt.MouseButton.LeftButton and not self._dragged:
            self.picked.emit(self.asset_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click goes there."""
        self._dragged = True  # its release is no click
        if asset := self.asset_at(event.position()):
            self.visited.emit(asset)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms to what is under the pointer."""
        self.pilot.wheel(event.angleDelta().y() / 120, self.scene.under(*self._ray(event.position()), self.pilot.pose.distance))
        self._draw(hurry=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F fits; W A S D Q E and Shift move one who flies or walks."""
        if event.key() == Qt.Key.Key_F and not event.modifiers():
            self.fit(self.scene.selected)
        elif event.key() in FLYING_KEYS and self.pilot.way is not Way.ORBIT:
            self.pilot.held = self.pilot.held | {FLYING_KEYS[event.key()]}
            self._go_on()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """A key that is let go moves no more."""
        if not event.isAutoRepeat() and event.key() in FLYING_KEYS:
            self.pilot.held = self.pilot.held - {FLYING_KEYS[event.key()]}
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys let go elsewhere are not heard here."""
        self.pilot.held = frozenset()
        super().focusOutEvent(event)

    def asset_at(self, at: QPointF) -> str:
        """The asset seen at a point of the widget, by its label or by itself; "" for none."""
        for labels in filter(None, (self.labels, self._beside_labels)):
            if named := labels.asset_at(at - QPointF(labels.pos())):
                return named
        right = self.beside is not None and at.x() >= self.width() / 2
        scene = self.beside if right and self.beside is not None else self.scene
        hit = scene.pick(*self._ray(at))
        return hit.asset if hit else ""

    # ------------------------------------------------------------------ the canvas

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The canvas fills the widget."""
        self._place_labels()
        if self._note is not None:
            self._note.setGeometry(self.rect().adjusted(24, 0, -24, 0))
        if self._canvas is not None:
            self._canvas.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Lets go of the graphics before the window goes."""
        self._timer.stop()
        self._probe.give_up()
        if self._canvas is not None:
            self._canvas.close_graphics()
            self._canvas.hide()
            self._canvas = None  # nothing is drawn, nor photographed, any more
        super().closeEvent(event)

    def _begin_known(self) -> None:
        self._begin(self._probe.renderer or "")

    def _begin(self, renderer: str) -> None:
        """The probe has answered: the canvas is made."""
        seen_from = lambda: self.pilot.pose  # noqa: E731
        canvas = (
            GlCanvas(self.scene, seen_from, is_software(renderer), self)
            if renderer
            else PictureCanvas(self.scene, seen_from, self)
        )
        canvas.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        canvas.setGeometry(self.rect())
        canvas.stackUnder(self.labels)
        self._canvas = canvas
        self.pilot.jump(self.scene.overview(self._aspect()))
        self._canvas.show()
        if not renderer:
            self.degraded.emit("OpenGL 3.2 is not available: the 3D is drawn as a picture, which is slower.")
        self.ready.emit()

    def _photograph(self, pose: Pose, width: int, height: int) -> QImage:
        """Empty before `ready`."""
        if self._canvas is None:
            return QImage()
        pixels = self._canvas.photograph(pose, width, height)
        self._draw()
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def _draw(self, hurry: bool = False) -> None:
        if self._canvas is not None:
            self._canvas.draw(hurry)
            self.labels.update()
            if self._beside_labels is not None:
                self._beside_labels.update()

    def _tick(self) -> None:
        now = clock.monotonic()
        self.pilot.tick(min((now - self._ticked) / clock.SECOND, LONGEST_STEP))
        self._ticked = now
        self._draw(hurry=True)
        if not self.pilot.moving:
            self._timer.stop()

    def _glide(self, pose: Pose, seconds: float) -> None:
        self.pilot.glide(pose, seconds)
        self._go_on()

    def _go_on(self) -> None:
        if not self._timer.isActive():
            self._ticked = clock.monotonic()
            self._timer.start()

    def _ray(self, at: QPointF) -> tuple[Vector, Vector]:
        wide = self._wide()
        return camera.ray_through(self.pilot.pose, at.x() % wide, at.y(), wide, self.height())

    def _aspect(self) -> float:
        return self._wide() / max(self.height(), 1)

    def _wide(self) -> float:
        """How wide one scene is, px."""
        return self.width() / 2 if self.beside is not None else float(self.width())

    def _palette(self) -> Palette:
        return DARK if self._theme.tokens.name == "dark" else GREY

    def _repaint_theme(self) -> None:
        for scene in (self.scene, self.beside):
            if scene is not None:
                scene.use_palette(self._palette())
        self._draw()

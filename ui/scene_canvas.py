"""The canvas: the one OpenGL view of the window, or, where OpenGL can't be had, the same picture made off screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  makes all renderers
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QOpenGLContext, QPainter, QPaintEvent
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget
from vtkmodules.vtkRenderingOpenGL2 import vtkGenericOpenGLRenderWindow

from scene.camera import Pose
from scene.picture import OffScreen, Pixels, photograph
from scene.twin_scene import TwinScene
from twins import clock
from ui.scene_probe import surface_format

SAMPLES = 4
SLOW_MS = 40  # a picture that takes longer is drawn at half its size while the camera moves
FLUENT_MS, COARSEST = 50, 8.0  # one that then still takes longer shows less, up to so many pixels
SETTLED_MS = 300  # a software renderer draws finely, and smooths edges, only once nothing has moved for so long
LONGEST_MS = 100  # nothing holds the window up for longer
SMOOTHING = 4.0  # times as long does smoothing take
MAKING_S, RESTING_MS = 0.03, 10  # what is to be seen finely is made a little at a time
_COLOUR, _LINEAR, _DRAW_FRAMEBUFFER, _SCISSOR = 0x4000, 0x2601, 0x8CA9, 0x0C11


class GlCanvas(QOpenGLWidget):
    """VTK draws into frame buffers of its own and the result is copied into the widget's.

    Qt owns the context, which exists from the first paint on. VTK asks through events to make it current.
    """

    def __init__(self, scene: TwinScene, pose: Callable[[], Pose], software: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFormat(surface_format())
        self._scene, self._pose, self._software = scene, pose, software
        self._scenes = [scene]
        self._context: QOpenGLContext | None = None
        self._window = vtkGenericOpenGLRenderWindow()
        self._window.SetOwnContext(False)
        self._window.SetReadyForRendering(False)
        self._window.SetFrameBlitModeToNoBlit()
        self._window.SetMultiSamples(0 if software else SAMPLES)
        self._window.AddRenderer(scene.renderer)
        self._observers = [
            self._window.AddObserver("WindowMakeCurrentEvent", lambda *_: self._make_current()),
            self._window.AddObserver("WindowIsCurrentEvent", lambda *_: self._window.SetIsCurrent(self._is_current())),
        ]
        self._cost_ms, self._hurried = 0.0, False
        self._costs: deque[float] = deque([0.0], maxlen=5)  # ms of the last pictures; a busy machine makes one take long, not all
        self._pixels = 1.0  # what is smaller is left out while the camera moves
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self.update)
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._refine)

    def show_scenes(self, scenes: Sequence[TwinScene]) -> None:
        """One, or several side by side."""
        for scene in self._scenes:
            self._window.RemoveRenderer(scene.renderer)
        self._scenes = list(scenes)
        for scene in self._scenes:
            self._window.AddRenderer(scene.renderer)
        place_side_by_side(self._scenes)
        self.draw()

    def draw(self, hurry: bool = False) -> None:
        """Something changed: draws as soon as half of the time is left for the rest of the window, or at once in a hurry."""
        self._hurried = self._hurried or hurry
        if self._software:
            self._window.SetMultiSamples(0)
        self._settled.start(SETTLED_MS)
        if hurry:
            self.update()
        elif not self._soon.isActive():
            self._soon.start(round(self._cost_ms))

    def photograph(self, pose: Pose, width: int, height: int) -> Pixels:
        """A picture from elsewhere, uint8[height, width, 3]; the canvas must be drawn again afterwards."""
        if self._context is None:
            self.grabFramebuffer()  # makes the context
        self._make_current()
        samples = self._window.GetMultiSamples()
        self._window.SetMultiSamples(SAMPLES)
        self._scene.use_pixel_ratio(1.0)
        scenes = self._scenes
        self.show_scenes([self._scene])
        pixels = photograph(self._window, self._scene, pose, width, height)
        self.show_scenes(scenes)
        self._window.SetMultiSamples(samples)
        self.doneCurrent()
        return pixels

    def close_graphics(self) -> None:
        """Lets go of what VTK has in the context, while that still lives."""
        self._settled.stop()
        self._soon.stop()
        if self._context is not None:
            self._make_current()
            self._window.Finalize()
            self._window.SetReadyForRendering(False)
            self._context = None
            self.doneCurrent()
        for observer in self._observers:
            self._window.RemoveObserver(observer)
        self._observers.clear()

    def initializeGL(self) -> None:
        """The context is there."""
        self._context = self.context()
        self._context.aboutToBeDestroyed.connect(self.close_graphics)
        self._window.OpenGLInitContext()
        self._window.OpenGLInit()
        self._window.SetForceMaximumHardwareLineWidth(1)
        self._window.SetReadyForRendering(True)

    def paintGL(self) -> None:
        """Draws the scene, copies it over."""
        if self._context is None:
            return
        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        hurried = self._software and self._hurried
        share = 0.5 if hurried and self._cost_ms > SLOW_MS else 1.0  # coarse while the camera moves
        drawn = max(1, round(width * share)), max(1, round(height * share))
        begun = clock.monotonic()
        state = self._window.GetState()
        state.Reset()  # Qt has used OpenGL since
        state.Push()
        self._window.SetSize(*drawn)
        for scene in self._scenes:
            scene.use_pixel_ratio(ratio * share)
            scene.look(self._pose(), self._pixels / share if hurried else 1.0, MAKING_S)
        self._window.Render()
        self.makeCurrent()
        gl = self._context.functions()
        gl.glBindFramebuffer(_DRAW_FRAMEBUFFER, self.defaultFramebufferObject())
        gl.glDisable(_SCISSOR)
        self._window.BlitDisplayFramebuffer(0, 0, 0, *drawn, 0, 0, width, height, _COLOUR, _LINEAR)
        gl.glColorMask(False, False, False, True)  # what is not opaque would let the desktop through
        gl.glClearColor(0.0, 0.0, 0.0, 1.0)
        gl.glClear(_COLOUR)
        gl.glColorMask(True, True, True, True)
        state.Pop()
        self._learn((clock.monotonic() - begun) / 1e6, hurried, share)

    def _learn(self, took_ms: float, hurried: bool, share: float) -> None:
        """From how long a picture took, how the next is to be drawn."""
        if share == 1.0 and not self._window.GetMultiSamples():
            self._cost_ms = took_ms
            self._costs.append(took_ms)
        if hurried and took_ms > FLUENT_MS:
            self._pixels = min(2 * self._pixels, COARSEST)
        elif hurried and took_ms < FLUENT_MS / 4:
            self._pixels = max(self._pixels / 2, 1.0)

    def _refine(self) -> None:
        """Nothing has moved for a while: what is too coarse is made finely, bit by bit, and drawn once all of it is there."""
        if self._context is None:
            return  # not drawn yet, or no more
        self._hurried = False
        if not all(scene.look(self._pose(), 1.0, MAKING_S) for scene in self._scenes):
            self._settled.start(RESTING_MS)
            return
        if self._software and min(self._costs) * SMOOTHING < LONGEST_MS:
            self._window.SetMultiSamples(SAMPLES)
        self.update()

    def _make_current(self) -> None:
        """Not `QWidget.makeCurrent`: that would also bind the widget's frame buffer under VTK's feet."""
        if self._context is not None:
            self._context.makeCurrent(self._context.surface())

    def _is_current(self) -> bool:
        return self._context is not None and QOpenGLContext.currentContext() is self._context


def place_side_by_side(scenes: Sequence[TwinScene]) -> None:
    """Each in its share of the picture's width."""
    for k, scene in enumerate(scenes):
        scene.renderer.SetViewport(k / len(scenes), 0.0, (k + 1) / len(scenes), 1.0)


class PictureCanvas(QWidget):
    """The same without OpenGL in the window: a picture made off screen at each change."""

    def __init__(self, scene: TwinScene, pose: Callable[[], Pose], parent: QWidget) -> None:
        super().__init__(parent)
        self._scene, self._pose = scene, pose
        self._off_screen: OffScreen | None = OffScreen(scene, samples=0)

    def show_scenes(self, scenes: Sequence[TwinScene]) -> None:
        """Without OpenGL there is one picture: that of the last, which is the lane's."""
        if self._off_screen is not None and scenes[-1] is not self._scene:
            self._off_screen.close()
            self._scene = scenes[-1]
            self._off_screen = OffScreen(self._scene, samples=0)
        self.update()

    def draw(self, hurry: bool = False) -> None:
        """Something changed: draws soon."""
        self.update()

    def photograph(self, pose: Pose, width: int, height: int) -> Pixels:
        """A picture from elsewhere, uint8[height, width, 3]."""
        if self._off_screen is None:
            return np.zeros((height, width, 3), np.uint8)
        return self._off_screen.picture(pose, width, height)

    def close_graphics(self) -> None:
        """Lets go of the graphics."""
        if self._off_screen is not None:
            self._off_screen.close()
            self._off_screen = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Makes the picture and paints it."""
        if self._off_screen is None:
            return
        ratio = self.devicePixelRatioF()
        self._scene.use_pixel_ratio(ratio)
        pixels = self._off_screen.picture(self._pose(), max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        height, width, _ = pixels.shape
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(self)
        painter.drawImage(0, 0, image)
        painter.end()

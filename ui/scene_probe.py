"""The probe: which OpenGL is wanted, and whether it can be had here; asked in a child process, because asking may kill."""

from __future__ import annotations

import sys

from PySide6.QtCore import QProcess, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QSurfaceFormat

PLATFORMS = ("xcb", "wayland", "wayland-egl", "windows", "cocoa")  # a QOpenGLWidget aborts on the others
SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "gdi generic", "basic render")

_PROBE = """
import sys
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QSurfaceFormat
app = QGuiApplication(sys.argv)
wanted = QSurfaceFormat(); wanted.setVersion(3, 2); wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
context = QOpenGLContext(); context.setFormat(wanted)
surface = QOffscreenSurface(); surface.setFormat(wanted); surface.create()
if not (context.create() and context.makeCurrent(surface) and context.format().version() >= (3, 2)):
    sys.exit(1)
print(context.functions().glGetString(0x1F01))
"""


def surface_format() -> QSurfaceFormat:
    """What the 3D needs. As the application's default, set before its first window, it also holds under Wayland."""
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setVersion(3, 2)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setSwapInterval(0)  # waiting for the screen would block what the rest of the window does
    return wanted


class Probe(QProcess):
    """Asks a child process for OpenGL, which may kill it. `renderer` is its name, "" where there is none, None until known."""

    answered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.renderer: str | None = None
        self.finished.connect(self._read)
        self.errorOccurred.connect(self._read)
        if QGuiApplication.platformName() not in PLATFORMS:
            QTimer.singleShot(0, self._read)
        else:
            self.start(sys.executable, ["-c", _PROBE])
            QTimer.singleShot(10_000, self, self._read)

    def give_up(self) -> None:
        """Nobody waits for the answer any more."""
        self.renderer = self.renderer or ""
        self.kill()
        self.waitForFinished(1000)

    def _read(self) -> None:
        if self.renderer is not None:
            return
        fine = (
            self.state() == QProcess.ProcessState.NotRunning
            and self.exitCode() == 0
            and self.exitStatus() == self.ExitStatus.NormalExit
        )
        self.renderer = bytes(self.readAllStandardOutput().data()).decode(errors="replace").strip() if fine else ""
        self.kill()
        self.answered.emit(self.renderer)


def is_software(renderer: str) -> bool:
    """The renderer's name is that of one without a graphics card."""
    return any(name in renderer.lower() for name in SOFTWARE)

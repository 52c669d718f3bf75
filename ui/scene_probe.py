"""The probe: whether OpenGL can be had here, asked in a child process, because asking may kill."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QProcess, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

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


class Probe(QProcess):
    """Asks a child process for OpenGL, which may kill it, and tells the renderer's name, or "" where there is none."""

    def __init__(self, answer: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._answer: Callable[[str], None] | None = answer
        self.finished.connect(self._read)
        self.errorOccurred.connect(self._read)
        if QGuiApplication.platformName() not in PLATFORMS:
            QTimer.singleShot(0, self._read)
        else:
            self.start(sys.executable, ["-c", _PROBE])
            QTimer.singleShot(10_000, self, self._read)

    def _read(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            fine = (
                self.state() == QProcess.ProcessState.NotRunning
                and self.exitCode() == 0
                and self.exitStatus() == self.ExitStatus.NormalExit
            )
            answer(bytes(self.readAllStandardOutput().data()).decode(errors="replace").strip() if fine else "")
            self.kill()


def is_software(renderer: str) -> bool:
    """The renderer's name is that of one without a graphics card."""
    return any(name in renderer.lower() for name in SOFTWARE)

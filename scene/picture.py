"""Pictures: any instant of any recording as a PNG, off screen, with no display at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vtkmodules import vtkRenderingOpenGL2
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderWindow

from scene.arrays import as_numpy, copied, image_of
from scene.camera import Pose
from scene.twin_scene import TwinScene

Pixels = NDArray[np.uint8]


class OffScreen:
    """A window that nobody sees, for one scene. Call `close` before the interpreter ends."""

    def __init__(self, scene: TwinScene, samples: int = 8) -> None:
        self._scene = scene
        kind = getattr(vtkRenderingOpenGL2, "vtkEGLRenderWindow", vtkRenderWindow)  # needs no display; not every system has it
        self._window: vtkRenderWindow = kind()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(samples)
        self._window.AddRenderer(scene.renderer)

    def picture(self, pose: Pose, width: int, height: int) -> Pixels:
        """What the scene shows from there, uint8[height, width, 3], top row first."""
        return photograph(self._window, self._scene, pose, width, height)

    def close(self) -> None:
        """Lets go of the graphics."""
        self._window.RemoveRenderer(self._scene.renderer)
        self._window.Finalize()


def photograph(window: vtkRenderWindow, scene: TwinScene, pose: Pose, width: int, height: int) -> Pixels:
    """Draws the scene in a window of that many pixels and reads it back, uint8[height, width, 3], top row first."""
    window.SetSize(width, height)
    scene.look(pose)
    window.Render()
    pixels = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
    return as_numpy(pixels).reshape(height, width, 3)[::-1].copy()


def write_png(pixels: Pixels, to: Path) -> None:
    """uint8[height, width, 3], top row first → a file. Raises OSError where it can't be written."""
    from vtkmodules.vtkIOImage import vtkPNGWriter

    height, width, _ = pixels.shape
    writer = vtkPNGWriter()
    writer.WriteToMemoryOn()
    writer.SetInputData(image_of(copied(pixels[::-1].reshape(-1, 3)), width, height))
    writer.Write()
    to.write_bytes(as_numpy(writer.GetResult()).tobytes())

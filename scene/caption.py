"""A caption: what a picture shows, when, and in which colours, written into the picture itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D, vtkRenderer, vtkTextActor
from vtkmodules.vtkRenderingFreeType import vtkMathTextFreeTypeTextRenderer  # noqa: F401 – text is drawn by it

from scene.legend import Legend
from scene.palette import Palette, rgb

MARGIN, BAR_HEIGHT, PAD = 20, 10, 8


class Caption:
    """Lines at the lower left; at the lower right the legend, whose colour bar `stamp` draws between its title and its range."""

    def __init__(
        self, renderer: vtkRenderer, palette: Palette, lines: tuple[str, ...], legend: Legend, size: tuple[int, int]
    ) -> None:
        self._legend, self._size = legend, size
        self._bar = min(240, size[0] // 4)
        for i, line in enumerate(reversed([line for line in lines if line])):
            self._write(renderer, palette, line, MARGIN, MARGIN + 22 * i, 16)
        if legend.title and not legend.labels:
            left = size[0] - MARGIN - self._bar
            self._plate(renderer, palette, left, self._bar, 34 + 16)
            self._write(renderer, palette, f"{legend.title} {legend.unit}".strip(), left, MARGIN + 34, 15)
            self._write(renderer, palette, f"{legend.low:g}", left, MARGIN, 13)
            self._write(renderer, palette, f"{legend.high:g}", size[0] - MARGIN, MARGIN, 13, right=True)

    def stamp(self, pixels: NDArray[np.uint8]) -> None:
        """Draws the colour bar into uint8[height, width, 3], in place."""
        if not self._legend.title or self._legend.labels:
            return
        bottom = self._size[1] - MARGIN - 18
        left = self._size[0] - MARGIN - self._bar
        colours = self._legend.colours[np.linspace(0, 255, self._bar).astype(int)]
        pixels[bottom - BAR_HEIGHT : bottom, left : left + self._bar] = colours

    def _plate(self, renderer: vtkRenderer, palette: Palette, left: int, width: int, height: int) -> None:
        """A ground for what is written, so that nothing behind it disturbs."""
        low, high = (left - PAD, MARGIN - PAD), (left + width + PAD, MARGIN + height + PAD)
        points, corners = vtkPoints(), vtkCellArray()
        for x, y in (low, (high[0], low[1]), high, (low[0], high[1])):
            points.InsertNextPoint(x, y, 0.0)
        corners.InsertNextCell(4, range(4))
        shape, mapper, actor = vtkPolyData(), vtkPolyDataMapper2D(), vtkActor2D()
        shape.SetPoints(points)
        shape.SetPolys(corners)
        mapper.SetInputData(shape)
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(*rgb(palette.haze))
        actor.GetProperty().SetOpacity(0.85)
        renderer.AddViewProp(actor)

    def _write(self, renderer: vtkRenderer, palette: Palette, text: str, x: int, y: int, px: int, right: bool = False) -> None:
        actor = vtkTextActor()
        actor.SetInput(text)
        actor.SetPosition(x, y)
        shape = actor.GetTextProperty()
        shape.SetFontFamilyToArial()
        shape.SetFontSize(px)
        shape.SetColor(*rgb(palette.hatch))
        if right:
            shape.SetJustificationToRight()
        renderer.AddViewProp(actor)

"""The ground: terrain in the land's colour with contour lines, drawn by the shader so that they are fine at any distance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor

from scene.arrays import polydata
from scene.palette import Palette, rgb
from scene.solids import actor_of
from twins.asset import Twin
from twins.geometry.mesh import Mesh
from twins.geometry.terrain import height, terrain

_CONTOUR = """//VTK::Color::Impl
  float level = groundAt.z / contourStep;
  float width = fwidth(level);
  float line = 1.0 - smoothstep(0.6, 1.5, abs(fract(level - 0.5) - 0.5) / max(width, 1e-6));
  float shown = contourStep > 0.0 ? 0.75 * (1.0 - smoothstep(0.05, 0.20, width)) : 0.0;
  diffuseColor = mix(diffuseColor, contourTone, line * shown); ambientColor = diffuseColor * 0.57;
"""
_EDGE = """//VTK::Light::Impl
  vec2 edge = abs(groundAt.xy) / groundHalf;
  fragOutput0.rgb = mix(fragOutput0.rgb, hazeTone, smoothstep(0.55, 1.0, max(edge.x, edge.y)));
"""


class Ground:
    """The land of a twin. Where none is described it is level at zero, and nothing is drawn."""

    def __init__(self, twin: Twin) -> None:
        described = twin.environment.get("terrain")
        self._described: Mapping[str, Any] | None = described if isinstance(described, Mapping) and described else None
        self.mesh = terrain(self._described) if self._described else Mesh.empty()
        self.actor = self._actor() if self._described else None

    def height(self, x: float, y: float) -> float:
        """Metres above zero."""
        return float(height(self._described, x, y)) if self._described else 0.0

    def hit(self, eye: NDArray[np.float64], direction: NDArray[np.float64], reach: float) -> float | None:
        """How far along a ray of length 1 the land is met, within `reach` metres; None where it isn't."""
        if not self._described:
            return float(-eye[2] / direction[2]) if direction[2] < 0 and 0 < -eye[2] / direction[2] < reach else None
        low, high = 0.0, 0.0
        for ends in (np.geomspace(0.1, max(reach, 0.2), 400), None, None, None):
            steps = np.linspace(low, high, 24) if ends is None else ends
            at = eye + steps[:, None] * direction
            under = np.flatnonzero((at[:, 2] < height(self._described, at[:, 0], at[:, 1])) & self._within(at))
            if not len(under):
                return None
            low, high = float(steps[max(under[0] - 1, 0)]), float(steps[under[0]])
        return high

    def _within(self, at: NDArray[np.float64]) -> NDArray[np.bool_]:
        half = np.array((self._described or {})["size"], np.float64) / 2
        return np.asarray((np.abs(at[:, :2]) <= half).all(axis=1))

    @property
    def bounds(self) -> NDArray[np.float64] | None:
        """The box around the land, None where there is none."""
        return self.mesh.bounds if self._described else None

    def use_palette(self, palette: Palette) -> None:
        """The colours of land, contours and haze."""
        if self.actor is not None:
            self.actor.GetProperty().SetColor(*rgb(palette.land))
            told = self.actor.GetShaderProperty().GetFragmentCustomUniforms()
            told.SetUniform3f("contourTone", rgb(palette.contour))
            told.SetUniform3f("hazeTone", rgb(palette.haze))

    def _actor(self) -> vtkActor:
        described = self._described or {}
        actor = actor_of(polydata(self.mesh.points, self.mesh.normals, self.mesh.triangles))
        actor.GetMapper().SetVBOShiftScaleMethod(0)  # type: ignore[attr-defined]  # the shader reads heights from the vertices as they are
        shader = actor.GetShaderProperty()
        shader.AddVertexShaderReplacement("//VTK::PositionVC::Dec", True, "//VTK::PositionVC::Dec\nout vec3 groundAt;", False)
        shader.AddVertexShaderReplacement(
            "//VTK::PositionVC::Impl", True, "//VTK::PositionVC::Impl\n  groundAt = vertexMC.xyz;", False
        )
        shader.AddFragmentShaderReplacement("//VTK::PositionVC::Dec", True, "//VTK::PositionVC::Dec\nin vec3 groundAt;", False)
        shader.AddFragmentShaderReplacement("//VTK::Color::Impl", True, _CONTOUR, False)
        shader.AddFragmentShaderReplacement("//VTK::Light::Impl", True, _EDGE, False)
        told = shader.GetFragmentCustomUniforms()
        told.SetUniformf("contourStep", float(described.get("contour", 0.0)))
        told.SetUniform2f("groundHalf", [side / 2 for side in described["size"]])
        return actor

"""Colouring: a frame writes one value and one state per part into a texture, and the shader looks the colours up.

Each vertex carries its part's place in that texture, uploaded once. So a frame costs the writing of 2n bytes, however many
triangles they colour; a byte is as fine as the colour map, which has 256 colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkActor, vtkTexture

from scene.appearance import Appearance
from scene.arrays import image_of, shared
from scene.colour_maps import Colours
from scene.palette import Palette, Rgb, rgb

WIDTH = 1024
PAIR = np.dtype(
    "<u2"
)  # value and code of one part: one operation on whole words is four times as quick as two on every other byte
AMBIENT = 0.44  # the share of a colour that shadow leaves
CHOSEN, OPEN, NONE = 8, 16, 32  # added to a part's state: it is selected, a cover that stands open, without a value

_LOOK_UP = """//VTK::Color::Impl
  vec2 told = texelFetch(partTexture, ivec2(tcoordVCVSOutput * vec2(textureSize(partTexture, 0))), 0).ra * 255.0;
  float none = step(31.5, told.y); told.y -= 32.0 * none;
  float open = step(15.5, told.y); told.y -= 16.0 * open;
  float chosen = step(7.5, told.y); told.y -= 8.0 * chosen;
  {open_cover}
  vec3 tone = none > 0.5 ? diffuseColor : texelFetch(mapTexture, ivec2(told.x + 0.5, 0), 0).rgb;
  vec2 pixel = gl_FragCoord.xy / pixelRatio;
  float rising = mod(pixel.x + pixel.y, 9.0);
  float falling = mod(pixel.x - pixel.y, 9.0);
  if (told.y > 3.5) {
    tone = mix(tone, greyTone, 0.35);
    if (min(rising, falling) < 1.1) tone = mix(tone, hatchTone, 0.30);
  } else if (told.y > 2.5) {
    tone = mix(tone, greyTone, 0.75);
    if (rising < 3.2) tone = mix(tone, hatchTone, 0.45);
  } else if (told.y > 1.5) {
    if (rising < 1.6) tone = mix(tone, hatchTone, 0.55);
  }
  diffuseColor = tone; ambientColor = tone * ambientShare;
"""
_LIGHT = """
  float key = max(0.0, dot(normalVCVSOutput, -lightDirectionVC0)), head = max(0.0, dot(normalVCVSOutput, -lightDirectionVC1));
  fragOutput0 = vec4(ambientColor + diffuseColor * (key * lightColor0 + head * lightColor1), opacity);
"""  # VTK's own would reckon a gloss that nothing here has
_RIM = """
  float facing = abs(dot(normalize(normalVCVSOutput), normalize(vertexVC.xyz)));
  fragOutput0.rgb = mix(fragOutput0.rgb, rimTone, chosen * (0.05 + 0.90 * smoothstep(0.62, 0.95, 1.0 - facing)));
  {alpha}
"""
_GLASS = """fragOutput0.rgb = mix(fragOutput0.rgb, rimTone, 0.35 * (1.0 - facing));
  fragOutput0.a = mix(0.10, 0.62, pow(1.0 - facing, 1.6));
"""


class Colouring:
    """The textures of n parts, and the shader that reads them; one for all actors of a scene."""

    def __init__(self, parts: int) -> None:
        rows = max(1, -(-parts // WIDTH))
        self._parts = parts
        self._told = np.zeros((rows * WIDTH, 2), np.uint8)
        self._extra = np.zeros(parts, np.uint8)
        self._steps = np.zeros(parts, np.float32)
        self._pairs = self._told.reshape(-1).view(PAIR)[:parts]
        self._array = shared(self._told)  # shares memory with `_told`, which must therefore live as long
        self._image = image_of(self._array, WIDTH, rows)
        self._map = np.zeros((256, 3), np.uint8)
        self._map_array = shared(self._map)
        self._map_image = image_of(self._map_array, 256, 1)
        self._textures = _texture(self._image), _texture(self._map_image)
        self._actors: list[vtkActor] = []
        self._pixel_ratio = 1.0
        self._rows = rows

    def coordinates(self, part: NDArray[np.integer]) -> NDArray[np.float32]:
        """float32[m, 2]: where in the texture the parts of m vertices stand."""
        return np.stack([(part % WIDTH + 0.5) / WIDTH, (part // WIDTH + 0.5) / self._rows], axis=1).astype(np.float32)

    def dress(self, actor: vtkActor, *, glass: bool = False) -> None:
        """Makes an actor whose vertices carry `coordinates` show what is painted; a glass one shows only covers that are open."""
        for name, texture in zip(("partTexture", "mapTexture"), self._textures, strict=True):
            actor.GetProperty().SetTexture(name, texture)
        shader = actor.GetShaderProperty()
        shader.AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, "", False)  # else every texture multiplies the colour
        kept = "if (open < 0.5) discard;" if glass else "if (open > 0.5) discard;"
        shader.AddFragmentShaderReplacement("//VTK::Color::Impl", True, _LOOK_UP.replace("{open_cover}", kept), False)
        shader.AddFragmentShaderReplacement(
            "//VTK::Light::Impl", True, _LIGHT + _RIM.replace("{alpha}", _GLASS if glass else ""), False
        )
        actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("ambientShare", AMBIENT)
        actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("pixelRatio", 1.0)
        self._actors.append(actor)

    def paint(self, appearance: Appearance) -> bool:
        """Shows these values and states; nothing but 2n bytes moves, and only if one of them is another. Tells if so."""
        steps = np.multiply(appearance.value, np.float32(255), out=self._steps)
        steps += np.float32(0.5)
        code = appearance.state + self._extra
        none = appearance.value < 0
        if none.any():
            steps[none] = 0
            code[none] += NONE
        fresh = steps.astype(PAIR) | (code.astype(PAIR) << 8)
        if np.array_equal(fresh, self._pairs):
            return False
        self._pairs[:] = fresh
        self._array.Modified()
        self._image.Modified()
        return True

    def mark(self, chosen: NDArray[np.intp], opened: NDArray[np.intp]) -> None:
        """Which parts have the rim of the selection, and which covers stand open; seen from the next `paint` on."""
        self._extra[:] = 0
        self._extra[chosen] += CHOSEN
        self._extra[opened] += OPEN

    def use_map(self, colours: Colours) -> None:
        """The colour map from now on, uint8[256, 3]."""
        self._map[:] = colours
        self._map_array.Modified()
        self._map_image.Modified()

    def use_palette(self, palette: Palette) -> None:
        """The tones of grey, hatch and rim."""
        for name, colour in (("greyTone", palette.grey), ("hatchTone", palette.hatch), ("rimTone", palette.accent)):
            self._tell(name, rgb(colour))

    def use_pixel_ratio(self, ratio: float) -> None:
        """Device pixels per pixel, so that a hatch is as wide on every screen."""
        if ratio == self._pixel_ratio:
            return
        self._pixel_ratio = ratio
        for actor in self._actors:
            actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("pixelRatio", ratio)

    def _tell(self, name: str, tone: Rgb) -> None:
        for actor in self._actors:
            actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniform3f(name, tone)


def _texture(image: vtkImageData) -> vtkTexture:
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.InterpolateOff()
    texture.RepeatOff()
    texture.SetColorModeToDirectScalars()
    return texture

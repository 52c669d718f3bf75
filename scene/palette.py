"""The palette: the colours of the picture that are not the legend's."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]  # 0…1


@dataclass(frozen=True, slots=True)
class Palette:
    """What a theme gives to the scene, as `#rrggbb`."""

    sky: str  # the top of the backdrop
    haze: str  # its bottom, where the land ends
    land: str
    contour: str
    equipment: str
    slate: str
    water: str
    glass: str
    hatch: str  # the lines over what can't be trusted
    grey: str  # what bad and stale values fade to
    accent: str  # the rim of what is selected

    def material(self, name: str) -> Rgb:
        """The colour of a part's material."""
        own = {"slate": self.slate, "ground": self.land, "glass": self.glass, "water": self.water}
        return rgb(own.get(name, self.equipment))


GREY = Palette(
    "#dfe2e4", "#c9cdd1", "#c6cbcf", "#9fa7ad", "#f3f4f5", "#8a939b", "#a9bac6", "#dbe4ea", "#5b646c", "#b9bec3", "#2f6ea8"
)
DARK = Palette(
    "#1a1d20", "#25292d", "#3a4046", "#555d65", "#c3c8cd", "#7b848c", "#4a5c69", "#93a3ae", "#14171a", "#6c747b", "#6fa8dc"
)


def rgb(colour: str) -> Rgb:
    """`#rrggbb` → 0…1."""
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255

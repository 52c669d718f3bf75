"""The window: panels that show what they are given and emit intentions."""

from ui.immortal import make_immortal

make_immortal()

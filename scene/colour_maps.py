"""Colour maps of our own: even steps in OKLab, safe for colour-blind eyes, never an alarm's colour; and the alarms' own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.uint8]  # [256, 3]

ALARM_PRIORITIES = ("low", "medium", "high")  # least first: the codes 0, 1, 2
ALARM_LABELS = tuple(f"{priority} alarm" for priority in ALARM_PRIORITIES)
ALARM_TONES = (
    (0xD9, 0xC2, 0x2B),
    (0xE0, 0x8A, 0x1E),
    (0xD6, 0x45, 0x45),
)  # the same as the marks beside them, and used for nothing else

# Anchors are (lightness, chroma, hue°) in OKLCh (B. Ottosson, 2020).
# Lightness rises all the way, so the order can be read without hue.
SEQUENTIAL = (
    (0.40, 0.115, 275),
    (0.50, 0.115, 252),
    (0.59, 0.098, 222),
    (0.68, 0.095, 190),
    (0.78, 0.110, 155),
    (0.88, 0.120, 118),
)
# Blue – grey – orange about normal: the ends differ for every kind of colour blindness, the middle is the equipment's own grey.
DIVERGING = ((0.42, 0.120, 255), (0.60, 0.095, 250), (0.84, 0.008, 250), (0.66, 0.095, 62), (0.50, 0.110, 55))


def sequential() -> Colours:
    """From dark blue to pale yellow-green, for what has a least and a most."""
    return from_anchors(SEQUENTIAL)


def diverging() -> Colours:
    """From blue by grey to brown-orange, for what has a normal in the middle."""
    return from_anchors(DIVERGING)


def alarms() -> Colours:
    """The alarms' own colours, in three flat bands."""
    band = np.minimum(np.arange(256) * len(ALARM_TONES) // 256, len(ALARM_TONES) - 1)
    return np.array(ALARM_TONES, np.uint8)[band]


def steps(colours: Colours, count: int) -> Colours:
    """The same map in `count` flat bands, for codes; a band's colour is taken at its middle."""
    band = np.minimum(np.arange(256) * count // 256, count - 1)
    places = np.round(np.linspace(0.06, 0.94, count) * 255).astype(int) if count > 1 else np.array([128])
    return colours[places[band]]


def from_anchors(anchors: tuple[tuple[float, float, float], ...]) -> Colours:
    """Anchors (L, C, h°), straight lines between them in OKLab, as 256 sRGB colours."""
    lightness, chroma, hue = np.array(anchors, np.float64).T
    corners = np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], axis=1)
    at = np.linspace(0, len(anchors) - 1, 256)
    lab = np.stack([np.interp(at, np.arange(len(anchors)), corners[:, k]) for k in range(3)], axis=1)
    return srgb_of_oklab(lab)


def srgb_of_oklab(lab: NDArray[np.float64]) -> Colours:
    """float64[n, 3] OKLab → uint8[n, 3] sRGB (bottosson.github.io/posts/oklab), clipped to what a screen can show."""
    a, b = lab[:, 1], lab[:, 2]
    cones = np.stack(
        [0.3963377774 * a + 0.2158037573 * b, -0.1055613458 * a - 0.0638541728 * b, -0.0894841775 * a - 1.2914855480 * b]
    )
    long, medium, short = (cones + lab[:, 0]) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=1,
    ).clip(0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.ascontiguousarray(np.round(coded * 255).astype(np.uint8))

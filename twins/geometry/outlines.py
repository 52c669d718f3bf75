"""The built-in outlines of a loft: circle, airfoil and square, with equal counts of points that correspond."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]

PITCH_AXIS = 0.3  # of the chord, behind the leading edge
THIN, ROUND = 0.35, 1.0  # thickness ratios: an airfoil up to here; a circle at 1; between them they blend


def named_outline(name: str, count: int, thickness: float, camber: float, corner: float) -> Outline:
    """`float64[count, 2]`, anticlockwise from +x (an airfoil's trailing edge), for a chord of 1.

    `corner` rounds a square: its radius as a share of half a side, 1 is a circle.
    """
    if name == "airfoil":
        return _airfoil(count, thickness, camber)
    scale = np.array([1.0, thickness])
    return scale * (_circle(count) if name == "circle" else _square(count, corner))


def _angles(count: int) -> npt.NDArray[np.float64]:
    return np.arange(count, dtype=np.float64) * (2 * np.pi / count)


def _circle(count: int) -> Outline:
    angle = _angles(count)
    return 0.5 * np.column_stack([np.cos(angle), np.sin(angle)])


def _square(count: int, corner: float) -> Outline:
    """A circle pushed out to the sides of the square around it, or cut in four and moved into its corners."""
    circle = _circle(count)
    if corner < 0.01:  # sharp: its corners fall on points where 8 divides the count
        return 0.5 * circle / np.abs(circle).max(axis=1, keepdims=True)
    return 0.5 * (1 - corner) * np.sign(np.round(circle, 9)) + corner * circle


def _airfoil(count: int, thickness: float, camber: float) -> Outline:
    """NACA four-digit thickness (Abbott and von Doenhoff, closed trailing edge) about a camber line highest at 40 %.

    The leading edge points to −x, 30 % of the chord before the pitch axis. Above a thickness of 35 % it blends into a circle.
    """
    angle = _angles(count)
    x = 0.5 + 0.5 * np.cos(angle)
    half = 5 * min(thickness, THIN) * (0.2969 * np.sqrt(x) - 0.126 * x - 0.3516 * x**2 + 0.2843 * x**3 - 0.1036 * x**4)
    line = camber * np.where(x < 0.4, (0.8 * x - x**2) / 0.16, (0.2 + 0.8 * x - x**2) / 0.36)
    foil = np.column_stack([x - PITCH_AXIS, line + np.sign(np.sin(angle)) * np.where(np.abs(np.sin(angle)) < 1e-9, 0, half)])
    share = np.clip((thickness - THIN) / (ROUND - THIN), 0, 1)
    share = share**2 * (3 - 2 * share)
    return foil * (1 - share) + _circle(count) * share * np.array([1.0, max(thickness, 1.0)])

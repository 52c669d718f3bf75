"""The described solids as meshes: revolve, extrude, loft and tube. Descriptions are checked before they come here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.geometry.frames import turn
from twins.geometry.mesh import Mesh, unit
from twins.geometry.outlines import named_outline
from twins.geometry.polygon import filled, signed_area
from twins.geometry.skin import skinned

Points = npt.NDArray[np.float64]
SHARP_DEG = 35.0


def revolve(described: Mapping[str, Any]) -> Mesh:
    """A profile `[[radius, height], …]` once around z; its ends are closed to the axis unless its last point is its first."""
    profile = np.array(described["profile"], np.float64)
    loop = len(profile) > 3 and bool(np.allclose(profile[0], profile[-1]))
    radii, heights = (profile[:-1] if loop else _closed_to_axis(profile)).T
    angles = np.arange(described.get("sides", 32)) * (2 * np.pi / described.get("sides", 32))
    x, y = radii[:, None] * np.cos(angles), radii[:, None] * np.sin(angles)
    rings = np.stack([x, y, np.broadcast_to(heights[:, None], x.shape)], axis=2)
    return skinned(rings, None, described.get("sharp_deg", SHARP_DEG), loop=loop)


def _closed_to_axis(profile: Points) -> Points:
    return np.concatenate([[[0, profile[0, 1]]], profile, [[0, profile[-1, 1]]]])


def extrude(described: Mapping[str, Any]) -> Mesh:
    """An outline `[[x, y], …]` raised along z."""
    outline = _anticlockwise(np.array(described["outline"], np.float64))
    rings = np.stack([_at(outline, 0.0), _at(outline, float(described["height"]))])
    return skinned(rings, filled(outline), described.get("sharp_deg", SHARP_DEG))


def loft(described: Mapping[str, Any]) -> Mesh:
    """Outlines joined along z; `smooth` puts that many more between each two, on a curve that never overshoots."""
    sections = described["sections"]
    count = next(
        (len(s["outline"]) for s in sections if not isinstance(s.get("outline", "circle"), str)), described.get("sides", 40)
    )
    rings = np.stack([_section(section, count) for section in sections])
    rings = _smoothed(rings, int(described.get("smooth", 0)))
    return skinned(rings, filled(rings[0, :, :2]), described.get("sharp_deg", SHARP_DEG))


def _section(section: Mapping[str, Any], count: int) -> Points:
    """One ring `[count, 3]`: the outline scaled by its chord, turned by its twist, then shifted."""
    outline = section.get("outline", "circle")
    if isinstance(outline, str):
        shape = named_outline(
            outline,
            count,
            float(section.get("thickness", 1.0)),
            float(section.get("camber", 0.0)),
            float(section.get("corner", 0.0)),
        )
    else:
        shape = _anticlockwise(np.array(outline, np.float64)) * [1.0, float(section.get("thickness", 1.0))]
    turned = shape * section.get("chord", 1.0) @ turn((0, 0, 1), section.get("twist_deg", 0.0))[:2, :2].T
    return _at(turned + np.array(section.get("offset", (0, 0)), np.float64), float(section["at"]))


def _smoothed(rings: Points, extra: int) -> Points:
    """Cubic Hermite between the rings with the tangents of Fritsch and Carlson (1980): no bulge that was not described."""
    if not extra or len(rings) < 3:
        return rings
    z = rings[:, 0, 2]
    steps = np.diff(z)[:, None, None]
    slopes = np.diff(rings, axis=0) / steps
    before, after = slopes[:-1], slopes[1:]
    near, far = 2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]
    same = before * after > 0
    mean = np.divide((near + far) * before * after, near * after + far * before, out=np.zeros_like(before), where=same)
    tangents = np.concatenate([slopes[:1], mean, slopes[-1:]])
    t = (np.arange(extra + 1) / (extra + 1))[None, :, None, None]
    low, high = rings[:-1, None], rings[1:, None]
    rise, fall = tangents[:-1, None] * steps[:, None], tangents[1:, None] * steps[:, None]
    between = low * (2 * t**3 - 3 * t**2 + 1) + rise * (t**3 - 2 * t**2 + t) + high * (3 * t**2 - 2 * t**3) + fall * (t**3 - t**2)
    return np.concatenate([between.reshape(-1, *rings.shape[1:]), rings[-1:]])


def tube(described: Mapping[str, Any]) -> Mesh:
    """A round rod along a path, mitred at its bends."""
    path = np.array(described["path"], np.float64)
    sides = described.get("sides", 12)
    angles = np.arange(sides) * (2 * np.pi / sides)
    circle = float(described["radius"]) * np.column_stack([np.cos(angles), np.sin(angles)])
    legs = unit(np.diff(path, axis=0))
    normal = _across(legs[0])
    rings = []
    for k, point in enumerate(path):
        before, after = legs[max(k - 1, 0)], legs[min(k, len(legs) - 1)]
        flat = circle[:, :1] * normal + circle[:, 1:] * np.cross(before, normal)
        mitre = unit((before + after)[None])[0]
        rings.append(point + flat - np.outer(flat @ mitre / max(float(before @ mitre), 0.2), before))
        normal = normal - 2 * _kink(before, after, normal) if k else normal
    return skinned(np.stack(rings), filled(circle), described.get("sharp_deg", SHARP_DEG))


def _kink(before: Points, after: Points, normal: Points) -> Points:
    """Half of what a normal loses when it is carried round a bend without twisting (a reflection at the mitre, then back)."""
    mitre = before + after
    length = float(mitre @ mitre)
    return mitre * float(normal @ after) / length if length > 1e-12 else np.zeros(3)


def _across(direction: Points) -> Points:
    """A unit vector square to a direction, level where it can be."""
    level = np.array([-direction[1], direction[0], 0.0])
    return unit(level[None])[0] if np.linalg.norm(level) > 1e-6 else np.array([1.0, 0.0, 0.0])


def _at(outline: Points, height: float) -> Points:
    return np.column_stack([outline, np.full(len(outline), height)])


def _anticlockwise(outline: Points) -> Points:
    return outline if signed_area(outline) > 0 else outline[::-1]

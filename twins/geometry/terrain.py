"""The ground: described hills on gentle seeded relief, level where things stand, and always the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from twins.geometry.checks import Key, keyed, number, shown, vector, whole
from twins.geometry.mesh import Mesh, unit

Described = Mapping[str, Any]
Heights = npt.NDArray[np.float64]

WAVES = 28  # how many waves the relief is made of
MOST_CELLS = 1_000_000
NEAR = 0.4  # how much closer the points lie in the middle than they would if spread evenly
PAD_SKIRT = 3.0  # radii over which a pad's level ground becomes the natural ground

KEYS: Mapping[str, Key] = {
    "size": Key(vector(2, 1, 1e5), True),
    "resolution": Key(number(0.1, 1e4)),
    "seed": Key(whole(0, 2**31)),
    "relief": Key(number(0, 5000)),
    "hills": Key(lambda value: "" if isinstance(value, list | tuple) else "a list of hills"),
    "pads": Key(lambda value: "" if isinstance(value, list | tuple) else "a list of pads"),
    "contour": Key(number(0.1, 1000)),
}
HILL: Mapping[str, Key] = {
    "at": Key(vector(2), True),
    "height": Key(number(-5000, 9000), True),
    "radius": Key(number(1, 1e5), True),
}
PAD: Mapping[str, Key] = {"at": Key(vector(2), True), "radius": Key(number(1, 1e4), True)}


def terrain_faults(described: object, where: str = "terrain") -> list[str]:
    """Every fault of a described terrain, each a sentence with its place and remedy."""
    found = keyed(described, KEYS, where)
    if found or not isinstance(described, Mapping):
        return found
    for name, keys in (("hills", HILL), ("pads", PAD)):
        found += [fault for k, one in enumerate(described.get(name, ())) for fault in keyed(one, keys, f"{where}.{name}[{k}]")]
    cells = np.prod(NEAR * np.array(described["size"], np.float64) / _resolution(described))
    if cells > MOST_CELLS:
        found.append(f"{where}.resolution is too fine: it makes {int(cells):,} cells, {MOST_CELLS:,} is the most.")
    if described.get("contour") and _span(described) / described["contour"] > 500:
        found.append(f"{where}.contour of {shown(described['contour'])} m would draw more than 500 levels; make it larger.")
    return found


def height(described: Described, x: npt.ArrayLike, y: npt.ArrayLike) -> Heights:
    """Metres above the datum at `x`, `y` (any equal shapes): hills and relief, level on the pads."""
    x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    ground = _natural(described, x, y)
    for pad in described.get("pads", ()):
        (east, north), radius = pad["at"], float(pad["radius"])
        level = _natural(described, np.array(float(east)), np.array(float(north)))
        share = np.clip((np.hypot(x - east, y - north) / radius - 1) / PAD_SKIRT, 0, 1)
        ground = level + (ground - level) * (share**2 * (3 - 2 * share))
    return ground


def terrain(described: Described) -> Mesh:
    """The ground as a mesh of `size` about the origin, smooth everywhere, a point each `resolution` metres in its middle."""
    xs, ys = _grid(described)
    x, y = np.meshgrid(xs, ys)
    z = height(described, x, y)
    slope_y, slope_x = np.gradient(z, ys, xs)
    normals = unit(np.stack([-slope_x, -slope_y, np.ones_like(z)], axis=2).reshape(-1, 3))
    points = np.stack([x, y, z], axis=2).reshape(-1, 3)
    return Mesh(points.astype(np.float32), normals.astype(np.float32), _cells(len(ys), len(xs)))


def _natural(described: Described, x: Heights, y: Heights) -> Heights:
    ground = _relief(described, x, y)
    for hill in described.get("hills", ()):
        (east, north), radius = hill["at"], float(hill["radius"])
        ground = ground + hill["height"] * np.exp(-((x - east) ** 2 + (y - north) ** 2) / (2 * (radius / 2) ** 2))
    return ground


def _relief(described: Described, x: Heights, y: Heights) -> Heights:
    """A sum of waves of seeded direction, length and phase, longer ones higher; `relief` is about lowest to highest."""
    relief = float(described.get("relief", 0.0))
    if not relief:
        return np.zeros_like(x)
    draws = np.random.Generator(np.random.PCG64(int(described.get("seed", 1)))).random((WAVES, 3))
    extent = max(described["size"])
    total = np.zeros_like(x)
    power = 0.0
    for direction, length, phase in draws:
        wavelength = extent * 0.55 * 0.15**length  # from about half the terrain down to a twelfth of it
        turn = 2 * np.pi * direction
        along = (x * np.cos(turn) + y * np.sin(turn)) * (2 * np.pi / wavelength)
        total = total + wavelength * np.sin(along + 2 * np.pi * phase)
        power += wavelength**2 / 2
    return total * (relief / 4 / np.sqrt(power))


def _grid(described: Described) -> tuple[Heights, Heights]:
    east, north = (float(side) for side in described["size"])
    step = _resolution(described)
    return _spread(east, step), _spread(north, step)


def _spread(side: float, step: float) -> Heights:
    """Places along a side, `step` apart in the middle and 5.5 times that at the ends, where nobody stands."""
    steps = np.linspace(-1, 1, 2 * max(round(NEAR * side / step / 2), 1) + 1)
    return np.asarray(side / 2 * (NEAR * steps + (1 - NEAR) * steps**3), np.float64)


def _resolution(described: Described) -> float:
    """Described, or a two-hundredth of the longer side."""
    return float(described.get("resolution", max(described["size"]) / 200))


def _cells(rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Two triangles a cell, cut along alternating diagonals so that slopes show no grain."""
    row, column = (index.reshape(-1) for index in np.mgrid[: rows - 1, : columns - 1])
    a = row * columns + column
    b, c, d = a + 1, a + columns + 1, a + columns
    even = ((row + column) % 2 == 0)[:, None]
    first = np.where(even, np.column_stack([a, b, c]), np.column_stack([a, b, d]))
    second = np.where(even, np.column_stack([a, c, d]), np.column_stack([b, c, d]))
    return np.concatenate([first, second]).astype(np.int32)


def _span(described: Described) -> float:
    return float(described.get("relief", 0.0)) + sum(abs(hill["height"]) for hill in described.get("hills", ()))

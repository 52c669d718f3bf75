"""A blade as data: `blade.csv` (r_m, chord_m, twist_deg, airfoil) and a polar `NAME.csv` (alpha_deg, cl, cd) for each airfoil."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twins.physics.model import Array

_STATIONS = ("r_m", "chord_m", "twist_deg", "airfoil")
_POLAR = ("alpha_deg", "cl", "cd")


@dataclass(frozen=True, slots=True, eq=False)
class Polar:
    """An airfoil's coefficients over the angle of attack (rad, rising, from −π to π)."""

    alpha: Array
    cl: Array
    cd: Array


@dataclass(frozen=True, slots=True, eq=False)
class Blade:
    """Stations from root to tip: distance from the rotor's axis (m), chord (m), twist (rad) and the airfoil there."""

    radius: Array
    chord: Array
    twist: Array
    polars: tuple[Polar, ...]


class TableError(ValueError):
    """A table can't be used: the file, its line (0 of none), what is wrong and what to write."""

    def __init__(self, file: str, line: int, message: str, remedy: str) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {message}; {remedy}")
        self.file, self.line, self.message, self.remedy = file, line, message, remedy


def read_blade(files: Mapping[str, bytes], blade: str, airfoils: str) -> Blade:
    """The blade of the file `blade`, with the polars of the folder `airfoils`. Raises TableError."""
    if blade not in files:
        raise TableError(
            blade, 0, "there is no such file in the package", f"put it there, with the columns {', '.join(_STATIONS)}"
        )
    rows = list(_rows(blade, files[blade], _STATIONS))
    if len(rows) < 2:
        raise TableError(blade, 0, "a blade has two stations at least", "write one row for each station, from root to tip")
    numbers = np.array([_numbers(blade, line, row, _STATIONS[:3]) for line, row in rows])
    _rising(blade, [line for line, _ in rows], numbers[:, 0], "r_m")
    for (line, _), (_, chord, _) in zip(rows, numbers, strict=True):
        if chord <= 0:
            raise TableError(blade, line, f"a chord of {chord:g} m", "write a chord above 0")
    names = [row["airfoil"].strip() for _, row in rows]
    polars = {
        name: _polar(files, f"{airfoils}/{name}.csv", name, blade, line) for name, (line, _) in zip(names, rows, strict=True)
    }
    return Blade(numbers[:, 0], numbers[:, 1], np.radians(numbers[:, 2]), tuple(polars[name] for name in names))


def _polar(files: Mapping[str, bytes], file: str, name: str, blade: str, line: int) -> Polar:
    if file not in files:
        raise TableError(
            blade, line, f"there is no polar {file} for the airfoil “{name}”", f"add it, with the columns {', '.join(_POLAR)}"
        )
    rows = list(_rows(file, files[file], _POLAR))
    if len(rows) < 2:
        raise TableError(file, 0, "a polar has two rows at least", "write one row for each angle of attack, from −180 to 180")
    numbers = np.array([_numbers(file, line, row, _POLAR) for line, row in rows])
    _rising(file, [line for line, _ in rows], numbers[:, 0], "alpha_deg")
    if numbers[0, 0] < -180.001 or numbers[-1, 0] > 180.001:
        raise TableError(file, 0, "an angle of attack is outside −180 to 180", "write the angles in degrees")
    alpha, cl, cd = numbers.T
    return Polar(*extended(np.radians(alpha), cl, cd))


def extended(alpha: Array, cl: Array, cd: Array) -> tuple[Array, Array, Array]:
    """A polar from −π to π: where the measured one ends, it goes on like a flat plate's (Viterna & Corrigan 1981, in the simple
    form with cd = 2 sin²α and cl = sin 2α), which it joins within 15°."""
    full = np.radians(np.arange(-180.0, 181.0, 2.0))
    outside = (full < alpha[0] - math.radians(15)) | (full > alpha[-1] + math.radians(15))
    own = [(alpha, cl, cd)]
    plate = (full[outside], np.sin(2 * full[outside]), 2 * np.sin(full[outside]) ** 2 + 0.02)
    joined = [np.concatenate([part[k] for part in (*own, plate)]) for k in range(3)]
    order = np.argsort(joined[0], kind="stable")
    return joined[0][order], joined[1][order], joined[2][order]


def generic_blade(rotor_radius: float, hub_radius: float, blades: int, ratio: float = 7.6) -> Blade:
    """A blade of our own for a turbine of which none is published: Schmitz's optimum for a tip-speed ratio, with a slender
    root and airfoils that thin from a cylinder to 18 %. After Gasch & Twele, Wind Power Plants, 2nd ed., section 5.3."""
    share = np.array([0.0, 0.04, 0.10, 0.18, 0.26, 0.36, 0.46, 0.56, 0.66, 0.76, 0.85, 0.92, 0.97, 1.0])
    radius = hub_radius + (rotor_radius - hub_radius) * share
    local = ratio * radius / rotor_radius
    inflow = 2 / 3 * np.arctan(1 / local)
    ideal = 16 * math.pi * radius / blades * np.sin(inflow / 2) ** 2  # at cl = 1
    chord = np.minimum(ideal, 0.075 * rotor_radius) * np.clip(1 - 3 * (share - 0.92), 0.35, 1.0)
    chord[:2] = 0.052 * rotor_radius
    twist = np.minimum(inflow - math.radians(5.5), math.radians(14))
    twist -= twist[-1]
    thickness = np.array([1.0, 1.0, 0.6, 0.4, 0.35, 0.3, 0.25, 0.25, 0.21, 0.21, 0.18, 0.18, 0.18, 0.18])
    made = {each: _generic_polar(float(each)) for each in np.unique(thickness)}
    return Blade(radius, chord, twist, tuple(made[each] for each in thickness))


def _generic_polar(thickness: float) -> Polar:
    """Thin-airfoil theory up to a stall at 11°, a flat plate beyond; a thick root section lifts less and drags more."""
    degrees = np.array([*range(-180, -30, 10), *range(-30, 31), *range(40, 181, 10)], float)
    alpha = np.radians(degrees)
    lifting = float(np.clip((0.7 - thickness) / 0.4, 0.0, 1.0))
    attached = 6.1 * (alpha + math.radians(4.0))
    stalled = 1.1 * np.sin(2 * alpha)
    kept = 1 / (1 + np.exp((np.abs(degrees - 1.5) - 10.5) / 1.3))
    cl = lifting * (kept * attached + (1 - kept) * stalled)
    drag = 0.006 + 0.05 * min(thickness, 0.4) ** 2 + 0.6 * (1 - lifting) ** 2
    cd = kept * (drag + 0.1 * alpha**2) + (1 - kept) * (0.05 + 1.25 * np.sin(alpha) ** 2)
    return Polar(alpha, cl, np.maximum(cd, drag))


def _rows(file: str, content: bytes, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a table whose first line that is no remark (#) names the columns."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise TableError(file, 0, "it is no text", "save it as UTF-8") from None
    kept = [(k, line) for k, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    header = [cell.strip() for cell in next(csv.reader([kept[0][1]]))] if kept else []
    for name in columns:
        if name not in header:
            raise TableError(
                file, kept[0][0] if kept else 0, f"there is no column {name}", f"name the columns {', '.join(columns)}"
            )
    for k, line in kept[1:]:
        cells = next(csv.reader([line]))
        if len(cells) < len(header):
            raise TableError(file, k, f"the row has {len(cells)} cells, the header {len(header)}", "fill the row")
        yield k, dict(zip(header, cells, strict=False))


def _numbers(file: str, line: int, row: Mapping[str, str], columns: Sequence[str]) -> list[float]:
    found = []
    for name in columns:
        try:
            found.append(float(row[name]))
        except ValueError:
            found.append(math.nan)
        if not math.isfinite(found[-1]):
            raise TableError(file, line, f"{name}: “{row[name].strip()}” is no number", "write a number like 1.5")
    return found


def _rising(file: str, lines: Sequence[int], values: Array, name: str) -> None:
    for k in np.flatnonzero(np.diff(values) <= 0):
        raise TableError(
            file, lines[int(k) + 1], f"{name} {values[k + 1]:g} does not rise above {values[k]:g}", "sort the rows, each once"
        )

"""A table of places: each row is one thing, like a detector, and where on earth it stands."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twins import InputError
from twins.package.document import read_document
from twins.survey.survey import MOST_THINGS, Survey, Thing, clean
from twins.survey.taglist import LARGEST, text_of

_NAMES = ("name", "id", "sensorid", "stationid", "detectorid", "detector", "sensor", "station", "code", "index")
_LATITUDE, _LONGITUDE = ("latitude", "lat"), ("longitude", "lon", "lng", "long")
_RADIUS, _FLATTENING = 6_378_137.0, 1 / 298.257223563  # WGS 84
_SIDES = 12


def tells_places(path: Path) -> bool:
    """Whether a table has a latitude and a longitude in its header, and no tags."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        return False
    header = _folded(next(csv.reader(text_of(path).splitlines()[:1]), []))
    return _column(header, _LATITUDE) >= 0 and _column(header, _LONGITUDE) >= 0 and not {"tag", "path"} & set(header)


def surveyed_places(path: Path, tags: str = "") -> Survey:
    """Each stands as a post at its place, in metres east and north of the middle of all. Raises InputError.

    `tags` are what each of them has, as a package writes them: `speed: { unit: mph, period: 5 min }`.
    """
    rows = list(csv.reader(io.StringIO(text_of(path))))
    header = _folded(rows[0])
    at = [_column(header, names) for names in (_NAMES, _LATITUDE, _LONGITUDE)]
    said = [(line, row) for line, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    if not said or len(said) > MOST_THINGS:
        raise InputError(f"{path.name} holds {len(said):,} places; 1 to {MOST_THINGS:,} can be made a twin of")
    degrees = np.array(
        [[_degrees(row, k, bound, path, line) for k, bound in zip(at[1:], (90, 180), strict=True)] for line, row in said]
    )
    middle, metres = _flattened(degrees)
    each = _written(tags)
    points, triangles = _post(_spacing(metres))
    things = [
        Thing(clean(row[at[0]] if at[0] >= 0 else "") or f"place {k + 1}", sort="detector", origin=(float(x), float(y), 0.0),
              attributes={name: cell for name, cell in zip(rows[0], row, strict=False) if cell},
              points=points, triangles=triangles, tags={name: {"kind": "number", **form} for name, form in each.items()})
        for k, ((_, row), (x, y)) in enumerate(zip(said, metres, strict=True))
    ]  # fmt: skip
    found = Survey(things=things, georeference={"latitude": round(middle[0], 6), "longitude": round(middle[1], 6)})
    if not each:
        found.notes.append("Its places have no tags yet; give them some by --tag 'speed: { unit: mph, period: 5 min }'.")
    return found


def _folded(header: list[str]) -> list[str]:
    return [re.sub(r"[^a-z]", "", cell.lower()) for cell in header]


def _column(header: list[str], names: tuple[str, ...]) -> int:
    return next((header.index(name) for name in names if name in header), -1)


def _degrees(row: list[str], k: int, bound: int, path: Path, line: int) -> float:
    try:
        value = float(row[k])
    except (ValueError, IndexError):
        value = math.nan
    if not abs(value) <= bound:
        raise InputError(f"{path.name}:{line}: its latitude or longitude is no number of degrees; write one like 34.15497")
    return value


def _flattened(degrees: np.ndarray) -> tuple[tuple[float, float], np.ndarray]:
    """The middle, and metres east and north of it along the ellipsoid; good to a thousandth within 50 km."""
    middle = (degrees.min(axis=0) + degrees.max(axis=0)) / 2
    squared = _FLATTENING * (2 - _FLATTENING)
    bent = 1 - squared * math.sin(math.radians(middle[0])) ** 2
    north = _RADIUS * (1 - squared) / bent**1.5
    east = _RADIUS / math.sqrt(bent) * np.cos(np.radians(degrees[:, 0]))
    off = np.radians(degrees - middle)
    return (float(middle[0]), float(middle[1])), np.column_stack([off[:, 1] * east, off[:, 0] * north])


def _spacing(metres: np.ndarray) -> float:
    """m from one to the next, of half of them; 10 where there is one alone."""
    if len(metres) < 2:
        return 10.0
    near = [float(np.sort(np.hypot(*(metres - each).T))[1]) for each in metres[:500]]
    return max(float(np.median(near)), float(np.ptp(metres, axis=0).max()) / 70, 1.0)


def _post(spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """A round post, half as wide and as high as they stand apart."""
    angle = np.arange(_SIDES) * 2 * math.pi / _SIDES
    ring = 0.4 * spacing * np.column_stack([np.cos(angle), np.sin(angle)])
    points = np.concatenate([np.column_stack([ring, np.full(_SIDES, z)]) for z in (0.0, 0.4 * spacing)])
    k, after = np.arange(_SIDES), (np.arange(_SIDES) + 1) % _SIDES
    sides = [np.column_stack([k, after, after + _SIDES]), np.column_stack([k, after + _SIDES, k + _SIDES])]
    fan = np.arange(1, _SIDES - 1)
    lids = [
        np.column_stack([np.full(len(fan), _SIDES), fan + _SIDES, fan + 1 + _SIDES]),
        np.column_stack([np.zeros_like(fan), fan + 1, fan]),
    ]
    return points.astype(np.float32), np.concatenate([*sides, *lids]).astype(np.int32)


def _written(tags: str) -> Mapping[str, Mapping[str, Any]]:
    document = read_document("--tag", tags.encode()) if tags else None
    if document is None:
        return {}
    forms = document.data
    if document.faults or not isinstance(forms, dict) or not all(isinstance(form, dict) for form in forms.values()):
        raise InputError(
            f"--tag “{clean(tags, 60)}” can't be read; write it like speed: {{ unit: mph, range: [0, 80], period: 5 min }}"
        )
    return forms

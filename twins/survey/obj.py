"""OBJ as a survey: its objects, and the groups in each, by the names they have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twins.geometry.formats import Found
from twins.survey.faces import Face, triangulated

Key = tuple[str, str]  # object, group


def pieces(file: Path) -> list[Found]:
    """One for each object, or for each group in it, with the names of both. Raises ValueError with the line."""
    points: list[list[float]] = []
    faces: dict[Key, list[Face]] = {}
    key: Key = ("", "")
    for number, line in enumerate(file.read_bytes().decode("utf-8", "replace").splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        try:
            if word == "v":
                points.append([float(each) for each in rest.split()[:3]])
            elif word == "f":
                faces.setdefault(key, []).append([_corners(rest.split(), len(points))])
            elif word == "o":
                key = rest.strip(), ""
            elif word == "g":
                key = key[0], rest.strip()
        except (ValueError, IndexError):
            raise ValueError(f"its line {number} can't be read") from None
    return _cut(_array(points), faces)


def _corners(words: Sequence[str], known: int) -> list[int]:
    """Places from 0; the file counts from 1, or back from the newest."""
    numbers = [int(word.partition("/")[0]) for word in words]
    places = [number - 1 if number > 0 else known + number for number in numbers]
    if any(not place >= 0 for place in places):
        raise ValueError("place")
    return places


def _array(points: list[list[float]]) -> npt.NDArray[np.float64]:
    if any(len(point) != 3 for point in points):
        raise ValueError("it has a point without three numbers")
    whole = np.array(points, np.float64).reshape(-1, 3)
    if not np.isfinite(whole).all():
        raise ValueError("it has coordinates that are not finite")
    return whole


def _cut(points: npt.NDArray[np.float64], faces: dict[Key, list[Face]]) -> list[Found]:
    found = []
    for key, own in faces.items():
        every = [place for face in own for place in face[0]]
        if max(every, default=-1) >= len(points):
            raise ValueError("it has triangles of points that don't exist")
        used = np.unique(np.array(every, np.int64))
        flat = dict(zip(used.tolist(), range(len(used)), strict=True))
        triangles = triangulated(points[used], [[[flat[place] for place in face[0]]] for face in own])
        names = tuple(name for name in dict.fromkeys(key) if name)
        found.append(Found(names, points[used], triangles, np.zeros(3)))
    return found

"""Permissives: the software's conditions for a command, as they stand at one instant. Interlocks live in the plant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.asset import Tag, Twin
from twins.expression import Formula, TagMeanings, bound, parse
from twins.record import Quality, Reading, Snapshot


@dataclass(frozen=True, slots=True)
class Permissive:
    """One condition as the package writes it; `why` says in a few words why it does not hold."""

    text: str
    holds: bool
    why: str = ""

    def plain(self) -> dict[str, object]:
        """As an event tells it."""
        return {"text": self.text, "holds": self.holds, **({"why": self.why} if self.why else {})}


def permissives_of(tag: Tag, twin: Twin, snapshot: Snapshot) -> tuple[Permissive, ...]:
    """All conditions of a tag; one whose input is unknown, bad, uncertain or stale does not hold. Raises ExpressionError."""
    return tuple(_judged(text, tag, twin, snapshot) for text in tag.permissives)


def _judged(text: str, tag: Tag, twin: Twin, snapshot: Snapshot) -> Permissive:
    root = bound(parse(text), tag.asset, twin).root
    formula = Formula(root, TagMeanings(twin.tags))
    readings = [snapshot.reading(name) for name in formula.names]
    unsound = [reading for reading in readings if not reading.sound]
    if unsound:
        return Permissive(text, False, f"{unsound[0].path} is {unsound_word(unsound[0])}")
    columns = {r.path: (np.array([float(snapshot.numbers[snapshot.place[r.path]])]), np.zeros(1, np.uint8)) for r in readings}
    values, quality = formula(columns)
    holds = bool(values[0]) and not quality[0] & 0b11
    return Permissive(text, holds, "" if holds else ", ".join(f"{r.path} is {_told(r)}" for r in readings))


def unsound_word(reading: Reading) -> str:
    """Why a reading may not be acted on."""
    if reading.value is None:
        return "not known"
    if reading.quality is not Quality.GOOD:
        return reading.quality.name.lower()
    return "stale"


def _told(reading: Reading) -> str:
    value = reading.value
    return f"{value:g} {reading.unit}".rstrip() if isinstance(value, float) else str(value)

"""A lesson: what assets of a kin showed, and what was wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.recognition.kin import Kin

SOUND = "sound"
EVERY = 10  # s between two looks
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """m looks at f signs. `fault` is a place among `classes`. Looks of one `run` are of one weather; of one `course` they are of
    one asset, in order and `EVERY` s apart."""

    kin: Kin
    names: tuple[str, ...]  # (f,)
    signs: NDArray[np.floating]  # (m, f); short numbers will do
    fault: Whole  # (m,)
    run: Whole  # (m,)
    course: Whole  # (m,)

    @property
    def classes(self) -> tuple[str, ...]:
        """What may be wrong."""
        return (SOUND, *self.kin.faults)

    @classmethod
    def joined(cls, lessons: Sequence[Lesson]) -> Lesson:
        """Of one kin, one after the other."""
        first = lessons[0]
        signs, fault, run, course = (
            np.concatenate([getattr(each, what) for each in lessons]) for what in ("signs", "fault", "run", "course")
        )
        return cls(first.kin, first.names, signs, fault, run, course)

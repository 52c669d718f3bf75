"""A lesson: what assets of a kin showed, and what was wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins.physics import Array
from twins.prognosis.recognition.kin import Kin

SOUND = "sound"
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """m looks at f signs. `fault` is a place among `classes`; `run` says which looks belong together."""

    kin: Kin
    names: tuple[str, ...]  # (f,)
    signs: Array  # (m, f)
    fault: Whole  # (m,)
    run: Whole  # (m,)

    @property
    def classes(self) -> tuple[str, ...]:
        """What may be wrong."""
        return (SOUND, *self.kin.faults)

    @classmethod
    def joined(cls, lessons: Sequence[Lesson]) -> Lesson:
        """Of one kin, one after the other."""
        first = lessons[0]
        signs, fault, run = (np.concatenate([getattr(each, what) for each in lessons]) for what in ("signs", "fault", "run"))
        return cls(first.kin, first.names, signs, fault, run)

"""The clock of lives: whether a table's times are dates or numbers, and at which number a life begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.remaining_life.fleet import Fleet

ALIKE = 0.05  # of a usual life, within which lives that begin at the same number do


@dataclass(frozen=True, slots=True)
class Clock:
    """Of the training units, in the table's unit of time."""

    dated: bool | None = None  # whether times were dates; None in a model of an older program
    start: float | None = None  # where lives began; None where times tell no age

    def refuse_other_times(self, fleet: Fleet, table: Path) -> None:
        """Raises InputError where the model's times are numbers and the table's dates, or the reverse."""
        if self.dated is None or self.dated == fleet.dated:
            return
        ours, theirs = ("dates", "numbers") if self.dated else ("numbers", "dates")
        raise InputError(
            f"the model's times are {ours}, those of {table} are {theirs}; name a column of {ours} with --time, or train it again"
        )

    def aged(self, fleet: Fleet) -> Fleet:
        """The same histories; their ages are told by their times, if these tell it."""
        return fleet if self.start is None else fleet.born_at(self.start)

    def late(self, fleet: Fleet, tolerance: float) -> NDArray[np.bool_]:
        """Units (units,) whose rows begin later than a life by more than `tolerance`: what came before is not known."""
        return np.zeros(len(fleet.units), bool) if self.start is None else fleet.times[fleet.starts[:-1]] - self.start > tolerance


def clock_of(fleet: Fleet) -> Clock:
    """From training units. Times tell an age where they are numbers and every unit's begin near 0 (or 1)."""
    first, usual = fleet.times[fleet.starts[:-1]], float(np.median(fleet.lives))
    start = float(np.median(first))
    told = not fleet.dated and np.abs(first - start).max() <= ALIKE * usual and abs(start) <= max(ALIKE * usual, 1.0)
    return Clock(fleet.dated, start if told else None)

"""A correction of an output: what a calibrated model still leaves out of it, as tables by what it says and what drives it.

Between their points the tables are bilinear; beyond their ends they stay as they are there, and over a direction they close.
Together they never add more than was approved, and nothing in another mode than the one they were learnt in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins.expression import conversion
from twins.physics.model import Array, Model, Variable

TURN = 2 * np.pi
MOST_TABLES, MOST_POINTS = 20, 200


@dataclass(frozen=True, slots=True)
class Axis:
    """Rising points, in SI; of a direction that closes they `turn` once round."""

    at: Array
    turns: bool = False

    def between(self, x: Array) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
        """For x (m,): the points below and above, and how far it is from the one to the other, 0…1."""
        n = len(self.at)
        if self.turns:
            place = np.interp(x, self.at, np.arange(n), period=TURN)  # between the last and the first it answers nothing of use
            past = np.mod(x - self.at[-1], TURN)
            gap = self.at[0] + TURN - self.at[-1]
            place = np.where(past < gap, n - 1 + past / gap, place)
        else:
            place = np.minimum(np.interp(x, self.at, np.arange(n)), n - 1 - 1e-9)
        low = np.minimum(place.astype(np.intp), n - 1)
        return low, (low + 1) % n, place - low


@dataclass(frozen=True, slots=True)
class Table:
    """What is `add`ed, (point of what is said, point of the variable in this row); `told`: the row is an output's, else an
    input's."""

    row: int
    told: bool
    axis: Axis
    add: Array


@dataclass(frozen=True, slots=True)
class Correction:
    """Of the output in this row, by what it `said`; at most so much, either way. `mode`: (row of an output, its value),
    where it counts; None: always."""

    row: int
    said: Axis
    most: float
    mode: tuple[int, float] | None
    tables: tuple[Table, ...]

    def __call__(self, inputs: Array, outputs: Array) -> Array:
        """(member,): what is added, from (variable, member)."""
        low, high, part = self.said.between(outputs[self.row])
        added = np.zeros(outputs.shape[1])
        for each in self.tables:
            left, right, share = each.axis.between((outputs if each.told else inputs)[each.row])
            below = each.add[low, left] * (1 - share) + each.add[low, right] * share
            above = each.add[high, left] * (1 - share) + each.add[high, right] * share
            added += below * (1 - part) + above * part
        added = np.clip(added, -self.most, self.most)
        return np.where(outputs[self.mode[0]] == self.mode[1], added, 0.0) if self.mode else added


def corrections(model: Model, written: object) -> Iterator[Correction]:
    """As a package writes them, by the output's name. Raises ValueError in one sentence that names what is wrong."""
    for name, each in written.items() if isinstance(written, Mapping) else ():
        row, variable = _found(model.outputs, str(name))
        if variable is None or variable.words:
            raise ValueError(f"the model has no output “{name}” that could be corrected; calibrate again")
        try:
            yield _correction(model, row, variable, each)
        except (KeyError, TypeError, ValueError) as problem:
            said = f"nothing is written of {problem}" if isinstance(problem, KeyError) else str(problem).rstrip(".")
            raise ValueError(f"the correction of {name}: {said}; calibrate again") from None


def _correction(model: Model, row: int, variable: Variable, written: Mapping[str, Any]) -> Correction:
    factor, offset = conversion(str(written["unit"]), variable.unit)  # a difference has no offset
    said = _axis(written["said"], factor, offset, turns=False)
    tables = tuple(_table(model, each, factor, len(said.at)) for each in written["tables"])
    most = float(written["most"]) * factor
    if not 0 < len(tables) <= MOST_TABLES or not 0 < most < np.inf:
        raise ValueError(f"it needs 1 to {MOST_TABLES} tables and a most that it may add")
    return Correction(row, said, most, _mode(model.outputs, str(written.get("mode") or "")), tables)


def _table(model: Model, written: Mapping[str, Any], factor: float, rows: int) -> Table:
    name = str(written["over"])
    row, variable = _found(model.outputs, name)
    told = variable is not None
    if variable is None:
        row, variable = _found(model.inputs, name)
    if variable is None:
        raise ValueError(f"the model has no input or output “{name}”")
    axis = _axis(written["at"], *conversion(str(written["unit"]), variable.unit), turns=bool(written.get("turns")))
    add = np.array(written["add"], float) * factor
    if add.shape != (rows, len(axis.at)) or not np.isfinite(add).all():
        raise ValueError(f"the table over {name} needs {rows} rows of {len(axis.at)} numbers")
    return Table(row, told, axis, add)


def _axis(written: object, factor: float, offset: float, *, turns: bool) -> Axis:
    at = np.array(written, float) * factor + offset
    if at.ndim != 1 or not 2 <= len(at) <= MOST_POINTS or not np.isfinite(at).all() or (np.diff(at) <= 0).any():
        raise ValueError(f"points are 2 to {MOST_POINTS} numbers that rise")
    if turns and not 0 <= at[0] < at[-1] < TURN:
        raise ValueError("the points of a direction go round once, from 0")
    return Axis(at, turns)


def _mode(outputs: Sequence[Variable], word: str) -> tuple[int, float] | None:
    if not word:
        return None
    for row, variable in enumerate(outputs):
        if word in variable.words:
            return row, float(variable.words.index(word))
    raise ValueError(f"the model has no mode “{word}”")


def _found(variables: Sequence[Variable], name: str) -> tuple[int, Variable | None]:
    return next(((row, each) for row, each in enumerate(variables) if each.name == name), (-1, None))

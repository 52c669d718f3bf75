"""Routes: who hands parts to whom on a line, from the relations of its stations; what can't be is refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from twins.physics.model import Array

ROLES = ("machine", "conveyor", "store", "supply", "exit", "board")
MACHINE, CONVEYOR, STORE, SUPPLY, EXIT, BOARD = range(6)
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Routes:
    """Of n stations: `down` (n, d) the places that each hands on to, −1 where there are fewer; `degree` (n,) how many; `up`
    those that hand on to it, in the order of the relations."""

    down: Places
    degree: Places
    up: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], pairs: Sequence[tuple[int, int]]) -> Routes:
        """Raises ValueError in one sentence where parts would go in a circle."""
        n = len(names)
        before: dict[int, list[int]] = {i: [] for i in range(n)}
        after: dict[int, list[int]] = {i: [] for i in range(n)}
        for source, target in dict.fromkeys(pairs):
            before[target].append(source)
            after[source].append(target)
        try:
            tuple(TopologicalSorter(before).static_order())
        except CycleError as problem:
            circle = " → ".join(names[i] for i in problem.args[1])
            raise ValueError(
                f"parts can't go in a circle, {circle}: such a line locks itself; rework belongs into a station (rework)"
            ) from None
        widest = max((len(each) for each in after.values()), default=0)
        down = np.full((n, max(widest, 1)), -1, np.intp)
        for i, targets in after.items():
            down[i, : len(targets)] = targets
        return cls(down, np.array([len(after[i]) for i in range(n)], np.intp), tuple(tuple(before[i]) for i in range(n)))

    def refuse(self, names: Sequence[str], role: Array, joins: Array) -> None:
        """Raises ValueError, one sentence that names the station; `role` and `joins` (n,)."""
        for i, name in enumerate(names):
            ins, outs, what = len(self.up[i]), int(self.degree[i]), int(role[i])
            if what == BOARD and ins + outs:
                raise ValueError(f"{name} is a board, which no part passes; remove its relations “feeds”")
            if what == SUPPLY and ins:
                raise ValueError(f"{name} is a supply, where parts begin; nothing may feed it")
            if what == EXIT and outs:
                raise ValueError(f"{name} is an exit, where parts end; it may feed nothing")
            if what not in (SUPPLY, BOARD) and not ins:
                raise ValueError(f"nothing feeds {name}; relate it to what it takes parts from, or make it a supply")
            if what not in (EXIT, BOARD) and not outs:
                raise ValueError(f"{name} feeds nothing; relate it to what takes its parts, or make it an exit")
            if joins[i] and what != MACHINE:
                raise ValueError(f"{name} joins parts, which only a machine can; write role: machine")
            split = [names[each] for each in self.up[i] if self.degree[each] > 1]
            if joins[i] and split:
                raise ValueError(f"{split[0]} feeds several stations and {name}, which joins parts; put a store between them")

"""A verdict: what a predictor says of one asset, and what a predictor of any kind is to whoever runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twins.physics import Array
from twins.prognosis.prediction import Evidence, Life

Complain = Callable[[tuple[str | int, ...], str, str], None]
"""(place in the file, what is wrong, what to write instead)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`severity` 0 … 1; `life` only where it has been reckoned anew; `since` (ns) where it knows better than who counts."""

    probability: float
    severity: float = 0.0
    life: Life | None = None
    evidence: tuple[Evidence, ...] = ()
    since: int | None = None


class Kind(Protocol):
    """One predictor's own way to a verdict. `names` are the tags it looks at, as paths, for each of its assets."""

    names: tuple[tuple[str, ...], ...]
    rows: int  # that it looks back

    def judge(self, time: int, seen: list[Array]) -> list[Verdict | None]:
        """For each asset, of (rows, n) of its tags up to `time`; None where it can't tell. Raises InputError where it fails."""
        ...

    def seed(self, asset: int, path: str, times: Array, values: Array) -> None:
        """What was recorded before, of a tag that is `remembered`."""
        ...

    @property
    def remembered(self) -> tuple[tuple[int, str, int], ...]:
        """(asset, path, ns) of tags whose longer history it wants where it takes up a record."""
        ...

    def close(self) -> None:
        """Lets go of what it holds."""
        ...

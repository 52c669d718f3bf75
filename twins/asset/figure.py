"""A key figure: one number that a stretch of time is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Taken(StrEnum):
    """How an expression over tags becomes one number for a stretch."""

    INTEGRAL = "integral"  # over time: power → energy
    MEAN = "mean"
    LOWEST = "lowest"
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True)
class Figure:
    """`expression` is seen from `asset`, the twin that it is a figure of; for an integral it is in `unit` per second."""

    name: str
    label: str
    unit: str
    taken: Taken
    expression: str
    better: str = ""  # high or low, where one of them is
    decimals: int = 1
    asset: str = ""  # "" for the whole

    @property
    def counted(self) -> bool:
        """Whether it is told whole: it has no unit and no decimals, like valves that were made."""
        return not self.unit and self.decimals == 0


def per_second(figure: Figure) -> str:
    """The unit that its expression is in."""
    if figure.taken is not Taken.INTEGRAL:
        return figure.unit
    return f"({figure.unit})/s" if figure.unit else "1/s"

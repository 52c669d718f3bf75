"""A fault of a package: where it is, what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twins import InputError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """`line` counts from 1; 0 is the file as a whole."""

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message} — {self.remedy}"


class PackageError(InputError):
    """A package that can't be loaded; `faults` holds every one that was found, in order of file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        more = len(self.faults) - 1
        told = f" (and {more} more faults; “check” tells them all)" if more > 0 else ""
        super().__init__(f"{self.faults[0]}{told}" if self.faults else "the package can't be loaded")


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Each fault once, by file and line."""
    return tuple(sorted(set(faults)))

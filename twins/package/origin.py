"""Where something was written, so that what is wrong with it can be told there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twins.package.document import Document, Place
from twins.package.fault import Fault


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written."""

    document: Document
    place: Place

    def __str__(self) -> str:
        return f"{self.document.file}:{self.document.line(self.place)}"

    def at(self, *steps: str | int) -> Origin:
        """Where a detail of it was written, or would be."""
        return Origin(self.document, (*self.place, *steps))

    def wrote(self, *steps: str | int) -> bool:
        """Whether that detail was written."""
        return (*self.place, *steps) in self.document.lines

    def value(self, *steps: str | int) -> Any:
        """What was written there; None where nothing (sound) was."""
        value = self.document.data
        for step in (*self.place, *steps):
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def fault(self, message: str, remedy: str) -> Fault:
        """A fault here."""
        return self.document.fault(self.place, message, remedy)


Origins = Mapping[str, tuple[Origin, ...]]  # `T01`, `T01.power`, `T01#rotor` → where it was written, the nearest first


def written(origins: tuple[Origin, ...], *steps: str | int) -> Origin:
    """Where a detail was written: at the asset where it overrides its type, else at the type."""
    return next((origin.at(*steps) for origin in origins if origin.wrote(*steps)), origins[-1].at(*steps))

"""The version of a twin's models: which calibration of their parameters is in force."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """0 is the package's own parameters. `sha256` tells versions of the same number apart, "" for 0."""

    number: int = 0
    sha256: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.sha256[:_SHOWN]}".strip()

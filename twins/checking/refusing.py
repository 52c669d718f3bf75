"""Refusing: what has a fault is not run, rather than run otherwise than was meant; one sentence tells the first."""

from __future__ import annotations

from pathlib import Path

from twins import InputError
from twins.checking import check, check_models
from twins.package.fault import Fault


def refuse_faulty(package: Path) -> None:
    """Raises InputError where a package has any fault."""
    if faults := check(package):
        raise InputError(_told(package, faults[0], len(faults) - 1))


def refuse_faulty_models(package: Path) -> None:
    """Raises InputError where one stands in the way of its models. A tag whose output is misspelt would else wander by itself."""
    if faults := check_models(package):
        raise InputError(_told(package, faults[0], len(check(package)) - 1))


def _told(package: Path, first: Fault, others: int) -> str:
    said = f"{package} has a fault: {first}"
    if not others:
        return said
    more, them = ("is 1 more", "it") if others == 1 else (f"are {others} more", "them")
    return f"{said}; there {more}, “check {package}” lists {them}"

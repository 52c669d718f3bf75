"""What is written in a block: names, numbers and courses, each read or refused in one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from twins.physics.circuit import CircuitError, Course


def name_of(each: Mapping[str, Any], key: str) -> str:
    """The name of a block."""
    name = each.get(key)
    if not isinstance(name, str) or not name:
        raise CircuitError(f"a block without “{key}”; give each a name")
    return name


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """The values of `where`."""
    if not isinstance(value, dict):
        raise CircuitError(f"{where} holds no values; write {{ … }}")
    return value


def number(values: Mapping[str, Any], key: str, where: str, default: float | None = None) -> float:
    """A finite number; what can't be below 0 is not."""
    value = values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise CircuitError(
            f"{where} lacks the number “{key}”" + (f", it is {value!r:.40}" if key in values else "") + "; write one"
        )
    if value < 0 and key in ("R", "C", "Rp", "Rd", "R_poiseuille", "L", "Ca", "Cc", "Ra1", "Ra2", "Rv1"):
        raise CircuitError(f"{where}: {key} is {value:g}; write 0 or more")
    return float(value)


def numbers(values: Mapping[str, Any], key: str, where: str, n: int) -> list[float]:
    """One for each of n ends; 0 where none is written."""
    found = values.get(key, [0.0] * n)
    if not isinstance(found, list) or len(found) != n:
        raise CircuitError(f"{where}: “{key}” holds not one number for each of its {n} ends; write {n}")
    return [number({key: each}, key, where) for each in found]


def given(values: Mapping[str, Any], key: str, where: str) -> Course:
    """A number, or a course over the times `t`."""
    value = values.get(key, 0.0)
    if not isinstance(value, list):
        return Course((0.0,), (number(values, key, where, 0.0),))
    return course(values.get("t"), value, where, key)


def course(times: object, values: object, where: str, key: str) -> Course:
    """Values, which are called `key`, at times that rise."""
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values) or not times:
        raise CircuitError(f"{where}: “t” and “{key}” are not of one length; write a value for each time")
    found = Course(
        *(tuple(number({name: each}, name, where) for each in column) for name, column in (("t", times), (key, values)))
    )
    if any(b <= a for a, b in zip(found.times, found.times[1:], strict=False)):
        raise CircuitError(f"{where}: its times don't rise; sort them")
    return found

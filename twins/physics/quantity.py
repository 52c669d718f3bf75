"""What a package writes as “41 m” or 0.2, as the number that a model or a tag takes."""

from __future__ import annotations

import math
import re

from twins.expression import conversion, scale

_WRITTEN = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*)?")


def quantity(written: object, unit: str, *, bare: bool = False) -> float:
    """A number with its unit → in `unit`. A bare number will do where there is no unit, or where `bare` says it is in `unit`.

    Raises ValueError with a sentence: what is wrong; what to write.
    """
    value, own = _parted(written, unit)
    if not own and (bare or not unit):
        return value
    if not own:
        raise ValueError(f"{written} lacks its unit; write it like {_like(unit)}")
    return _converted(value, own, unit)


def difference(written: object, unit: str, per: str = "") -> float:
    """A difference (“1.5 K”), or with `per` a rate (“1.5 K/min”) → in `unit`, for each `per`; a bare number is in just that."""
    value, own = _parted(written, unit)
    if not own:
        return value
    root, step = ("K", scale(unit).factor) if unit and scale(unit).offset else (unit, 1.0)
    return _converted(value, own, f"({root or 1})/{per}" if per and root else f"1/{per}" if per else root) / step


def _parted(written: object, unit: str) -> tuple[float, str]:
    if isinstance(written, bool) or not isinstance(written, (int, float, str)):
        raise ValueError(f"a number is due; write it like {_like(unit)}")
    match = _WRITTEN.fullmatch(str(written))
    if not match or not math.isfinite(float(match[1])):
        raise ValueError(f"“{written}” is not a number with a unit; write it like {_like(unit)}")
    return float(match[1]), (match[2] or "").strip()


def _converted(value: float, own: str, unit: str) -> float:
    try:
        factor, offset = conversion(own, unit)
        if scale(own).turns != scale(unit).turns:
            raise ValueError(f"“{own}” is {'an' if scale(own).turns else 'no'} angle")
    except ValueError as problem:
        raise ValueError(f"{str(problem).partition(';')[0]}; write it like {_like(unit)}") from None
    return value * factor + offset


def _like(unit: str) -> str:
    return f"1 {unit}" if unit else "0.5"

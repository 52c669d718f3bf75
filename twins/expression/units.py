"""Units as plain numbers: what pint knows of a unit, asked once, so that no sample ever meets pint."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

_LONGEST = 60
_READABLE = re.compile(r"[\w°%‰µΩ·/*^(). +\-Δ²³]*")
_HOSTILE = re.compile(r"\d{3,}|[\d.)]\s*(?:\^|\*\s*\*)")  # a large number, a power of a number or of a bracket: years to compute


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit against the SI root of its dimension: root value = value · factor + offset."""

    dimension: tuple[tuple[str, float], ...]  # root units and their exponents, radian left out: it measures a ratio
    factor: float
    offset: float = 0.0  # not 0 for degC and degF
    turns: bool = False  # it is of an angle: deg, rpm


class NoFactorError(ValueError):
    """A unit that pint reads but that is no multiple of another: dB. It can be shown, not calculated with."""


@lru_cache(maxsize=4096)
def scale(unit: str) -> Scale:
    """What a unit is; "" is a plain number. Raises ValueError with a sentence where pint can't read it, NoFactorError for dB."""
    if not unit.strip():
        return Scale((), 1.0)
    if len(unit) > _LONGEST or not _READABLE.fullmatch(unit) or _HOSTILE.search(unit):
        raise _unreadable(unit)
    try:
        parsed = _registry().parse_units(unit)
        factor, root = _registry().get_root_units(parsed, check_nonmult=False)
        offset = _offset(parsed)
    except Exception as problem:
        raise _unreadable(unit) from problem
    exponents = dict(root._units)
    turns = exponents.pop("radian", 0) != 0
    dimension = tuple(sorted((name, float(power)) for name, power in exponents.items()))
    if _logarithmic(parsed) or not (math.isfinite(factor) and math.isfinite(offset)):
        raise NoFactorError(f"“{unit}” is a logarithmic unit, which has no factor; it can be shown, not calculated with")
    return Scale(dimension, float(factor), offset, turns)


def conversion(unit: str, to: str) -> tuple[float, float]:
    """(factor, offset) with value in `to` = value in `unit` · factor + offset. Raises ValueError where there is none."""
    first, second = scale(unit), scale(to)
    if first.dimension != second.dimension:
        raise ValueError(f"{unit or 'a plain number'} can't be converted to {to or 'a plain number'}")
    if unit == to:
        return 1.0, 0.0
    factor = float(f"{first.factor / second.factor:.15g}")  # 3.6, not 3.5999999999999996
    return factor, (first.offset - second.offset) / second.factor


def same_dimension(unit: str, other: str) -> bool:
    """Whether one can be converted to the other."""
    return scale(unit).dimension == scale(other).dimension


@cache
def _registry() -> Any:
    import pint  # a quarter of a second: only when a unit is asked for

    registry: Any = pint.UnitRegistry(on_redefinition="ignore")
    registry.define("volt_ampere_reactive = volt_ampere = var = VAr")
    for money in ("EUR", "USD", "GBP"):  # each its own: nothing here knows a rate
        registry.define(f"{money} = [{money}]")
    registry.define("newton_meter = newton * meter = Nm")  # pint takes Nm for a yarn's number-metre
    return registry


def _unreadable(unit: str) -> ValueError:
    return ValueError(f"“{unit[:_LONGEST]}” is not a unit; write one like kW, degC, m/s, m^3/h or %")


def _offset(parsed: Any) -> float:
    """Where the unit's zero stands; 0 for products, as degC/min is of a difference."""
    if len(parsed._units) != 1 or next(iter(parsed._units.values())) != 1 or _logarithmic(parsed):
        return 0.0
    return float(_registry().Quantity(0.0, parsed).to_root_units().magnitude)


def _logarithmic(parsed: Any) -> bool:
    return any(type(_registry()._units[name].converter).__name__ == "LogarithmicConverter" for name in parsed._units)

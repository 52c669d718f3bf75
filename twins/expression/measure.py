"""What may be mixed with what: the rules of units, and of temperatures, which have points and differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from twins.expression.tree import ExpressionError
from twins.expression.units import Scale, scale

Dimension = tuple[tuple[str, float], ...]


class Form(Enum):
    """20 degC is a point of a scale, 5 delta_degC a difference of two; 5 K, 5 m and all else may be either."""

    POINT = "point"
    DIFFERENCE = "difference"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number: of which dimension and form. `named` says of one without dimension whether a unit (%, deg) was
    written, None where it follows from calculation; `unit` is for people."""

    dimension: Dimension = ()
    form: Form = Form.EITHER
    named: bool | None = None
    unit: str = ""

    def __str__(self) -> str:
        if self.unit or not self.dimension:
            return self.unit or "a plain number"
        return "·".join(name if power == 1 else f"{name}^{power:g}" for name, power in self.dimension)


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no."""

    def __str__(self) -> str:
        return "yes or no"


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"one of the words {', '.join(self.words[:8])}"


Kind = Measure | Truth | Words


def measured(unit: str) -> Measure:
    """A number in this unit. Raises ValueError where it is none."""
    found = scale(unit)
    form = Form.POINT if found.offset else Form.DIFFERENCE if unit.startswith(("delta_", "Δ")) else Form.EITHER
    return Measure(found.dimension, form, bool(unit.strip()), unit)


def of_powers(powers: Mapping[str, float]) -> Measure:
    """What a product or a power measures, from the exponents of its root units."""
    return Measure(tuple(sorted((name, round(power, 9)) for name, power in powers.items() if abs(power) > 1e-9)))


def together(at: int, measures: Sequence[Measure], verb: str) -> Measure:
    """What several measure that are compared or chosen from. Raises ExpressionError where units or forms mix."""
    _same_dimension(at, measures, verb)
    forms = {measure.form for measure in measures}
    if {Form.POINT, Form.DIFFERENCE} <= forms:
        raise ExpressionError(at, f"a temperature and a difference of temperatures can't be {verb}; write the difference in K")
    form = next((form for form in (Form.POINT, Form.DIFFERENCE) if form in forms), Form.EITHER)
    return _common(measures, form)


def total(at: int, measures: Sequence[Measure], operators: Sequence[str]) -> Measure:
    """What a row of + and − gives: point − point is a difference, point ± difference a point."""
    _same_dimension(at, measures, "added")
    form = measures[0].form
    for operator, measure in zip(operators, measures[1:], strict=True):
        form = _plus(at, form, measure.form) if operator == "+" else _minus(at, form, measure.form)
    return _common(measures, form)


def no_point(at: int, measure: Measure, complaint: str) -> Measure:
    """The measure itself, unless it is a reading on a scale with an offset."""
    if measure.form is Form.POINT:
        raise ExpressionError(at, f"a temperature in {measure.unit or 'degC'} {complaint}; subtract another one from it first")
    return measure


def fits(kind: Kind, unit: str) -> Scale:
    """The scale of the unit a result is declared in. Raises ExpressionError where it can't be given in that unit."""
    if not isinstance(kind, Measure):
        if unit.strip():
            raise ExpressionError(1, f"the result is {kind} and has no unit {unit}")
        return Scale((), 1.0)
    try:
        declared = measured(unit)
    except ValueError as problem:
        raise ExpressionError(1, str(problem)) from None
    if declared.dimension != kind.dimension:
        raise ExpressionError(1, f"the result is in {kind}, which can't be converted to {unit or 'a plain number'}")
    if {declared.form, kind.form} == {Form.POINT, Form.DIFFERENCE}:
        a_difference = "a difference of temperatures" if kind.form is Form.DIFFERENCE else "a temperature, not a difference"
        raise ExpressionError(1, f"the result is {a_difference}, which is not {unit}; declare it in K")
    return scale(unit)


def _plus(at: int, one: Form, other: Form) -> Form:
    if one is Form.POINT and other is Form.POINT:
        raise ExpressionError(at, "two temperatures have no sum; take their mean(), or write the difference in K")
    return next((form for form in (Form.POINT, Form.EITHER) if form in (one, other)), Form.DIFFERENCE)


def _minus(at: int, one: Form, other: Form) -> Form:
    if one is Form.DIFFERENCE and other is Form.POINT:
        raise ExpressionError(at, "a temperature can't be taken from a difference of temperatures; write the difference in K")
    if other is Form.POINT:
        return Form.DIFFERENCE
    return one


def _same_dimension(at: int, measures: Sequence[Measure], verb: str) -> None:
    first = measures[0]
    for other in measures[1:]:
        if first.dimension != other.dimension:
            raise ExpressionError(at, f"units mix: {first} and {other} can't be {verb}")
        if not first.dimension and {first.named, other.named} == {True, False}:
            unit = first.unit or other.unit
            raise ExpressionError(at, f"units mix: {unit} and a plain number can't be {verb}; write the number with {unit}")


def _common(measures: Sequence[Measure], form: Form) -> Measure:
    units = {measure.unit for measure in measures if measure.form is form}
    return Measure(measures[0].dimension, form, measures[0].named, units.pop() if len(units) == 1 else "")

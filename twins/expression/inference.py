"""What an expression gives: a number of some dimension, yes or no, or a word."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from twins.expression.measure import Kind, Measure, Truth, Words, measured, no_point, of_powers, together, total
from twins.expression.tree import Call, Chain, ExpressionError, Name, Negative, Node, Not, Number, Power

BOOLEAN = ("false", "true")
NOT_CALCULABLE = ()
Meaning = str | tuple[str, ...]  # a tag's unit, or its words; BOOLEAN for yes and no; NOT_CALCULABLE for texts and waveforms
Meanings = Mapping[str, Meaning]


def kind_of(node: Node, meanings: Meanings) -> Kind:
    """What a tree gives, its names having these meanings. Raises ExpressionError at the place where it goes wrong."""
    match node:
        case Number():
            return _in_unit(node, node.unit)
        case Name():
            return _named(node, meanings)
        case Not():
            _condition(node.operand, meanings)
            return Truth()
        case Negative():
            return no_point(node.at, _number(node.operand, meanings), "has no opposite")
        case Power():
            return _power(node, meanings)
        case Call():
            return _call(node, meanings)
        case Chain():
            return _chain(node, meanings)


def word_in(chain: Chain, meanings: Meanings) -> tuple[Name, int] | None:
    """For `state != fault`: the name and the code of the word; None where the chain is no such comparison."""
    if chain.operators[0] in ("==", "!="):
        for one, other in (chain.operands, chain.operands[::-1]):
            if isinstance(one, Name) and isinstance(other, Name) and other.written in (words := _words(one, meanings)):
                return one, words.index(other.written)
    return None


def _words(node: Node, meanings: Meanings) -> tuple[str, ...]:
    meaning = meanings.get(node.name, "") if isinstance(node, Name) else ""
    return meaning if isinstance(meaning, tuple) else ()


def _in_unit(node: Number | Name, unit: str) -> Measure:
    try:
        return measured(unit)
    except ValueError as problem:
        raise ExpressionError(node.at, str(problem)) from None


def _named(name: Name, meanings: Meanings) -> Kind:
    if name.name not in meanings:
        raise ExpressionError(name.at, f"“{name.written}” is no tag here, and no word of an enumeration it is compared with")
    meaning = meanings[name.name]
    if isinstance(meaning, str):
        return _in_unit(name, meaning)
    if meaning == NOT_CALCULABLE:
        raise ExpressionError(name.at, f"“{name.written}” is a text or a waveform, which can't be calculated with")
    return Truth() if meaning == BOOLEAN else Words(meaning)


def _number(node: Node, meanings: Meanings) -> Measure:
    kind = kind_of(node, meanings)
    if not isinstance(kind, Measure):
        raise ExpressionError(node.at, f"a number is due here, this is {kind}")
    return kind


def _condition(node: Node, meanings: Meanings) -> None:
    kind = kind_of(node, meanings)
    if not isinstance(kind, Truth):
        raise ExpressionError(node.at, f"a condition is due here, this is {kind}; compare it with something")


def _chain(chain: Chain, meanings: Meanings) -> Kind:
    match chain.operators[0]:
        case "and" | "or":
            for operand in chain.operands:
                _condition(operand, meanings)
            return Truth()
        case "*" | "/":
            return _product(chain, meanings)
        case "+" | "-":
            measures = [_number(operand, meanings) for operand in chain.operands]
            return _told(chain, measures, lambda: total(chain.at, measures, chain.operators))
    return _comparison(chain, meanings)


def _product(chain: Chain, meanings: Meanings) -> Measure:
    powers: dict[str, float] = {}
    for operand, operator in zip(chain.operands, ("*", *chain.operators), strict=True):
        measure = no_point(operand.at, _number(operand, meanings), "can't be multiplied or divided")
        for name, power in measure.dimension:
            powers[name] = powers.get(name, 0.0) + (power if operator == "*" else -power)
    return of_powers(powers)


def _comparison(chain: Chain, meanings: Meanings) -> Truth:
    if word_in(chain, meanings) is None:
        _expect_words(chain, meanings)
        kinds = [kind_of(operand, meanings) for operand in chain.operands]
        numbers = [kind for kind in kinds if isinstance(kind, Measure)]
        if len(numbers) == len(kinds):
            _told(chain, numbers, lambda: together(chain.at, numbers, "compared"))
        elif chain.operators[0] not in ("==", "!=") or any(one != other for one, other in pairwise(kinds)):
            raise ExpressionError(chain.at, f"{kinds[0]} and {kinds[1]} can't be compared with {chain.operators[0]}")
    return Truth()


def _told(chain: Chain, measures: Sequence[Measure], judge: Callable[[], Measure]) -> Measure:
    """What `judge` finds; where a number without a unit is to blame, its complaint says what to write."""
    try:
        return judge()
    except ExpressionError as problem:
        bare = next((each for each in chain.operands if isinstance(each, Number) and not each.unit), None)
        unit = next((measure.unit for measure in measures if measure.unit), "")
        if bare is None or not unit:
            raise
        raise ExpressionError(chain.at, f"{problem.message}; write {bare.value:g} {unit}") from None


def _expect_words(chain: Chain, meanings: Meanings) -> None:
    for one, other in (chain.operands, chain.operands[::-1]):
        words = _words(one, meanings)
        if words and chain.operators[0] not in ("==", "!="):
            raise ExpressionError(chain.at, f"words have no order; compare with == or != and one of {', '.join(words)}")
        if words and isinstance(other, Name) and other.name not in meanings:
            raise ExpressionError(other.at, _no_word(other.written, words))


def _no_word(written: str, words: Sequence[str]) -> str:
    near = difflib.get_close_matches(written, words, 1)
    return f"“{written}” is none of the words {', '.join(words)}; " + (
        f"did you mean “{near[0]}”?" if near else "write one of them"
    )


def _power(node: Power, meanings: Meanings) -> Measure:
    base = no_point(node.base.at, _number(node.base, meanings), "can't be raised to a power")
    exponent = _number(node.exponent, meanings)
    if exponent.dimension or exponent.unit:
        raise ExpressionError(node.exponent.at, "an exponent is a plain number")
    if not base.dimension:
        return Measure()
    if not isinstance(node.exponent, Number):
        raise ExpressionError(node.exponent.at, f"{base} can only be raised to a power that is written as a number")
    return of_powers({name: power * node.exponent.value for name, power in base.dimension})


def _call(call: Call, meanings: Meanings) -> Measure:
    if call.function in ("sum", "mean") and all(isinstance(kind_of(each, meanings), Truth) for each in call.arguments):
        return Measure(named=False)  # how many of them hold, or which share
    measures = [_number(argument, meanings) for argument in call.arguments]
    match call.function:
        case "sqrt":
            root = no_point(call.at, measures[0], "has no square root")
            return of_powers({name: power / 2 for name, power in root.dimension})
        case "abs":
            return no_point(call.at, measures[0], "has no size of its own")
        case "sum":
            return total(call.at, measures, ["+"] * (len(measures) - 1))
    return together(call.at, measures, f"put into {call.function}()")

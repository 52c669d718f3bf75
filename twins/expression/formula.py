"""A formula: an expression made ready for arrays, its units turned into factors once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins.expression.inference import Meanings, kind_of, word_in
from twins.expression.measure import fits
from twins.expression.tree import Call, Chain, Name, Negative, Node, Not, Number, Power, walk
from twins.expression.units import scale
from twins.record.quality import ASSUMED, Quality, Reason, quality_byte

Values = NDArray[np.float64]
Column = tuple[Values, NDArray[np.uint8]]  # values in the tag's unit (codes for words, 0 and 1 for yes and no), quality bytes

_COMPARE = {"==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_CALCULATE = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "and": np.logical_and, "or": np.logical_or}
_GATHER: Mapping[str, Callable[..., Any]] = {"min": np.min, "max": np.max, "sum": np.sum, "mean": np.mean}
_BAD_INPUT = quality_byte(Quality.BAD, Reason.INPUT_BAD)
_UNCERTAIN_INPUT = quality_byte(Quality.UNCERTAIN)


class Formula:
    """Raises ExpressionError when made, where units mix, a name has no meaning or the result does not fit `unit`."""

    def __init__(self, root: Node, meanings: Meanings, unit: str = "") -> None:
        self._out = fits(kind_of(root, meanings), unit)
        self._root = root
        self._meanings = meanings
        words = {id(name) for node, _ in walk(root) if isinstance(node, Chain) for name in _unread(node, meanings)}
        self.names = tuple(dict.fromkeys(n.name for n, _ in walk(root) if isinstance(n, Name) and id(n) not in words))

    def __call__(self, columns: Mapping[str, Column]) -> Column:
        """n values in `unit` and their quality, from columns of n by name; a result that is no number is NaN and BAD."""
        worst = _worst([columns[name][1] for name in self.names])
        with np.errstate(all="ignore"):
            run = _Run(self._meanings, columns)
            root = np.asarray(run.value(self._root), np.float64)
            values = (np.broadcast_to(root, np.broadcast_shapes(root.shape, worst.shape)) - self._out.offset) / self._out.factor
        quality = np.where(run.broken | ~np.isfinite(values), _BAD_INPUT | worst & ASSUMED, worst).astype(np.uint8)
        return np.where(quality & 0b11 >= Quality.BAD, np.nan, values), quality


class _Run:
    """One evaluation, in root units. `broken` marks the rows where some step on the way gave no number."""

    def __init__(self, meanings: Meanings, columns: Mapping[str, Column]) -> None:
        self._meanings = meanings
        self._columns = columns
        self.broken: NDArray[np.bool_] = np.zeros(1, np.bool_)

    def value(self, node: Node) -> Values:
        """The tree's values; yes is 1 and no 0."""
        found = np.asarray(self._step(node), np.float64)
        self.broken = self.broken | ~np.isfinite(found)
        return found

    def _step(self, node: Node) -> Values:
        match node:
            case Number():
                return _rooted(np.array([node.value]), node.unit)
            case Name():
                meaning = self._meanings[node.name]
                return _rooted(self._columns[node.name][0], meaning if isinstance(meaning, str) else "")
            case Not():
                return 1.0 - self.value(node.operand)
            case Negative():
                return -self.value(node.operand)
            case Power():
                return np.power(self.value(node.base), self.value(node.exponent))
            case Call():
                return self._call(node)
            case Chain():
                return self._chain(node)

    def _call(self, call: Call) -> Values:
        arguments = [self.value(argument) for argument in call.arguments]
        match call.function:
            case "abs":
                return np.abs(arguments[0])
            case "sqrt":
                return np.sqrt(arguments[0])
        return np.asarray(_GATHER[call.function](np.stack(np.broadcast_arrays(*arguments)), axis=0))

    def _chain(self, chain: Chain) -> Values:
        if chain.operators[0] in _COMPARE:
            return self._comparison(chain)
        values = self.value(chain.operands[0])
        for operator, operand in zip(chain.operators, chain.operands[1:], strict=True):
            values = _CALCULATE[operator](values, self.value(operand)).astype(np.float64)
            self.broken = self.broken | ~np.isfinite(values)
        return values

    def _comparison(self, chain: Chain) -> Values:
        compare = _COMPARE[chain.operators[0]]
        if (found := word_in(chain, self._meanings)) is not None:
            return compare(self.value(found[0]), found[1]).astype(np.float64)
        return compare(*(self.value(operand) for operand in chain.operands)).astype(np.float64)


def _rooted(values: Values, unit: str) -> Values:
    found = scale(unit)
    return values * found.factor + found.offset


def _worst(qualities: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The quality of what is computed from these: as bad as the worst, assumed where any was."""
    if not qualities:
        return np.zeros(1, np.uint8)
    stacked = np.stack(np.broadcast_arrays(*qualities))
    classes = (stacked & 0b11).max(axis=0)
    assumed = np.bitwise_or.reduce(stacked & ASSUMED, axis=0)
    levels = np.array([0, _UNCERTAIN_INPUT, _BAD_INPUT, _BAD_INPUT], np.uint8)
    return (levels[classes] | assumed).astype(np.uint8)


def _unread(chain: Chain, meanings: Meanings) -> list[Name]:
    """The words in a comparison, which may look like tags."""
    found = word_in(chain, meanings)
    return [o for o in chain.operands if found is not None and isinstance(o, Name) and o is not found[0]]

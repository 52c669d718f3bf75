"""Expressions: the one grammar of computed tags, roll-ups, permissives, alarm conditions and key figures."""

from twins.expression.computed import computed_formulas
from twins.expression.expression import Expression, evaluate, parse
from twins.expression.formula import Column, Formula
from twins.expression.inference import BOOLEAN, NOT_CALCULABLE, Meaning
from twins.expression.measure import Measure, Truth
from twins.expression.scope import TagMeanings, bound, meaning_of, tag_named
from twins.expression.tree import ExpressionError
from twins.expression.units import NoFactorError, conversion, same_dimension, scale

__all__ = [
    "BOOLEAN",
    "NOT_CALCULABLE",
    "Column",
    "Expression",
    "ExpressionError",
    "Formula",
    "Meaning",
    "Measure",
    "NoFactorError",
    "TagMeanings",
    "Truth",
    "bound",
    "computed_formulas",
    "conversion",
    "evaluate",
    "meaning_of",
    "parse",
    "same_dimension",
    "scale",
    "tag_named",
]

"""An expression: a text that was understood, what it depends on and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twins.expression.formula import Column, Formula
from twins.expression.grammar import read
from twins.expression.inference import Meaning, kind_of
from twins.expression.measure import Kind, Measure
from twins.expression.tree import Name, Node, renamed, walk


@dataclass(frozen=True, slots=True)
class Expression:
    """Immutable. `root` is the tree, `text` what it was read from."""

    text: str
    root: Node

    def names(self) -> tuple[str, ...]:
        """The names in it, each once, as they come: tags, and the words that enumerations are compared with."""
        return tuple(dict.fromkeys(node.name for node, _ in walk(self.root) if isinstance(node, Name)))

    def renamed(self, names: Mapping[str, tuple[str, ...]]) -> Expression:
        """With each name replaced by the tag paths it stands for; several are only possible in min, max, mean, sum.

        Raises ExpressionError where several would stand elsewhere.
        """
        return Expression(self.text, renamed(self.root, names))

    def kind(self, meanings: Mapping[str, Meaning]) -> Kind:
        """What it gives: a Measure, a Truth or Words. Raises ExpressionError where units mix or a name means nothing."""
        return kind_of(self.root, meanings)

    def unit_of(self, meanings: Mapping[str, Meaning]) -> str:
        """The unit it gives, in root units (`gram·meter^2·second^-3`) unless its inputs share one; "" where it has none."""
        kind = self.kind(meanings)
        return str(kind) if isinstance(kind, Measure) and (kind.dimension or kind.unit) else ""


def parse(text: str) -> Expression:
    """Reads an expression. Raises ExpressionError, and nothing else, whatever the text is."""
    return Expression(text, read(text))


def evaluate(expression: Expression, columns: Mapping[str, Column], units: Mapping[str, Meaning], out_unit: str = "") -> Column:
    """Values in `out_unit` (float64[n]) and quality bytes (uint8[n]) from columns of n by name.

    Where the same expression is evaluated often, keep a `Formula` instead. Raises ExpressionError as that does.
    """
    return Formula(expression.root, units, out_unit)(columns)

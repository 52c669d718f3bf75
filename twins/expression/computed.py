"""A twin's computed tags as formulas, each after what it is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from twins.asset import Twin
from twins.expression.expression import parse
from twins.expression.formula import Formula
from twins.expression.scope import bound, meanings_of
from twins.expression.tree import ExpressionError


def computed_formulas(twin: Twin) -> tuple[dict[str, Formula], tuple[str, ...]]:
    """(path → formula over tag paths, inputs before results; sentences that say which tags have none, and why)."""
    found, refused, meanings = {}, [], meanings_of(twin.tags.values())
    for tag in twin.tags.values():
        if tag.computed:
            try:
                found[tag.path] = Formula(bound(parse(tag.computed), tag.asset, twin).root, meanings, tag.unit)
            except ExpressionError as problem:
                refused.append(f"{tag.path} can't be computed: {problem}")
    return {path: found[path] for path in _in_order(found)}, tuple(refused)


def _in_order(formulas: Mapping[str, Formula]) -> list[str]:
    """Inputs before what is computed from them; none where they go round in a circle."""
    graph = {path: [name for name in formula.names if name in formulas] for path, formula in formulas.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:
        return []

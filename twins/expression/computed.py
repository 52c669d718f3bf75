"""A twin's computed tags as formulas, each after what it is computed from."""

from __future__ import annotations

from twins.asset import Twin
from twins.expression.expression import parse
from twins.expression.formula import Formula
from twins.expression.scope import TagMeanings, bound
from twins.expression.tree import ExpressionError


def computed_formulas(twin: Twin) -> tuple[dict[str, Formula], tuple[str, ...]]:
    """(path → formula over tag paths, inputs before results; sentences that say which tags have none, and why)."""
    waiting, refused, meanings = {}, [], TagMeanings(twin.tags)
    for tag in twin.tags.values():
        if tag.computed:
            try:
                waiting[tag.path] = Formula(bound(parse(tag.computed), tag.asset, twin).root, meanings, tag.unit)
            except ExpressionError as problem:
                refused.append(f"{tag.path} could not be derived: {problem}")
    ordered: dict[str, Formula] = {}
    while ready := [path for path, formula in waiting.items() if not waiting.keys() & set(formula.names)]:
        ordered.update((path, waiting.pop(path)) for path in ready)
    refused += [f"{path} could not be derived: it depends on itself" for path in waiting]
    return ordered, tuple(refused)

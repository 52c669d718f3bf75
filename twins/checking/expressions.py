"""What is wrong with computed tags and permissives: grammar, names, units, circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from twins.asset import Tag, TagKind, Twin, per_second
from twins.checking.references import visible
from twins.expression import Expression, ExpressionError, Formula, Meaning, TagMeanings, Truth, bound, parse
from twins.package.beside import said_in
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin, written
from twins.package.words import did_you_mean

_COMPUTABLE = (TagKind.NUMBER, TagKind.INTEGER, TagKind.BOOLEAN)


def expression_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of every expression of the twin."""
    meanings = TagMeanings(twin.tags)
    computed: dict[str, tuple[str, ...]] = {}
    for tag in twin.tags.values():
        origins = made.origins[tag.path]
        if tag.computed:
            try:
                formula = _computed(tag, twin, meanings)
                computed[tag.path] = formula.names
            except ExpressionError as problem:
                yield _fault("computed", tag, problem, written(origins, "computed"), twin)
        for k, text in enumerate(tag.permissives):
            try:
                _condition(text, tag, twin, meanings)
            except ExpressionError as problem:
                yield _fault("permissives", tag, problem, written(origins, "permissives", k), twin)
    yield from _circles(made, computed)
    yield from _figures(made, twin, meanings)


def _figures(made: Draft, twin: Twin, meanings: Mapping[str, Meaning]) -> Iterator[Fault]:
    for figure in twin.figures:
        try:
            Formula(_bound(figure.expression, figure.asset, twin).root, meanings, per_second(figure))
        except ExpressionError as problem:
            origin = said_in(made, twin, "figures", figure.asset, figure.name).at(str(figure.taken))
            yield _told(figure.taken, figure.name, figure.asset, problem, origin, twin)


def condition_fault(text: str, key: str, name: str, asset: str, twin: Twin, origin: Origin) -> Iterator[Fault]:
    """A fault where the text is no condition, seen from the asset."""
    try:
        _truth(text, asset, twin, TagMeanings(twin.tags))
    except ExpressionError as problem:
        yield _told(key, name, asset, problem, origin, twin)


def _computed(tag: Tag, twin: Twin, meanings: Mapping[str, Meaning]) -> Formula:
    if tag.kind not in _COMPUTABLE:
        raise ExpressionError(1, f"a tag of kind {tag.kind} can't be computed; write kind: number or boolean")
    expression = _bound(tag.computed, tag.asset, twin)
    formula = Formula(expression.root, meanings, tag.unit)
    truth = isinstance(expression.kind(meanings), Truth)
    if truth != (tag.kind is TagKind.BOOLEAN):
        given, due = ("yes or no", "boolean") if truth else ("a number", "number")
        raise ExpressionError(1, f"the result is {given}, the tag is of kind {tag.kind}; write kind: {due}")
    return formula


def _condition(text: str, tag: Tag, twin: Twin, meanings: Mapping[str, Meaning]) -> None:
    _truth(text, tag.asset, twin, meanings)


def _truth(text: str, asset: str, twin: Twin, meanings: Mapping[str, Meaning]) -> None:
    if not isinstance(_bound(text, asset, twin).kind(meanings), Truth):
        raise ExpressionError(1, "this must be a condition; compare it with something, like state != fault")


def _bound(text: str, asset: str, twin: Twin) -> Expression:
    return bound(parse(text), asset, twin)


def _fault(key: str, tag: Tag, problem: ExpressionError, origin: Origin, twin: Twin) -> Fault:
    return _told(key, tag.name, tag.asset, problem, origin, twin)


def _told(key: str, name: str, asset: str, problem: ExpressionError, origin: Origin, twin: Twin) -> Fault:
    text = origin.value() if isinstance(origin.value(), str) else ""
    remedy = problem.remedy or _meant(text, asset, twin) or "docs/package.md shows what an expression may hold"
    return origin.fault(f"{name}: {key}, column {problem.column}: {problem.message}", remedy)


def _meant(text: str, asset: str, twin: Twin) -> str:
    """The nearest name there is, for the first that there is none of."""
    try:
        names = bound(parse(text), asset, twin).names()
    except ExpressionError:
        return ""
    unknown = [name for name in names if name not in twin.tags]
    if not unknown:
        return ""
    if unknown[0].startswith("children."):
        known = [f"children.{path.rpartition('.')[2]}" for child in twin.children(asset) for path in child.tags]
        return did_you_mean(unknown[0], known) or "no child has such a tag"
    placed = [path for path in twin.tags if " " not in path]  # not of a type that was set apart
    return did_you_mean(unknown[0], [*visible(asset, twin), *placed])


def _circles(made: Draft, computed: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    """Tags that are computed from themselves; one fault a circle and line."""
    graph = {path: {name for name in names if name in computed} for path, names in computed.items()}
    while True:
        try:
            TopologicalSorter(graph).prepare()
            return
        except CycleError as problem:
            circle = problem.args[1][::-1]
        first = min(circle, key=list(computed).index)
        for path in circle:
            graph.pop(path, None)
        graph = {path: names - set(circle) for path, names in graph.items()}
        shown = circle if len({path.rpartition(".")[0] for path in circle}) > 1 else [path.rpartition(".")[2] for path in circle]
        said = f"a tag is computed from itself: {' → '.join(shown)}"
        yield written(made.origins[first], "computed").fault(said, "compute one of them from measured tags only")

"""An expression as an immutable tree of small nodes, each knowing the column it was written at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace


class ExpressionError(ValueError):
    """What is wrong with an expression: the column (from 1) where it shows, and one sentence, “what; what to write instead”."""

    def __init__(self, column: int, sentence: str) -> None:
        super().__init__(f"column {column}: {sentence}")
        self.column = column
        self.message, _, self.remedy = sentence.partition("; ")


@dataclass(frozen=True, slots=True)
class Number:
    """`25 m/s`; the unit is "" where none was written."""

    at: int
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A tag, or a word of an enumeration. `written` is how it stood in the text, `name` what it was bound to."""

    at: int
    name: str
    written: str


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x`."""

    at: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Not:
    """`not x`."""

    at: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Power:
    """`base ^ exponent`."""

    at: int
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one rank in a row, `a + b - c`: one more operand than operators, taken from the left."""

    at: int
    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`max(a, b)`."""

    at: int
    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Negative | Not | Power | Chain | Call


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one, from left to right."""
    match node:
        case Negative() | Not():
            return (node.operand,)
        case Power():
            return (node.base, node.exponent)
        case Chain():
            return node.operands
        case Call():
            return node.arguments
    return ()


def walk(root: Node) -> Iterator[tuple[Node, int]]:
    """Every node from left to right with its depth, the root at 1; it needs no stack of calls."""
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(children(node)))


def renamed(node: Node, names: Mapping[str, tuple[str, ...]]) -> Node:
    """The tree with each name replaced by what it stands for; several only as arguments of a function.

    Names that are not in `names` stay: they may be words of an enumeration.
    """
    match node:
        case Name():
            found = names.get(node.written, (node.name,))
            if len(found) != 1:
                raise ExpressionError(node.at, f"“{node.written}” is several values; take their min, max, mean or sum")
            return replace(node, name=found[0])
        case Negative() | Not():
            return replace(node, operand=renamed(node.operand, names))
        case Power():
            return replace(node, base=renamed(node.base, names), exponent=renamed(node.exponent, names))
        case Chain():
            return replace(node, operands=tuple(renamed(operand, names) for operand in node.operands))
        case Call():
            return replace(node, arguments=tuple(_arguments(node, names)))
    return node


def _arguments(call: Call, names: Mapping[str, tuple[str, ...]]) -> Iterator[Node]:
    for argument in call.arguments:
        if isinstance(argument, Name) and call.function in ("min", "max", "mean", "sum"):
            yield from (replace(argument, name=name) for name in names.get(argument.written, (argument.name,)))
        else:
            yield renamed(argument, names)

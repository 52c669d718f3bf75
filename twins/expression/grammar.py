"""The one grammar of the project: text becomes a tree, or one sentence that says what is wrong with it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from twins.expression.tree import Call, Chain, ExpressionError, Name, Negative, Node, Not, Number, Power, walk

LONGEST = 2000
DEEPEST = 64
FUNCTIONS = {"min": None, "max": None, "mean": None, "sum": None, "abs": 1, "sqrt": 1}  # how many arguments; None: any
_RANKS = {
    **{"or": 1, "and": 2},
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 4),
    **{"+": 5, "-": 5, "*": 6, "/": 6, "^": 8},
}
_NOT, _COMPARISON, _MINUS, _POWER = 3, 4, 7, 8

_FACTOR = r"(?:[^\W\d]\w*|°\w*|%|‰)(?:\^-?\d{1,2})?"  # one unit with its exponent: m^3
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
        (?:[ \t]*(?!(?:and|or|not)\b)(?P<unit>{_FACTOR}(?:[/*·]{_FACTOR})*))?
  | `(?P<quoted>[^`]*)`
  | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
  | (?P<sign>==|!=|<=|>=|[-+*/^<>(),])
  | (?P<end>$)
    )""",
    re.VERBOSE,
)
_MISTAKES = {
    "=": "two values are compared with ==",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "%": "% is a unit: 80 %",
}


def read(text: str) -> Node:
    """The tree of a text. Raises ExpressionError, and nothing else, whatever the text is."""
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST, f"the expression has {len(text):,} characters; it may have {LONGEST:,}")
    root = _Parser(_tokens(text)).whole()
    for node, depth in walk(root):
        if depth > DEEPEST:
            raise _too_deep(node.at)
    return root


@dataclass(frozen=True, slots=True)
class _Token:
    at: int
    sort: str  # number, name, quoted, sign, end
    text: str
    unit: str = ""


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while not tokens or tokens[-1].sort != "end":
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unreadable(text, place)
        sort = next(name for name in ("number", "quoted", "name", "sign", "end") if match[name] is not None)
        tokens.append(_Token(match.start(sort) + 1, sort, match[sort], match["unit"] or ""))
        place = match.end()
    return tokens


def _unreadable(text: str, place: int) -> ExpressionError:
    place += len(text[place:]) - len(text[place:].lstrip())
    sign = text[place]
    remedy = _MISTAKES.get(sign, "an expression knows + - * / ^, comparisons, and, or, not, names and numbers with units")
    return ExpressionError(place + 1, f"“{sign}” has no meaning here; {remedy}")


def _too_deep(column: int) -> ExpressionError:
    return ExpressionError(column, f"this is nested more than {DEEPEST} deep; give a part of it a computed tag of its own")


class _Parser:
    """Pratt's: each operator has a rank, and a higher one binds first."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        """The tree of all tokens."""
        node = self._expression(0)
        if self._next.sort != "end":
            raise ExpressionError(self._next.at, f"an operator is missing before “{self._next.text}”")
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place += token.sort != "end"
        return token

    def _expression(self, rank: int) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _too_deep(self._next.at)
        node = self._operand()
        while (found := self._rank()) >= max(rank, 1):
            node = self._power(node) if found == _POWER else self._chain(node, found)
        self._depth -= 1
        return node

    def _rank(self) -> int:
        return _RANKS.get(self._next.text, 0) if self._next.sort in ("sign", "name") else 0

    def _power(self, base: Node) -> Node:
        at = self._take().at
        return Power(at, base, self._expression(_MINUS))

    def _chain(self, first: Node, rank: int) -> Node:
        at, operands, operators = self._next.at, [first], []
        while self._rank() == rank:
            operators.append(self._take().text)
            operands.append(self._expression(rank + 1))
            if rank == _COMPARISON and len(operators) > 1:
                raise ExpressionError(at, "comparisons can't stand in a row; write “0 < a and a < 5”")
        return Chain(at, tuple(operands), tuple(operators))

    def _operand(self) -> Node:
        token = self._take()
        match token.sort, token.text:
            case "number", _:
                return _number(token)
            case "sign", "-":
                return self._negative(token)
            case "sign", "+":
                return self._expression(_MINUS)
            case "sign", "(":
                node = self._expression(0)
                self._close(token)
                return node
            case "name", "not":
                return Not(token.at, self._expression(_NOT))
            case "name", word if word not in ("and", "or"):
                return self._named(token)
            case "quoted", path if path.strip():
                return Name(token.at, path.strip(), path.strip())
        ending = "the expression ends" if token.sort == "end" else f"“{token.text}” stands"
        raise ExpressionError(token.at, f"{ending} where a tag, a number or ( is due")

    def _negative(self, sign: _Token) -> Node:
        operand = self._expression(_MINUS)
        if isinstance(operand, Number):  # -5 degC is a temperature, not the opposite of one
            return Number(sign.at, -operand.value, operand.unit)
        return Negative(sign.at, operand)

    def _named(self, token: _Token) -> Node:
        if self._next.text == "(" and self._next.sort == "sign":
            return self._call(token)
        if token.text == "pi":
            return Number(token.at, math.pi)
        return Name(token.at, token.text, token.text)

    def _call(self, name: _Token) -> Node:
        if name.text not in FUNCTIONS:
            raise ExpressionError(name.at, f"there is no function “{name.text}”; there are {', '.join(FUNCTIONS)}")
        opening, arguments = self._take(), [self._expression(0)]
        while self._next.text == ",":
            self._take()
            arguments.append(self._expression(0))
        self._close(opening)
        if FUNCTIONS[name.text] not in (None, len(arguments)):
            raise ExpressionError(name.at, f"{name.text} takes one value, here are {len(arguments)}")
        return Call(name.at, name.text, tuple(arguments))

    def _close(self, opening: _Token) -> None:
        if self._next.text != ")":
            raise ExpressionError(opening.at, "this ( is never closed")
        self._take()


def _number(token: _Token) -> Number:
    value = float(token.text)
    if not math.isfinite(value):
        raise ExpressionError(token.at, f"{token.text} is too large for a number")
    return Number(token.at, value, token.unit)

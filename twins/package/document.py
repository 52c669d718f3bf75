"""A YAML document as plain data that knows the line of everything in it, and of which only data can come."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from twins.package.fault import Fault

LARGEST = 8 << 20  # bytes
DEEPEST = 64
MOST = 500_000  # values, aliases unfolded
Place = tuple[str | int, ...]

_PLAIN_TAGS = {None, "!"} | {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}
_WORDS = {**dict.fromkeys(("", "~", "null", "Null", "NULL"))} | {"true": True, "True": True, "false": False, "False": False}
_TAB = re.compile(rb" *\t[ \t]*[^\s#]")
_INTEGER = re.compile(r"[-+]?\d{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class Document:
    """`data` is the plain value of the whole file; `lines` says where each place of it, keys and indices, was written."""

    file: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it that was written; 1 for the whole file.

        Steps that were not written (a missing key, a validator's own words) are passed over.
        """
        at: Place = ()
        for step in place:
            if (*at, step) in self.lines:
                at = (*at, step)
        return self.lines.get(at, 1)

    def forget(self, place: Place) -> None:
        """Takes what stands at a place out of `data`; in a list, the places of what follows move up."""
        around = self.data
        for step in place[:-1]:
            around = around[step]
        del around[place[-1]]
        self.lines = dict(self._moved_up(place)) if isinstance(around, list) else self.lines

    def _moved_up(self, gone: Place) -> Iterator[tuple[Place, int]]:
        depth = len(gone) - 1
        for place, line in self.lines.items():
            if place[:depth] != gone[:depth] or len(place) <= depth or place[depth] < gone[depth]:  # type: ignore[operator]
                yield place, line
            elif place[depth] != gone[depth]:
                yield (*gone[:depth], int(place[depth]) - 1, *place[depth + 1 :]), line

    def fault(self, place: Place, message: str, remedy: str) -> Fault:
        """A fault at a place of this file."""
        return Fault(self.file, self.line(place), message, remedy)


def read_document(file: str, content: bytes, *, verbatim: bool = False) -> Document:
    """Reads one file. What is wrong with it stands in `faults`, and `data` holds what could be read.

    Read `verbatim`, every scalar is the text as it was written, so that a foreign name like 007 or NULL stays what it is.
    """
    document = Document(file)
    try:
        document.data = _Builder(document, verbatim).whole(_text(content))
    except _UnreadableError as problem:
        document.faults.append(Fault(file, problem.line, problem.message, problem.remedy))
    except yaml.YAMLError as problem:
        document.faults.append(_of_yaml(file, problem, content))
    return document


class _UnreadableError(Exception):
    def __init__(self, line: int, message: str, remedy: str) -> None:
        self.line, self.message, self.remedy = line, message, remedy


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise _UnreadableError(0, f"the file has {len(content):,} bytes", f"keep it below {LARGEST >> 20} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise _UnreadableError(line, "this is not UTF-8 text", "save the file as UTF-8") from None
    if not text.strip():
        raise _UnreadableError(0, "the file is empty", "write what docs/package.md shows, or delete the file")
    return text


def _of_yaml(file: str, problem: yaml.YAMLError, content: bytes) -> Fault:
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    if tab := _indented_with_tab(content, mark.line if mark else 0):
        return Fault(file, tab, "this is not YAML: the line begins with a tab", "indent it with spaces")
    said = getattr(problem, "problem", None) or getattr(problem, "reason", None) or "a character that YAML does not allow"
    remedy = "mend the YAML here: indent with spaces, close every bracket and quote, put “key: value” texts in quotes"
    return Fault(file, mark.line + 1 if mark else 0, f"this is not YAML: {said}", remedy)


def _indented_with_tab(content: bytes, line: int) -> int:
    """The first line (from 1) that is, no further than just below where the reader gave up (from 0); 0 for none."""
    lines = content.splitlines()[: line + 2]
    return next((k for k, text in enumerate(lines, 1) if _TAB.match(text)), 0)


class _Builder:
    """Builds from the parser's events, so that no constructor of YAML ever runs."""

    def __init__(self, document: Document, verbatim: bool) -> None:
        self._document = document
        self._verbatim = verbatim
        self._anchors: dict[str, Any] = {}
        self._count = 0

    def whole(self, text: str) -> Any:
        events = (e for e in yaml.parse(text, Loader=_LOADER) if not isinstance(e, (yaml.StreamStartEvent, yaml.StreamEndEvent)))
        first = next(events, None)
        if not isinstance(first, yaml.DocumentStartEvent):
            return None
        data = self._value(next(events), events, ())
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise _UnreadableError(_line(event), "a second document begins here", "one file holds one document: remove “---”")
        return data

    def _value(self, event: Any, events: Iterator[Any], place: Place) -> Any:
        self._count_up(1, event)
        self._document.lines.setdefault(place, _line(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag not in _PLAIN_TAGS:
            raise _UnreadableError(
                _line(event), f"the tag {event.tag[:60]} asks to run something", "remove it: a package holds data only"
            )
        if len(place) > DEEPEST:
            raise _UnreadableError(_line(event), f"this is nested more than {DEEPEST} deep", "write it flatter")
        data = self._plain(event, events, place)
        if event.anchor:
            self._anchors[event.anchor] = data
        return data

    def _plain(self, event: Any, events: Iterator[Any], place: Place) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            said = event.style or not event.implicit[0] or (self._verbatim and event.value)
            return event.value if said else _scalar(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, place)
        return self._mapping(events, place)

    def _sequence(self, events: Iterator[Any], place: Place) -> list[Any]:
        data: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            data.append(self._value(event, events, (*place, len(data))))
        return data

    def _mapping(self, events: Iterator[Any], place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _UnreadableError(_line(event), "a key must be a word", "write “key: value”")
            key, again = event.value, event.value in data
            if again:
                first = self._document.lines[(*place, key)]
                said = f"the key “{key}” stands here for the second time, first on line {first}"
                self._document.faults.append(Fault(self._document.file, _line(event), said, "keep one of the two"))
            else:
                self._document.lines[(*place, key)] = _line(event)
            value = self._value(next(events), events, ("again", *place, key) if again else (*place, key))
            data.setdefault(key, value)
        return data

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise _UnreadableError(
                _line(event), f"*{event.anchor} refers to nothing above it", f"write &{event.anchor} where it is first"
            )
        data = self._anchors[event.anchor]
        self._count_up(_size(data, MOST), event)
        return copy.deepcopy(data)

    def _count_up(self, count: int, event: Any) -> None:
        self._count += count
        if self._count > MOST:
            raise _UnreadableError(_line(event), f"this unfolds to over {MOST:,} values", "use fewer aliases and shorter lists")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _size(data: Any, most: int) -> int:
    """How many values are in it, counted no further than `most`."""
    waiting, count = [data], 0
    while waiting and count <= most:
        value = waiting.pop()
        count += 1
        waiting.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    return count


def _scalar(text: str) -> Any:
    """YAML 1.2's reading: `on`, `off` and `12:30` are texts here."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(
            text.replace(".inf", "inf")
            .replace(".Inf", "inf")
            .replace(".INF", "inf")
            .replace(".nan", "nan")
            .replace(".NaN", "nan")
        )
    return text

"""Documents against the schema: every error becomes a fault with its line, and what is sound is kept."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from twins.package.document import Document, Place
from twins.package.fault import Fault
from twins.package.words import did_you_mean

Form = TypeVar("Form", bound=BaseModel)
_ROUNDS = 50
_NAMED = ("tags", "types", "parts", "components")  # what stands in these keeps its name when its content is dropped
_DUE = {
    "string_type": ("a text is due", "write a word, or put it in quotes"),
    "float_type": ("a number is due", "write a number without a unit"),
    "int_type": ("a whole number is due", "write one without decimals or quotes"),
    "bool_type": ("yes or no is due", "write true or false"),
    "list_type": ("a list is due", "write it like [a, b]"),
    "mapping_type": ("a mapping is due", "write it like { key: value }"),
    "dict_type": ("a mapping is due", "write it like { key: value }"),
    "model_type": ("a mapping is due", "write it like { key: value }"),
    "finite_number": ("a finite number is due", "write one instead of .nan or .inf"),
    "string_too_long": ("the text is too long", "shorten it"),
}


def validated(document: Document, form: type[Form]) -> tuple[Form | None, list[Fault]]:
    """The document as `form`, without what is faulty, and its faults; None where nothing is left of it.

    What is faulty is dropped and the rest judged again, so that one fault hides no other.
    """
    faults: list[Fault] = []
    dropped: set[Place] = set()
    for _ in range(_ROUNDS):
        try:
            return form.model_validate(document.data), faults
        except ValidationError as problem:
            errors = problem.errors(include_url=False, include_input=False)
        faulty = _faulty(document.data, errors)
        faults += [_fault(document, form, place, error) for place, error in faulty if not _follows(place, error, dropped)]
        for place in sorted({_whole(document.data, place) for place, _ in faulty}, reverse=True):
            if not place:
                return None, faults
            dropped.add(place)
            _drop(document, place)
    return None, faults


def _faulty(data: Any, errors: list[Any]) -> list[tuple[Place, Any]]:
    """What is wrong at each place; of the many complaints of a choice, the first."""
    found: list[tuple[Place, Any]] = []
    for error in errors:
        place = _written(data, error["loc"])
        if error["type"] == "missing" or all(place != other for other, _ in found):
            found.append((place, error))
    return found


def _follows(place: Place, error: Any, dropped: set[Place]) -> bool:
    """Whether this is only missing because it was faulty and dropped."""
    return error["type"] == "missing" and (*place, *error["loc"][len(place) :]) in dropped


def _whole(data: Any, place: Place) -> Place:
    """What is dropped for a fault: of a row of plain values all, as three numbers make no sense as two."""
    for depth, step in enumerate(place):
        data = data[step]
        if isinstance(step, int) and not isinstance(data, dict):
            return place[:depth]
    return place


def _written(data: Any, loc: tuple[str | int, ...]) -> Place:
    """How far a validator's place leads in the document."""
    place: Place = ()
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
        place = (*place, step)
    return place


def _drop(document: Document, place: Place) -> None:
    around = document.data
    for step in place[:-1]:
        around = around[step]
    if len(place) > 1 and place[-2] in _NAMED and around[place[-1]] != {} and not _is_bad_key(place):
        around[place[-1]] = {}
    else:
        document.forget(place)


def _is_bad_key(place: Place) -> bool:
    return not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", str(place[-1]))


def _fault(document: Document, form: type[BaseModel], place: Place, error: Any) -> Fault:
    kind, loc = error["type"], error["loc"]
    where = spoken_place(place)
    if kind == "extra_forbidden":
        return document.fault(place, f"{where} is an unknown key", _key_remedy(str(place[-1]), _known(form, place[:-1])))
    if kind == "missing":
        missing = next(str(step) for step in loc[len(place) :])
        return document.fault(place, f"{where} lacks “{missing}”", f"write {missing}: …")
    a_key = loc[-1:] == ("[key]",)
    if a_key or kind == "string_pattern_mismatch":
        what = f"“{place[-1]}” can't be a name" if a_key else f"{where} can't be such a name"
        return document.fault(place, what, _name_remedy(error))
    if len(loc) > len(place):
        return document.fault(place, f"{where}: a single value is due", "write a number, a word, or a number with its unit")
    said, remedy = _DUE.get(kind) or _other(error)
    return document.fault(place, f"{where}: {said}", remedy)


def _name_remedy(error: Any) -> str:
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    letters = "letters, digits and _, beginning with a letter" if pattern.startswith("^[A-Za-z][") else "letters, digits, - and _"
    return f"use {letters}"


def _other(error: Any) -> tuple[str, str]:
    context = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            return "there is no such word", f"write one of {context['expected'].replace(chr(39), '')}"
        case "too_short" | "too_long":
            count = context.get("min_length", context.get("max_length"))
            return f"{context['actual_length']} values stand here", f"write {count}"
        case _:
            return error["msg"][:1].lower() + error["msg"][1:], "write a value that is allowed here"


def spoken_place(place: Place) -> str:
    """A place as people read it: `types.pump.tags.flow`, `assets[2].at`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".") or "the file"


def _key_remedy(word: str, known: list[str]) -> str:
    return did_you_mean(word, known) or (f"the keys known here are {', '.join(known)}" if known else "remove it")


def _known(form: type[BaseModel], place: Place) -> list[str]:
    """The keys that are known at a place, read from the schema."""
    schema = form.model_json_schema()
    node: Any = schema
    for step in (*place, None):
        while node.keys() & {"$ref", "anyOf"}:
            node = schema["$defs"][node["$ref"].rsplit("/")[-1]] if "$ref" in node else node["anyOf"][0]
        if step is None:
            break
        named = node.get("properties", {}).get(step)
        patterned: Any = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), {})
        node = named or node.get("items") or patterned or {}
    return list(node.get("properties", {}))

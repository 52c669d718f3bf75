"""A mapping: what the columns of a foreign file mean in a twin, read from its YAML."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from twins.historian.keys import (
    AlarmKeys,
    AssetKeys,
    Mapping,
    NameKeys,
    PriorityKeys,
    TagKeys,
    TimeKeys,
    ValueKeys,
    fault_at,
    near,
)
from twins.historian.recording import RecordingError
from twins.package.document import Document, Place, read_document
from twins.package.fault import Fault, in_order

__all__ = ["Mapping", "MappingError", "mapping_of", "read_mapping"]


class MappingError(RecordingError):
    """A mapping can't be used; `faults` holds every fault, with file, line, what is wrong and what to write instead."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = in_order(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def read_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file. Raises MappingError with every fault in it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise MappingError([Fault(str(path), 0, f"this can't be read: {said}", "check the path and its rights")]) from None
    return _read(content, str(path))


def mapping_of(text: str, file: str = "mapping") -> Mapping:
    """The mapping in a YAML text; `file` is what faults name. Raises MappingError with every fault in it."""
    return _read(text.encode("utf-8", "replace"), file)


def _read(content: bytes, file: str) -> Mapping:
    document = read_document(file, content, verbatim=True)
    if not isinstance(document.data, dict):
        due = Fault(file, 0, "this is no mapping", "write keys like time:, asset:, tags:, as docs/import.md shows")
        raise MappingError(document.faults or [due])
    try:
        mapping = Mapping.model_validate(document.data)
    except ValidationError as error:
        told = [_told(document, fault) for fault in error.errors(include_url=False)]
        raise MappingError([*document.faults, *told]) from None
    if document.faults:
        raise MappingError(document.faults)
    mapping.keep(document, content.decode("utf-8-sig"))
    return mapping


def _told(document: Document, error: abc.Mapping[str, Any]) -> Fault:
    place = tuple(error["loc"])
    return fault_at(document, place, *_sentence(error, place))


def _sentence(error: abc.Mapping[str, Any], place: Place) -> tuple[str, str]:
    """What is wrong, and the remedy."""
    match error["type"]:
        case "extra_forbidden":
            keys = _keys_at(place[:-1])
            return f"there is no key “{place[-1]}” here", f"{near(str(place[-1]), keys)}the keys known here are {', '.join(keys)}"
        case "missing":
            return "this key is missing", f"add {place[-1]}: …"
        case "value_error":
            message, _, remedy = str(error["ctx"]["error"]).partition("; ")
            return message, remedy
        case "model_type" | "dict_type":
            return "here belongs a table of keys", "write it like { key: value }"
        case "literal_error":
            return f"“{error['input']}” can't stand here", f"write {error['ctx']['expected']}"
        case "tuple_type":
            return "here belongs a list", "write it like [one, other]"
        case "too_short" | "too_long" | "missing_positional_only_argument" | "unexpected_positional_argument":
            return "here belong two numbers", "write the lowest and the highest, like [-50, 60]"
        case "float_parsing" | "float_type" | "int_parsing" | "int_type":
            return f"“{error['input']}” is no number that can stand here", "write a plain one, like 5"
        case "string_type":
            return "here belongs a word", "write one, in quotes if it is empty"
        case _:
            return str(error["msg"]).lower(), f"“{error['input']}” was found; see docs/import.md"


def _keys_at(place: Place) -> tuple[str, ...]:
    """The keys that may stand at a place."""
    at: dict[str, type[BaseModel]] = {"time": TimeKeys, "asset": AssetKeys, "alarms": AlarmKeys, "tags": TagKeys}
    at |= {"tag": TagKeys if "map" in place else NameKeys, "value": ValueKeys}
    model: type[BaseModel] = at[str(place[0])] if place else Mapping
    if place and place[-1] == "priority":
        model = PriorityKeys
    return tuple(model.model_fields)

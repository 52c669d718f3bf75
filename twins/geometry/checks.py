"""What a described value may be: each check answers "" or what the value must be instead."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Check = Callable[[object], str]

FAR_M = 1e6  # no coordinate of a described shape lies further away than this


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a description: what its value may be, and whether it may be left out."""

    check: Check
    required: bool = False


def is_number(value: object) -> bool:
    """A finite number that is no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def number(low: float = -FAR_M, high: float = FAR_M) -> Check:
    """A finite number within `low … high`."""

    def check(value: object) -> str:
        fits = is_number(value) and low <= value <= high  # type: ignore[operator]
        return "" if fits else f"a number from {low:g} to {high:g}"

    return check


def whole(low: int, high: int) -> Check:
    """A whole number within `low … high`."""

    def check(value: object) -> str:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return "" if fits else f"a whole number from {low} to {high}"

    return check


def vector(length: int, low: float = -FAR_M, high: float = FAR_M) -> Check:
    """A list of `length` numbers."""

    def check(value: object) -> str:
        fits = isinstance(value, list | tuple) and len(value) == length and all(is_number(v) and low <= v <= high for v in value)
        return "" if fits else f"a list of {length} numbers from {low:g} to {high:g}"

    return check


def points(length: int, least: int, most: int, low: float = -FAR_M) -> Check:
    """A list of `least … most` points of `length` numbers, the first of each not below `low`."""
    one = vector(length)

    def check(value: object) -> str:
        fits = isinstance(value, list | tuple) and least <= len(value) <= most and all(not one(p) and p[0] >= low for p in value)
        edge = "" if low == -FAR_M else f", the first of each {low:g} or more"
        return "" if fits else f"a list of {least} to {most} points of {length} numbers{edge}"

    return check


def maybe(*checks: Check) -> Check:
    """Whatever any one of the checks accepts."""

    def check(value: object) -> str:
        wants = [each(value) for each in checks]
        return "" if "" in wants else " or ".join(wants)

    return check


def word(*words: str) -> Check:
    """One of a few words."""

    def check(value: object) -> str:
        return "" if value in words else "one of " + ", ".join(words)

    return check


def keyed(described: object, keys: Mapping[str, Key], where: str) -> list[str]:
    """Every fault of a mapping's keys and values, each a sentence that begins with its place."""
    if not isinstance(described, Mapping):
        return [f"{where} must be a mapping with the keys {', '.join(keys)}, not {shown(described)}."]
    found = [unknown(where, name, keys) for name in described if name not in keys]
    found += [
        f"{where} lacks {name}; give it {key.check(None)}."
        for name, key in keys.items()
        if key.required and name not in described
    ]
    wants = {name: key.check(described[name]) for name, key in keys.items() if name in described}
    return found + [f"{where}.{name} must be {want}, not {shown(described[name])}." for name, want in wants.items() if want]


def unknown(where: str, name: object, known: Mapping[str, object] | Sequence[str]) -> str:
    """The fault of a key that means nothing, with the nearest one that does."""
    import difflib  # only faulty descriptions need it

    near = difflib.get_close_matches(str(name), list(known), n=1)
    remedy = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}."
    return f"{where} has the unknown key {shown(name)}; {remedy}"


def shown(value: object) -> str:
    """A value as a fault quotes it: short."""
    text = repr(value)
    return text if len(text) <= 40 else text[:36] + " …"

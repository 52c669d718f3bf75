"""Headings: the names of a table's columns as they can be asked for, each its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """As many names, none of them empty, none twice, none with control characters: “column 3” where there is none, “temp (2)”."""
    clean = [_clean(name) or f"column {i + 1}" for i, name in enumerate(names)]
    taken, found = set(clean), list[str]()
    for name in clean:
        unique, n = name, 1
        while unique in found or (n > 1 and unique in taken):
            n += 1
            unique = f"{name} ({n})"
        found.append(unique)
    return tuple(found)


def _clean(name: str) -> str:
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf") else sign for sign in name)
    return name if plain == name else " ".join(plain.split())

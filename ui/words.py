"""Typed words and names: how well what was typed tells what is meant."""

from __future__ import annotations

from collections.abc import Sequence


def begin(words: Sequence[str], name: str) -> bool:
    """Each of the words (lower case) begins a word of the name, as “office b” does of “Office building”."""
    said = " " + name.lower().replace("-", " ").replace(",", " ")
    return all(f" {word}" in said for word in words)

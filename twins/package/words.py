"""Words as people say and mistype them."""

from __future__ import annotations

from collections.abc import Iterable


def spoken(name: str) -> str:
    """A name as people say it: `oil_temperature` → “Oil temperature”."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The remedy where a word is nearly another one; "" where it is not."""
    import difflib  # only faulty packages need it

    names = [name for name in known if name]
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6) or [name for name in names if word and name.startswith(word)]
    return f"did you mean “{near[0]}”?" if near else ""

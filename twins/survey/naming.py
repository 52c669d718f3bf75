"""Names as ids: words that a package takes, one for each thing, as near to its own name as can be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from twins.survey.survey import Thing

LONGEST = 48
_TRANSLITERATED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ł": "l", "Ł": "L", "đ": "d", "€": "EUR"})


def word(name: str, otherwise: str = "part") -> str:
    """Letters, digits, - and _ alone: `Right ventricle (ant.)` → “Right-ventricle-ant”."""
    return _word(_short(name)) or otherwise


def _word(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_TRANSLITERATED)).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")[:LONGEST].rstrip("-_")


def _short(name: str) -> str:
    """`Detector:Detector:Smoke:610280`, as Revit names things, without what it says twice; its end tells most."""
    steps = list(dict.fromkeys(step for step in name.split(":") if step.strip()))
    while len(steps) > 2 and len("-".join(steps)) > LONGEST:
        steps.pop(0)
    return ":".join(steps)


def type_word(sort: str) -> str:
    """`IfcWallStandardCase` → “wall-standard-case”."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", sort.removeprefix("Ifc"))
    return word(spaced.lower(), "part").replace("building-storey", "storey")


def tag_word(name: str, otherwise: str = "value") -> str:
    """As tags are called: `Supply temp. (°C)` → “supply_temp_C”; it begins with a letter."""
    made = word(name, otherwise).replace("-", "_")
    return made if made[0].isalpha() else f"tag_{made}"[:LONGEST]


def paths_of(things: Sequence[Thing]) -> list[str]:
    """The path of each thing; siblings of one name are numbered, the first is not."""
    paths: list[str] = []
    taken: set[str] = set()
    last: dict[str, int] = {}
    for thing in things:
        above = f"{paths[thing.parent]}/" if thing.parent >= 0 else ""
        base = path = above + word(thing.name, type_word(thing.sort))
        number = last.get(base, 1)
        while path.lower() in taken:
            number += 1
            path = f"{base}-{number}"
        last[base] = number
        taken.add(path.lower())
        paths.append(path)
    return paths

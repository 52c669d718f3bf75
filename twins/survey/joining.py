"""Several surveys of one thing become one: storeys, buildings and sites that both tell of are the same."""

from __future__ import annotations

from collections.abc import Sequence

from twins import InputError
from twins.survey.survey import MOST_THINGS, Survey, Thing

PLACES = ("IfcSite", "IfcBuilding", "IfcBuildingStorey", "IfcSpace")
ALONE = ("IfcSite", "IfcBuilding")  # two files of one twin mean the same one, whatever they call it
AWAY = 50.0  # metres between the middles of two files that hardly belong to one coordinate system


def joined(surveys: Sequence[Survey], names: Sequence[str]) -> Survey:
    """One survey of all; files that share no places come one beside the other. Raises InputError."""
    if not surveys:
        return Survey()
    whole = surveys[0]
    for other, name in zip(surveys[1:], names[1:], strict=True):
        if len(whole.things) + len(other.things) > MOST_THINGS:
            raise InputError(f"these files hold more than {MOST_THINGS:,} parts together; make several twins of them")
        _take_in(whole, other, name)
    return whole


def _take_in(whole: Survey, other: Survey, name: str) -> None:
    _say_where_apart(whole, other, name)
    sites = {_mark(whole.things, k): k for k, thing in enumerate(whole.things) if thing.sort in PLACES}
    mine: dict[int, int] = {-1: -1}
    for k, thing in enumerate(other.things):
        parent = mine[thing.parent]
        same = next((sites[mark] for mark in _marks(thing, parent) if mark in sites), None) if thing.sort in PLACES else None
        if same is not None:
            mine[k] = same
            _merge(whole.things[same], thing)
            continue
        whole.things.append(_under(thing, parent))
        mine[k] = len(whole.things) - 1
        if thing.sort in PLACES:
            sites[_mark(whole.things, mine[k])] = mine[k]
    whole.relations += [(mine[a], kind, mine[b]) for a, kind, b in other.relations]
    whole.notes += other.notes
    whole.georeference = whole.georeference or other.georeference
    whole.attributes = {**other.attributes, **whole.attributes}


def _merge(known: Thing, other: Thing) -> None:
    known.attributes = {**other.attributes, **known.attributes}
    if not len(known.triangles) and len(other.triangles):
        known.origin, known.points, known.triangles = other.origin, other.points, other.triangles


def _under(thing: Thing, parent: int) -> Thing:
    thing.parent = parent
    return thing


def _mark(things: Sequence[Thing], place: int) -> tuple[int, str, str]:
    thing = things[place]
    return thing.parent, thing.sort, "" if thing.sort in ALONE else thing.name.lower()


def _marks(thing: Thing, parent: int) -> list[tuple[int, str, str]]:
    return [(parent, thing.sort, "" if thing.sort in ALONE else thing.name.lower())]


def _say_where_apart(whole: Survey, other: Survey, name: str) -> None:
    first, second = _middle(whole), _middle(other)
    if first is not None and second is not None:
        away = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
        if away > AWAY:
            whole.notes.append(f"{name} stands {away:,.0f} m away from the first file: look whether both have the same zero.")


def _middle(survey: Survey) -> tuple[float, float, float] | None:
    found = [thing.origin for thing in survey.things if len(thing.points)]
    if not found:
        return None
    x, y, z = (sorted(each[axis] for each in found)[len(found) // 2] for axis in range(3))
    return x, y, z

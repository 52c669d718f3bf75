"""What a name in an expression stands for, seen from the asset it was written at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from twins.asset import Asset, Tag, TagKind, Twin
from twins.expression.expression import Expression
from twins.expression.inference import BOOLEAN, NOT_CALCULABLE, Meaning

_CHILDREN = "children."


def tag_named(name: str, asset: str, assets: Mapping[str, Asset], tags: Mapping[str, Tag]) -> str:
    """The path of the tag a name means: of the asset itself, of an owner above it, or the name is a path. "" is none.

    A path is meant within the nearest twin, where it is there, and then further out.
    """
    owner: str | None = asset
    while owner is not None:
        path = f"{owner}.{name}" if owner else name
        if path in tags:
            return path
        if owner and owner in assets and assets[owner].twin and f"{owner}/{name}" in tags:
            return f"{owner}/{name}"
        owner = (assets[owner].parent if owner in assets else "") if owner else None
    return name if name in tags else ""


def bound(expression: Expression, asset: str, twin: Twin) -> Expression:
    """The expression with tag paths for names; `children.flow` becomes the tags of all children that have one.

    What is no tag stays as it is, as it may be a word. Raises ExpressionError as `Expression.renamed` does.
    """
    return expression.renamed({name: paths for name in expression.names() if (paths := _paths(name, asset, twin))})


def meaning_of(tag: Tag) -> Meaning:
    """What a tag is to an expression."""
    match tag.kind:
        case TagKind.BOOLEAN:
            return BOOLEAN
        case TagKind.ENUMERATION:
            return tag.values
        case TagKind.TEXT | TagKind.WAVEFORM:
            return NOT_CALCULABLE
    return tag.unit


class TagMeanings(Mapping[str, Meaning]):
    """What tags are to an expression, by path; of many tags only those are looked at that are asked for."""

    def __init__(self, tags: Mapping[str, Tag]) -> None:
        self._tags = tags

    def __getitem__(self, path: str) -> Meaning:
        return meaning_of(self._tags[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)


def _paths(name: str, asset: str, twin: Twin) -> tuple[str, ...]:
    if name.startswith(_CHILDREN):
        wanted = name.removeprefix(_CHILDREN)
        return tuple(path for child in twin.children(asset) if (path := f"{child.path}.{wanted}") in twin.tags)
    path = tag_named(name, asset, twin.assets, twin.tags)
    return (path,) if path else ()

"""Bindings: which tag colours which part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from scene.legend import DISCRETE, Choice, ColourBy
from scene.stage import Stage
from twins.asset import Part, Tag, Twin, health_of, residual_of

NEUTRAL = ("ground", "glass", "water")  # materials that are scenery


def tags_of_parts(twin: Twin, stage: Stage, choice: Choice) -> tuple[str, ...]:
    """The path of the tag that colours each part, "" for none: the ground under a thing never is, unless it says so itself.

    By quantity, a part takes its own component's tag of it, else that of the nearest asset above. By tag name, a tag colours the
    assets that show it, or, where none does, the one it belongs to; and covers take it over what they hide. By residual, a part
    takes that of the first of its tags that is judged.
    """
    ways = {ColourBy.TAG: _by_name, ColourBy.RESIDUAL: _by_residual, ColourBy.HEALTH: _by_health}
    found = ways.get(choice.by, _by_quantity)(twin, stage, choice)
    neutral = [part.material in NEUTRAL and tag != part.colour_by for part, tag in zip(stage.parts, found, strict=True)]
    return tuple("" if plain else tag for tag, plain in zip(found, neutral, strict=True))


def _by_quantity(twin: Twin, stage: Stage, choice: Choice) -> tuple[str, ...]:
    claimed = {tag for asset in twin.assets.values() for tag in asset.shows}
    found: dict[tuple[str, str], str] = {}
    for part in _unlike(stage.parts):
        found[_key(part)] = next((tag for tag in _nearest(twin, part, claimed) if choice.takes(twin.tags[tag])), "")
    return tuple(found[_key(part)] for part in stage.parts)


def _by_residual(twin: Twin, stage: Stage, choice: Choice) -> tuple[str, ...]:
    claimed = {tag for asset in twin.assets.values() for tag in asset.shows}
    judged = {tag for tag in twin.tags if residual_of(tag) in twin.estimated}
    found: dict[tuple[str, str], str] = {}
    for part in _unlike(stage.parts):
        tag = next((tag for tag in _nearest(twin, part, claimed) if tag in judged), "")
        found[_key(part)] = residual_of(tag) if tag else ""
    return tuple(found[_key(part)] for part in stage.parts)


def _by_health(twin: Twin, stage: Stage, choice: Choice) -> tuple[str, ...]:
    known = {asset for asset in twin.assets if health_of(asset) in twin.estimated}
    above = {path: [each.path for each in twin.ancestors(path)] for path in {part.asset for part in stage.parts}}
    nearest = {path: next((each for each in paths if each in known), "") for path, paths in above.items()}
    return tuple(health_of(nearest[part.asset]) if nearest[part.asset] else "" for part in stage.parts)


def _key(part: Part) -> tuple[str, str]:
    """Parts with the same are coloured by the same tag."""
    return part.asset, part.colour_by


def _unlike(parts: Sequence[Part]) -> Iterable[Part]:
    """One of each that are coloured alike."""
    return {_key(part): part for part in parts}.values()


def _nearest(twin: Twin, part: Part, claimed: set[str]) -> Iterable[str]:
    """A part's own tag, its asset's, then those above that aren't about some other component."""
    if part.colour_by in twin.tags:
        yield part.colour_by
    # what holds for the whole twin tells nothing of one part
    for asset in (above for above in twin.ancestors(part.asset) if above.path):
        yield from asset.shows
        yield from (tag for tag in asset.tags if tag not in claimed)


def _by_name(twin: Twin, stage: Stage, choice: Choice) -> tuple[str, ...]:
    alike = _alike([tag for tag in twin.tags.values() if choice.takes(tag)])
    tellers = _tellers(twin, alike)
    own = {
        path: next((tellers[above.path][0] for above in twin.ancestors(path) if above.path and above.path in tellers), "")
        for path in dict.fromkeys(part.asset for part in stage.parts)
    }
    bound = [part.colour_by if part.colour_by in alike else own[part.asset] for part in stage.parts]
    hidden = {cover: tag for cover, tag in zip(stage.cover.tolist(), bound, strict=True) if tag and cover >= 0}
    return tuple(tag or hidden.get(i, "") for i, tag in enumerate(bound))


def _tellers(twin: Twin, alike: set[str]) -> dict[str, list[str]]:
    """Asset → which of these tags are about it."""
    tellers: dict[str, list[str]] = defaultdict(list)
    for asset in twin.assets.values():
        for path in (tag for tag in asset.shows if tag in alike):
            tellers[asset.path].append(path)
    told = {path for paths in tellers.values() for path in paths}
    for path in alike - told:
        tellers[twin.tags[path].asset].append(path)
    return dict(tellers)


def _alike(tags: Sequence[Tag]) -> set[str]:
    """Those that one legend can tell: codes must mean the same."""
    first = tags[0] if tags else None
    return {t.path for t in tags if first and (t.kind in DISCRETE) == (first.kind in DISCRETE) and t.values == first.values}

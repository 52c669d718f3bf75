"""What stands on what: the parts of one placed asset, each on another one or on the asset itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from twins.asset import Part
from twins.package.fault import Fault
from twins.package.origin import Origins, written
from twins.package.words import did_you_mean


def jointed(parts: Sequence[Part], origins: Origins) -> tuple[list[Part], list[Fault]]:
    """The same parts with the full name of the part each is `on`, and what is wrong with names and joints.

    A part that stands on nothing or on itself is put on the asset, so that no faulty package makes a chain without an end.
    """
    names = {part.name for part in parts}
    standing = [replace(part, on=_standing(part, names)) for part in parts]
    on = {part.name: part.on for part in standing}
    circle = {name for name in on if name in chain_of(on[name], on)}
    faults = [
        *_second_names(parts, origins),
        *_standing_on_nothing(parts, names, origins),
        *_circles(standing, circle, on, origins),
    ]
    return [replace(part, on="") if part.name in circle else part for part in standing], faults


def chain_of(name: str, above: Mapping[str, str]) -> list[str]:
    """A name, what it stands on, and so on until there is nothing more, or something comes again."""
    chain: list[str] = []
    while name and name not in chain:
        chain.append(name)
        name = above.get(name, "")
    return chain


def _circles(parts: Sequence[Part], circle: set[str], on: Mapping[str, str], origins: Origins) -> Iterator[Fault]:
    told: set[str] = set()
    for part in parts:
        if part.name in circle - told:
            told.update(chain := chain_of(part.name, on))
            said = f"the part {part.name} stands on itself: {' → '.join((*chain, part.name))}"
            yield written(origins[f"{part.asset}#{part.name}"], "on").fault(said, "let one of them stand on the asset")


def _standing(part: Part, names: set[str]) -> str:
    """Of a part that came with a component's type, `on` means its neighbour first, then one further out."""
    prefix, _, name = part.on.rpartition("/")
    while True:
        if (whole := f"{prefix}/{name}" if prefix else name) in names:
            return whole
        if not prefix:
            return ""
        prefix = prefix.rpartition("/")[0]


def _second_names(parts: Sequence[Part], origins: Origins) -> Iterator[Fault]:
    seen: dict[str, Part] = {}
    for part in parts:
        if (first := seen.setdefault(part.name, part)) is not part:
            said = f"there is a second part “{part.name}”; the first is in {origins[f'{first.asset}#{part.name}'][0]}"
            yield origins[f"{part.asset}#{part.name}"][0].fault(said, "give one of the two another name")


def _standing_on_nothing(parts: Sequence[Part], names: set[str], origins: Origins) -> Iterator[Fault]:
    for part in parts:
        if part.on and not _standing(part, names):
            wanted = part.on.rpartition("/")[2]
            remedy = did_you_mean(wanted, names) or f"write one of {', '.join(sorted(names))}"
            yield written(origins[f"{part.asset}#{part.name}"], "on").fault(f"on: there is no part “{wanted}”", remedy)

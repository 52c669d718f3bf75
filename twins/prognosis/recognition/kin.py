"""Kin: assets of one sort, which show the same faults by the same tags, and which can be held against each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from twins.asset import Asset, TagKind, Twin


@dataclass(frozen=True, slots=True)
class Kin:
    """`tags` and `faults` are names within each asset, in the package's order."""

    type: str
    assets: tuple[str, ...]
    tags: tuple[str, ...]
    faults: tuple[str, ...]


def kin_of(twin: Twin, known: Collection[str]) -> list[Kin]:
    """All assets that declare faults and tell numbers; `known` are the paths of the tags that are measured."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for asset in twin.assets.values():
        tags = _watched(twin, asset, known)
        if asset.faults and tags:
            found.setdefault((asset.type, tags, tuple(asset.faults)), []).append(asset.path)
    return [Kin(type_, tuple(assets), tags, faults) for (type_, tags, faults), assets in found.items()]


def _watched(twin: Twin, asset: Asset, known: Collection[str]) -> tuple[str, ...]:
    """Its own numbers that come at a period and have a range."""
    tags = (twin.tags[path] for path in asset.tags if path in known and path in twin.tags)
    return tuple(tag.name for tag in tags if tag.kind is TagKind.NUMBER and tag.period_ns and tag.range)

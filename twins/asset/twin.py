"""A twin: one package loaded, its assets in a tree and its tags by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from twins.asset.alarm import Alarm
from twins.asset.asset import Asset, AssetKind, Relation
from twins.asset.estimated import estimated_tags
from twins.asset.figure import Figure
from twins.asset.plot import Plot
from twins.asset.tag import Tag
from twins.asset.tour import Tour
from twins.asset.version import ModelVersion


@dataclass(frozen=True, slots=True)
class Georeference:
    """Where on earth the twin's zero is: `origin` in the coordinate system `crs`, or latitude and longitude, degrees (WGS 84)."""

    crs: str = ""
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    latitude: float | None = None
    longitude: float | None = None
    elevation: float | None = None  # metres
    true_north: float = 0.0  # degrees clockwise from the twin's y axis


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A saved camera: metres in the world's frame; with an `asset` that it looks at, in the frame of that placed asset."""

    name: str
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    asset: str = ""


@dataclass(frozen=True)
class Twin:
    """Assets and tags keep the package's order. The root asset has the path ""."""

    id: str
    name: str
    kind: AssetKind
    assets: Mapping[str, Asset]  # by path; parents before children
    tags: Mapping[str, Tag]  # by path
    relations: tuple[Relation, ...] = ()
    viewpoints: tuple[Viewpoint, ...] = ()
    environment: Mapping[str, object] = field(default_factory=dict)  # terrain and ground, as `twins.geometry` reads it
    timezone: str = "UTC"
    description: str = ""
    alarms: Mapping[str, Alarm] = field(default_factory=dict)  # by key
    figures: tuple[Figure, ...] = ()  # what a stretch of time is judged by
    plots: tuple[Plot, ...] = ()  # one tag over another
    colour_by: str = ""  # the quantity or tag name that a fresh window colours by; "" where nothing says
    notice: str = ""  # stands on every screen and on everything that is taken out
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False)  # of the package, by name; models read theirs
    model_version: ModelVersion = field(default_factory=ModelVersion)
    georeference: Georeference | None = None
    tour: Tour = field(default_factory=Tour)

    @cached_property
    def estimated(self) -> Mapping[str, Tag]:
        """What an estimator tells of these assets, by path; apart from `tags`, which the plant tells."""
        return estimated_tags(self.assets, self.tags)

    def tag(self, path: str) -> Tag | None:
        """A tag of the plant or of the estimator."""
        return self.tags.get(path) or self.estimated.get(path)

    @cached_property
    def _children(self) -> Mapping[str, tuple[Asset, ...]]:
        found: dict[str, list[Asset]] = {}
        for asset in self.assets.values():
            if asset.path:
                found.setdefault(asset.parent, []).append(asset)
        return {parent: tuple(assets) for parent, assets in found.items()}

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The assets that are twins: the whole, "", and each that is nested in it."""
        return tuple(path for path, asset in self.assets.items() if not path or asset.twin)

    def root_of(self, path: str) -> str:
        """The nearest twin that an asset is in; of one that is a twin, itself."""
        return next((asset.path for asset in self.ancestors(path) if asset.twin), "")

    def children(self, path: str) -> tuple[Asset, ...]:
        """The assets directly below one, in the package's order."""
        return self._children.get(path, ())

    def ancestors(self, path: str) -> Iterator[Asset]:
        """The asset itself, then its parents up to the root."""
        asset = self.assets.get(path)
        while asset is not None:
            yield asset
            asset = self.assets.get(asset.parent) if asset.path else None

    def means(self, name: str, path: str) -> bool:
        """Whether who names an asset speaks of the one at `path`: of a twin, all that is in it is meant."""
        return name == path or (name in self.roots and path.startswith(f"{name}/" if name else ""))

    def tags_of(self, path: str) -> tuple[Tag, ...]:
        """What is known of an asset: the tags it shows, then its own."""
        asset = self.assets[path]
        return tuple(self.tags[tag] for tag in dict.fromkeys((*asset.shows, *asset.tags)))

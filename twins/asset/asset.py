"""An asset: a thing in the tree, with tags, parts and a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AssetKind(StrEnum):
    """How large a thing is, from a bearing to a landscape."""

    COMPONENT = "component"
    SYSTEM = "system"
    PROCESS = "process"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an asset stands in its parent's frame: metres (x east, y north, z up), heading in degrees clockwise from north."""

    x: float = 0.0
    y: float = 0.0
    z: float | None = None  # None: on the ground
    heading: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """One named piece of an asset's geometry and how it moves.

    Its frame stands at `origin` (metres), turned by `rotate` (degrees about x, then y, then z), in the frame of the part
    it is `on` ("" is the placed asset: x east, y north, z up); about `axis` it then turns by its tag.
    """

    asset: str  # the asset it belongs to: `T01/gearbox`
    name: str  # unique within the placed asset: `gearbox`
    geometry: Mapping[str, object] = field(default_factory=dict)  # as `twins.geometry` reads it; empty is a bare joint
    on: str = ""
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotate: tuple[float, float, float] = (0.0, 0.0, 0.0)
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    spin_by: str = ""  # a tag path in revolutions a minute: it goes round at that rate
    turn_by: str = ""  # a tag path in degrees: it stands at that angle
    scale_by: str = ""  # a tag path: it is as large as `sizes` says for its value
    sizes: tuple[tuple[float, float], ...] = ()  # (value, size as a share of what is drawn), rising; linear between
    move_by: str = ""  # a tag path of a length: it stands so far along the axis
    shown_by: str = ""  # a tag path: it is there only while the tag is at least `shown_from`
    shown_from: float = 1.0
    colour_by: str = ""  # the tag that tells most of this part; "" is the headline of its asset
    material: str = "equipment"  # equipment, slate, ground, glass, water
    cover: bool = False  # turns to glass when its asset, or one inside, is selected
    detail: bool = False  # inside a cover: drawn only when the cover is glass or the camera is near


@dataclass(frozen=True, slots=True)
class Asset:
    """A thing in the tree. `path` is unique: `T01`, `T01/gearbox`."""

    path: str
    name: str
    kind: AssetKind
    type: str = ""
    parent: str = ""
    tags: tuple[str, ...] = ()  # its own, as paths
    shows: tuple[str, ...] = ()  # tags of the asset above that are about this one; the first is the headline
    at: Placement = field(default_factory=Placement)
    parts: tuple[Part, ...] = ()
    model: Mapping[str, object] = field(default_factory=dict)
    faults: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    description: str = ""
    twin: str = ""  # the folder of the package that it is, where it is a twin of its own: `buildings/office`
    attributes: Mapping[str, object] = field(default_factory=dict)  # what its file of origin says of it: a GUID, a fire rating

    @property
    def site(self) -> bool:
        """It is a twin in which things stand. One that is a machine has components."""
        return bool(self.twin) and not self.type

    @property
    def headline(self) -> str:
        """The tag that stands beside the name in a list; "" where there is none."""
        return next(iter((*self.shows, *self.tags)), "")


@dataclass(frozen=True, slots=True)
class Relation:
    """An edge of the graph beside the tree: `feeds`, `drives`, `serves`, `contains`, `located_in`, …"""

    subject: str
    kind: str
    object: str
    share: float = 1.0  # of what the subject gives, how much goes to the object

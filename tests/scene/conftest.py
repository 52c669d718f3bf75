"""A yard with two machines, small enough to know every part by heart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from scene.palette import GREY
from scene.picture import OffScreen
from scene.stage import Meshes
from scene.twin_scene import TwinScene
from twins.asset import Asset, AssetKind, Limits, Part, Placement, Tag, TagKind, Twin
from twins.clock import BEFORE_ALL_TIME, SECOND
from twins.geometry.mesh import Mesh
from twins.geometry.shapes import build
from twins.record import Channel, Snapshot

NOON = 1_400_000_000 * SECOND


def box(x: float, y: float, z: float, centre: tuple[float, float, float] = (0, 0, 0)) -> Mesh:
    return build({"box": {"size": [x, y, z], "centre": list(centre)}})


def _tags(asset: str) -> list[Tag]:
    return [
        Tag(f"{asset}.power", unit="kW", quantity="power", range=(0, 200), period_ns=SECOND, decimals=0),
        Tag(f"{asset}.speed", unit="rpm", quantity="rotational speed", range=(0, 60), period_ns=SECOND),
        Tag(f"{asset}.heading", unit="deg", quantity="angle", range=(0, 360), period_ns=SECOND),
        Tag(f"{asset}.oil_temperature", unit="degC", quantity="temperature", range=(0, 100), normal=60, period_ns=SECOND),
        Tag(f"{asset}.winding_temperature", unit="K", quantity="temperature", range=(273.15, 423.15), period_ns=SECOND),
        Tag(f"{asset}.state", TagKind.ENUMERATION, values=("off", "idle", "on"), limits=Limits()),
    ]


def _machine(name: str, x: float) -> tuple[list[Asset], dict[tuple[str, str], Mesh]]:
    """A post, a head on it that turns, with a fan that spins, and a hood over a gear and a winding."""
    tag = f"{name}.{{}}".format
    top = Asset(
        name,
        f"Machine {name}",
        AssetKind.SYSTEM,
        tags=tuple(t.path for t in _tags(name)),
        shows=(tag("power"),),
        at=Placement(x, 0.0),
        parts=(
            Part(name, "post"),
            Part(name, "head", on="post", origin=(0, 0, 4), axis=(0, 0, -1), turn_by=tag("heading")),
            Part(name, "hood", on="head", cover=True),
        ),
    )
    gear = Asset(f"{name}/gear", "Gear", AssetKind.COMPONENT, parent=name, shows=(tag("oil_temperature"),))
    gear = _with(gear, Part(gear.path, "gear", on="head", origin=(0, 0.5, 0.75), detail=True))
    winding = Asset(f"{name}/winding", "Winding", AssetKind.COMPONENT, parent=name, shows=(tag("winding_temperature"),))
    winding = _with(winding, Part(winding.path, "winding", on="head", origin=(0, -0.5, 0.75), detail=True))
    fan = Asset(f"{name}/fan", "Fan", AssetKind.COMPONENT, parent=name, shows=(tag("speed"),))
    fan = _with(fan, Part(fan.path, "fan", on="head", origin=(0, 1.6, 0.75), axis=(0, 1, 0), spin_by=tag("speed")))
    meshes = {
        (name, "post"): box(0.6, 0.6, 4, (0, 0, 2)),
        (name, "hood"): box(1.6, 2.6, 1.5, (0, 0, 0.75)),
        (gear.path, "gear"): box(0.8, 0.6, 0.8),
        (winding.path, "winding"): box(0.8, 0.6, 0.8),
        (fan.path, "fan"): box(3, 0.1, 0.3),
    }
    return [top, gear, winding, fan], meshes


def _with(asset: Asset, part: Part) -> Asset:
    return Asset(asset.path, asset.name, asset.kind, parent=asset.parent, shows=asset.shows, parts=(part,))


@dataclass(frozen=True)
class Yard:
    """The twin, its meshes, and snapshots of it."""

    twin: Twin
    meshes: Meshes

    def snapshot(
        self,
        values: dict[str, float],
        *,
        time: int = NOON,
        quality: dict[str, int] | None = None,
        ages_s: dict[str, float] | None = None,
    ) -> Snapshot:
        """Good values of now, unless a quality byte or an age is given; tags that aren't named were never seen."""
        channels = tuple(Channel.of(tag) for tag in self.twin.tags.values())
        ages, bytes_ = ages_s or {}, quality or {}
        source = np.array([time - int(ages.get(c.path, 0) * SECOND) if c.path in values else BEFORE_ALL_TIME for c in channels])
        bits = [
            np.float64(values.get(c.path, 0)).view(np.int64) if c.kind is TagKind.NUMBER else int(values.get(c.path, 0))
            for c in channels
        ]
        byte = np.array([bytes_.get(c.path, 0) for c in channels], np.uint8)
        return Snapshot(time, channels, source, source, np.array(bits, np.int64), byte)


@pytest.fixture
def yard() -> Yard:
    assets, meshes = {"": Asset("", "Yard", AssetKind.SYSTEM)}, {}
    for name, x in (("M1", 0.0), ("M2", 12.0)):
        made, shapes = _machine(name, x)
        assets |= {asset.path: asset for asset in made}
        meshes |= shapes
    tags = {tag.path: tag for name in ("M1", "M2") for tag in _tags(name)}
    terrain = {
        "size": [200, 200],
        "resolution": 4,
        "relief": 0,
        "hills": [{"at": [60, 60], "height": 20, "radius": 40}],
        "contour": 2,
    }
    return Yard(Twin("yard", "Yard", AssetKind.SYSTEM, assets, tags, environment={"terrain": terrain}), meshes)


@pytest.fixture
def scene(yard: Yard) -> TwinScene:
    return TwinScene(yard.twin, yard.meshes, GREY)


@pytest.fixture
def flat(scene: TwinScene) -> TwinScene:
    """All light comes from everywhere, so that colours can be told exactly."""
    for light in scene.renderer.GetLights():
        light.SetIntensity(0.0)
    for actor in scene.renderer.GetActors():
        actor.GetShaderProperty().GetFragmentCustomUniforms().SetUniformf("ambientShare", 1.0)
    return scene


@pytest.fixture
def off_screen() -> Iterator[Callable[[TwinScene], OffScreen]]:
    """Makes off-screen windows and closes them."""
    made: list[OffScreen] = []

    def make(scene: TwinScene) -> OffScreen:
        made.append(OffScreen(scene, samples=0))
        return made[-1]

    yield make
    for window in made:
        window.close()

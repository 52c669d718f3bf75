"""The stage: every part of a twin placed in the world, as arrays that the drawing and the picking share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twins.asset import Asset, Part, Placement, Twin
from twins.geometry.frames import frame, placed
from twins.geometry.mesh import Mesh

Matrix = NDArray[np.float64]
Meshes = Mapping[tuple[str, str], Mesh]  # (asset, part name) → its mesh in the part's own frame
Height = Callable[[float, float], float]  # metres above zero of the ground at x, y


class Sort(Enum):
    """What a joint does by its tag: goes round at a rate, stands at an angle, so far along its axis, grows, is there or not."""

    SPINS = "spins"
    TURNS = "turns"
    MOVES = "moves"
    GROWS = "grows"
    SHOWS = "shows"


@dataclass(frozen=True, slots=True)
class Joint:
    """A part that moves: it turns about `axis`, or grows, in `frame`, which stands in the joint `on` (its place, −1: the
    world)."""

    on: int
    frame: Matrix
    axis: tuple[float, float, float]
    tag: str
    sort: Sort
    shown_from: float = 0.0  # of one that comes and goes
    sizes: tuple[tuple[float, float], ...] = ()  # of one that grows: how large it is for its tag's value

    @property
    def spins(self) -> bool:
        """It goes round."""
        return self.sort is Sort.SPINS


@dataclass(frozen=True)
class Stage:
    """n parts that have a shape. `joint` says on which each rides (−1: none), `frame` float64[n, 4, 4] where it stands in it."""

    parts: tuple[Part, ...]
    meshes: tuple[Mesh, ...]
    homes: tuple[str, ...]  # the placed asset that each part belongs to
    joint: NDArray[np.intp]
    frame: NDArray[np.float64]
    joints: tuple[Joint, ...]
    origins: Mapping[str, Matrix]  # the frame of each placed asset in the world

    @classmethod
    def of(cls, twin: Twin, meshes: Meshes, height: Height) -> Stage:
        """Places all parts of the twin; those without a mesh, or with an empty one, are joints or nothing."""
        return _Builder(twin, meshes, height).stage()

    def __len__(self) -> int:
        return len(self.parts)

    def within(self, asset: str) -> NDArray[np.intp]:
        """The parts of an asset and of all that is below it; of the root "", none."""
        below = asset + "/"
        return np.array(
            [i for i, p in enumerate(self.parts) if asset and (p.asset == asset or p.asset.startswith(below))], np.intp
        )

    def world(self, joints: NDArray[np.float64], parts: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64]:
        """float64[m, 4, 4]: where these parts (all) stand while the joints stand at `joints` float64[k, 4, 4]."""
        every = np.concatenate([joints, np.eye(4)[None]])  # place −1 is the world
        return every[self.joint[parts]] @ self.frame[parts]

    def boxes(self, joints: NDArray[np.float64], parts: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float64]:
        """float64[m, 2, 3]: the box around each of these parts (all), in the world's axes."""
        own, world = self._own_boxes[parts], self.world(joints, parts)
        middle, half = own.mean(axis=1), (own[:, 1] - own[:, 0]) / 2
        centre = np.einsum("nij,nj->ni", world[:, :3, :3], middle) + world[:, :3, 3]
        reach = np.einsum("nij,nj->ni", np.abs(world[:, :3, :3]), half)
        return np.stack([centre - reach, centre + reach], axis=1)

    def mounting(self, asset: str, joints: NDArray[np.float64]) -> Matrix:
        """float64[4, 4]: the frame of the placed asset that an asset is in, turned as the first joint under its first part is.

        The asset's own frame where it is the placed one, or where that joint spins; the world's for "".
        """
        home = next((path for path in self._upward(asset) if path in self.origins), "")
        frame = self.origins.get(home, np.eye(4))
        on = int(next((self.joint[i] for i in self.within(asset)), -1)) if asset != home else -1
        while on >= 0 and self.joints[on].on >= 0:
            on = self.joints[on].on
        turns = on >= 0 and not self.joints[on].spins
        return joints[on] @ np.linalg.inv(self.rest[on]) @ frame if turns else frame

    def _upward(self, asset: str) -> list[str]:
        return [asset.rsplit("/", up)[0] for up in range(asset.count("/") + 1)]

    @cached_property
    def rest(self) -> NDArray[np.float64]:
        """float64[k, 4, 4]: where each joint stands in the world while nothing has turned."""
        world = np.zeros((len(self.joints), 4, 4))
        for i, joint in enumerate(self.joints):  # a joint is always listed after the one it is on
            world[i] = world[joint.on] @ joint.frame if joint.on >= 0 else joint.frame
        return world

    @cached_property
    def cover(self) -> NDArray[np.intp]:
        """The cover around the middle of each part, the smallest of its placed asset's; −1 where none is."""
        found = np.full(len(self), -1, np.intp)
        homes = np.array(self.homes)
        boxes = self.boxes(self.rest)
        sizes = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
        middles = boxes.mean(axis=1)
        covers = [i for i, part in enumerate(self.parts) if part.cover]
        _, place = np.unique(homes, return_inverse=True)
        order = np.argsort(place, kind="stable")
        edges = np.searchsorted(place[order], np.arange(len(order) + 1))
        for i in sorted(covers, key=lambda i: -sizes[i]):
            near = order[edges[place[i]] : edges[place[i] + 1]]  # of the same placed asset
            found[near[((boxes[i, 0] <= middles[near]) & (middles[near] <= boxes[i, 1])).all(axis=1)]] = i
        found[covers] = -1
        return found

    @cached_property
    def _own_boxes(self) -> NDArray[np.float64]:
        bounds = {id(mesh): mesh.bounds for mesh in {id(mesh): mesh for mesh in self.meshes}.values()}
        return np.array([bounds[id(mesh)] for mesh in self.meshes]).reshape(-1, 2, 3)


def _moved_by(part: Part) -> list[tuple[Sort, str]]:
    named = (
        (Sort.SPINS, part.spin_by), (Sort.TURNS, part.turn_by), (Sort.MOVES, part.move_by), (Sort.GROWS, part.scale_by),
        (Sort.SHOWS, part.shown_by),
    )  # fmt: skip
    return [(sort, tag) for sort, tag in named if tag]


def _sizes_of(part: Part, sort: Sort) -> tuple[tuple[float, float], ...]:
    return part.sizes if sort is Sort.GROWS else ()


class _Builder:
    """Walks the tree once; the frames of assets and joints are met before what stands on them."""

    def __init__(self, twin: Twin, meshes: Meshes, height: Height) -> None:
        self._twin, self._meshes, self._height = twin, meshes, height
        self._frames: dict[str, Matrix] = {"": np.eye(4)}
        self._homes: dict[str, str] = {"": ""}
        self._stands: dict[tuple[str, str], tuple[int, Matrix]] = {}  # (home, part) → joint, frame in it
        self._joints: list[Joint] = []

    def stage(self) -> Stage:
        for asset in self._twin.assets.values():
            self._place(asset)
        named = {(self._homes[p.asset], p.name): p for a in self._twin.assets.values() for p in a.parts}
        shaped = []
        for key, part in named.items():
            self._stand(key, named)
            mesh = self._meshes.get((part.asset, part.name))
            if mesh is not None and len(mesh.triangles):
                shaped.append((key, part, mesh))
        stands = [self._stands[key] for key, _, _ in shaped]
        return Stage(
            tuple(part for _, part, _ in shaped),
            tuple(mesh for _, _, mesh in shaped),
            tuple(home for (home, _), _, _ in shaped),
            np.array([joint for joint, _ in stands], np.intp),
            np.array([matrix for _, matrix in stands], np.float64).reshape(-1, 4, 4),
            tuple(self._joints),
            {path: self._frames[path] for path, home in self._homes.items() if path and home == path},
        )

    def _place(self, asset: Asset) -> None:
        """A component without a place of its own shares the frame of what it is in."""
        if not asset.path:
            return
        above = self._frames.get(asset.parent, np.eye(4))
        if asset.parent and asset.at == Placement() and not (asset.twin or self._twin.assets[asset.parent].site):
            self._frames[asset.path], self._homes[asset.path] = above, self._homes.get(asset.parent, asset.path)
            return
        own = above @ placed(asset.at.x, asset.at.y, asset.at.z or 0.0, asset.at.heading)
        if asset.at.z is None and not self._lifted(asset.parent):
            own[2, 3] = self._height(own[0, 3], own[1, 3])
        self._frames[asset.path], self._homes[asset.path] = own, asset.path

    def _lifted(self, parent: str) -> bool:
        """What is nested in a twin that was put at a height stands on that one's floor, not on the ground."""
        return any(above.twin and above.at.z is not None for above in self._twin.ancestors(parent))

    def _stand(self, key: tuple[str, str], named: Mapping[tuple[str, str], Part]) -> tuple[int, Matrix]:
        """Which joint a part rides on, and where in it; a part that moves is its own joint."""
        if key not in self._stands:
            home, part = key[0], named[key]
            below = (home, part.on)
            joint, base = self._stand(below, named) if part.on and below in named else (-1, self._frames[home])
            stands = base @ frame(part.origin, part.rotate)
            for sort, tag in _moved_by(part):
                self._joints.append(Joint(joint, stands, part.axis, tag, sort, part.shown_from, _sizes_of(part, sort)))
                joint, stands = len(self._joints) - 1, np.eye(4)
            self._stands[key] = joint, stands
        return self._stands[key]

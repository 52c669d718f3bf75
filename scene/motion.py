"""Motion: how each joint stands, and how large it is, told by its tag and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scene.stage import Sort, Stage
from twins.record import Quality, Snapshot

DEGREES_A_SECOND_PER_RPM = 6.0
_NONE = 1e-9  # the size of what is not there


class Motion:
    """The joints of a stage, in degrees and metres. A spinning one goes round at its measured rpm while time is shown passing; it
    stops when that is stale, bad or unknown. A turning or moving one stands where its tag says, and at rest (0) when that is bad
    or unknown; one that grows is as it was drawn then, and what comes and goes is not there."""

    def __init__(self, stage: Stage) -> None:
        self.spinning = True  # False: rotors stand still whatever is measured
        self._spins = np.array([joint.spins for joint in stage.joints], bool)
        self._moves, self._shows = (
            np.array([joint.sort is sort for joint in stage.joints], bool) for sort in (Sort.MOVES, Sort.SHOWS)
        )
        self._turns = np.array([joint.sort in (Sort.SPINS, Sort.TURNS) for joint in stage.joints], bool)
        self._from = np.array([joint.shown_from for joint in stage.joints])
        self._tags = tuple(joint.tag for joint in stage.joints)
        self._grows = [(k, np.array(joint.sizes).T) for k, joint in enumerate(stage.joints) if joint.sizes]
        self._on = np.array([joint.on for joint in stage.joints], np.intp)
        self._frames = np.array([joint.frame for joint in stage.joints]).reshape(-1, 4, 4)
        axes = np.array([joint.axis for joint in stage.joints], np.float64).reshape(-1, 3)
        self._axes = axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12)
        self._cross = _cross_matrices(self._axes)
        self._levels = _levels(self._on)
        self._spun = np.zeros(len(self._tags))
        self._clock: float | None = None

    def show(self, snapshot: Snapshot, clock_seconds: float) -> NDArray[np.float64]:
        """float64[k, 4, 4]: where each joint stands in the world. `clock_seconds` is the display's own running time: it goes
        on while time is shown passing, back while it is played backwards, and stands while it is paused."""
        value, sound, known = self._measured(snapshot)
        elapsed = 0.0 if self._clock is None else clock_seconds - self._clock
        self._clock = clock_seconds
        if self.spinning:
            self._spun = (self._spun + np.where(self._spins & sound, value, 0.0) * elapsed * DEGREES_A_SECOND_PER_RPM) % 360.0
        return self.matrices(np.where(self._spins, self._spun, value), known)

    def turning(self, snapshot: Snapshot) -> bool:
        """Something goes round, so the next picture differs from this one while time passes."""
        value, sound, _ = self._measured(snapshot)
        return bool(self.spinning and (self._spins & sound & (value != 0)).any())

    def rides_on_spinning(self, joint: int) -> bool:
        """Whether a joint, or one that it is on, goes round; −1 is the world."""
        while joint >= 0:
            if self._spins[joint]:
                return True
            joint = int(self._on[joint])
        return False

    def _sizes(self, value: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
        sizes = np.where(self._shows & ~(known & (value >= self._from)), _NONE, 1.0)
        for k, (values, shares) in self._grows:
            sizes[k] = np.interp(value[k], values, shares) if known[k] else 1.0
        return sizes

    def matrices(self, values: NDArray[np.float64], known: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """The joints at these angles (degrees), places (m) and what sizes follow: Rodrigues' formula for all at once, then down
        the chains, one level after the other. What is not there has no size."""
        angle = np.radians(np.where(self._turns, values, 0.0))[:, None, None]
        world = np.zeros((len(self._tags), 4, 4))
        world[:] = np.eye(4)
        world[:, :3, :3] += np.sin(angle) * self._cross + (1 - np.cos(angle)) * self._cross @ self._cross
        world[:, :3, 3] = self._axes * np.where(self._moves, values, 0.0)[:, None]
        world[:, :3, :3] *= self._sizes(values, np.ones(len(values), bool) if known is None else known)[:, None, None]
        world = self._frames @ world
        for level in self._levels[1:]:
            world[level] = world[self._on[level]] @ world[level]
        return world

    def _measured(self, snapshot: Snapshot) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Each joint's value (0 where bad or unknown), whether it is current, and whether it is known at all."""
        if not len(snapshot.channels) or not self._tags:
            return np.zeros(len(self._tags)), np.zeros(len(self._tags), bool), np.zeros(len(self._tags), bool)
        places = snapshot.places(self._tags)
        value = snapshot.numbers[places]
        known = (places >= 0) & np.isfinite(value) & ((snapshot.quality[places] & 0b11) < Quality.BAD)
        return np.where(known, value, 0.0), known & ~snapshot.stale[places], known


def _cross_matrices(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, z = axes.T
    none = np.zeros(len(axes))
    return np.stack([none, -z, y, z, none, -x, -y, x, none], axis=1).reshape(-1, 3, 3)


def _levels(on: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Joints by their distance from the world; the first level stands in the world itself."""
    depth = np.zeros(len(on), np.intp)
    for i, below in enumerate(on):  # a joint is always listed after the one it is on
        depth[i] = 0 if below < 0 else depth[below] + 1
    return [np.flatnonzero(depth == d) for d in range(int(depth.max(initial=0)) + 1)]

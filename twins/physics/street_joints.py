"""How the streets of a network are joined: turns, sorted by where they come from and by where they go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.physics.model import Array


@dataclass(frozen=True, slots=True)
class Joints:
    """Which streets are joined: of who leaves `sources[k]`, the share `shares[k]` turns into `targets[k]`."""

    sources: np.ndarray
    targets: np.ndarray
    shares: Array

    def nodes(self, n: int) -> np.ndarray:
        """(street, 2): the numbers of the nodes where each of `n` streets begins and ends."""
        from scipy.sparse import coo_array  # who has no such streets need not wait for it
        from scipy.sparse.csgraph import connected_components

        begins, ends = np.arange(n), n + np.arange(n)
        links = coo_array((np.ones(len(self.sources)), (ends[self.sources], begins[self.targets])), shape=(2 * n, 2 * n))
        return connected_components(links, directed=False)[1].reshape(2, n).T


@dataclass(frozen=True, slots=True)
class Ends:
    """What meets at the streets' ends: turns sorted by where they come from, and by where they go."""

    joints: Joints
    by_target: np.ndarray
    target_starts: np.ndarray
    targets: np.ndarray
    by_source: np.ndarray
    source_starts: np.ndarray
    sources: np.ndarray

    @staticmethod
    def of(joints: Joints) -> Ends:
        """Sorted once, as all steps need it."""
        by_target, by_source = np.argsort(joints.targets, kind="stable"), np.argsort(joints.sources, kind="stable")
        targets, target_starts = np.unique(joints.targets[by_target], return_index=True)
        sources, source_starts = np.unique(joints.sources[by_source], return_index=True)
        return Ends(joints, by_target, target_starts, targets, by_source, source_starts, sources)

    def into(self, given: Array, n: int) -> Array:
        """(member, turn) summed for each street that is turned into."""
        summed = np.zeros((len(given), n))
        if len(self.targets):
            summed[:, self.targets] = np.add.reduceat(given[:, self.by_target], self.target_starts, axis=1)
        return summed

    def out_of(self, given: Array, n: int, empty: float, fold: np.ufunc) -> Array:
        """(member, turn) folded for each street that is left."""
        folded = np.full((len(given), n), empty)
        if len(self.sources):
            folded[:, self.sources] = fold.reduceat(given[:, self.by_source], self.source_starts, axis=1)
        return folded


NOWHERE = Joints(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))

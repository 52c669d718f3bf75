"""A forest as five arrays, and its sum over rows of features; nothing of a tree library is needed to ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins import InputError

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

BEYOND = 1e30  # no sum is so large
DEEPEST = 64
MOST_TREES, MOST_NODES = 5_000, 1_000
BATCH = 4_096  # rows at once


@dataclass(frozen=True, slots=True)
class Forest:
    """t trees of at most m nodes each; a leaf's `feature` is −1. Children stand after their parent."""

    feature: Whole  # (t, m)
    threshold: Array  # (t, m)
    left: Whole  # (t, m): where the feature is at most the threshold
    right: Whole  # (t, m)
    value: Array  # (t, m)

    def predict(self, features: Array) -> Array:
        """The sum of all trees (n,)."""
        return np.concatenate([self._sum(features[i : i + BATCH]) for i in range(0, len(features), BATCH)] or [np.zeros(0)])

    def _sum(self, features: Array) -> Array:
        trees = np.arange(len(self.feature))
        rows = np.arange(len(features))[:, None]
        node = np.zeros((len(features), len(trees)), int)
        for _ in range(DEEPEST):
            asked = self.feature[trees, node]
            inner = asked >= 0
            if not inner.any():
                break
            low = features[rows, np.maximum(asked, 0)] <= self.threshold[trees, node]
            node = np.where(inner, np.where(low, self.left[trees, node], self.right[trees, node]), node)
        return self.value[trees, node].sum(axis=1)

    def check(self, n_features: int) -> None:
        """Raises InputError where it is not a forest over so many features."""
        t, m = self.feature.shape if self.feature.ndim == 2 else (0, 0)
        same = all(part.shape == (t, m) for part in (self.threshold, self.left, self.right, self.value))
        same &= all(part.dtype.kind == "i" for part in (self.feature, self.left, self.right))
        if not (
            0 < t <= MOST_TREES
            and 0 < m <= MOST_NODES
            and same
            and (np.abs(self.value) < BEYOND).all()
            and np.isfinite(self.threshold).all()
        ):
            raise InputError("its trees are damaged")
        inner, place = self.feature >= 0, np.arange(m)
        onward = all(((child > place) & (child < m))[inner].all() for child in (self.left, self.right))
        if not onward or self.feature.max() >= n_features:
            raise InputError("its trees are damaged")


def grown(features: Array, target: Array, seed: int) -> Forest:
    """Gradient-boosted trees, small and many, each on part of the rows and features."""
    least = int(np.clip(len(target) // 100, 5, 200))
    return _forest(_boosted(features, target, None, 400, {"objective": "regression", "min_data_in_leaf": least, "seed": seed}))


def classified(features: Array, classes: Whole, weights: Array, n: int, seed: int, rounds: int = 120) -> tuple[Forest, ...]:
    """One forest for each of n classes; the softmax of what they sum up to is how probable each is."""
    asked = {"objective": "multiclass", "num_class": n, "min_data_in_leaf": 20, "learning_rate": 0.08, "seed": seed}
    roots = _boosted(features, classes, weights, rounds, asked)
    return tuple(_forest(roots[k::n]) for k in range(n))


def _boosted(features: Array, target: Any, weights: Array | None, rounds: int, asked: dict[str, Any]) -> list[dict[str, Any]]:
    import lightgbm

    usual = {
        "learning_rate": 0.03,
        "num_leaves": 15,
        "bagging_fraction": 0.6,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "lambda_l2": 5.0,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    lessons = lightgbm.Dataset(features, target, weight=weights, params={"verbose": -1})
    booster = lightgbm.train(usual | asked, lessons, num_boost_round=rounds)
    return [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]


def _forest(roots: list[dict[str, Any]]) -> Forest:
    trees = [_nodes(root) for root in roots]
    most = max(map(len, trees))
    padded = np.array([[*tree, *[(-1, 0.0, 0, 0, 0.0)] * (most - len(tree))] for tree in trees], float)
    feature, threshold, left, right, value = np.moveaxis(padded, 2, 0)
    return Forest(feature.astype(int), threshold.copy(), left.astype(int), right.astype(int), value.copy())


def _nodes(root: dict[str, Any]) -> list[tuple[int, float, int, int, float]]:
    """Breadth first."""
    queue, nodes = [root], []
    for node in queue:
        if "split_feature" not in node:
            nodes.append((-1, 0.0, 0, 0, float(node["leaf_value"])))
            continue
        queue += [node["left_child"], node["right_child"]]
        nodes.append((node["split_feature"], min(node["threshold"], 1e300), len(queue) - 2, len(queue) - 1, 0.0))
    return nodes

"""Three learners of remaining life from features: a line, boosted trees, and a bag of small neural nets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twins.prognosis.remaining_life.fleet import Array
from twins.prognosis.trees import Forest, grown

HIDDEN = (64, 32)
NETS = 8
PASSES = 20  # over all rows
DECAY, RIDGE = 0.1, 1.0  # of nets and line, shared by the units that were learnt from


@dataclass(frozen=True, slots=True)
class Line:
    """Linear in the features."""

    weights: Array  # (features,)
    offset: float

    def predict(self, features: Array) -> Array:
        """(n,)."""
        return features @ self.weights + self.offset


@dataclass(frozen=True, slots=True)
class Nets:
    """The mean of several nets of one shape, with rectified layers; b nets."""

    weights: tuple[Array, ...]  # (b, in, out) each
    offsets: tuple[Array, ...]  # (b, out) each

    def predict(self, features: Array) -> Array:
        """(n,)."""
        told = np.zeros(len(features))
        for net in range(len(self.weights[0])):
            layer = features
            for i, (weight, offset) in enumerate(zip(self.weights, self.offsets, strict=True)):
                layer = (np.maximum(layer, 0.0) if i else layer) @ weight[net] + offset[net]
            told += layer[:, 0]
        return told / len(self.weights[0])


@dataclass(frozen=True, slots=True)
class Learners:
    """All three."""

    line: Line
    trees: Forest
    nets: Nets

    def each(self, features: Array) -> dict[str, Array]:
        """What every one says, (n,)."""
        return {name: getattr(self, name).predict(features) for name in ("line", "trees", "nets")}


def taught(features: Array, target: Array, units: int, seed: int, pause: Callable[[], None]) -> Learners:
    """From standardised features (n, features) and a target of about unit size (n,); `pause` is called between them."""
    line = _lined(features, target, RIDGE / units)
    pause()
    trees = grown(features, target, seed)
    pause()
    return Learners(line, trees, _netted(features, target, DECAY / units, seed, pause))


def _lined(features: Array, target: Array, ridge: float) -> Line:
    """Ridge regression."""
    gram = features.T @ features / len(features) + ridge * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, features.T @ (target - target.mean()) / len(features))
    return Line(weights, float(target.mean() - features.mean(axis=0) @ weights))


def _netted(features: Array, target: Array, decay: float, seed: int, pause: Callable[[], None]) -> Nets:
    """Nets that differ in how they begin and in which order they see the rows."""
    nets = []
    for i in range(NETS):
        nets.append(_net(features, target, decay, seed + i))
        pause()
    weights, offsets = (tuple(map(np.stack, zip(*(net[part] for net in nets), strict=True))) for part in (0, 1))
    return Nets(weights, offsets)


def _net(features: Array, target: Array, decay: float, seed: int) -> tuple[list[Array], list[Array]]:
    import warnings

    from sklearn.neural_network import MLPRegressor

    net = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        alpha=decay,
        max_iter=PASSES,
        learning_rate_init=2e-3,
        batch_size=min(256, len(target)),
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it could go on learning
        net.fit(features, target)
    return net.coefs_, net.intercepts_

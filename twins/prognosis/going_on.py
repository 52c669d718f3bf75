"""Going on: models that leave what an estimator thinks of the plant, at its present inputs and set-points."""

from __future__ import annotations

import numpy as np

from twins.asset import Twin
from twins.clock import SECOND
from twins.estimation.estimator import FOLLOWERS, Estimator
from twins.physics import Array
from twins.simulation.ensemble import Ensemble, Held, longest_step

_USUAL = 10 * SECOND


def going_on(twin: Twin, estimator: Estimator, step_ns: int, held: Held, members: int) -> Ensemble:
    """From `held`, without noise; what members are given now on the average, all are given from here on."""
    models = Ensemble(twin, estimator.time, step_ns, estimator.models.seed, members, still=True)
    models.take(held)
    for group, now in zip(models.groups, estimator.models.groups, strict=True):
        if not group.surrounds:
            group.forced = {row: np.tile(given.mean(axis=0), (members, 1)) for row, given in now.forced.items()}
    for k, each in enumerate(estimator.models.setpoints):
        models.set(each.tag.path, estimator.models.standing[k, 0])
    return models


def haste_of(estimator: Estimator) -> float:
    """How much sooner than usual its future is over: 1 where models bear steps of ten seconds, a tenth for what beats each second
    and is reckoned in as many steps for a minute as others for ten."""
    return min(1.0, longest_step(estimator.models.groups) / _USUAL)


def followers_of(estimator: Estimator) -> Held:
    """States, inputs, outputs and parameters of those that follow."""
    held: dict[str, dict[str, dict[str, Array]]] = {
        what: {path: {name: values[:FOLLOWERS] for name, values in each.items()} for path, each in places.items()}
        for what, places in estimator.models.held().items()
        if what in ("state", "inputs", "outputs")
    }
    parameters: dict[str, dict[str, Array]] = {}
    for each in estimator.parameters:
        for i, leeway in enumerate(each.leeways):
            path, _, name = leeway.path.rpartition(".")
            parameters.setdefault(path, {})[name] = each.members[:, i].copy()
    return {**held, "parameters": parameters, "standing": {}}

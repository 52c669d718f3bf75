"""A fault's signature, learnt by simulation: which measured tags it moves, and which way, as the plant runs now."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twins.asset import Twin
from twins.clock import SECOND
from twins.estimation.estimator import Estimator
from twins.prognosis.diagnosis import Bent
from twins.prognosis.going_on import followers_of, going_on, haste_of
from twins.simulation.members import in_the_middle

_STEP, _STEPS, _LEAST_STEPS = 10 * SECOND, 60, 20
_MOVED = 0.01  # of a tag's range: what is less is no sign


def signature_of(twin: Twin, estimator: Estimator, bent: Bent) -> Mapping[str, float]:
    """By tag of the asset, how far the fault moves it within ten minutes (what is quick: sooner), in the tag's unit.

    Two members go on from what the plant is thought to be, at the present inputs: one sound, one with the fault.
    """
    parameter = estimator.parameters[bent.group]
    asset = parameter.leeways[bent.leeway].path.rpartition(".")[0]
    held = {what: places for what, places in followers_of(estimator).items() if what != "parameters"}
    haste = haste_of(estimator)
    models = going_on(twin, estimator, round(_STEP * haste), in_the_middle(held), 2)
    own, i = models.of(asset)
    row = own.row("parameters", parameter.name)
    models.change(own, row, i, np.array([own.parameters[row, 0, i], bent.to]))
    for _ in range(max(_LEAST_STEPS, round(_STEPS * haste))):
        models.advance()
    told = dict(zip((tag.path for tag in models.readout.tags), models.values(), strict=True))
    judged = [each.tag for each in estimator.judged if each.tag.asset == asset]
    moved = [(tag, float(told[tag.path][1] - told[tag.path][0])) for tag in judged]
    return {tag.path: by for tag, by in moved if abs(by) > _MOVED * (tag.range[1] - tag.range[0] if tag.range else 1.0)}

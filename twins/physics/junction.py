"""The signals of a junction of two streets: two phases in a cycle, main and side, with an offset to the district's clock."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, rows, stacked


class Junction:
    """The streets that it controls take its plan. Out of order (`working` 0) all approaches stop and go in turn."""

    parameters = (
        Variable("cycle", "s", 80.0, 20.0, 240.0),
        Variable("lost_time", "s", 4.0, 0.0, 20.0),  # of each phase: amber, all red, starting
        Variable("working", "", 1.0, 0.0, 1.0),
    )
    states: tuple[Variable, ...] = ()
    inputs = (Variable("main_green", "", 0.5, 0.1, 0.9), Variable("offset", "s", 0.0, 0.0, 240.0))
    outputs = (
        Variable("cycle", "s"),
        Variable("main_green"),
        Variable("offset", "s"),
        Variable("lost_time", "s"),
        Variable("working"),
        Variable("phase", words=("main", "side", "out_of_order")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p = rows(self.inputs, inputs), rows(self.parameters, parameters)
        side = ((t - u["offset"]) % p["cycle"]) >= u["main_green"] * p["cycle"]
        told = {**p, **u, "phase": np.where(p["working"] > 0.5, side * 1.0, 2.0)}
        return state, stacked(self.outputs, told, inputs.shape[1:])

"""A signal without a cause: it wanders believably in what is normal. For what no model speaks of."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered


def _hummed(outputs: Rows, parameters: Rows, noise: Array) -> Array:
    """A tone and its third over some noise, within the normal band."""
    time = np.arange(noise.shape[-1]) / 1_000.0
    middle, half = (parameters["high"] + parameters["low"]) / 2, (parameters["high"] - parameters["low"]) / 2
    tone = 0.35 * np.sin(2 * math.pi * 25 * time) + 0.1 * np.sin(2 * math.pi * 75 * time) + 0.04 * noise
    return middle[..., None] + half[..., None] * np.clip(tone, -1, 1)


class Signal:
    """Each instance is one tag. Units are the tag's own: nothing is calculated with it."""

    parameters = (
        Variable("low", "", 0.0),  # the band that is normal
        Variable("high", "", 1.0),
        Variable("time_constant", "s", 300.0, 0.1, 1e6),
        Variable("liveliness", "", 0.16, 0.0, 1.0),  # the deviation, as a share of the band
    )
    states = (Variable("load"), Variable("ripple"))
    inputs: tuple[Variable, ...] = ()
    outputs = (Variable("value"),)
    waves = (Wave("value", "", 1_000.0, 1_000, _hummed),)
    noises = 2
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        p = rows(self.parameters, parameters)
        load = wandered(state[0], dt, p["time_constant"], noise[0])
        ripple = wandered(state[1], dt, 3.0, noise[1])
        share = np.clip(0.5 + p["liveliness"] * (load + 0.1 * ripple), 0.02, 0.98)
        value = p["low"] + (p["high"] - p["low"]) * share
        return np.stack([load, ripple]), stacked(self.outputs, {"value": value}, state.shape[1:])

"""The grid that a plant feeds: a stiff voltage and a frequency that breathe."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, rows, stacked, wandered


class Grid:
    """The same at every instance: the first instance's noise is the grid's."""

    parameters = (
        Variable("nominal_frequency", "Hz", 50.0, 1.0, 1_000.0),
        Variable("frequency_deviation", "Hz", 0.02, 0.0, 1.0),
        Variable("voltage_deviation", "", 0.006, 0.0, 0.2),
    )
    states = (Variable("frequency"), Variable("voltage"), Variable("flicker"))
    inputs: tuple[Variable, ...] = ()
    outputs = (Variable("grid_voltage_ratio"), Variable("grid_frequency", "Hz"))  # voltage / nominal voltage
    waves: tuple[Wave, ...] = ()
    noises = 3
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        p, shape = rows(self.parameters, parameters), state.shape[1:]
        shared = np.broadcast_to(noise[:, :, :1], noise.shape)
        after = np.stack([wandered(row, dt, tau, n) for row, tau, n in zip(state, (45.0, 600.0, 4.0), shared, strict=True)])
        frequency, voltage, flicker = after
        told = {
            "grid_voltage_ratio": 1 + p["voltage_deviation"] * (0.95 * voltage + 0.3 * flicker),
            "grid_frequency": p["nominal_frequency"] + p["frequency_deviation"] * frequency,
        }
        return after, stacked(self.outputs, told, shape)

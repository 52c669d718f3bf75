"""The grid that a plant feeds: a stiff voltage and a frequency that breathe."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered


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

    def resume(self, state: Array, parameters: Array, told: Rows, t: float) -> Array:
        """Where frequency and voltage stand; there is no flicker to be known."""
        s, p = rows(self.states, state.copy()), rows(self.parameters, parameters)
        s["flicker"] = np.zeros_like(s["flicker"])
        for name, output, middle, deviation in (
            ("frequency", "grid_frequency", p["nominal_frequency"], p["frequency_deviation"]),
            ("voltage", "grid_voltage_ratio", 1.0, 0.95 * p["voltage_deviation"]),
        ):
            measured = told.get(output)
            if measured is not None and not np.isnan(measured).all():
                off = np.nanmean((measured - middle) / np.maximum(deviation, 1e-6), axis=1, keepdims=True)
                s[name] = np.broadcast_to(off, measured.shape)
        return stacked(self.states, s, state.shape[1:])

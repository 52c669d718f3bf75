"""A substation: the sum of what feeds it, less the transformer's losses, at the voltage of the line."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, approached, rows, stacked


class Substation:
    """Losses are iron's, always, and copper's, by the square of the load; they heat the oil (IEC 60076-7, one time constant)."""

    parameters = (
        Variable("rated_power", "W", 8.4e6, 1.0, 1e12),
        Variable("line_voltage", "V", 20_000.0, 1.0, 1e6),
        Variable("iron_loss", "", 0.0012, 0.0, 0.1),  # of rated power
        Variable("copper_loss", "", 0.008, 0.0, 0.1),  # of rated power, at full load
        Variable("oil_rise", "K", 42.0, 0.0, 150.0),  # over the air, at full load
        Variable("oil_time_constant", "s", 5_400.0, 1.0, 1e6),
        Variable("reactance", "", 0.03, 0.0, 0.5),  # voltage rise at rated reactive power
    )
    states = (Variable("oil_temperature", "K", 303.15), Variable("energy_exported", "J", 2.35e8 * 3.6e6, kept=True))
    inputs = (
        Variable("power", "W", gathered="feeds"),
        Variable("reactive_power", "var", gathered="feeds"),
        Variable("grid_voltage_ratio", "", 1.0),
        Variable("grid_frequency", "Hz", 50.0),
        Variable("air_temperature", "K", 285.15),
    )
    outputs = (
        Variable("export_power", "W"),
        Variable("export_reactive_power", "var"),
        Variable("loss_power", "W"),
        Variable("line_voltage", "V"),
        Variable("line_frequency", "Hz"),
        Variable("breaker_closed", words=("no", "yes")),
        Variable("energy_exported", "J"),
        Variable("oil_temperature", "K"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        p, fed, (oil, energy) = rows(self.parameters, parameters), rows(self.inputs, inputs), state
        load = np.hypot(fed["power"], fed["reactive_power"]) / p["rated_power"]
        loss = p["rated_power"] * (p["iron_loss"] + p["copper_loss"] * load**2)
        export = fed["power"] - loss
        warm = fed["air_temperature"] + p["oil_rise"] * (0.15 + 0.85 * load**1.6)
        after = np.stack([approached(oil, warm, dt, p["oil_time_constant"]), energy + np.maximum(export, 0) * dt])
        raised = 1 + p["reactance"] * fed["reactive_power"] / p["rated_power"]
        told = {
            "export_power": export,
            "export_reactive_power": fed["reactive_power"],
            "loss_power": loss,
            "line_voltage": p["line_voltage"] * fed["grid_voltage_ratio"] * raised,
            "line_frequency": fed["grid_frequency"],
            "breaker_closed": np.ones_like(load),
            "energy_exported": after[1],
            "oil_temperature": after[0],
        }
        return after, stacked(self.outputs, told, state.shape[1:])

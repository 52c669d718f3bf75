"""A heat plant and its network: water goes out warm and comes back cooler, and the ground takes its share."""

from __future__ import annotations

import numpy as np

from twins.physics.city_building import HEAT
from twins.physics.model import Array, Variable, Wave, rows, stacked


class HeatPlant:
    """Supply and return are a mixed volume each. All heat is accounted for: produced = delivered + lost + stored, to the bit of
    rounding.
    """

    parameters = (
        Variable("rated_heat", "W", 12e6, 1e3, 1e10, shown="MW"),
        Variable("efficiency", "", 0.92, 0.1, 8.0),  # of a boiler; more than 1: of a heat pump
        Variable("water_mass", "kg", 40_000.0, 10.0, 1e9),  # in the supply, and as much in the return
        Variable("pipe_loss", "W/K", 1_100.0, 0.0, 1e6),  # of each of the two
        Variable("ground_temperature", "K", 283.15, 260.0, 310.0),
        Variable("available", "", 1.0, 0.0, 1.0),  # the share of its heat that it can give
    )
    states = (
        Variable("supply_temperature", "K", 350.15),
        Variable("return_temperature", "K", 320.15),
        *(Variable(name, "J", kept=True) for name in ("produced", "delivered", "lost", "stored")),
    )
    inputs = (
        Variable("heat", "W", gathered="draws_from"),
        Variable("heat_flow", "kg/s", gathered="draws_from"),
        Variable("supply_setpoint", "K", 351.15, 323.15, 383.15),
    )
    outputs = (
        Variable("supply_temperature", "K"),
        Variable("return_temperature", "K"),
        Variable("heat_output", "W"),
        Variable("heat_delivered", "W"),
        Variable("heat_lost", "W"),
        Variable("fuel_power", "W"),
        Variable("circulation", "kg/s"),
        *(Variable(name, "J") for name in ("produced", "delivered", "lost", "stored")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = 60.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p, s = rows(self.inputs, inputs), rows(self.parameters, parameters), rows(self.states, state)
        out, back = s["supply_temperature"], s["return_temperature"]
        mass = p["water_mass"] * HEAT  # J/K of each pipe
        flow = np.minimum(HEAT * np.maximum(u["heat_flow"], 0.5), 0.5 * mass / dt)  # W/K
        heat = np.minimum(flow * np.maximum(u["supply_setpoint"] - back, 0), p["rated_heat"] * p["available"])
        losses = [p["pipe_loss"] * (each - p["ground_temperature"]) for each in (out, back)]
        warmed = (flow * (back - out) + heat - losses[0]) * dt
        cooled = (flow * (out - back) - u["heat"] - losses[1]) * dt
        after = {
            "supply_temperature": out + warmed / mass,
            "return_temperature": back + cooled / mass,
            "produced": s["produced"] + heat * dt,
            "delivered": s["delivered"] + u["heat"] * dt,
            "lost": s["lost"] + sum(losses) * dt,
            "stored": s["stored"] + warmed + cooled,
        }
        told = {**after, "heat_output": heat, "heat_delivered": u["heat"], "heat_lost": sum(losses),
                "fuel_power": heat / p["efficiency"], "circulation": flow / HEAT}  # fmt: skip
        return stacked(self.states, after, out.shape), stacked(self.outputs, told, out.shape)

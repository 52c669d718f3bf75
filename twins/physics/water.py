"""Drinking water: a pump lifts it into a tower, the tower presses it into zones of pipes, and some of it is lost on the way."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, approached, rows, stacked, wandered

_GRAVITY = 9_810.0  # N/m³ of water


class WaterZone:
    """Leaks grow with the root of the pressure, like through an orifice; pressure falls with the square of the flow."""

    parameters = (
        Variable("head_lost", "m", 6.0, 0.0, 200.0),  # in the pipes, at the rated flow
        Variable("rated_flow", "m^3/s", 0.012, 1e-6, 10.0, shown="l/s"),
        Variable("leak", "m^3/s", 2e-4, 0.0, 1.0, shown="l/s"),  # at 4 bar
        Variable("elevation", "m", 0.0, -100.0, 1_000.0),
    )
    states = (Variable("flow", "m^3/s", 0.0015), Variable("pulse"))
    inputs = (
        Variable("water", "m^3/s", gathered="draws_from"),
        Variable("head", "m", 40.0, gathered="supplies", lagged=True),
    )
    outputs = (
        Variable("flow", "m^3/s"),
        Variable("consumption", "m^3/s"),
        Variable("leakage", "m^3/s"),
        Variable("pressure", "Pa"),
        Variable("inlet", "m^3/s"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p, (flow, pulse) = rows(self.inputs, inputs), rows(self.parameters, parameters), state
        pulse = wandered(pulse, dt, 30.0, noise[0])
        head = np.where(u["head"] > 0, u["head"], 40.0) - p["elevation"] - p["head_lost"] * (flow / p["rated_flow"]) ** 2
        pressure = np.maximum(_GRAVITY * head, 0.0)
        leakage = p["leak"] * np.sqrt(pressure / 4e5)
        whole = u["water"] + leakage
        flow = approached(flow, whole, dt, 60.0)
        told = {"flow": flow, "consumption": u["water"], "leakage": leakage, "pressure": pressure * (1 + 0.004 * pulse),
                "inlet": whole}  # fmt: skip
        return np.stack([flow, pulse]), stacked(self.outputs, told, flow.shape)


class WaterTower:
    """A tank on legs and the pump that fills it between two levels. Pumped = given + what the tank holds more, to the bit of
    rounding.
    """

    parameters = (
        Variable("area", "m^2", 70.0, 0.1, 1e5),
        Variable("height", "m", 36.0, 0.0, 300.0),  # of the tank's floor above the ground
        Variable("depth", "m", 6.0, 0.1, 50.0),
        Variable("pump_flow", "m^3/s", 0.03, 1e-6, 10.0, shown="l/s"),
        Variable("well_depth", "m", 25.0, 0.0, 500.0),
        Variable("pump_efficiency", "", 0.68, 0.05, 1.0),
        Variable("pump_works", "", 1.0, 0.0, 1.0),
        Variable("starts_at", "", 0.55, 0.0, 1.0),  # of the depth
        Variable("stops_at", "", 0.9, 0.0, 1.0),
    )
    states = (
        Variable("level", "m", 4.4),
        Variable("pumping", kept=True),
        *(Variable(name, "m^3", kept=True) for name in ("pumped", "given", "spilt")),
    )
    inputs = (Variable("inlet", "m^3/s", gathered="draws_from"),)
    outputs = (
        Variable("level", "m"),
        Variable("head", "m"),
        Variable("outflow", "m^3/s"),
        Variable("pump_flow", "m^3/s"),
        Variable("pump_power", "W"),
        Variable("pumping", words=("no", "yes")),
        *(Variable(name, "m^3") for name in ("pumped", "given", "spilt")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = 60.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        (wanted,), p, s = inputs, rows(self.parameters, parameters), rows(self.states, state)
        full = s["level"] / p["depth"]
        pumping = np.where(full < p["starts_at"], 1.0, np.where(full > p["stops_at"], 0.0, s["pumping"]))
        lifted = pumping * p["pump_flow"] * p["pump_works"]
        held = s["level"] * p["area"] + lifted * dt
        given = np.minimum(wanted * dt, held)
        spilt = np.maximum(held - given - p["depth"] * p["area"], 0)
        level = (held - given - spilt) / p["area"]
        after = {"level": level, "pumping": pumping, "pumped": s["pumped"] + lifted * dt, "given": s["given"] + given,
                 "spilt": s["spilt"] + spilt}  # fmt: skip
        head = p["height"] + level
        told = {**after, "head": head, "outflow": given / dt, "pump_flow": lifted,
                "pump_power": _GRAVITY * lifted * (head + p["well_depth"]) / p["pump_efficiency"]}  # fmt: skip
        return stacked(self.states, after, level.shape), stacked(self.outputs, told, level.shape)

"""A reversible heat pump that gives warm and cold water to whatever it feeds or heats."""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered

_HOT, _COLD = 313.15, 279.15  # K, of the water that it gives
_AIR_PINCH, _WATER_PINCH = 9.0, 4.0  # K at full load, between refrigerant and air or water


class HeatPump:
    """COP is a share of Carnot's between where the refrigerant boils and condenses.

    Both lie away from air and water by a pinch that grows with load, and where refrigerant is lacking, as less of a coil is
    wetted.
    """

    parameters = (
        Variable("heating_capacity", "W", 90_000.0, 1.0, 1e9),  # at 7 °C outdoors
        Variable("cooling_capacity", "W", 110_000.0, 1.0, 1e9),  # at 35 °C outdoors
        Variable("carnot_share", "", 0.46, 0.05, 0.9),
        Variable("refrigerant", "", 1.0, 0.2, 1.2),  # of its charge
        Variable("pumps", "W", 450.0, 0.0, 1e6),
    )
    states = (Variable("ripple"),)
    inputs = (
        Variable("outdoor_temperature", "K", 283.15),
        Variable("heating_asked", "W", gathered="feeds", against=True),
        Variable("cooling_asked", "W", gathered="feeds", against=True),
        Variable("heating_load", "W", gathered="feeds", against=True),
        Variable("cooling_load", "W", gathered="feeds", against=True),
        Variable("radiators_asked", "W", gathered="heats", against=True),
        Variable("radiators_load", "W", gathered="heats", against=True),
        Variable("supplied", "", 1.0, gathered="feeds", lagged=True),
    )
    outputs = (
        Variable("heating_output", "W"),
        Variable("cooling_output", "W"),
        Variable("power", "W"),
        Variable("cop", "", 3.5),
        Variable("evaporating_temperature", "K", 275.15),
        Variable("evaporating_pinch", "K"),
        Variable("load_share"),
        Variable("fan_turns", "rad/s"),
        Variable("heating_share", "", 1.0),
        Variable("cooling_share", "", 1.0),
        Variable("state", words=("standby", "heating", "cooling", "unpowered")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 300.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p = rows(self.inputs, inputs), rows(self.parameters, parameters)
        ripple = wandered(state[0], dt, 15.0, noise[0])
        told = _worked(u, p, ripple)
        return ripple[None], stacked(self.outputs, told, state.shape[1:])


def _worked(u: Rows, p: Rows, ripple: Array) -> dict[str, Array]:
    air, charge = u["outdoor_temperature"], p["refrigerant"]
    heat_most = p["heating_capacity"] * np.clip(1 + 0.022 * (air - 280.15), 0.4, 1.3) * charge**0.8
    cold_most = p["cooling_capacity"] * np.clip(1 - 0.012 * (air - 308.15), 0.5, 1.3) * charge**0.8
    heat_asked, heat = u["heating_asked"] + u["radiators_asked"], u["heating_load"] + u["radiators_load"]
    cold_asked, cold = u["cooling_asked"], u["cooling_load"]
    hot_load, cold_load = heat / heat_most, cold / cold_most
    boils_hot = air - 1.0 - _AIR_PINCH * hot_load / charge**2
    boils_cold = _COLD - 1.0 - _WATER_PINCH * cold_load / charge**2
    cop_hot = _cop(p["carnot_share"], _HOT + _WATER_PINCH * hot_load, boils_hot, _HOT)
    cop_cold = _cop(p["carnot_share"], np.maximum(air + 4.0, 295.15) + _AIR_PINCH * cold_load, boils_cold, boils_cold)
    power = heat / cop_hot + cold / cop_cold
    on = u["supplied"] > 0.5
    cools = cold > heat
    works = np.maximum(hot_load, cold_load) > 0.01
    return {
        "heating_output": heat,
        "cooling_output": cold,
        "power": (power * (1 + 0.004 * ripple) + p["pumps"] * works) * on,
        "cop": np.where(power > 1.0, (heat + cold) / np.maximum(power, 1.0), np.where(cools, cop_cold, cop_hot)),
        "evaporating_temperature": np.where(cools, boils_cold, boils_hot) + 0.1 * ripple,
        "evaporating_pinch": np.where(cools, _COLD - boils_cold, air - boils_hot) + 0.1 * ripple,
        "fan_turns": 80.0 * np.minimum(np.sqrt(np.maximum(hot_load, cold_load)), 1.0) * on,
        "load_share": np.maximum(hot_load, cold_load),
        "heating_share": np.where(on, np.minimum(1.0, heat_most / np.maximum(heat_asked, 1.0)), 0.0),
        "cooling_share": np.where(on, np.minimum(1.0, cold_most / np.maximum(cold_asked, 1.0)), 0.0),
        "state": np.where(on, np.where(works, np.where(cools, 2.0, 1.0), 0.0), 3.0),
    }


def _cop(share: Array, condenses: Array, boils: Array, useful: Array | float) -> Array:
    return np.clip(share * useful / np.maximum(condenses - boils, 8.0), 1.0, 9.0)

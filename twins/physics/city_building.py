"""A building of a city: it is warmed by district heating, and its people draw water."""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, approached, rows, stacked, wandered

HEAT = 4_180.0  # J/(kg K) of water
_WARMTH = 273.15
_COMFORT = 18 + _WARMTH  # above it people drink and cool more
_HOURS = np.array([0.35, 0.25, 0.2, 0.2, 0.3, 0.7, 1.5, 1.9, 1.6, 1.2, 1.0, 1.0, 1.2, 1.1, 0.9, 0.9, 1.0, 1.3, 1.6, 1.6, 1.4, 1.1,
                   0.8, 0.6])  # fmt: skip  # water by the hour, of the mean


class CityBuilding:
    """One heat store (RC). A valve lets in what a thermostat wants, as far as its exchanger passes it on from what comes from
    the plant.

    The exchanger warms the building's own circuit of `circuit_temperature`: the more of what it could pass on is asked for,
    the warmer the water that goes back (an approach that grows with the load, in place of the logarithm of a real one).
    """

    parameters = (
        Variable("heat_loss", "W/K", 6_000.0, 1.0, 1e7),
        Variable("time_constant", "s", 180_000.0, 600.0, 1e7, shown="h"),
        Variable("wanted_temperature", "K", 294.15, 278.0, 303.0),
        Variable("gains", "W", 18_000.0, 0.0, 1e7),  # of people, sun and machines
        Variable("rated_heat", "W", 250_000.0, 1e3, 1e8, shown="kW"),
        Variable("exchanger", "", 1.0, 0.05, 1.2),  # its conductance; a fouled one has less than 1
        Variable("circuit_temperature", "K", 308.15, 280.0, 350.0),
        Variable("people", "", 60.0, 0.0, 1e5),
        Variable("water_each", "m^3/s", 130e-3 / 86_400, 0.0, 1.0, shown="l/day"),
        Variable("utc_offset", "s", 3_600.0, -50_400.0, 50_400.0, shown="h"),
    )
    states = (Variable("indoor_temperature", "K", 293.65), Variable("habit"))
    inputs = (
        Variable("air_temperature", "K", 279.15, told="outdoor_temperature"),
        Variable("supply_temperature", "K", 348.15, gathered="heats", lagged=True),
        Variable("pressure", "Pa", 4e5, gathered="supplies", lagged=True),
    )
    outputs = (
        Variable("heat", "W"),
        Variable("heat_flow", "kg/s"),
        Variable("return_temperature", "K"),
        Variable("indoor_temperature", "K"),
        Variable("water", "m^3/s"),
        Variable("outdoor_temperature", "K"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 900.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p, (indoor, habit) = rows(self.inputs, inputs), rows(self.parameters, parameters), state
        habit = wandered(habit, dt, 900.0, noise[0])
        supply = np.where(u["supply_temperature"] > _WARMTH, u["supply_temperature"], 348.15)
        spread = np.maximum(supply - p["circuit_temperature"], 1.0)
        most = p["rated_heat"] * p["exchanger"] * spread / 40.0
        steady = p["heat_loss"] * (p["wanted_temperature"] - u["air_temperature"]) - p["gains"]
        heat = np.clip(steady + 6 * p["heat_loss"] * (p["wanted_temperature"] - indoor), 0.0, most)
        back = p["circuit_temperature"] + spread * (0.08 + 0.72 * np.minimum(heat / most, 1.0) ** 2)
        tends = u["air_temperature"] + (heat + p["gains"]) / p["heat_loss"]
        indoor = approached(indoor, tends, dt, p["time_constant"])
        told = {
            "heat": heat,
            "heat_flow": heat / (HEAT * np.maximum(supply - back, 1.0)),
            "return_temperature": back,
            "indoor_temperature": indoor,
            "water": _drawn(p, u, habit, t),
            "outdoor_temperature": u["air_temperature"],
        }
        return np.stack([indoor, habit]), stacked(self.outputs, told, indoor.shape)


def _drawn(p: Rows, u: Rows, habit: Array, t: float) -> Array:
    """m³/s: by people, the hour, 2 % more for each degree of a warm day, and less where there is no pressure."""
    hour = ((t + p["utc_offset"]) % 86_400) / 3_600
    usual = np.interp(hour, np.arange(25), np.append(_HOURS, _HOURS[0]))
    warm = 1 + 0.02 * np.maximum(u["air_temperature"] - _COMFORT, 0)
    pressed = np.sqrt(np.clip(np.where(u["pressure"] > 0, u["pressure"], 4e5) / 2e5, 0.0, 1.0))
    return p["people"] * p["water_each"] * usual * warm * pressed * np.maximum(1 + 0.1 * habit, 0.1)

"""An air handling unit: dampers, a heat recovery, a filter that clogs, coils, and a fan that holds the duct's pressure."""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, approached, rows, stacked, wandered
from twins.physics.weather import saturated
from twins.physics.zone import AIR_DENSITY, AIR_HEAT

_EVAPORATION = 2.45e6  # J/kg
_OUTDOOR_CO2 = 4.2e-4


class AirHandler:
    """Flow m through filter, coils and ducts takes (filter_resistance + fixed_resistance)·m²; the fan gives
    pressure·n² (affinity laws) at n of its full speed. What it feeds tells a step ago how much air it takes and at what pressure;
    from that follows how open it is, and from that what flows now, so nothing swings.
    """

    parameters = (
        Variable("nominal_flow", "kg/s", 6.0, 0.01, 1_000.0),
        Variable("fan_pressure", "Pa", 1_150.0, 10.0, 10_000.0),  # at full speed
        Variable("fan_efficiency", "", 0.62, 0.05, 1.0),  # fan, motor and drive
        Variable("filter_resistance", "", 2.2, 0.0, 200.0),  # Pa/(kg/s)²; its clean value is some 80 Pa at nominal flow
        Variable("fixed_resistance", "", 7.0, 0.0, 200.0),
        Variable("heat_recovery", "", 0.72, 0.0, 0.95),
        Variable("least_outdoor", "", 0.35, 0.0, 1.0),
        Variable("damper_stuck", "", 0.0, 0.0, 1.0),  # 0 follows its command, 1 stands at `damper_stuck_at`
        Variable("damper_stuck_at", "", 0.04, 0.0, 1.0),
        Variable("thermometer_offset", "K", 0.0, -20.0, 20.0),  # of the supply air, by which it is controlled
        Variable("opens", "", 6.0, 0.0, 24.0),
        Variable("closes", "", 19.0, 0.0, 24.0),
    )
    states = (Variable("fan_share"), Variable("coil_temperature", "K", 289.15), Variable("damper", "", 0.35), Variable("flutter"))
    inputs = (
        Variable("outdoor_temperature", "K", 283.15),
        Variable("outdoor_moisture", "", 0.006),
        Variable("hour", "", 12.0),
        Variable("workday", "", 1.0),
        Variable("supply_setpoint", "K", 290.15, 283.0, 303.0),
        Variable("pressure_setpoint", "Pa", 250.0, 0.0, 1_000.0),
        Variable("room_shift", "K", 0.0, -4.0, 4.0),  # of every room's set-point
        Variable("economy_band", "K", 0.0, 0.0, 4.0),  # by which every room may be warmer and colder yet
        Variable("air_flow", "kg/s", gathered="feeds", against=True, lagged=True),
        Variable("return_heat", "W", gathered="feeds", against=True, lagged=True),
        Variable("return_moisture", "kg/s", gathered="feeds", against=True, lagged=True),
        Variable("return_co2", "kg/s", gathered="feeds", against=True, lagged=True),
        Variable("opening", "", gathered="feeds", against=True, lagged=True),
        Variable("heating_share", "", 1.0, gathered="feeds", lagged=True),
        Variable("cooling_share", "", 1.0, gathered="feeds", lagged=True),
        Variable("supplied", "", 1.0, gathered="feeds", lagged=True),
    )
    outputs = (
        Variable("supply_temperature", "K", 290.15),
        Variable("supply_reading", "K", 290.15),
        Variable("supply_moisture_ratio", "", 0.006),
        Variable("supply_co2_ratio", "", 4.4e-4),
        Variable("return_temperature", "K", 294.15),
        Variable("mixed_temperature", "K", 290.15),
        Variable("duct_pressure", "Pa"),
        Variable("room_shift", "K"),
        Variable("economy_band", "K"),
        Variable("filter_pressure", "Pa"),
        Variable("fan_speed"),
        Variable("fan_turns", "rad/s"),
        Variable("outdoor_temperature", "K", 283.15),
        Variable("unit_flow", "kg/s"),
        Variable("outdoor_share"),
        Variable("damper_command"),
        Variable("heating_asked", "W"),
        Variable("cooling_asked", "W"),
        Variable("heating_load", "W"),
        Variable("cooling_load", "W"),
        Variable("power", "W"),
        Variable("state", words=("stopped", "running", "unpowered")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 300.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        wanted = (u["hour"] >= p["opens"]) & (u["hour"] < p["closes"]) & (u["workday"] > 0.5)
        fan_share = approached(s["fan_share"], (wanted & (u["supplied"] > 0.5)).astype(float), dt, 20.0)
        flutter = wandered(s["flutter"], dt, 20.0, noise[0])
        blown = _blown(fan_share, flutter, u, p)
        command, damper, air = _mixed(s["damper"], blown, u, p, dt)
        target = u["supply_setpoint"] - p["thermometer_offset"]
        coil = approached(s["coil_temperature"], target, dt, 90.0)
        told = {**blown, **air, "damper_command": command, **_coiled(coil, blown, air, u)}
        told["supply_reading"] = told["supply_temperature"] + p["thermometer_offset"]
        told["state"] = np.where(u["supplied"] > 0.5, np.where(fan_share > 0.05, 1.0, 0.0), 2.0)
        told["outdoor_temperature"], told["fan_turns"] = u["outdoor_temperature"], 120.0 * blown["fan_speed"]
        told["room_shift"], told["economy_band"] = u["room_shift"], u["economy_band"]
        told["supply_co2_ratio"] = air["co2"]
        after = {"fan_share": fan_share, "coil_temperature": coil, "damper": damper, "flutter": flutter}
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, told, shape)


def _blown(running: Array, flutter: Array, u: Rows, p: Rows) -> dict[str, Array]:
    """The fan holds the duct's pressure as long as it can; what the dampers let through is opening·√pressure."""
    resistance = p["filter_resistance"] + p["fixed_resistance"]
    opening = np.maximum(u["opening"], 0.05)  # kg/s at 1 √Pa, from all that it feeds
    held = u["pressure_setpoint"] * running * (1 + 0.01 * flutter)
    speed = np.sqrt(np.clip(held * (1 + resistance * opening**2) / p["fan_pressure"], 0.0, 1.0))
    duct = p["fan_pressure"] * speed**2 / (1 + resistance * opening**2)
    flow = opening * np.sqrt(duct)
    lift = p["fan_pressure"] * speed**2
    return {
        "fan_speed": speed,
        "duct_pressure": duct,
        "unit_flow": flow,
        "filter_pressure": p["filter_resistance"] * flow**2,
        "power": flow / AIR_DENSITY * lift / p["fan_efficiency"] + 90.0 * running,
    }


def _mixed(damper: Array, blown: Rows, u: Rows, p: Rows, dt: float) -> tuple[Array, Array, dict[str, Array]]:
    """(the damper's command, where it stands, the air behind it): as much of the outdoors as helps, and what people need."""
    taken = np.maximum(u["air_flow"], 1e-6)
    flows = u["air_flow"] > 1e-3
    back = np.where(flows, u["return_heat"] / (taken * AIR_HEAT), 294.15)
    water = np.where(flows, u["return_moisture"] / taken, u["outdoor_moisture"])
    gas = np.where(flows, u["return_co2"] / taken, _OUTDOOR_CO2)
    span = u["outdoor_temperature"] - back
    useful = (u["supply_setpoint"] - back) / np.where(np.abs(span) > 0.5, span, -0.5)
    free = (u["outdoor_temperature"] < back - 0.5) & (u["supply_setpoint"] < back)
    command = np.where(free, np.clip(useful, p["least_outdoor"], 1.0), p["least_outdoor"]) * (blown["fan_speed"] > 0.05)
    command = np.where(free & (u["outdoor_temperature"] > u["supply_setpoint"]), 1.0, command) * (blown["fan_speed"] > 0.05)
    stands = command + (p["damper_stuck_at"] - command) * p["damper_stuck"]
    damper = approached(damper, stands, dt, 25.0)
    recovered = np.clip(1 - useful / np.maximum(damper, 0.02), 0.0, p["heat_recovery"])  # no more than is of use
    mixed = back + damper * (1 - recovered) * span
    return (
        command,
        damper,
        {
            "return_temperature": back,
            "mixed_temperature": mixed,
            "outdoor_share": damper,
            "moisture": water + damper * (u["outdoor_moisture"] - water),
            "co2": gas + damper * (_OUTDOOR_CO2 - gas),
        },
    )


def _coiled(coil: Array, blown: Rows, air: Rows, u: Rows) -> dict[str, Array]:
    """The fan's warmth, then what the plant can give of what is asked; a coil below the dew point dries the air."""
    flow = blown["unit_flow"]
    warmed = air["mixed_temperature"] + blown["power"] * (flow > 0.05) / (np.maximum(flow, 0.05) * AIR_HEAT)
    asked = flow * AIR_HEAT * (coil - warmed)
    heating, cooling = np.maximum(asked, 0), np.maximum(-asked, 0)
    heated, cooled = heating * np.clip(u["heating_share"], 0, 1), cooling * np.clip(u["cooling_share"], 0, 1)
    supply = warmed + (heated - cooled) / (np.maximum(flow, 0.05) * AIR_HEAT)
    dry = np.where(cooled > 0, np.minimum(air["moisture"], saturated(supply - 1.0)), air["moisture"])
    latent = flow * (air["moisture"] - dry) * _EVAPORATION
    return {
        "supply_temperature": supply,
        "supply_moisture_ratio": dry,
        "heating_asked": heating,
        "cooling_asked": cooling + latent,
        "heating_load": heated,
        "cooling_load": cooled + latent,
    }

"""A zone of a building: its air, what it is built of, the sun through its windows, its people and lights."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered
from twins.physics.weather import saturated

AIR_DENSITY, AIR_HEAT = 1.2, 1_006.0  # kg/m³, J/(kg K)
FACADES = (("south", math.pi), ("west", 1.5 * math.pi), ("north", 0.0), ("east", 0.5 * math.pi))
_SENSIBLE, _WATER, _BREATH = 75.0, 1.6e-5, 5.2e-6  # of one at a desk: W, kg/s, m³/s of CO₂ (Persily & de Jonge 2017)
_OUTSIDE = 25.0  # W/(m² K), of a façade in the wind (ISO 6946)
_ABSORBED, _SKY = 0.6, 63.0  # of a façade, of the sun; W/m² that a roof loses to a clear sky (ASHRAE)
_LUMENS = 105.0  # lm/W of daylight
_OUTDOOR_CO2 = 4.2e-4


class Zone:
    """Three nodes (air with furniture in it, light surfaces, heavy ones), stepped implicitly, so that a step of any length is
    stable and what flows in is what is stored.

    Air comes from whatever `serves` it: `air_flow` (kg/s) with its heat, moisture and CO₂ per second. Masses of zones that
    adjoin exchange heat as they stood a step ago, which is the same seen from either side where their conductances are the same.
    """

    parameters = (
        Variable("floor", "m^2", 100.0, 1.0, 1e5),
        Variable("height", "m", 2.8, 1.0, 50.0),
        *(Variable(f"window_{name}", "m^2", 0.0, 0.0, 1e4) for name, _ in FACADES),
        Variable("window_loss", "W/(m^2*K)", 1.3, 0.1, 6.0),
        Variable("window_gain", "", 0.45, 0.0, 1.0),  # of the sun that comes in, across the pane
        Variable("sun_to_air", "", 0.1, 0.0, 1.0),  # by furniture that is warmed
        Variable("sun_to_light", "", 0.3, 0.0, 1.0),
        Variable("shading", "", 0.0, 0.0, 1.0),
        Variable("wall_conductance", "W/K", 15.0, 0.0, 1e5),
        Variable("roof_conductance", "W/K", 0.0, 0.0, 1e5),
        Variable("ground_conductance", "W/K", 0.0, 0.0, 1e5),  # to a ground as warm as the outdoor air
        Variable("partition_conductance", "W/K", 60.0, 0.0, 1e5),  # to each zone that adjoins
        Variable("air_capacity", "J/K", 1.0e6, 1e3, 1e10),  # with furniture
        Variable("light_capacity", "J/K", 3.0e6, 1e3, 1e10),
        Variable("heavy_capacity", "J/K", 2.5e7, 1e3, 1e11),
        Variable("light_film", "W/K", 600.0, 0.1, 1e6),
        Variable("heavy_film", "W/K", 500.0, 0.1, 1e6),
        Variable("infiltration", "1/s", 0.15 / 3_600, 0.0, 0.01),  # changes of air
        Variable("desks", "", 12.0, 0.0, 10_000.0),
        Variable("plugs_each", "W", 110.0, 0.0, 5_000.0),
        Variable("plugs_base", "W", 150.0, 0.0, 1e6),
        Variable("lighting_density", "W/m^2", 7.0, 0.0, 50.0),
        Variable("lighting_target", "lx", 500.0, 1.0, 5_000.0),
        Variable("deadband", "K", 2.0, 0.0, 10.0),  # between heating and cooling
        Variable("setback", "K", 3.0, 0.0, 20.0),  # wider by so much either way out of hours
        Variable("opens", "", 6.0, 0.0, 24.0),
        Variable("closes", "", 19.0, 0.0, 24.0),
    )
    states = (
        Variable("air_temperature", "K", 294.65),
        Variable("surface_temperature", "K", 294.65),
        Variable("mass_temperature", "K", 294.65),
        Variable("moisture", "", 0.006),
        Variable("co2", "", 4.6e-4),
        Variable("bustle"),
        Variable("heat_gained", "J", kept=True),
    )
    inputs = (
        Variable("outdoor_temperature", "K", 283.15),
        Variable("outdoor_moisture", "", 0.006),
        Variable("beam", "W/m^2"),
        Variable("diffuse", "W/m^2"),
        Variable("sun_height", "rad"),
        Variable("sun_bearing", "rad"),
        Variable("hour", "", 12.0),
        Variable("workday", "", 1.0),
        Variable("attendance", "", 0.65, 0.0, 1.5),  # the share of the desks that is taken at its height
        Variable("temperature_setpoint", "K", 295.15, 278.0, 308.0),
        Variable("air_flow", "kg/s", gathered="serves"),
        Variable("supply_heat", "W", gathered="serves"),
        Variable("supply_moisture", "kg/s", gathered="serves"),
        Variable("supply_co2", "kg/s", gathered="serves"),
        Variable("heat", "W", gathered="serves"),  # from radiators, coils in the room
        Variable("neighbour_temperature", "K", gathered="adjoins", lagged=True),
        Variable("neighbours", "", gathered="adjoins", lagged=True),
        Variable("supplied", "", 1.0, gathered="feeds", lagged=True),
        Variable("lit", "", 1.0, gathered="lights", lagged=True),
    )
    outputs = (
        Variable("air_temperature", "K", 294.65),
        Variable("mass_temperature", "K", 294.65),
        Variable("humidity", "", 0.4),
        Variable("moisture", "", 0.006),
        Variable("co2", "", 4.6e-4),
        Variable("people"),
        Variable("light_level", "lx"),
        Variable("lighting_power", "W"),
        Variable("plug_power", "W"),
        Variable("solar_gain", "W"),
        Variable("discomfort", "K"),  # how far outside its band, while there is somebody
        Variable("dissatisfied", "", 0.05),  # the share of those there, as foreseen by their warmth (ISO 7730)
        Variable("comfortable", words=("no", "yes")),
        Variable("heat_below", "K", 294.15),
        Variable("cool_above", "K", 296.15),
        Variable("neighbour_temperature", "K", 294.65),
        Variable("neighbours", "", 1.0),
        Variable("heat_gained", "J"),
        Variable("heat_stored", "J"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 300.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        bustle = wandered(s["bustle"], dt, 2_400.0, noise[0])
        use = _used(bustle, u, p)
        after = {"bustle": bustle, **_warmed(s, u, p, use, dt), **_aired(s, u, p, use, dt)}
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, {**after, **use, **_told(after, u, p, use)}, shape)


def busy(hour: Array, workday: Array) -> Array:
    """0 … 1: who of those that come is there: in from seven to half past nine, some out at noon, home from four to seven."""
    come, gone = np.clip((hour - 7.0) / 2.5, 0, 1), np.clip((hour - 16.0) / 3.0, 0, 1)
    noon = 0.45 * np.exp(-(((hour - 12.5) / 0.7) ** 2))
    return come * (1 - gone) * (1 - noon) * np.where(workday > 0.5, 1.0, 0.04)


def facing(u: Rows, bearing: float) -> Array:
    """W/m² on an upright wall that faces `bearing`: beam, half the sky, and a fifth of what the ground is given."""
    across = np.cos(u["sun_height"]) * np.cos(u["sun_bearing"] - bearing)
    level = u["beam"] * np.maximum(np.sin(u["sun_height"]), 0) + u["diffuse"]
    return u["beam"] * np.maximum(across, 0) * (u["sun_height"] > 0) + 0.5 * u["diffuse"] + 0.1 * level


def _through(u: Rows, bearing: float, gain: Array) -> Array:
    """W/m² that come in through a pane; what strikes it aslant is thrown back (ASHRAE's incidence modifier, b₀ = 0.1)."""
    across = np.maximum(np.cos(u["sun_height"]) * np.cos(u["sun_bearing"] - bearing), 0) * (u["sun_height"] > 0)
    modifier = np.clip(1 - 0.1 * (1 / np.maximum(across, 0.05) - 1), 0, 1)
    spread = facing(u, bearing) - u["beam"] * across
    return gain * (u["beam"] * across * modifier + 0.9 * spread)


def _used(bustle: Array, u: Rows, p: Rows) -> dict[str, Array]:
    share = busy(u["hour"], u["workday"]) * u["attendance"]
    people = np.floor(np.clip(p["desks"] * share * (1 + 0.25 * bustle) + 0.5, 0, p["desks"] * 1.5))
    sun = sum((p[f"window_{name}"] * _through(u, bearing, p["window_gain"]) for name, bearing in FACADES), np.zeros_like(people))
    sun = sun * (1 - p["shading"])
    daylight = 0.35 * _LUMENS * sun / p["floor"]
    lit = np.where(people > 0, np.clip(1 - daylight / p["lighting_target"], 0.0, 1.0), 0.02) * np.clip(u["lit"], 0, 1)
    return {
        "people": people,
        "solar_gain": sun,
        "light_level": daylight + lit * p["lighting_target"],
        "lighting_power": lit * p["lighting_density"] * p["floor"],
        "plug_power": (p["plugs_base"] + people * p["plugs_each"]) * np.clip(u["supplied"], 0, 1),
    }


def _warmed(s: Rows, u: Rows, p: Rows, use: Rows, dt: float) -> dict[str, Array]:
    """An implicit step of three nodes: the two masses are solved for, given the air; then the air; then they."""
    windows = sum((p[f"window_{name}"] for name, _ in FACADES), np.zeros_like(p["floor"]))
    leaking = windows * p["window_loss"] + p["infiltration"] * p["floor"] * p["height"] * AIR_DENSITY * AIR_HEAT
    outside = p["wall_conductance"] + p["roof_conductance"] + p["ground_conductance"]
    inside = use["lighting_power"] + use["plug_power"] + use["people"] * _SENSIBLE
    wall = sum((facing(u, bearing) for _, bearing in FACADES), np.zeros_like(inside)) / 4
    level = u["beam"] * np.maximum(np.sin(u["sun_height"]), 0) + u["diffuse"]
    sunned = _ABSORBED / _OUTSIDE * (p["wall_conductance"] * wall + p["roof_conductance"] * level)
    sunned = sunned - p["roof_conductance"] * _SKY * 0.9 / _OUTSIDE
    beside = p["partition_conductance"] * (u["neighbour_temperature"] - u["neighbours"] * s["mass_temperature"])
    to_air, to_light = (
        0.6 * inside + p["sun_to_air"] * use["solar_gain"] + u["heat"],
        0.25 * inside + p["sun_to_light"] * use["solar_gain"],
    )
    to_heavy = 0.15 * inside + (1 - p["sun_to_air"] - p["sun_to_light"]) * use["solar_gain"] + sunned + beside

    air_c, light_c, heavy_c = p["air_capacity"] / dt, p["light_capacity"] / dt, p["heavy_capacity"] / dt
    light, heavy = light_c + p["light_film"], heavy_c + p["heavy_film"] + outside
    light_q = light_c * s["surface_temperature"] + to_light
    heavy_q = heavy_c * s["mass_temperature"] + to_heavy + outside * u["outdoor_temperature"]
    blown = u["air_flow"] * AIR_HEAT
    given = air_c * s["air_temperature"] + to_air + leaking * u["outdoor_temperature"] + u["supply_heat"]
    given = given + p["light_film"] * light_q / light + p["heavy_film"] * heavy_q / heavy
    air = given / (
        air_c
        + leaking
        + blown
        + p["light_film"] * (1 - p["light_film"] / light)
        + p["heavy_film"] * (1 - p["heavy_film"] / heavy)
    )
    surface, mass = (light_q + p["light_film"] * air) / light, (heavy_q + p["heavy_film"] * air) / heavy
    gained = to_air + to_light + to_heavy + u["supply_heat"] - blown * air
    gained = gained + leaking * (u["outdoor_temperature"] - air) + outside * (u["outdoor_temperature"] - mass)
    return {
        "air_temperature": air,
        "surface_temperature": surface,
        "mass_temperature": mass,
        "heat_gained": s["heat_gained"] + gained * dt,
    }


def _aired(s: Rows, u: Rows, p: Rows, use: Rows, dt: float) -> dict[str, Array]:
    """Water and CO₂: one well-mixed volume, implicit."""
    volume = p["floor"] * p["height"]
    air = volume * AIR_DENSITY  # kg
    drawn = p["infiltration"] * air  # kg/s
    whole = air / dt + drawn + u["air_flow"]
    water = air / dt * s["moisture"] + drawn * u["outdoor_moisture"] + u["supply_moisture"] + use["people"] * _WATER
    gas = air / dt * s["co2"] + drawn * _OUTDOOR_CO2 + u["supply_co2"] + use["people"] * _BREATH * AIR_DENSITY
    return {"moisture": water / whole, "co2": gas / whole}


def _told(after: Rows, u: Rows, p: Rows, use: Rows) -> dict[str, Array]:
    open_ = (u["hour"] >= p["opens"]) & (u["hour"] < p["closes"]) & (u["workday"] > 0.5)
    wide = p["deadband"] / 2 + np.where(open_, 0.0, p["setback"])
    below, above = u["temperature_setpoint"] - wide, u["temperature_setpoint"] + wide
    air, there = after["air_temperature"], use["people"] > 0
    off = np.maximum(np.maximum(293.15 - air, air - 299.15), 0.0) * there  # 20 … 26 °C, category II of EN 16798-1
    stored = p["air_capacity"] * air + p["light_capacity"] * after["surface_temperature"]
    return {
        "humidity": np.clip(after["moisture"] / saturated(air), 0, 1),
        "discomfort": off,
        "dissatisfied": np.where(there, _dissatisfied(air, u["outdoor_temperature"]), 0.05),
        "comfortable": (off <= 0).astype(float),
        "heat_below": below,
        "cool_above": above,
        "neighbour_temperature": after["mass_temperature"],
        "neighbours": np.ones_like(air),
        "heat_stored": stored + p["heavy_capacity"] * after["mass_temperature"],
    }


def _dissatisfied(air: Array, outdoor: Array) -> Array:
    """Fanger's PPD (ISO 7730) of a PMV that is linear in the air's temperature, 0.28 per kelvin at a desk.

    People dress by the weather, so that 22 °C suits them in the cold and 24.5 °C on a warm day (after Schiavon & Lee, Building
    and Environment 59, 2013).
    """
    suits = 295.15 + 2.5 * np.clip((outdoor - 278.15) / 20.0, 0, 1)
    vote = np.clip(0.28 * (air - suits), -3, 3)
    return 1 - 0.95 * np.exp(-0.03353 * vote**4 - 0.2179 * vote**2)

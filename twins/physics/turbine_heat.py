"""Where a turbine's losses go: a small network of first-order nodes from the rotor's bearing to the transformer."""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, approached

_ZERO = 273.15
_ROUNDS = 4


def heated(s: Rows, air: Array, load: Array, turning: Array, dt: float, p: Rows) -> dict[str, Array]:
    """All temperatures (K) after dt. `load` is electric power / rated power, `turning` rotor speed / rated speed."""
    nacelle = approached(s["nacelle_temperature"], air + 5 + 11 * load, dt, 1_200.0)
    winding = s["generator_winding_temperature"]
    oil = _oil(s["gearbox_oil_temperature"], nacelle, load, turning, dt, p)
    bearing_rise = (1.0 * turning + 9.0 * load) * p["gearbox_bearing_friction"]
    return {
        "nacelle_temperature": nacelle,
        "gearbox_oil_temperature": oil,
        "gearbox_bearing_temperature": approached(
            s["gearbox_bearing_temperature"], oil + bearing_rise, dt, p["gearbox_bearing_time_constant"]
        ),
        "generator_winding_temperature": approached(
            winding, nacelle + (10 * turning + 75 * load**1.7) / p["generator_cooling"], dt, p["generator_time_constant"]
        ),
        "generator_bearing_temperature": approached(
            s["generator_bearing_temperature"],
            nacelle + (14 * turning) * p["generator_bearing_friction"] + 0.22 * (winding - nacelle),
            dt,
            420.0,
        ),
        "main_bearing_temperature": approached(
            s["main_bearing_temperature"], 0.6 * nacelle + 0.4 * air + 16 * turning, dt, 1_500.0
        ),
        "converter_temperature": approached(s["converter_temperature"], nacelle + 5 + 17 * load, dt, 150.0),
        "transformer_temperature": approached(s["transformer_temperature"], air + 16 + 46 * load**1.6, dt, 2_400.0),
    }


def _oil(before: Array, nacelle: Array, load: Array, turning: Array, dt: float, p: Rows) -> Array:
    """The oil in circulation: churning, meshing and bearings heat it, case and cooler take it away.

    A thermostat opens the cooler between 54 and 66 °C, which holds the oil warm at part load. The step is implicit, by Newton:
    the hotter the oil, the more is taken, so there is one solution, and it is found from any side.
    """
    friction = 0.3 * (p["gearbox_bearing_friction"] - 1)
    heat = p["gearbox_heat"] * turning * (0.25 + 0.75 * load) * (1 + friction)
    cooler = p["gearbox_cooler_conductance"] * p["gearbox_cooling"]
    inertia = p["gearbox_oil_heat_capacity"] / dt
    oil = before
    for _ in range(_ROUNDS):
        opened = np.clip((oil - (_ZERO + 54)) / 12, 0.05, 1.0)
        conductance = p["gearbox_case_conductance"] + cooler * opened
        moving = (opened > 0.05) & (opened < 1.0)
        excess = inertia * (oil - before) - heat + conductance * (oil - nacelle)
        slope = inertia + conductance + moving * cooler / 12 * np.maximum(oil - nacelle, 0.0)
        oil = oil - excess / slope
    return oil

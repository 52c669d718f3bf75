"""The box above a ceiling (VAV) and the radiator of its zone: they hold what the zone wants."""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, approached, rows, stacked
from twins.physics.zone import AIR_HEAT


class AirTerminal:
    """Its damper opens as the zone grows warm or its air stale; the radiator below the window heats."""

    parameters = (
        Variable("nominal_flow", "kg/s", 0.5, 0.001, 100.0),  # fully open at `design_pressure`
        Variable("design_pressure", "Pa", 250.0, 1.0, 5_000.0),
        Variable("least_opening", "", 0.25, 0.0, 1.0),
        Variable("radiator_power", "W", 5_000.0, 0.0, 1e6),
        Variable("co2_limit", "", 9.0e-4, 4e-4, 5e-3),  # opens in full 200 ppm above
        Variable("stuck", "", 0.0, 0.0, 1.0),  # 0 follows its command, 1 stands at `stuck_at`
        Variable("stuck_at", "", 0.05, 0.0, 1.0),
        Variable("thermostat_offset", "K", 0.0, -15.0, 15.0),  # of the reading it is controlled by
    )
    states = (Variable("damper", "", 0.3), Variable("valve"), Variable("cooling_need"), Variable("heating_need"))
    inputs = (
        Variable("supply_temperature", "K", 290.15, gathered="feeds"),
        Variable("supply_moisture_ratio", "", 0.006, gathered="feeds"),
        Variable("supply_co2_ratio", "", 4.2e-4, gathered="feeds"),
        Variable("duct_pressure", "Pa", 250.0, gathered="feeds"),
        Variable("room_shift", "K", gathered="feeds"),
        Variable("economy_band", "K", gathered="feeds"),
        Variable("heating_share", "", 1.0, gathered="heats", lagged=True),
        Variable("air_temperature", "K", 294.65, gathered="serves", against=True, lagged=True),
        Variable("moisture", "", 0.006, gathered="serves", against=True, lagged=True),
        Variable("co2", "", 4.6e-4, gathered="serves", against=True, lagged=True),
        Variable("heat_below", "K", 294.15, gathered="serves", against=True, lagged=True),
        Variable("cool_above", "K", 296.15, gathered="serves", against=True, lagged=True),
    )
    outputs = (
        Variable("air_flow", "kg/s"),
        Variable("opening"),
        Variable("damper_position"),
        Variable("damper_command"),
        Variable("thermostat", "K", 294.65),
        Variable("discharge_temperature", "K", 290.15),
        Variable("supply_heat", "W"),
        Variable("supply_moisture", "kg/s"),
        Variable("supply_co2", "kg/s"),
        Variable("return_heat", "W"),
        Variable("return_moisture", "kg/s"),
        Variable("return_co2", "kg/s"),
        Variable("heat", "W"),
        Variable("radiators_asked", "W"),
        Variable("radiators_load", "W"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = 300.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        seen = u["air_temperature"] + p["thermostat_offset"]
        cool = seen - u["cool_above"] - u["room_shift"] - u["economy_band"]
        heat = u["heat_below"] + u["room_shift"] - u["economy_band"] - seen
        cooling = np.clip(s["cooling_need"] + cool * dt / 1_800.0, 0, 1)
        heating = np.clip(s["heating_need"] + heat * dt / 1_800.0, 0, 1)
        stale = np.clip((u["co2"] - p["co2_limit"]) / 2e-4, 0, 1)
        need = np.clip(np.maximum(0.6 * np.maximum(cool, 0) + cooling, stale), 0, 1)
        command = p["least_opening"] + (1 - p["least_opening"]) * need
        damper = approached(s["damper"], command + (p["stuck_at"] - command) * p["stuck"], dt, 60.0)
        valve = approached(s["valve"], np.clip(0.6 * np.maximum(heat, 0) + heating, 0, 1), dt, 60.0)
        after = {"damper": damper, "valve": valve, "cooling_need": cooling, "heating_need": heating}
        shape = state.shape[1:]
        told = {"damper_command": command, "damper_position": damper, "thermostat": seen, **_given(damper, valve, u, p)}
        return stacked(self.states, after, shape), stacked(self.outputs, told, shape)


def _given(damper: Array, valve: Array, u: Rows, p: Rows) -> dict[str, Array]:
    opening = damper * p["nominal_flow"] / np.sqrt(p["design_pressure"])
    flow = opening * np.sqrt(np.maximum(u["duct_pressure"], 0))
    asked = valve * p["radiator_power"]
    given = asked * np.clip(u["heating_share"], 0, 1)
    return {
        "air_flow": flow,
        "opening": opening,
        "discharge_temperature": u["supply_temperature"],
        "supply_heat": flow * AIR_HEAT * u["supply_temperature"],
        "supply_moisture": flow * u["supply_moisture_ratio"],
        "supply_co2": flow * u["supply_co2_ratio"],
        "return_heat": flow * AIR_HEAT * u["air_temperature"],
        "return_moisture": flow * u["moisture"],
        "return_co2": flow * u["co2"],
        "heat": given,
        "radiators_asked": asked,
        "radiators_load": given,
    }

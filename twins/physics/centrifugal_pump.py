"""A centrifugal pump that turns at its set-point, against a system of pipes, on bearings that warm."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, approached, rows, stacked, wandered

_WATER = 998.0  # kg/m³
_RPM = math.pi / 30
_DESIGN_SPEED = 2_900 * _RPM


class CentrifugalPump:
    """The pump lifts the pressure by ρ·(0.55·u² − slope·Q²) with the impeller's tip speed u; the pipes take resistance·Q²."""

    inputs = (Variable("speed_setpoint", "rad/s", 2_600 * _RPM, 0.0, 1_000.0), Variable("air_temperature", "K", 293.15))
    parameters = (
        Variable("impeller_radius", "m", 0.12, 0.01, 5.0),
        Variable("design_flow", "m^3/s", 26 / 3_600, 1e-6, 100.0),
        Variable("efficiency", "", 0.68, 0.05, 1.0),
        Variable("friction", "", 1.0, 0.0, 50.0),  # of the bearings; 1 is sound
        Variable("bearing_time_constant", "s", 300.0, 0.1, 1e6),
    )
    states = (
        Variable("speed", "rad/s", 2_600 * _RPM),
        Variable("bearing_temperature", "K", 313.15),
        Variable("demand"),
        Variable("turning_time", "s"),
    )
    outputs = (
        Variable("speed", "rad/s"),
        Variable("flow", "m^3/s"),
        Variable("pressure", "Pa"),
        Variable("power", "W"),
        Variable("bearing_temperature", "K"),
        Variable("state", words=("stopped", "running", "fault")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 1.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        speed = approached(s["speed"], u["speed_setpoint"], dt, 4.0)
        turning = speed / _DESIGN_SPEED
        warm = u["air_temperature"] + 26 * turning**2 * p["friction"]
        after = {
            "speed": speed,
            "bearing_temperature": approached(s["bearing_temperature"], warm, dt, p["bearing_time_constant"]),
            "demand": wandered(s["demand"], dt, 120.0, noise[0]),
            "turning_time": s["turning_time"] + (speed > 1) * dt,
        }
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, {**after, **_pumped(after, turning, p)}, shape)


def _pumped(s: Rows, turning: Array, p: Rows) -> dict[str, Array]:
    tip = s["speed"] * p["impeller_radius"]
    shut_off = 0.55 * _WATER * tip**2  # Pa
    flow = p["design_flow"] * turning * (1 + 0.06 * np.clip(s["demand"], -3, 3))
    pressure = shut_off * (1 - 0.25 * (flow / p["design_flow"]) ** 2)
    return {
        "flow": flow,
        "pressure": pressure,
        "power": flow * pressure / p["efficiency"] + 180 * turning**2 * p["friction"],
        "state": np.where(s["speed"] > 1, 1.0, 0.0),
    }

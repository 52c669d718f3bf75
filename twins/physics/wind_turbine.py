"""A variable-speed, pitch-regulated wind turbine with a gearbox: rotor, control, yaw, heat and its own protection."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, approached, rows, stacked, wandered
from twins.physics.turbine_heat import heated
from twins.physics.turbine_modes import FAULT, GUARDS, MODES, PRODUCING, STATUS, next_mode, protection, status
from twins.physics.turbine_motion import PARKED, half_turn, pumped, shaken_tower, turned_rotor, yawed

_RPM = math.pi / 30
_C = 273.15
_TURN = 2 * math.pi


def _shaken(outputs: Rows, parameters: Rows, noise: Array) -> Array:
    """Acceleration at the gearbox: its mesh and shaft orders over broad noise; a worn bearing adds its ball-pass frequency."""
    time = np.arange(noise.shape[-1]) / 2_560.0
    speed, load = outputs["rotor_speed"][..., None] / _TURN, outputs["power"][..., None] / parameters["rated_power"][..., None]
    wear = parameters["gearbox_bearing_friction"][..., None] - 1
    shaft = speed * parameters["gear_ratio"][..., None]
    mesh = (0.6 + 1.8 * np.clip(load, 0, 1)) * np.sin(_TURN * 23 * shaft * time)
    defect = 0.9 * wear * np.sin(_TURN * 5.2 * shaft * time) * (1 + 0.5 * np.sin(_TURN * shaft * time))
    running = np.clip(speed / 0.1, 0, 1)
    return running * (mesh + defect + 0.4 * np.sin(_TURN * shaft * time)) + (0.03 + 0.5 * running) * noise


class WindTurbine:
    """Modes are stopped, starting, producing, fault. `active_power_limit` near 0 stops it, and while it doesn't produce
    the blades stand at `pitch_setpoint`. A gearbox, generator or converter past its trip for `trip_delay` stops it, too;
    it starts again by itself once it is cool."""

    inputs = (
        Variable("wind_speed", "m/s", 8.0),
        Variable("wind_direction", "rad"),
        Variable("air_temperature", "K", 285.15),
        Variable("air_pressure", "Pa", 96_500.0),
        Variable("grid_voltage_ratio", "", 1.0),
        Variable("grid_frequency", "Hz", 50.0),
        Variable("active_power_limit", "W", 2.05e6, 0.0, 1e9),
        Variable("pitch_setpoint", "rad", PARKED, 0.0, math.pi / 2),
    )
    parameters = (
        Variable("rated_power", "W", 2.05e6, 1.0, 1e9),
        Variable("rotor_radius", "m", 41.0, 0.1, 300.0),
        Variable("rated_speed", "rad/s", 17.1 * _RPM, 0.01, 100.0),
        Variable("cut_in_speed", "rad/s", 8.5 * _RPM, 0.01, 100.0),
        Variable("cut_in_wind", "m/s", 3.5, 0.0, 50.0),
        Variable("cut_out_wind", "m/s", 25.0, 0.0, 100.0),
        Variable("gear_ratio", "", 105.4, 1.0, 1_000.0),
        Variable("inertia", "kg*m^2", 5.5e6, 1.0, 1e12),  # of everything that turns, seen from the rotor
        Variable("rotor_efficiency", "", 0.93, 0.0, 1.2),
        Variable("drivetrain_loss", "", 0.055, 0.0, 0.9),
        Variable("own_use", "W", 9_000.0, 0.0, 1e6),
        Variable("pitch_gain", "s", 1.5, 0.0, 100.0),  # rad for each rad/s
        Variable("pitch_integral_gain", "", 0.5, 0.0, 100.0),
        Variable("pitch_schedule", "rad", math.radians(16), 0.001, 10.0),
        Variable("pitch_rate", "rad/s", math.radians(8), 0.001, 10.0),
        Variable("pitch_offset", "rad", 0.0, -1.0, 1.0),  # how far the blades stand from what is measured
        Variable("vane_offset", "rad", 0.0, -math.pi, math.pi),  # how far the vane reads beside the wind
        Variable("yaw_rate", "rad/s", math.radians(0.5), 0.0, 1.0),
        Variable("yaw_deadband", "rad", math.radians(8), 0.0, math.pi),
        Variable("nominal_voltage", "V", 690.0, 1.0, 1e6),
        Variable("gearbox_cooling", "", 1.0, 0.0, 2.0),  # 1 is a sound cooler, 0 none
        Variable("generator_cooling", "", 1.0, 0.05, 2.0),
        Variable("gearbox_bearing_friction", "", 1.0, 0.0, 50.0),  # 1 is a sound bearing
        Variable("generator_bearing_friction", "", 1.0, 0.0, 50.0),
        Variable("gearbox_heat", "W", 52_000.0, 0.0, 1e7),
        Variable("gearbox_oil_heat_capacity", "J/K", 110_000.0, 1.0, 1e9),  # of the oil that circulates, not of the castings
        Variable("gearbox_case_conductance", "W/K", 480.0, 0.0, 1e6),
        Variable("gearbox_cooler_conductance", "W/K", 1_100.0, 0.0, 1e6),
        Variable("gearbox_bearing_time_constant", "s", 35.0, 0.1, 1e6),
        Variable("generator_time_constant", "s", 160.0, 0.1, 1e6),
        Variable("gearbox_oil_trip", "K", _C + 80, 200.0, 1_000.0),
        Variable("gearbox_bearing_trip", "K", _C + 95, 200.0, 1_000.0),
        Variable("generator_winding_trip", "K", _C + 145, 200.0, 1_000.0),
        Variable("generator_bearing_trip", "K", _C + 95, 200.0, 1_000.0),
        Variable("main_bearing_trip", "K", _C + 65, 200.0, 1_000.0),
        Variable("converter_trip", "K", _C + 70, 200.0, 1_000.0),
        Variable("overspeed_trip", "rad/s", 19.5 * _RPM, 0.01, 100.0),
        Variable("twist_trip", "rad", math.radians(900), 0.0, 1_000.0),
        Variable("trip_delay", "s", 45.0, 0.0, 1e5),
        Variable("trip_hysteresis", "K", 12.0, 0.0, 100.0),
        Variable("restart_delay", "s", 120.0, 0.0, 1e6),
    )
    states = (
        Variable("mode", "", float(PRODUCING), words=MODES),
        Variable("mode_time", "s", 600.0),
        Variable("culprit"),
        Variable("over_time", "s"),
        Variable("felt_wind", "m/s", 8.0),
        Variable("rotor_speed", "rad/s", 14.0 * _RPM),
        Variable("pitch", "rad"),
        Variable("pitch_integral", "rad"),
        Variable("nacelle_direction", "rad", math.radians(240)),
        Variable("yawing", "", 0.0),  # −1, 0, 1
        Variable("felt_error", "rad"),
        Variable("cable_twist", "rad"),
        Variable("tower_position", "m", 0.2),
        Variable("tower_speed", "m/s"),
        Variable("shaking", "m^2/s^4"),
        Variable("hydraulic_pressure", "Pa", 1.72e7),
        Variable("pumping"),
        Variable("jitter"),
        Variable("nacelle_temperature", "K", _C + 22),
        Variable("gearbox_oil_temperature", "K", _C + 60),
        Variable("gearbox_bearing_temperature", "K", _C + 66),
        Variable("generator_winding_temperature", "K", _C + 55),
        Variable("generator_bearing_temperature", "K", _C + 43),
        Variable("main_bearing_temperature", "K", _C + 32),
        Variable("converter_temperature", "K", _C + 36),
        Variable("transformer_temperature", "K", _C + 45),
        Variable("energy", "J", 5.6e7 * 3.6e6),
        Variable("operating_time", "s", 61_000 * 3_600.0),
    )
    outputs = (
        Variable("power", "W"),
        Variable("reactive_power", "var"),
        Variable("aerodynamic_power", "W"),
        Variable("loss_power", "W"),
        Variable("brake_power", "W"),
        Variable("kinetic_energy", "J"),
        Variable("state", words=MODES),
        Variable("status_text", words=STATUS),
        Variable("energy_total", "J"),
        Variable("operating_hours", "s"),
        Variable("wind_speed", "m/s"),
        Variable("wind_direction", "rad"),
        Variable("nacelle_direction", "rad"),
        Variable("vane_position", "rad"),
        Variable("cable_twist", "rad"),
        Variable("rotor_speed", "rad/s"),
        Variable("generator_speed", "rad/s"),
        Variable("pitch_angle", "rad"),
        Variable("brake_applied", words=("no", "yes")),
        Variable("tower_acceleration", "m/s^2"),
        Variable("blade_root_moment", "N*m"),
        Variable("gearbox_oil_pressure", "Pa"),
        Variable("hydraulic_pressure", "Pa"),
        Variable("pitch_battery_voltage", "V"),
        *(Variable(name, "K") for name, _, _ in GUARDS),
        Variable("transformer_temperature", "K"),
        Variable("nacelle_temperature", "K"),
        Variable("outdoor_temperature", "K"),
        Variable("grid_voltage", "V"),
        Variable("grid_frequency", "Hz"),
    )
    waves = (Wave("drivetrain_vibration", "m/s^2", 2_560.0, 2_048, _shaken),)
    noises = 2
    longest_step = 0.25
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`. The balance closes: aerodynamic power = power + losses + brake + growth of the kinetic energy / dt."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        limit = np.minimum(u["active_power_limit"], p["rated_power"])
        mode = _moded(s, limit, dt, p)
        yaw = yawed(s, u, dt, p)
        turned, power = turned_rotor({**s, **mode}, u, yaw["error"], limit, dt, p)
        load = np.clip(power["power"] / p["rated_power"], 0, None)
        turning = turned["rotor_speed"] / p["rated_speed"]
        after = {
            **mode, **yaw, **turned,
            **shaken_tower(s, power["thrust"], dt, noise[0], p),
            **pumped(s, dt),
            **heated(s, u["air_temperature"], load, turning, dt, p),
            "felt_wind": approached(s["felt_wind"], u["wind_speed"], dt, 30.0),
            "jitter": wandered(s["jitter"], dt, 20.0, noise[1]),
            "energy": s["energy"] + np.maximum(power["power"], 0) * dt,
            "operating_time": s["operating_time"] + (mode["mode"] == PRODUCING) * dt,
        }  # fmt: skip
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, _told(after, power, u, limit, p), shape)


def _moded(s: Rows, limit: Array, dt: float, p: Rows) -> dict[str, Array]:
    guard = protection(s, dt, p)
    mode = next_mode(s, guard, limit, p)
    changed = mode != s["mode"]
    return {
        "mode": mode,
        "mode_time": np.where(changed, 0.0, s["mode_time"] + dt),
        "over_time": guard.over_time,
        "culprit": np.where(changed & (mode == FAULT), guard.culprit, s["culprit"]),
    }


def _told(s: Rows, power: Rows, u: Rows, limit: Array, p: Rows) -> dict[str, Array]:
    """The outputs."""
    turning = s["rotor_speed"] / p["rated_speed"]
    vane = half_turn(s["error"] + p["vane_offset"])
    limited = limit < 0.99 * p["rated_power"]
    warm = np.clip((s["gearbox_oil_temperature"] - _C - 20) / 40, 0, 1.5)
    temperatures = {name: s[name] for name, _, _ in GUARDS}
    return {
        **power, **temperatures,
        "reactive_power": -0.06 * np.maximum(power["power"], 0) - 2.5e5 * (u["grid_voltage_ratio"] - 1),
        "kinetic_energy": 0.5 * p["inertia"] * s["rotor_speed"] ** 2,
        "state": s["mode"],
        "status_text": status(s["mode"], s["culprit"], limit, s["felt_wind"], limited, p),
        "energy_total": s["energy"],
        "operating_hours": s["operating_time"],
        "wind_speed": u["wind_speed"],
        "wind_direction": (s["nacelle_direction"] + vane) % _TURN,
        "nacelle_direction": s["nacelle_direction"],
        "vane_position": vane,
        "cable_twist": s["cable_twist"],
        "rotor_speed": s["rotor_speed"],
        "generator_speed": s["rotor_speed"] * p["gear_ratio"],
        "pitch_angle": s["pitch"],
        "brake_applied": power["held"],
        "tower_acceleration": np.sqrt(2 * s["shaking"]),
        "blade_root_moment": power["thrust"] / 3 * 0.65 * p["rotor_radius"],
        "gearbox_oil_pressure": (1.6 + 2.2 * turning - 0.5 * warm + 0.04 * s["jitter"]) * 1e5,
        "hydraulic_pressure": s["hydraulic_pressure"],
        "pitch_battery_voltage": 291 + 1.5 * s["jitter"],
        "transformer_temperature": s["transformer_temperature"],
        "nacelle_temperature": s["nacelle_temperature"],
        "outdoor_temperature": u["air_temperature"],
        "grid_voltage": p["nominal_voltage"] * u["grid_voltage_ratio"],
        "grid_frequency": u["grid_frequency"],
    }  # fmt: skip

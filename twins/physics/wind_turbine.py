"""A variable-speed, pitch-regulated wind turbine with a gearbox: rotor, control, yaw, heat and its own protection."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Chart, Rows, Variable, Wave, approached, defaults, rows, stacked, wandered
from twins.physics.nacelle_transfer import TRANSFER, free_wind
from twins.physics.rotor import Rotor
from twins.physics.turbine_heat import heated
from twins.physics.turbine_modes import FAULT, GUARDS, MODES, PRODUCING, STATUS, mode_after, protection, status
from twins.physics.turbine_motion import PARKED, half_turn, pumped, shaken_tower, turned_rotor, wound_shaft, yawed

_RPM = math.pi / 30
_C = 273.15
_TURN = 2 * math.pi


def _shaken(outputs: Rows, parameters: Rows, noise: Array) -> Array:
    """Acceleration at the gearbox: its mesh and shaft orders over broad noise; a worn bearing adds its ball-pass frequency."""
    time = np.arange(noise.shape[-1]) / 2_560.0
    speed, load = outputs["rotor_speed"][..., None] / _TURN, outputs["power"][..., None] / parameters["rated_power"][..., None]
    wear = parameters["gearbox_bearing_friction"][..., None] - 1
    shaft = speed * parameters["gearbox_ratio"][..., None]
    mesh = (0.6 + 1.8 * np.clip(load, 0, 1)) * np.sin(_TURN * 23 * shaft * time)
    defect = 0.9 * wear * np.sin(_TURN * 5.2 * shaft * time) * (1 + 0.5 * np.sin(_TURN * shaft * time))
    running = np.clip(speed / 0.1, 0, 1)
    return running * (mesh + defect + 0.4 * np.sin(_TURN * shaft * time)) + (0.03 + 0.5 * running) * noise


class WindTurbine:
    """Modes are stopped, starting, producing, fault. `active_power_limit` near 0 stops it, and while it doesn't produce
    the blades stand at `pitch_setpoint`. A gearbox, generator or converter past its trip for `trip_delay` stops it, too;
    it starts again by itself once it is cool. Its rotor is given: a table of its blades."""

    inputs = (
        Variable("wind_speed", "m/s", 8.0, 0.0, 100.0, told="wind_speed"),
        Variable("wind_direction", "rad", math.radians(240), told="wind_direction"),
        Variable("air_temperature", "K", 288.15, 150.0, 350.0, told="outdoor_temperature"),
        Variable("air_pressure", "Pa", 101_325.0, 10_000.0, 120_000.0),  # with 15 °C: 1.225 kg/m³
        Variable("grid_voltage_ratio", "", 1.0),
        Variable("grid_frequency", "Hz", 50.0, told="grid_frequency"),
        Variable("active_power_limit", "W", 1e9, 0.0, 1e9, shown="kW"),
        Variable("pitch_setpoint", "rad", PARKED, 0.0, math.pi / 2, shown="deg"),
        Variable("yaw_offset", "rad", 0.0, -math.pi / 4, math.pi / 4, shown="deg"),  # that it is told to stand off the wind
        Variable(
            "vane", "rad", 0.0, -math.pi, math.pi, told="vane_position", shown="deg"
        ),  # as it is read; only the transfer asks
    )
    parameters = (
        Variable("rated_power", "W", 2.05e6, 1.0, 1e9, shown="kW", bare="rated_power_kw"),
        Variable("rotor_radius", "m", 41.0, 0.1, 300.0, shown="m", bare="rotor_radius"),
        Variable("hub_radius", "m", 1.2, 0.01, 30.0, shown="m", bare="hub_radius"),
        Variable("blades", "", 3.0, 1.0, 12.0, whole=True),
        Variable("precone", "rad", 0.0, -0.5, 0.5, shown="deg", bare="precone_deg"),
        Variable("min_speed", "rad/s", 8.5 * _RPM, 0.001, 100.0, shown="rpm", bare="min_rpm"),
        Variable("rated_speed", "rad/s", 17.1 * _RPM, 0.01, 100.0, shown="rpm", bare="rated_rpm"),
        Variable("tip_speed_ratio", "", 0.0, 0.0, 30.0),  # below rated; 0: where the rotor takes most
        Variable("fine_pitch", "rad", 0.0, -0.3, 0.3, shown="deg", bare="fine_pitch_deg"),
        Variable("cut_in", "m/s", 3.5, 0.0, 50.0, shown="m/s", bare="cut_in"),
        Variable("cut_out", "m/s", 25.0, 0.0, 100.0, shown="m/s", bare="cut_out"),
        Variable("gearbox_ratio", "", 105.4, 0.01, 1_000.0),
        Variable("drivetrain_efficiency", "", 0.935, 0.1, 1.0),
        Variable("inertia", "kg*m^2", 0.0, 0.0, 1e12),  # of all that turns, seen from the rotor; 0: by the radius
        Variable("own_use", "W", 9_000.0, 0.0, 1e6),
        Variable("idle_friction", "", 0.01, 0.0, 1.0),  # of rated torque
        Variable("pitch_gain", "", 1.0, 0.0, 100.0),  # of the controller; 1 is right for the usual blade
        Variable("pitch_frequency", "rad/s", 0.0, 0.0, 10.0),  # of the controlled speed; 0: by the radius
        Variable("pitch_schedule", "rad", math.radians(6.3), 0.001, 10.0, shown="deg"),
        Variable("pitch_rate", "rad/s", math.radians(8), 0.001, 10.0),
        Variable("pitch_offset", "rad", 0.0, -1.0, 1.0, shown="deg"),  # how far the blades stand from what is measured
        Variable("vane_offset", "rad", 0.0, -math.pi, math.pi, shown="deg"),  # how far the vane reads beside the wind
        *TRANSFER,
        Variable("yaw_rate", "rad/s", math.radians(0.5), 0.0, 1.0),
        Variable("yaw_deadband", "rad", math.radians(8), 0.0, math.pi, shown="deg"),
        Variable(
            "unwind", "rad", math.radians(750), 1.0, 1_000.0, shown="deg"
        ),  # how far cables are wound up before they are unwound
        Variable("icing", "", 0.0, 0.0, 1.0),  # of the blades; 1 is heavy
        Variable("tower_mass", "kg", 0.0, 0.0, 1e9),  # that the first mode moves; 0: by the radius
        Variable("tower_frequency", "Hz", 0.33, 0.01, 10.0),
        Variable("shaft_stiffness", "N*m/rad", 0.0, 0.0, 1e13),  # 0: by the radius
        Variable("shaft_frequency", "rad/s", 14.0, 0.1, 1_000.0),
        Variable(
            "bearing_life", "s", 20 * 8_766 * 3_600.0, 1.0, 1e12, shown="h"
        ),  # L10 of the gearbox's bearing, at rated load and speed
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
        Variable("overspeed_trip", "rad/s", 0.0, 0.0, 100.0, shown="rpm"),
        Variable("twist_trip", "rad", math.radians(900), 0.0, 1_000.0),
        Variable("trip_delay", "s", 45.0, 0.0, 1e5),
        Variable("trip_hysteresis", "K", 12.0, 0.0, 100.0),
        Variable("restart_delay", "s", 120.0, 0.0, 1e6),
    )
    states = (
        Variable("mode", "", float(PRODUCING), words=MODES, told="state"),
        Variable("mode_time", "s", 600.0, kept=True),
        Variable("culprit", kept=True),
        Variable("over_time", "s", kept=True),
        Variable("felt_wind", "m/s", 8.0),
        Variable("rotor_speed", "rad/s", 14.0 * _RPM),
        Variable("pitch", "rad"),
        Variable("pitch_integral", "rad"),
        Variable("nacelle_direction", "rad", math.radians(240), kept=True),
        Variable("yawing", "", 0.0, kept=True),  # −1, 0, 1 after the wind; ±2 to unwind the cables
        Variable("felt_error", "rad"),
        Variable("cable_twist", "rad", kept=True),
        Variable("shaft_twist", "rad"),
        Variable("shaft_speed", "rad/s"),
        Variable("tower_position", "m", 0.2),
        Variable("tower_speed", "m/s"),
        Variable("shaking", "m^2/s^4"),
        Variable("hydraulic_pressure", "Pa", 1.72e7, kept=True),
        Variable("pumping", kept=True),
        Variable("jitter"),
        Variable("nacelle_temperature", "K", _C + 22),
        Variable("gearbox_oil_temperature", "K", _C + 60),
        Variable("gearbox_bearing_temperature", "K", _C + 66),
        Variable("generator_winding_temperature", "K", _C + 55),
        Variable("generator_bearing_temperature", "K", _C + 43),
        Variable("main_bearing_temperature", "K", _C + 32),
        Variable("converter_temperature", "K", _C + 36),
        Variable("transformer_temperature", "K", _C + 45),
        Variable("energy", "J", 5.6e7 * 3.6e6, told="energy_total", kept=True),
        Variable("operating_time", "s", 61_000 * 3_600.0, told="operating_hours", kept=True),
        Variable("life_used", kept=True),
    )
    outputs = (
        Variable("power", "W", shown="kW"),
        Variable("reactive_power", "var", shown="kvar"),
        Variable("aero_power", "W", shown="kW"),
        Variable("thrust", "N", shown="kN"),
        Variable("cp"),
        Variable("ct"),
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
        Variable("vane_position", "rad", shown="deg"),
        Variable("yaw_error", "rad", shown="deg"),
        Variable("cable_twist", "rad"),
        Variable("rotor_speed", "rad/s", shown="rpm"),
        Variable("generator_speed", "rad/s", shown="rpm"),
        Variable("pitch", "rad", shown="deg"),
        Variable("shaft_twist", "rad", shown="deg"),
        Variable("tower_position", "m"),
        Variable("life_used"),  # of the gearbox's bearing, by L10
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
    longest_step = math.inf
    batched = True
    forkable = True

    def __init__(self, rotor: Rotor | None = None) -> None:
        self.rotor = rotor or Rotor()
        self.charts = (Chart(_CHART_INPUTS, _CHART_OUTPUTS, self._charted),)

    def begin(self, parameters: Array) -> Array:
        """Producing in a moderate wind."""
        state = defaults(self.states, *parameters.shape[1:])
        s, p = rows(self.states, state), rows(self.parameters, parameters)
        s["rotor_speed"][:] = np.maximum(p["min_speed"], 0.8 * p["rated_speed"])
        s["pitch"][:] = p["fine_pitch"]
        return state

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`. The balance closes: aero power = power + losses + brake + growth of the kinetic energy / dt."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), completed(rows(self.parameters, parameters))
        limit = np.minimum(u["active_power_limit"], p["rated_power"])
        u = {**u, "free_wind": free_wind(u, s["nacelle_direction"], p)}
        felt = approached(s["felt_wind"], u["wind_speed"], dt, 30.0)
        mode = _moded(s, felt, limit, dt, p)
        yaw = yawed(s, u, dt, p)
        turned, power = turned_rotor(self.rotor, {**s, **mode}, u, yaw["error"], limit, dt, p)
        load = np.clip(power["power"] / p["rated_power"], 0, None)
        turning = turned["rotor_speed"] / p["rated_speed"]
        after = {
            **mode, **yaw, **turned,
            **shaken_tower(s, power, dt, noise[0], p),
            **wound_shaft({**s, **mode}, power, turned["rotor_speed"], dt, p),
            **pumped(s, dt),
            **heated(s, u["air_temperature"], load, turning, dt, p),
            "felt_wind": felt,
            "jitter": wandered(s["jitter"], dt, 20.0, noise[1]),
            "energy": s["energy"] + np.maximum(power["power"], 0) * dt,
            "operating_time": s["operating_time"] + (mode["mode"] == PRODUCING) * dt,
            "life_used": s["life_used"] + worn(load, turning, p) * dt,
        }  # fmt: skip
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, _told(after, power, u, limit, p), shape)

    def _charted(self, asked: Rows) -> Rows:
        torque, thrust = self.rotor.coefficients(asked["tip_speed_ratio"], asked["pitch"])
        return {"cp": torque * asked["tip_speed_ratio"], "ct": thrust, "cq": torque}


_CHART_INPUTS = (Variable("tip_speed_ratio", "", 7.5, 0.0, 18.0), Variable("pitch", "rad", 0.0, shown="deg"))
_CHART_OUTPUTS = (Variable("cp"), Variable("ct"), Variable("cq"))


def worn(load: Array, turning: Array, p: Rows) -> Array:
    """The share of its life that a bearing spends a second: by its speed and its load to the power of 10/3 (ISO 281,
    roller bearings); friction that grows tells of a surface that carries badly."""
    torque = np.minimum(load / np.maximum(turning, 0.1), 2.0)
    return turning * torque ** (10 / 3) * p["gearbox_bearing_friction"] / p["bearing_life"]


def completed(p: Rows) -> Rows:
    """Parameters that follow from the rotor's radius where they are 0: by similarity, from the NREL 5 MW turbine (R = 63 m)."""
    size = p["rotor_radius"] / 63.0
    follow = {
        "inertia": 3.9e7 * size**4.5,
        "pitch_frequency": 0.6 / size,
        "tower_mass": 4.4e5 * size**2.1,
        "shaft_stiffness": 8.7e8 * size**3,
        "overspeed_trip": 1.14 * p["rated_speed"],
    }
    return {**p, **{name: np.where(p[name] > 0, p[name], value) for name, value in follow.items()}}


def _moded(s: Rows, felt: Array, limit: Array, dt: float, p: Rows) -> dict[str, Array]:
    guard = protection(s, dt, p)
    mode = mode_after(s, felt, guard, limit, dt, p)
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
        "status_text": status(s["mode"], s["culprit"], limit, s["felt_wind"], limited, np.abs(s["yawing"]) > 1, p),
        "energy_total": s["energy"],
        "operating_hours": s["operating_time"],
        "wind_speed": u["wind_speed"],
        "wind_direction": (s["nacelle_direction"] + vane) % _TURN,
        "nacelle_direction": s["nacelle_direction"],
        "vane_position": vane,
        "yaw_error": s["error"],
        "cable_twist": s["cable_twist"],
        "rotor_speed": s["rotor_speed"],
        "generator_speed": (s["rotor_speed"] - s["shaft_speed"]) * p["gearbox_ratio"],
        "pitch": s["pitch"],
        "shaft_twist": s["shaft_twist"],
        "tower_position": s["tower_position"],
        "life_used": s["life_used"],
        "cp": power["aero_power"] / np.maximum(power["push"] * power["facing"], 1.0),
        "ct": power["thrust"] / np.maximum(power["push"], 1.0),
        "brake_applied": power["held"],
        "tower_acceleration": np.sqrt(2 * np.maximum(s["shaking"], 0.0)),
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

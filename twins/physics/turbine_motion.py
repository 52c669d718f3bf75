"""What moves in a turbine within one step: nacelle, rotor and blades, tower, hydraulics."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Truths, approached
from twins.physics.rotor import aerodynamics, commanded_pitch, demanded_torque, idle_loss
from twins.physics.turbine_modes import FAULT, PRODUCING, STARTING, STOPPED

PARKED = math.radians(88)
_AIR_GAS = 287.05  # J/(kg·K)
_AIR = 1.17  # kg/m³, what the controller reckons with
_TURN = 2 * math.pi


def yawed(s: Rows, u: Rows, dt: float, p: Rows) -> dict[str, Array]:
    """The nacelle follows its vane: it begins to turn when the mean error passes the deadband, and stops within a degree.

    `error` is the true one, `felt_error` what the vane says of it.
    """
    error = half_turn(u["wind_direction"] - s["nacelle_direction"])
    felt = approached(s["felt_error"], half_turn(error + p["vane_offset"]), dt, 20.0)
    begins = np.sign(felt) * (np.abs(felt) > p["yaw_deadband"])
    goes_on = (s["yawing"] != 0) & (np.abs(felt) > math.radians(1)) & (np.sign(felt) == s["yawing"])
    yawing = np.where(goes_on, s["yawing"], begins)
    step = yawing * p["yaw_rate"] * dt
    return {
        "nacelle_direction": (s["nacelle_direction"] + step) % _TURN,
        "cable_twist": s["cable_twist"] + step,
        "yawing": yawing,
        "felt_error": felt - step,
        "error": half_turn(error - step),
    }


def turned_rotor(s: Rows, u: Rows, error: Array, limit: Array, dt: float, p: Rows) -> tuple[dict[str, Array], dict[str, Array]]:
    """Rotor speed and pitch after dt; and the powers (W) on the way, for which torques act at the mean of the two speeds."""
    omega, producing = s["rotor_speed"], s["mode"] == PRODUCING
    density = u["air_pressure"] / (_AIR_GAS * u["air_temperature"])
    facing = u["wind_speed"] * np.maximum(np.cos(error), 0.0)
    pull, thrust = aerodynamics(facing, omega, s["pitch"] + p["pitch_offset"], density, p)
    torque = np.where(producing, demanded_torque(omega, limit, _AIR, p), 0.0)
    idle = np.where(producing, 0.0, idle_loss(omega, p) / np.maximum(omega, 0.05))  # N·m; else it is within `torque`
    held = ((s["mode"] == STOPPED) | (s["mode"] == FAULT)) & (omega < 0.25)
    after = np.where(held, 0.0, np.maximum(omega + dt * (pull - torque - idle) / p["inertia"], 0.0))
    powers = _powers(omega, after, pull, torque, idle, producing, dt, p)
    pitch = _pitched(s, after, u["pitch_setpoint"], dt, p)
    return {"rotor_speed": after, **pitch}, {**powers, "thrust": thrust, "held": held}


def _powers(
    before: Array, after: Array, pull: Array, torque: Array, idle: Array, producing: Truths, dt: float, p: Rows
) -> dict[str, Array]:
    mean = (before + after) / 2
    loss = np.where(producing, p["drivetrain_loss"] * torque * mean + idle_loss(mean, p), idle * mean)
    own = np.where(producing, 0.0, p["own_use"])
    power = np.where(producing, torque * mean - loss, -own)
    growth = 0.5 * p["inertia"] * (after**2 - before**2) / dt
    return {
        "power": power,
        "loss_power": loss + own,
        "aerodynamic_power": pull * mean,
        "brake_power": pull * mean - power - loss - own - growth,
    }


def _pitched(s: Rows, omega: Array, setpoint: Array, dt: float, p: Rows) -> dict[str, Array]:
    """The blades follow the speed controller, at a start they turn gently into the wind, else they stand where they are told."""
    producing, starting = s["mode"] == PRODUCING, s["mode"] == STARTING
    wanted, integral = commanded_pitch(omega, s["pitch_integral"], dt, p)
    target = np.where(producing, wanted, np.where(starting, 0.0, np.minimum(setpoint, PARKED)))
    most = p["pitch_rate"] * dt
    step = np.clip((target - s["pitch"]) * min(1.0, dt / 0.4), np.where(starting, -0.25 * most, -most), most)
    return {"pitch": s["pitch"] + step, "pitch_integral": np.where(producing, integral, 0.0)}


def shaken_tower(s: Rows, thrust: Array, dt: float, noise: Array, p: Rows) -> dict[str, Array]:
    """The tower's first mode (0.33 Hz, 3 % of critical damping), driven by the thrust and by blades that pass and differ."""
    mass, natural = 180_000.0, _TURN * 0.33
    uneven = 0.035 + 1.2 * np.abs(p["pitch_offset"])
    force = thrust * (1 + uneven * noise)
    pull = force / mass - natural**2 * s["tower_position"] - 0.06 * natural * s["tower_speed"]
    speed = s["tower_speed"] + pull * dt
    return {
        "tower_speed": speed,
        "tower_position": s["tower_position"] + speed * dt,
        "shaking": approached(s["shaking"], pull**2, dt, 12.0),
    }


def pumped(s: Rows, dt: float) -> dict[str, Array]:
    """Hydraulic pressure leaks away, and a pump brings it back from 160 to 182 bar."""
    pumping = np.where(s["hydraulic_pressure"] < 1.60e7, 1.0, np.where(s["hydraulic_pressure"] > 1.82e7, 0.0, s["pumping"]))
    return {"pumping": pumping, "hydraulic_pressure": s["hydraulic_pressure"] + np.where(pumping > 0, 1.1e5, -8.0e3) * dt}


def half_turn(angle: Array) -> Array:
    """An angle between −180° and 180°."""
    return (angle + math.pi) % _TURN - math.pi

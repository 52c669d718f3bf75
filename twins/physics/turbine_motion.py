"""What moves in a turbine: rotor, blades and shaft, nacelle, tower, hydraulics. However long a step is, it is stable.

A step up to `QUICK` seconds integrates rotor and controller; a longer one lets them settle, as they do within seconds.
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.integrate import integrated
from twins.physics.model import Array, Rows, approached
from twins.physics.rotor import Rotor
from twins.physics.turbine_control import Control, settled
from twins.physics.turbine_modes import FAULT, PRODUCING, STARTING, STOPPED

PARKED = math.radians(88)
QUICK = 5.0  # s
_AIR_GAS = 287.05  # J/(kg·K)
_TURN = 2 * math.pi
_UNWOUND = 0.2  # rad
_TOLERANCE, _FIRST = 2e-3, 0.25  # of the integration, as a share of what is large; s


def yawed(s: Rows, u: Rows, dt: float, p: Rows) -> dict[str, Array]:
    """The nacelle follows its vane: it begins to turn when the mean error passes the deadband, and stops within a degree.
    Cables that are wound up too far are unwound while the rotor stands, or, a little later, at any rate (`yawing` is then ±2).

    `error` is the true one, `felt_error` what the vane says of it; `yaw_offset` is how far it is told to stand off the wind.
    """
    error = half_turn(u["wind_direction"] - s["nacelle_direction"])
    wanted = half_turn(error + p["vane_offset"] + u["yaw_offset"])
    felt = approached(s["felt_error"], wanted, dt, 20.0)
    begins = np.sign(felt) * (np.abs(felt) > p["yaw_deadband"])
    goes_on = (s["yawing"] != 0) & (np.abs(felt) > math.radians(1)) & (np.sign(felt) == s["yawing"])
    follows = np.where(goes_on & (np.abs(s["yawing"]) < 2), s["yawing"], begins)
    wound, back = np.abs(s["cable_twist"]), -np.sign(s["cable_twist"])
    due = (wound > p["unwind"]) & ((s["mode"] == STOPPED) | (wound > 1.1 * p["unwind"]))
    unwinds = due | ((np.abs(s["yawing"]) > 1) & (wound > _UNWOUND))
    yawing = np.where(unwinds, 2 * back, follows)
    step = np.where(unwinds, back * np.minimum(p["yaw_rate"] * dt, wound), follows * np.minimum(p["yaw_rate"] * dt, np.abs(felt)))
    return {
        "nacelle_direction": (s["nacelle_direction"] + step) % _TURN,
        "cable_twist": s["cable_twist"] + step,
        "yawing": yawing,
        "felt_error": half_turn(felt - step),
        "error": half_turn(error - step),
    }


def turned_rotor(
    rotor: Rotor, s: Rows, u: Rows, error: Array, limit: Array, dt: float, p: Rows
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Rotor speed and pitch after dt; and the powers (W) on the way, means over the step, thrust (N), cp and ct."""
    density = u["air_pressure"] / (_AIR_GAS * u["air_temperature"])
    facing = u["free_wind"] * np.maximum(np.cos(error), 0.0)
    control = Control(rotor, s["mode"], facing, density, limit, u["pitch_setpoint"], p)
    held = ((s["mode"] == STOPPED) | (s["mode"] == FAULT)) & (s["rotor_speed"] < 0.25)
    before = np.stack([np.where(held, 0.0, s["rotor_speed"]), s["pitch"], s["pitch_integral"]])
    if dt > QUICK:
        after = settled(control, before)
        flows = control.flows(after.reshape(3, -1)).reshape(3, *before.shape[1:])
    else:
        after, flows = _integrated(control, before, held, dt)
    growth = 0.5 * p["inertia"] * (after[0] ** 2 - s["rotor_speed"] ** 2) / dt
    if dt > QUICK:  # what settled has been spun up on the way
        flows[0] += np.where((s["mode"] == PRODUCING) | (s["mode"] == STARTING), growth, 0.0)
    turned = dict(zip(("rotor_speed", "pitch", "pitch_integral"), after, strict=True))
    push = 0.5 * density * math.pi * rotor.radius**2 * np.maximum(facing, 0.5) ** 2
    return turned, {**_powers(flows, growth, s["mode"] == PRODUCING, p), "held": held, "push": push, "facing": facing}


def _integrated(control: Control, before: Array, held: Array, dt: float) -> tuple[Array, Array]:
    """The state after dt, and the means of what `Control.flows` tells."""
    shape = before.shape[1:]
    start = np.concatenate([before, np.zeros((3, *shape))]).reshape(6, -1)
    scale = np.array([0.1, 0.05, 0.05, np.inf, np.inf, np.inf])[:, None]
    end = integrated(control.rates, start, control.given(held), dt, scale, _TOLERANCE, _FIRST).reshape(6, *shape)
    end[0] = np.where(held, 0.0, np.maximum(end[0], 0.0))
    end[2] = np.clip(end[2], 0.0, math.radians(60))
    return end[:3], end[3:] / dt


def _powers(flow: Array, growth: Array, producing: Array, p: Rows) -> dict[str, Array]:
    aero, shaft, thrust = flow
    loss = np.where(producing, (1 - p["drivetrain_efficiency"]) * shaft, shaft) + np.where(producing, 0.0, p["own_use"])
    power = np.where(producing, p["drivetrain_efficiency"] * shaft, -p["own_use"])
    return {
        "power": power,
        "loss_power": loss,
        "aero_power": aero,
        "brake_power": aero - power - loss - growth,
        "thrust": thrust,
    }


def swung(position: Array, speed: Array, rest: Array, frequency: Array, damping: Array, dt: float) -> tuple[Array, Array]:
    """A linear oscillator about `rest` after dt, exactly; frequency in rad/s, damping as a share of the critical one, below 1."""
    off, turning = position - rest, frequency * np.sqrt(1 - damping**2)
    fading, cosine, sine = np.exp(-damping * frequency * dt), np.cos(turning * dt), np.sin(turning * dt)
    start = (speed + damping * frequency * off) / turning
    after = fading * (off * cosine + start * sine)
    speed_after = -damping * frequency * after + fading * turning * (start * cosine - off * sine)
    return rest + after, speed_after


def shaken_tower(s: Rows, power: Rows, dt: float, noise: Array, p: Rows) -> dict[str, Array]:
    """The tower's first fore-aft mode, driven by the thrust and by blades that pass and differ, and damped by the wind too."""
    natural, thrust = _TURN * p["tower_frequency"], power["thrust"]
    uneven = (0.035 + 1.2 * np.abs(p["pitch_offset"])) * math.sqrt(0.25 / dt)
    force = thrust * (1 + uneven * noise)
    aerodynamic = np.abs(thrust) / np.maximum(power["facing"], 2.0) / (2 * p["tower_mass"] * natural)
    damping = np.clip(0.01 + aerodynamic, 0.01, 0.3)
    position, speed = swung(s["tower_position"], s["tower_speed"], force / (p["tower_mass"] * natural**2), natural, damping, dt)
    pull = force / p["tower_mass"] - natural**2 * s["tower_position"] - 2 * damping * natural * s["tower_speed"]
    return {"tower_position": position, "tower_speed": speed, "shaking": approached(s["shaking"], pull**2, dt, 12.0)}


def wound_shaft(s: Rows, power: Rows, omega: Array, dt: float, p: Rows) -> dict[str, Array]:
    """The drivetrain's torsion between rotor and generator, rad: the shaft torque winds it about its rest."""
    torque = (power["power"] + power["loss_power"]) / np.maximum(omega, 0.1) * (s["mode"] == PRODUCING)
    twist, speed = swung(
        s["shaft_twist"], s["shaft_speed"], torque / p["shaft_stiffness"], p["shaft_frequency"], np.full_like(omega, 0.05), dt
    )
    return {"shaft_twist": twist, "shaft_speed": speed}


def pumped(s: Rows, dt: float) -> dict[str, Array]:
    """Hydraulic pressure leaks away, and a pump brings it back from 160 to 182 bar."""
    pumping = np.where(s["hydraulic_pressure"] < 1.60e7, 1.0, np.where(s["hydraulic_pressure"] > 1.82e7, 0.0, s["pumping"]))
    pressure = s["hydraulic_pressure"] + np.where(pumping > 0, 1.1e5, -8.0e3) * dt
    return {"pumping": pumping, "hydraulic_pressure": np.clip(pressure, 1.58e7, 1.84e7)}


def half_turn(angle: Array) -> Array:
    """An angle between −180° and 180°."""
    return (angle + math.pi) % _TURN - math.pi

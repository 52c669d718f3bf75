"""What the wind does to a rotor, and what torque and pitch do about it."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows

BEST_RATIO = 8.0  # the tip-speed ratio of the largest power coefficient, 0.48, at pitch 0
_BEST = 0.48


def power_coefficient(ratio: Array, pitch: Array) -> Array:
    """Cp of tip-speed ratio and pitch (rad): the form of Heier, Grid Integration of Wind Energy, 2nd ed., eq. 6.13, with
    coefficients that fall more gently at low ratios and react more to pitch than his, as pitch-regulated rotors do.

    It is no further than −0.05 below nothing, where the formula is out of its depth.
    """
    beta = np.maximum(np.degrees(pitch), 0.0)
    inner = 1 / (ratio + 0.08 * beta) - 0.035 / (beta**3 + 1)
    whole = 0.1735 * (116 * inner - 0.8 * beta - 1.52) * np.exp(-13 * inner)
    return np.clip(whole, -0.05, _BEST)


def aerodynamics(speed: Array, omega: Array, pitch: Array, density: Array, p: Rows) -> tuple[Array, Array]:
    """Torque (N·m) and thrust (N) of a wind that blows straight onto the disc at `speed` (m/s).

    A blade that is turned into the wind pulls a standing rotor too; the formula of Cp knows only turning ones.
    """
    radius = p["rotor_radius"]
    push = 0.5 * density * math.pi * radius**2 * speed**2  # dynamic pressure · area, N
    ratio = np.minimum(omega * radius / np.maximum(speed, 0.5), 20.0)
    # a blade flown off its best angle either way loses alike; the pitch that is measured need not be the pitch that is
    cp = p["rotor_efficiency"] * power_coefficient(np.maximum(ratio, 0.4), np.abs(pitch))
    turning = cp * push * speed / np.maximum(omega, 0.25)
    starting = 0.045 * push * radius * np.clip(1 - ratio / 3.0, 0, 1) * np.sin(2 * np.clip(pitch, 0, math.pi / 2) + 0.12)
    thrust = push * np.clip(1.7 * cp + 0.08, 0.04, 0.9)
    return turning + starting, thrust


def demanded_torque(omega: Array, limit: Array, density: float, p: Rows) -> Array:
    """The generator's torque, N·m at the rotor: best Cp, then a steep rise that holds the speed, then constant power.

    `limit` is the electric power (W) that may not be passed: rated power or less.
    """
    rated, radius = p["rated_speed"], p["rotor_radius"]
    best = 0.5 * density * math.pi * radius**5 * _BEST * p["rotor_efficiency"] / BEST_RATIO**3 * omega**2
    knee = 0.94 * rated
    below = 0.5 * density * math.pi * radius**5 * _BEST * p["rotor_efficiency"] / BEST_RATIO**3 * knee**2
    most = shaft_power(p["rated_power"], omega, p) / rated
    steep = below + (most - below) * np.clip((omega - knee) / (rated - knee), 0.0, 1.0)
    wanted = np.where(omega < knee, best, steep)
    allowed = shaft_power(limit, omega, p) / np.maximum(omega, 0.3)
    return np.clip(wanted, 0.0, np.maximum(allowed, 0.0)) * np.clip((omega / p["cut_in_speed"] - 0.9) / 0.1, 0.0, 1.0)


def shaft_power(electric: Array, omega: Array, p: Rows) -> Array:
    """The power (W) at the rotor's shaft that gives so much electric power."""
    return (electric + idle_loss(omega, p)) / (1 - p["drivetrain_loss"])


def idle_loss(omega: Array, p: Rows) -> Array:
    """What turning costs, W: bearings, churned oil, fans."""
    return 0.01 * p["rated_power"] * omega / p["rated_speed"]


def commanded_pitch(omega: Array, integral: Array, dt: float, p: Rows) -> tuple[Array, Array]:
    """The pitch (rad) that holds the rated speed, and its integral part: a PI controller that a larger pitch makes gentler,
    since the blades then pull more for each degree (Jonkman et al., NREL/TP-500-38060, section 7.2)."""
    error = omega - p["rated_speed"]
    gentler = 1 / (1 + np.maximum(integral, 0) / p["pitch_schedule"])
    after = np.clip(integral + gentler * p["pitch_integral_gain"] * error * dt, 0.0, math.radians(45))
    return np.clip(after + gentler * p["pitch_gain"] * error, 0.0, math.radians(60)), after

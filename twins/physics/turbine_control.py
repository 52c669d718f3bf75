"""How a turbine holds its speed: torque below rated power, pitch above, and the rates and rests that follow from both.

Regions as in Jonkman et al., NREL/TP-500-38060, section 7: below rated the torque follows the best power coefficient (2), with a
steep rise at the least and at the rated speed (1.5, 2.5); above, constant power and a PI controller of the pitch (3).
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Truths
from twins.physics.rotor import Rotor
from twins.physics.turbine_modes import PRODUCING, STARTING

_AIR = 1.225  # kg/m³, what the controller reckons with
_STEEP = 0.985  # of the least and of the rated speed: from there the torque rises to its due
_TO_START = math.radians(25)  # pitch at which a standing rotor is spun up
_OUT, _SLOWED = 0.7, 0.9  # where on the blade its flow is judged, of the radius; the wind that is left at the rotor, as a share
_STALLS = math.radians(13)  # between flow and chord; a rotor that is slow in a storm is turned up by blades that are not stalled
_ACTUATOR = 0.4  # s
_DAMPED = 0.7
_MOST_PITCH = math.radians(60)
_COARSE = np.radians(np.arange(0.0, 36.0, 4.0))  # pitches, from which the right one is sought
_HALVINGS = 12


class Control:
    """One turbine a column. Everything is held for the step: the facing wind (m/s), the air's density, the electric limit (W)."""

    def __init__(self, rotor: Rotor, mode: Array, wind: Array, density: Array, limit: Array, setpoint: Array, p: Rows) -> None:
        self._rotor, self._shape = rotor, wind.shape
        best = rotor.best(float(p["fine_pitch"].flat[0])) if p["fine_pitch"].size else None
        ratio = np.where(p["tip_speed_ratio"] > 0, p["tip_speed_ratio"], best.ratio if best else 1.0)
        power = best.power if best else 0.0
        gain = 0.5 * _AIR * math.pi * rotor.radius**5 * power / ratio**3  # torque / speed², below rated
        due = p["rated_power"] / (p["drivetrain_efficiency"] * p["rated_speed"])  # N·m at rated speed and power
        # the blades' authority: at rated power a rad of pitch takes away 4.8 times the rated torque, more at larger pitch
        swing = p["pitch_frequency"]
        kp = 2 * _DAMPED * swing * p["inertia"] / (4.8 * due) * p["pitch_gain"]
        ki = swing**2 * p["inertia"] / (4.8 * due) * p["pitch_gain"]
        named = {
            "wind": wind, "density": density, "limit": limit, "setpoint": setpoint,
            "producing": (mode == PRODUCING) * 1.0, "starting": (mode == STARTING) * 1.0,
            "gain": gain, "due": due, "kp": kp, "ki": ki,
            "least": p["min_speed"], "rated": p["rated_speed"], "efficiency": p["drivetrain_efficiency"], "inertia": p["inertia"],
            "fine": p["fine_pitch"], "offset": p["pitch_offset"], "rate": p["pitch_rate"], "schedule": p["pitch_schedule"],
            "ice": p["icing"], "friction": p["idle_friction"] * due,
        }  # fmt: skip
        self._names = (*named, "held")
        self._given = np.stack([np.broadcast_to(each, wind.shape).ravel() for each in named.values()])

    def given(self, held: Array) -> Array:
        """What the rates take, a row each."""
        return np.concatenate([self._given, held.reshape(1, -1) * 1.0])

    def rates(self, y: Array, given: Array) -> Array:
        """d/dt of speed, pitch, the controller's integral; and the flows of `flows`."""
        g = dict(zip(self._names, given, strict=True))
        omega, pitch, integral = y[0], y[1], y[2]
        flows, pull, drag = self._flows(omega, pitch, g)
        producing, starting, error = g["producing"] > 0, g["starting"] > 0, omega - g["rated"]
        gentler = 1 / (1 + np.maximum(integral, 0) / g["schedule"])
        wanted = g["fine"] + _within(integral + gentler * g["kp"] * error, 0.0, _MOST_PITCH)
        flow = np.arctan2(_SLOWED * g["wind"], _OUT * self._rotor.radius * np.maximum(omega, 1e-3))
        wanted = np.maximum(wanted, g["fine"] + np.minimum(flow - _STALLS, _TO_START))
        spinning_up = g["fine"] + _TO_START * _within(1 - omega / g["least"], 0.0, 1.0)
        target = np.where(producing, wanted, np.where(starting, spinning_up, g["setpoint"]))
        grows = gentler * g["ki"] * error
        stuck = ((integral <= 0) & (grows < 0)) | ((integral >= _MOST_PITCH) & (grows > 0))
        told = np.empty((6, *omega.shape))
        told[0] = (pull - drag) * (g["held"] <= 0) / g["inertia"]
        told[1] = _within((target - pitch) / _ACTUATOR, np.where(starting, -0.25, -1.0) * g["rate"], g["rate"])
        follows = np.where(starting, pitch - g["fine"], 0.0) - integral  # so that producing begins with the pitch there is
        told[2] = np.where(producing, grows * ~stuck, follows / _ACTUATOR)
        told[3], told[4], told[5] = flows
        return told

    def flows(self, y: Array) -> Array:
        """(power of the wind on the rotor, of the rotor on what it turns, W; thrust, N), each a row."""
        g = dict(zip(self._names, self._given, strict=False))
        return np.stack(self._flows(y[0], y[1], g)[0])

    def _flows(self, omega: Array, pitch: Array, g: Rows) -> tuple[tuple[Array, Array, Array], Array, Array]:
        pull, thrust = self._pull(omega, pitch, g)
        drag = np.where(g["producing"] > 0, self._torque(omega, g), g["friction"] * np.minimum(omega, 1.0))
        return (pull * omega, drag * omega, thrust), pull, drag

    def _pull(self, omega: Array, pitch: Array, g: Rows) -> tuple[Array, Array]:
        """Ice on the blades takes lift and adds drag."""
        pull, thrust = self._rotor.pull(g["wind"], omega, pitch + g["offset"], g["density"])
        return pull * (1 - 0.35 * g["ice"] * (pull > 0)), thrust * (1 - 0.1 * g["ice"])

    def _pull_only(self, omega: Array, pitch: Array, g: Rows) -> Array:
        pull = self._rotor.torque(g["wind"], omega, pitch + g["offset"], g["density"])
        return pull * (1 - 0.35 * g["ice"] * (pull > 0))

    def _torque(self, omega: Array, g: Rows) -> Array:
        """Of the generator, N·m at the rotor: best Cp between steep rises, then constant power; never above the limit."""
        knee = _STEEP * g["rated"]
        below = g["gain"] * knee**2
        rising = below + (g["due"] - below) * _within((omega - knee) / (g["rated"] - knee), 0.0, 1.0)
        wanted = np.where(omega < knee, g["gain"] * omega**2, rising)
        allowed = np.maximum(g["limit"], 0.0) / (g["efficiency"] * np.maximum(omega, 0.3))
        least = _STEEP * g["least"]
        return np.minimum(wanted, allowed) * _within((omega - least) / (0.02 * g["least"]), 0.0, 1.0)

    def settle(self, y: Array) -> Array:
        """Where speed, pitch and integral come to rest."""
        g = dict(zip(self._names, self._given, strict=False))
        producing, starting = g["producing"] > 0, g["starting"] > 0
        turn, full = self._feathered(g)
        omega = np.where(full, g["rated"], self._balanced(g))
        speed = np.where(producing, omega, np.where(starting, g["least"] * 1.02, 0.0))
        pitch = np.where(producing, g["fine"] + turn, np.where(starting, g["fine"], g["setpoint"]))
        return np.stack([speed, pitch, np.where(producing, turn, 0.0)])

    def _balanced(self, g: Rows) -> Array:
        """The speed at which wind and generator pull alike, at fine pitch."""
        low, high = 0.9 * g["least"], g["rated"].copy()
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            faster = self._pull_only(middle, g["fine"], g) > self._torque(middle, g)
            low, high = np.where(faster, middle, low), np.where(faster, high, middle)
        return (low + high) / 2

    def _feathered(self, g: Rows) -> tuple[Array, Truths]:
        """(pitch beyond the fine one, whether the wind is more than the generator may take) at rated speed.

        A blade may stall at a small pitch and pull more at a larger one: the largest pitch that pulls too much is sought first.
        """
        omega = g["rated"]
        due, less, full = self._torque(omega, g), np.zeros_like(omega), np.zeros(omega.shape, bool)
        for step in _COARSE:
            pulls = self._pull_only(omega, g["fine"] + step, g) > due
            less, full = np.where(pulls, step, less), full | pulls
        more = less + _COARSE[1]
        for _ in range(_HALVINGS if full.any() else 0):
            middle = (less + more) / 2
            pulls = self._pull_only(omega, g["fine"] + middle, g) > due
            less, more = np.where(pulls, middle, less), np.where(pulls, more, middle)
        return np.where(full, (less + more) / 2, 0.0), full


def _within(value: Array, low: Array | float, high: Array | float) -> Array:
    """As np.clip does it, in a third of the time for few columns."""
    return np.minimum(np.maximum(value, low), high)


def settled(control: Control, before: Array) -> Array:
    """The state of a rotor that had time enough, shaped like the one before."""
    return control.settle(before.reshape(3, -1)).reshape(before.shape)

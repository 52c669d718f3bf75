"""When a turbine starts, produces, stops and trips: its own protection, that no operator can talk out of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twins.physics.model import Array, Rows, Truths

STOPPED, STARTING, PRODUCING, FAULT = range(4)
MODES = ("stopped", "starting", "producing", "fault")
# what may trip it: the state that is watched, the parameter that says where, what is then told
GUARDS = (
    ("gearbox_oil_temperature", "gearbox_oil_trip", "Fault: gearbox oil too hot"),
    ("gearbox_bearing_temperature", "gearbox_bearing_trip", "Fault: gearbox bearing too hot"),
    ("generator_winding_temperature", "generator_winding_trip", "Fault: generator winding too hot"),
    ("generator_bearing_temperature", "generator_bearing_trip", "Fault: generator bearing too hot"),
    ("main_bearing_temperature", "main_bearing_trip", "Fault: main bearing too hot"),
    ("converter_temperature", "converter_trip", "Fault: converter too hot"),
)
_STARTED_WITHIN = 120.0  # s: so long a start takes at most
_OVERSPEED, _TWISTED = len(GUARDS), len(GUARDS) + 1
_TOLD = (*(told for _, _, told in GUARDS), "Fault: overspeed", "Fault: cables twisted")
STATUS = (
    "Stopped: waiting for wind",
    "Stopped: wind too strong",
    "Stopped: by set-point",
    "Stopped: unwinding cables",
    "Starting",
    "Producing",
    "Producing, limited by set-point",
    *_TOLD,
)
_FIRST_FAULT = len(STATUS) - len(_TOLD)


class Protection(NamedTuple):
    """What the guards see now."""

    tripped: Truths
    cleared: Truths  # nothing stands in the way of a restart
    over_time: Array  # s since the first guard was passed
    culprit: Array  # the place of the worst one in GUARDS, then overspeed, then twist


def protection(s: Rows, dt: float, p: Rows) -> Protection:
    """Temperatures trip after a delay, speed and twist at once."""
    excess = np.stack([s[watched] - p[trip] for watched, trip, _ in GUARDS])
    hot = (excess > 0).any(axis=0)
    over_time = np.where(hot, s["over_time"] + dt, 0.0)
    overspeed = s["rotor_speed"] > p["overspeed_trip"]
    twisted = np.abs(s["cable_twist"]) > p["twist_trip"]
    culprit = np.where(overspeed, _OVERSPEED, np.where(twisted, _TWISTED, excess.argmax(axis=0)))
    cleared = (excess < -p["trip_hysteresis"]).all(axis=0) & (s["rotor_speed"] < 0.5) & ~twisted
    return Protection(overspeed | twisted | (over_time >= p["trip_delay"]), cleared, over_time, culprit)


def mode_after(s: Rows, felt: Array, guard: Protection, limit: Array, dt: float, p: Rows) -> Array:
    """The mode in a step. Into a long one goes more than one change, a start for instance, and its wind is `felt` in it."""
    if dt < _STARTED_WITHIN:
        return next_mode(s, guard, limit, p)
    mode, waited = s["mode"], s["mode_time"] + dt
    for _ in MODES:
        speed = np.where(mode == STARTING, p["min_speed"], s["rotor_speed"])
        mode = next_mode({**s, "mode": mode, "mode_time": waited, "felt_wind": felt, "rotor_speed": speed}, guard, limit, p)
    return mode


def next_mode(s: Rows, guard: Protection, limit: Array, p: Rows) -> Array:
    """The mode that follows; `limit` is the largest electric power that is allowed, W."""
    mode, wind = s["mode"], s["felt_wind"]
    off = limit < 0.01 * p["rated_power"]
    windy = (wind > p["cut_in"]) & (wind < p["cut_out"])
    calm = (wind < 0.85 * p["cut_in"]) | (wind > p["cut_out"] + 1e-6)
    unwinding = np.abs(s["yawing"]) > 1
    running = (mode == STARTING) | (mode == PRODUCING)
    return np.select(
        [
            guard.tripped & (mode != FAULT),
            running & (off | calm | unwinding),
            (mode == STOPPED) & windy & ~off & ~unwinding & (s["mode_time"] > 10),
            (mode == STARTING) & (s["rotor_speed"] > 0.97 * p["min_speed"]),
            (mode == FAULT) & guard.cleared & (s["mode_time"] > p["restart_delay"]),
        ],
        [np.full_like(mode, FAULT), STOPPED * mode, np.full_like(mode, STARTING), np.full_like(mode, PRODUCING), STOPPED * mode],
        mode,
    )


def status(mode: Array, culprit: Array, limit: Array, wind: Array, limited: Truths, unwinding: Truths, p: Rows) -> Array:
    """The place in STATUS of what is told."""
    waiting = np.where(unwinding, 3.0, np.where(wind > 0.9 * p["cut_out"], 1.0, 0.0))
    stopped = np.where(limit < 0.01 * p["rated_power"], 2.0, waiting)
    return np.select(
        [mode == STOPPED, mode == STARTING, mode == PRODUCING],
        [stopped, 4.0, np.where(limited, 6.0, 5.0)],
        _FIRST_FAULT + culprit,
    )

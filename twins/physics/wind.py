"""Wind: weather that all share, a breeze and turbulence at each place of its own, and the air that comes with it."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered

_DAY = 86_400.0
_TURN = 2 * math.pi


class Wind:
    """Each instance is a place. The first instance's noise is the weather's, so that all places share it.

    Turbulence is two Ornstein–Uhlenbeck processes: eddies of the size of `eddy_length` pass in length / speed (the integral
    time scale of IEC 61400-1), smaller ones in a fifth of that; both are averaged over a rotor's disc.
    """

    parameters = (
        Variable("mean_speed", "m/s", 9.2, 0.0, 40.0, told="wind_speed"),
        Variable("turbulence", "", 0.085, 0.0, 0.5),  # deviation of the speed over a rotor's disc / mean speed
        Variable("weather_speed", "m/s", 1.2, 0.0, 10.0),  # deviation of what changes over hours
        Variable("breeze_speed", "m/s", 0.5, 0.0, 10.0),  # deviation of what changes over minutes
        Variable("mean_direction", "rad", math.radians(240), -_TURN, 2 * _TURN, told="wind_direction"),  # where it comes from
        Variable("mean_temperature", "K", 284.15, 220.0, 330.0, told="air_temperature"),
        Variable("mean_pressure", "Pa", 96_500.0, 50_000.0, 110_000.0, told="air_pressure"),
        Variable("eddy_length", "m", 340.0, 1.0, 5_000.0),
    )
    states = tuple(Variable(name) for name in ("weather", "breeze", "eddy", "gust", "veer", "swirl", "warmth", "front"))
    inputs: tuple[Variable, ...] = ()
    outputs = (
        Variable("wind_speed", "m/s"),
        Variable("wind_direction", "rad"),
        Variable("air_temperature", "K"),
        Variable("air_pressure", "Pa"),
        Variable("humidity"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 8
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        p = rows(self.parameters, parameters)
        shared = np.broadcast_to(noise[:, :, :1], noise.shape)
        passing = p["eddy_length"] / np.maximum(p["mean_speed"], 1.0)
        weather, breeze, eddy, gust, veer, swirl, warmth, front = state
        after = {
            "weather": wandered(weather, dt, 7_200.0, shared[0]),
            "breeze": wandered(breeze, dt, 420.0, 0.8 * shared[1] + 0.6 * noise[2]),
            "eddy": wandered(eddy, dt, passing, noise[3]),
            "gust": wandered(gust, dt, passing / 5, noise[4]),
            "veer": wandered(veer, dt, 5_400.0, shared[5]),
            "swirl": wandered(swirl, dt, 40.0, noise[6]),
            "warmth": wandered(warmth, dt, 10_000.0, shared[7]),
            "front": wandered(front, dt, 20_000.0, -shared[0]),
        }
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, _air(after, p, t), shape)

    def resume(self, state: Array, parameters: Array, told: Rows, t: float) -> Array:
        """Weather is what all measured places have in common, a breeze what is left at each; no eddy is known."""
        s, p = rows(self.states, state.copy()), rows(self.parameters, parameters)
        for name in ("eddy", "gust", "swirl"):
            s[name] = np.zeros_like(s[name])
        if (speed := _known(told, "wind_speed")) is not None:
            off = speed - p["mean_speed"]
            common = np.nanmean(off, axis=1, keepdims=True)
            s["weather"] = np.broadcast_to(common, off.shape) / np.maximum(p["weather_speed"], 1e-3)
            s["breeze"] = np.nan_to_num((off - common) / np.maximum(p["breeze_speed"], 1e-3))
        if (direction := _known(told, "wind_direction")) is not None:
            off = np.exp(1j * (direction - p["mean_direction"]))
            s["veer"] = np.broadcast_to(np.angle(np.nanmean(off, axis=1, keepdims=True)) / 0.25, direction.shape)
        if (temperature := _known(told, "air_temperature")) is not None:
            off = (temperature - p["mean_temperature"] - 3.0 * _day(t)) / 1.5
            s["warmth"] = np.broadcast_to(np.nanmean(off, axis=1, keepdims=True), off.shape)
        if (pressure := _known(told, "air_pressure")) is not None:
            off = (pressure - p["mean_pressure"]) / 400.0
            s["front"] = np.broadcast_to(np.nanmean(off, axis=1, keepdims=True), off.shape)
        return stacked(self.states, s, state.shape[1:])


def _known(told: Rows, name: str) -> Array | None:
    """What is measured somewhere."""
    measured = told.get(name)
    return None if measured is None or np.isnan(measured).all() else measured


def _day(t: float) -> float:
    """−1 … 1: warmest in the afternoon."""
    return math.sin((t % _DAY) / _DAY * _TURN - 0.6 * math.pi)


def _air(s: dict[str, Array], p: dict[str, Array], t: float) -> dict[str, Array]:
    steady = p["mean_speed"] + p["weather_speed"] * s["weather"] + p["breeze_speed"] * s["breeze"]
    turbulent = 1 + p["turbulence"] * (0.8 * s["eddy"] + 0.6 * s["gust"])
    day = _day(t)
    return {
        "wind_speed": np.maximum(steady * turbulent, 0.0),
        "wind_direction": (p["mean_direction"] + 0.25 * s["veer"] + 0.05 * s["swirl"]) % _TURN,
        "air_temperature": p["mean_temperature"] + 3.0 * day + 1.5 * s["warmth"],
        "air_pressure": p["mean_pressure"] + 400.0 * s["front"],
        "humidity": np.clip(0.68 - 0.12 * day - 0.05 * s["warmth"], 0.2, 0.99),
    }

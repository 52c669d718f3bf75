"""A board, a panel or a circuit of the electrical system: it sums what it feeds, and its breaker trips when that is too much."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, rows, stacked, wandered


class Distribution:
    """Power goes up in the very step; whether there is voltage goes down a step later.

    The breaker warms as a bimetal: it holds 1.13 of its rating for ever and trips at 1.45 within the hour (IEC 60898-1); once
    open it stays so until it is reset.
    """

    parameters = (
        Variable("rating", "A", 63.0, 0.1, 1e5),
        Variable("voltage", "V", 400.0, 1.0, 1e6),  # between phases; with one phase against neutral
        Variable("phases", "", 3.0, 1.0, 3.0),
        Variable("power_factor", "", 0.95, 0.05, 1.0),
        Variable("base_load", "W", 0.0, 0.0, 1e7),  # lifts, servers, what has no model
        Variable("short_circuit", "W", 0.0, 0.0, 1e8),
        Variable("trip_time", "s", 900.0, 1.0, 1e5),
    )
    states = (
        Variable("warmth", kept=True),
        Variable("closed", "", 1.0, kept=True),
        Variable("energy", "J", kept=True),
        Variable("sway"),
    )
    inputs = (
        Variable("power", "W", gathered="feeds", against=True),
        Variable("plug_power", "W", gathered="feeds", against=True),
        Variable("lighting_power", "W", gathered="lights", against=True),
        Variable("supplied", "", 1.0, gathered="feeds", lagged=True),
        Variable("breaker_command", "", 1.0, 0.0, 1.0),
    )
    outputs = (
        Variable("power", "W"),
        Variable("current", "A"),
        Variable("loading"),
        Variable("breaker", words=("open", "closed")),
        Variable("tripped", words=("no", "yes")),
        Variable("supplied", "", 1.0),
        Variable("lit", "", 1.0),
        Variable("energy", "J"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        (warmth, closed, energy, sway), u, p = state, rows(self.inputs, inputs), rows(self.parameters, parameters)
        sway = wandered(sway, dt, 30.0, noise[0])
        live = (u["supplied"] > 0.5).astype(float)
        own = p["base_load"] * (1 + 0.05 * sway)
        load = (u["power"] + u["plug_power"] + u["lighting_power"] + own + p["short_circuit"]) * live * closed
        current = load / (np.where(p["phases"] > 1.5, math.sqrt(3), 1.0) * p["voltage"] * p["power_factor"])
        share = current / p["rating"]
        warmth = share**2 + (warmth - share**2) * np.exp(-dt / p["trip_time"])
        trips = (warmth > 1.13**2) | (share > 5.0)
        closed = np.where(u["breaker_command"] < 0.5, 0.0, np.where(trips, 0.0, closed))
        told = {
            "power": load,
            "current": current,
            "loading": share,
            "breaker": closed,
            "tripped": ((closed < 0.5) & (u["breaker_command"] > 0.5)).astype(float),
            "supplied": live * closed,
            "lit": live * closed,
            "energy": energy + load * dt,
        }
        after = np.stack([warmth, closed, told["energy"], sway])
        return after, stacked(self.outputs, told, state.shape[1:])

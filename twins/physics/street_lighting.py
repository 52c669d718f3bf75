"""A circuit of street lamps: lit from dusk to dawn by the sun's height, dimmed by order."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, approached, rows, stacked

_TURN = 2 * math.pi


class StreetLighting:
    """Lamps give light as they are dimmed; drivers take their own share. What is lost on the way heats the cable."""

    parameters = (
        Variable("lamps", "", 20.0, 1.0, 10_000.0),
        Variable("lamp_power", "W", 70.0, 1.0, 2_000.0),
        Variable("driver_loss", "W", 4.0, 0.0, 200.0),  # of each lamp, while it is lit
        Variable("illuminance", "lx", 15.0, 0.1, 200.0, shown="lx"),  # of the road, undimmed
        Variable("latitude", "rad", math.radians(52.0), -_TURN / 4, _TURN / 4),
        Variable("longitude", "rad", math.radians(4.4), -_TURN / 2, _TURN / 2),
        Variable("dusk", "rad", math.radians(-2.0), -0.5, 0.5),  # the sun's height at which they are switched
        Variable("working", "", 1.0, 0.0, 1.0),  # the share of lamps that light
    )
    states = (Variable("glow"), Variable("energy", "J", kept=True))
    inputs = (Variable("level", "", 1.0, 0.1, 1.0),)
    outputs = (
        Variable("power", "W"),
        Variable("expected_power", "W"),
        Variable("lit", words=("no", "yes")),
        Variable("lamps_out"),
        Variable("road_illuminance", "lx"),
        Variable("sun_height", "rad"),
        Variable("energy", "J"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        (level,), p, (glow, energy) = inputs, rows(self.parameters, parameters), state
        height = sun_height(p["latitude"], p["longitude"], t)
        lit = height < p["dusk"]
        glow = approached(glow, lit * level, dt, 4.0)
        due = p["lamps"] * (p["lamp_power"] * glow + p["driver_loss"] * lit)
        told = {
            "power": due * p["working"],
            "expected_power": due,
            "lit": lit * 1.0,
            "lamps_out": np.round(p["lamps"] * (1 - p["working"])),
            "road_illuminance": p["illuminance"] * glow * p["working"] + np.clip(1e5 * np.sin(height), 0, None),
            "sun_height": height,
            "energy": energy + due * p["working"] * dt,
        }
        return np.stack([glow, told["energy"]]), stacked(self.outputs, told, level.shape)


def sun_height(latitude: Array, longitude: Array, t: float) -> Array:
    """rad above the horizon; J. W. Spencer's Fourier series (1971), good to half a degree."""
    day = (t / 86_400 + 0.5) % 365.2425  # of the year, near enough
    g = _TURN * (day - 0.5) / 365.2425
    tilt = (0.006918 - 0.399912 * math.cos(g) + 0.070257 * math.sin(g) - 0.006758 * math.cos(2 * g) + 0.000907 * math.sin(2 * g)
            - 0.002697 * math.cos(3 * g) + 0.00148 * math.sin(3 * g))  # fmt: skip
    ahead = 0.000075 + 0.001868 * math.cos(g) - 0.032077 * math.sin(g) - 0.014615 * math.cos(2 * g) - 0.040849 * math.sin(2 * g)
    hour = _TURN * (t % 86_400) / 86_400 - math.pi + longitude + ahead
    return np.arcsin(np.sin(latitude) * math.sin(tilt) + np.cos(latitude) * math.cos(tilt) * np.cos(hour))

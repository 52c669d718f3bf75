"""A met mast: anemometers at three heights in a wind that grows with height, and the air's instruments."""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, rows, stacked, wandered

_HEIGHTS = (80.0, 60.0, 40.0)


class MetMast:
    """Wind follows the power law u(z) = u(80 m) · (z / 80 m)^shear; small eddies differ from height to height."""

    parameters = (Variable("shear", "", 0.17, 0.0, 0.6), Variable("anemometer_noise", "", 0.02, 0.0, 0.2))
    states = tuple(Variable(f"eddy_{height:.0f}m") for height in _HEIGHTS)
    inputs = (
        Variable("wind_speed", "m/s", 8.0, told="wind_speed_80m"),
        Variable("wind_direction", "rad", told="wind_direction_78m"),
        Variable("air_temperature", "K", 285.15, told="air_temperature"),
        Variable("air_pressure", "Pa", 96_500.0, told="air_pressure"),
        Variable("humidity", "", 0.7, told="humidity"),
    )
    outputs = (
        *(Variable(f"wind_speed_{height:.0f}m", "m/s") for height in _HEIGHTS),
        Variable("wind_direction_78m", "rad"),
        Variable("air_temperature", "K"),
        Variable("air_pressure", "Pa"),
        Variable("humidity"),
    )
    waves: tuple[Wave, ...] = ()
    noises = len(_HEIGHTS)
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        p, air = rows(self.parameters, parameters), rows(self.inputs, inputs)
        eddies = wandered(state, dt, 6.0, noise)
        speeds = {
            f"wind_speed_{height:.0f}m": air["wind_speed"]
            * (height / _HEIGHTS[0]) ** p["shear"]
            * np.maximum(1 + p["anemometer_noise"] * eddy, 0)
            for height, eddy in zip(_HEIGHTS, eddies, strict=True)
        }
        told = {**speeds, "wind_direction_78m": air["wind_direction"], **air}
        return eddies, stacked(self.outputs, told, state.shape[1:])

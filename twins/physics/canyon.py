"""The air of a street between houses: what traffic gives off is thinned by the wind above the roofs and by the cars' own
turbulence.

A box as high and wide as the canyon, after the exchange of R. Berkowicz, “OSPM – a parameterised street pollution model”,
Environmental Monitoring and Assessment 65 (2000). NO₂ from NO, ozone and light in the steady state of I. Düring et al., “A
new simplified NO/NO₂ conversion model under consideration of direct NO₂-emissions”, Meteorologische Zeitschrift 20 (2011).
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Variable, Wave, approached, rows, stacked, wandered

_PPB = 1.91  # µg/m³ of NO₂ to a ppb, at 20 °C; NOx is told as NO₂
_LIGHT, _OZONE = 0.0045, 0.00039  # photolysis, 1/s; NO + O₃, 1/(ppb s)
_MIXING = 40.0  # s in a canyon


class Canyon:
    """Each instance is the air at one place; it gathers what the streets around (`pollutes`) give off on `length` of them."""

    parameters = (
        Variable("height", "m", 16.0, 3.0, 200.0),
        Variable("width", "m", 24.0, 5.0, 200.0),
        Variable("length", "m", 400.0, 10.0, 10_000.0),
        Variable("background_nox", "kg/m^3", 22e-9, 0.0, 1e-6, shown="ug/m^3"),
        Variable("background_particles", "kg/m^3", 8e-9, 0.0, 1e-6, shown="ug/m^3"),
        Variable("background_ozone", "kg/m^3", 60e-9, 0.0, 1e-6, shown="ug/m^3"),
        Variable("primary_share", "", 0.18, 0.0, 1.0),  # of NOx that leaves the exhaust as NO₂
    )
    states = (Variable("nox", "kg/m^3", 50e-9), Variable("particles", "kg/m^3", 10e-9), Variable("air_mass"))
    inputs = (
        Variable("nox", "g/s", gathered="pollutes"),
        Variable("particles", "g/s", gathered="pollutes"),
        Variable("travelled", "m/s", gathered="pollutes"),
        Variable("wind_speed", "m/s", 4.0, told="wind_speed"),
        Variable("air_temperature", "K", 285.15, told="air_temperature"),
    )
    outputs = (
        Variable("nitrogen_dioxide", "kg/m^3"),
        Variable("nitrogen_oxides", "kg/m^3"),
        Variable("fine_particles", "kg/m^3"),
        Variable("wind_speed", "m/s"),
        Variable("air_temperature", "K"),
        Variable("exchange", "m/s"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p, (nox, particles, mass) = rows(self.inputs, inputs), rows(self.parameters, parameters), state
        mass = wandered(mass, dt, 1_800.0, noise[0])
        background = np.exp(0.15 * mass)
        exchange = _exchange(u["wind_speed"], u["travelled"] / p["length"], p["width"])
        lasts, thinned = p["height"] / exchange, 1e-3 / (p["width"] * p["length"] * exchange)
        nox = approached(nox, background * p["background_nox"] + u["nox"] * thinned, dt, lasts)
        particles = approached(particles, background * p["background_particles"] + u["particles"] * thinned, dt, lasts)
        told = {
            **u,
            "nitrogen_oxides": nox,
            "nitrogen_dioxide": _dioxide(nox, background * p["background_nox"], p["background_ozone"], p["primary_share"]),
            "fine_particles": particles,
            "exchange": exchange,
        }
        return np.stack([nox, particles, mass]), stacked(self.outputs, told, nox.shape)


def _exchange(wind: Array, passing: Array, width: Array) -> Array:
    """m/s through the top; `passing` is vehicle metres a second and metre. σ_w² = (0.1 u)² + b² n v S² / W, u in the street."""
    return np.sqrt((0.1 * 0.45 * wind) ** 2 + 0.09 * passing * 4.0 / width * 0.7 + 0.02**2)


def _dioxide(nox: Array, far: Array, ozone: Array, primary: Array) -> Array:
    """NO₂ in kg/m³, of NOx told as NO₂; `far` is the background's."""
    total, outside, o3 = nox * 1e9 / _PPB, 0.7 * far * 1e9 / _PPB, ozone * 1e9 / 2.0
    direct = outside + primary * np.maximum(total - far * 1e9 / _PPB, 0)
    oxidant, lost = direct + o3, (_LIGHT + 1 / _MIXING) / _OZONE
    b = total + oxidant + lost
    root = np.sqrt(np.maximum(b * b - 4 * (total * oxidant + direct / (_OZONE * _MIXING)), 0))
    return np.minimum((b - root) / 2, total) * _PPB * 1e-9

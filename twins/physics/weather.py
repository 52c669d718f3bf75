"""Weather over a site: air that follows year, day and fronts, and a sun that stands where it stands, behind clouds.

Sources: declination and equation of time by Spencer (Search 2(5), 1971); a clear sky by Haurwitz (J. Meteorology 2, 1945);
clouds by Kasten & Czeplak (Solar Energy 24, 1980); what of it is diffuse by Erbs et al. (Solar Energy 28, 1982).
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered

_DAY, _YEAR = 86_400.0, 365.2422 * 86_400.0
_TURN = 2 * math.pi
_SOLAR_CONSTANT = 1_361.0  # W/m²


class Weather:
    """The same at every place: the first instance's noise is the site's."""

    parameters = (
        Variable("latitude", "rad", math.radians(48.6), -1.5708, 1.5708),
        Variable("longitude", "rad", math.radians(7.75), -math.pi, math.pi),
        Variable("utc_offset", "s", 3_600.0, -50_400.0, 50_400.0),  # of the clock that people live by
        Variable("mean_temperature", "K", 284.65, 220.0, 330.0),  # over the year
        Variable("season_swing", "K", 9.5, 0.0, 40.0),
        Variable("day_swing", "K", 4.5, 0.0, 20.0),
        Variable("heat_wave", "K", 0.0, -30.0, 30.0),  # on top of all that
        Variable("cloudiness", "", 0.45, 0.0, 1.0),  # in the middle
        Variable("mean_humidity", "", 0.65, 0.05, 1.0),
    )
    states = (Variable("front"), Variable("cloud"))
    inputs: tuple[Variable, ...] = ()
    outputs = (
        Variable("outdoor_temperature", "K", 284.65),
        Variable("outdoor_moisture", "", 0.006),  # kg of water in a kg of dry air
        Variable("beam", "W/m^2"),  # on a plane that faces the sun
        Variable("diffuse", "W/m^2"),  # on level ground
        Variable("sun_height", "rad"),
        Variable("sun_bearing", "rad"),  # clockwise from north
        Variable("cloud_cover"),
        Variable("hour"),  # of the day, by people's clock
        Variable("workday"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 2
    longest_step = math.inf
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        p, shape = rows(self.parameters, parameters), state.shape[1:]
        shared = np.broadcast_to(noise[:, :, :1], noise.shape)
        front, cloud = wandered(state[0], dt, 40_000.0, shared[0]), wandered(state[1], dt, 5_400.0, shared[1])
        told = _told(front, cloud, p, t)
        return np.stack([front, cloud]), stacked(self.outputs, told, shape)


def _told(front: Array, cloud: Array, p: Rows, t: float) -> dict[str, Array]:
    height, bearing = sun(p["latitude"], p["longitude"], t)
    covered = np.clip(p["cloudiness"] + 0.3 * cloud, 0.0, 1.0)
    beam, diffuse = radiation(height, covered, t)
    local = t + p["utc_offset"]
    air = (
        p["mean_temperature"]
        - p["season_swing"] * math.cos(_TURN * (t % _YEAR - 17 * _DAY) / _YEAR)  # coldest in the middle of January
        - p["day_swing"] * (1 - 0.5 * covered) * np.cos(_TURN * (local % _DAY / _DAY - 3.5 / 24))
        + 2.5 * front
        + p["heat_wave"]
    )
    return {
        "outdoor_temperature": air,
        "outdoor_moisture": p["mean_humidity"] * saturated(p["mean_temperature"] + 0.7 * (air - p["mean_temperature"])),
        "beam": beam,
        "diffuse": diffuse,
        "sun_height": height,
        "sun_bearing": bearing,
        "cloud_cover": covered,
        "hour": local % _DAY / 3_600.0,
        "workday": ((local // _DAY + 3) % 7 < 5).astype(float),  # 1 January 1970 was a Thursday
    }


def sun(latitude: Array, longitude: Array, t: float) -> tuple[Array, Array]:
    """(height, bearing clockwise from north) of the sun, rad, at t s since 1970 UTC."""
    year = _TURN * (t % _YEAR) / _YEAR
    declination = (
        0.006918 - 0.399912 * math.cos(year) + 0.070257 * math.sin(year)
        - 0.006758 * math.cos(2 * year) + 0.000907 * math.sin(2 * year)
        - 0.002697 * math.cos(3 * year) + 0.00148 * math.sin(3 * year)
    )  # fmt: skip
    late = (
        0.000075 + 0.001868 * math.cos(year) - 0.032077 * math.sin(year)
        - 0.014615 * math.cos(2 * year) - 0.040849 * math.sin(2 * year)
    )  # fmt: skip
    angle = _TURN * (t % _DAY) / _DAY + longitude + late - math.pi  # since the sun stood highest
    return sun_at(latitude, declination, angle)


def sun_at(latitude: Array, declination: Array | float, angle: Array) -> tuple[Array, Array]:
    """(height, bearing) from the declination and the hour angle, all rad."""
    up = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    east = -np.cos(declination) * np.sin(angle)
    north = np.cos(latitude) * np.sin(declination) - np.sin(latitude) * np.cos(declination) * np.cos(angle)
    return np.arcsin(np.clip(up, -1, 1)), np.arctan2(east, north) % _TURN


def radiation(height: Array, covered: Array, t: float) -> tuple[Array, Array]:
    """(beam on a plane that faces the sun, diffuse on level ground), W/m²."""
    up = np.sin(height)
    safe = np.maximum(up, 0.02)
    clear = 1_098.0 * safe * np.exp(-0.057 / safe) * (up > 0)
    total = clear * (1 - 0.75 * covered**3.4)
    above = _SOLAR_CONSTANT * (1 + 0.033 * math.cos(_TURN * (t % _YEAR) / _YEAR)) * safe
    k = np.clip(total / above, 0.0, 1.0)
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    share = np.where(k <= 0.22, 1 - 0.09 * k, np.where(k <= 0.8, middle, 0.165))
    return np.minimum((1 - share) * total / safe, 1_100.0), share * total


def saturated(temperature: Array) -> Array:
    """kg of water that a kg of air holds at 101 325 Pa (Magnus, coefficients of Alduchov & Eskridge 1996)."""
    celsius = temperature - 273.15
    pressure = 610.94 * np.exp(17.625 * celsius / (celsius + 243.04))
    return 0.622 * pressure / np.maximum(101_325.0 - pressure, 1_000.0)

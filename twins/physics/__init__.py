"""Physics: what a model is, and the machines that are known. It may know machines; nothing else of the core may."""

from __future__ import annotations

from collections.abc import Callable

from twins.physics.centrifugal_pump import CentrifugalPump
from twins.physics.grid import Grid
from twins.physics.met_mast import MetMast
from twins.physics.model import Array, Model, Rows, Variable, Wave, defaults, rows, stacked
from twins.physics.noise import Noise, keyed_generator
from twins.physics.profile import Profile, read_profile
from twins.physics.quantity import quantity
from twins.physics.signal import Signal
from twins.physics.substation import Substation
from twins.physics.wind import Wind
from twins.physics.wind_turbine import WindTurbine

LIBRARY: dict[str, Callable[[], Model]] = {
    "centrifugal-pump": CentrifugalPump,
    "grid": Grid,
    "met-mast": MetMast,
    "signal": Signal,
    "substation": Substation,
    "wind": Wind,
    "wind-turbine": WindTurbine,
}

__all__ = [
    "LIBRARY",
    "Array",
    "Model",
    "Noise",
    "Profile",
    "Rows",
    "Signal",
    "Variable",
    "Wave",
    "defaults",
    "keyed_generator",
    "quantity",
    "read_profile",
    "rows",
    "stacked",
]

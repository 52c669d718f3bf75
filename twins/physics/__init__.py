"""Physics: what a model is, and the machines that are known. It may know machines; nothing else of the core may."""

from twins.physics.blade import TableError
from twins.physics.circuit import CircuitError
from twins.physics.correction import Correction, corrections
from twins.physics.fmu import FmuError
from twins.physics.making import (
    LIBRARY,
    DataError,
    Maker,
    RotorError,
    forkable,
    missing_extra,
    modelled,
    named,
    read_tables,
    setting,
    settings,
)
from twins.physics.model import Array, Chart, Model, Rows, Variable, Wave, beginning, defaults, resumed, rows, stacked
from twins.physics.noise import Keys, Noise, keyed_generator
from twins.physics.profile import Profile, read_profile
from twins.physics.quantity import difference, quantity
from twins.physics.signal import Signal

__all__ = [
    "LIBRARY",
    "Array",
    "Chart",
    "CircuitError",
    "Correction",
    "DataError",
    "FmuError",
    "Keys",
    "Maker",
    "Model",
    "Noise",
    "Profile",
    "RotorError",
    "Rows",
    "Signal",
    "TableError",
    "Variable",
    "Wave",
    "beginning",
    "corrections",
    "defaults",
    "difference",
    "forkable",
    "keyed_generator",
    "missing_extra",
    "modelled",
    "named",
    "quantity",
    "read_profile",
    "read_tables",
    "resumed",
    "rows",
    "setting",
    "settings",
    "stacked",
]

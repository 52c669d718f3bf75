"""A model as a package writes it, `{physics: …, parameters: …}`, made; equal descriptions give the very same model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec

from twins.physics.access import AccessDoor
from twins.physics.air_handler import AirHandler
from twins.physics.air_terminal import AirTerminal
from twins.physics.blade import TableError, read_blade
from twins.physics.canyon import Canyon
from twins.physics.centrifugal_pump import CentrifugalPump
from twins.physics.circuit_form import read_plan
from twins.physics.circulation import Circulation
from twins.physics.city_building import CityBuilding
from twins.physics.distribution import Distribution
from twins.physics.floris_wakes import FlorisWakes
from twins.physics.fmu import FmuError, FmuModel
from twins.physics.grid import Grid
from twins.physics.heat_plant import HeatPlant
from twins.physics.heat_pump import HeatPump
from twins.physics.junction import Junction
from twins.physics.met_mast import MetMast
from twins.physics.model import Model, Variable
from twins.physics.production_line import ProductionLine
from twins.physics.quantity import quantity
from twins.physics.rotor import Rotor
from twins.physics.signal import Signal
from twins.physics.street import Street
from twins.physics.street_lighting import StreetLighting
from twins.physics.substation import Substation
from twins.physics.uxsim_street import UxsimStreet
from twins.physics.wakes import Wakes
from twins.physics.water import WaterTower, WaterZone
from twins.physics.weather import Weather
from twins.physics.wind import Wind
from twins.physics.wind_turbine import WindTurbine
from twins.physics.zone import Zone

Written = Mapping[str, object]
LIBRARY: dict[str, Callable[..., Model]] = {
    "access-door": AccessDoor,
    "air-handler": AirHandler,
    "air-terminal": AirTerminal,
    "canyon": Canyon,
    "centrifugal-pump": CentrifugalPump,
    "city-building": CityBuilding,
    "circulation": Circulation,
    "distribution": Distribution,
    "grid": Grid,
    "heat-pump": HeatPump,
    "heat-plant": HeatPlant,
    "junction": Junction,
    "met-mast": MetMast,
    "production-line": ProductionLine,
    "signal": Signal,
    "street": Street,
    "street-uxsim": UxsimStreet,
    "street-lighting": StreetLighting,
    "substation": Substation,
    "wakes": Wakes,
    "wakes-floris": FlorisWakes,
    "weather": Weather,
    "water-tower": WaterTower,
    "water-zone": WaterZone,
    "wind": Wind,
    "wind-turbine": WindTurbine,
    "zone": Zone,
}


class RotorError(ValueError):
    """A rotor's parameters don't go together; one sentence."""


class DataError(ValueError):
    """The file that a model is made of isn't there; one sentence."""


class Maker:
    """Makes models for one twin. `files` are its package's."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._made: dict[object, Model] = {}

    def model(self, written: Written) -> Model:
        """Raises ValueError in one sentence; TableError where a table of the package is at fault."""
        if fmu := str(written.get("fmu") or ""):
            fmu = f"{written.get('folder', '')}{fmu}"
            return self._once(("fmu", fmu), lambda: self._fmu(fmu))
        name = str(written.get("physics", ""))
        if name not in LIBRARY:
            raise ValueError(f"there is no physics “{name}”; there are {', '.join(LIBRARY)}")
        if missing := missing_extra(name):
            raise ValueError(missing)
        if name == "circulation":
            data = f"{written.get('folder', '')}{written['data']}" if written.get("data") else ""
            return self._circulation(data, str(written.get("units") or "cgs"))
        if name != "wind-turbine":
            return self._once(name, LIBRARY[name])
        blade, airfoils = blade_files(written, self._files)
        shape = dict(settings(WindTurbine.parameters, written.get("parameters")))
        key = tuple(shape.get(each, _default(each)) for each in ("rotor_radius", "hub_radius", "blades", "precone"))
        return self._once((name, blade, airfoils, key), lambda: WindTurbine(self._rotor(blade, airfoils, *key)))

    def _once(self, key: object, make: Callable[[], Model]) -> Model:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _fmu(self, name: str) -> Model:
        if name not in self._files:
            there = [each for each in self._files if each.endswith(".fmu")]
            raise FmuError(
                f"there is no file {name} in the package; " + (f"there is {', '.join(there)}" if there else "put it there")
            )
        return FmuModel(name, self._files[name])

    def _circulation(self, name: str, units: str) -> Model:
        if name not in self._files:
            there = [each for each in self._files if each.startswith("models/") and each.endswith((".yaml", ".json"))]
            said = f"there is no file {name} in the package" if name else "a circulation without a circuit"
            raise DataError(
                f"{said}; write data: {there[0] if there else 'models/circuit.yaml'}" + ("" if there else " and put it there")
            )
        return self._once(("circulation", name, units), lambda: Circulation(read_plan(self._files[name], name, units)))

    def _rotor(self, blade: str, airfoils: str, radius: float, hub: float, blades: float, precone: float) -> Rotor:
        if hub >= radius:
            raise RotorError(f"hub_radius {hub:g} m is not below rotor_radius {radius:g} m; write the radius of the hub")
        stations = read_blade(self._files, blade, airfoils) if blade else None
        if stations is not None and stations.radius[0] > radius:
            raise TableError(blade, 0, f"the blade begins at {stations.radius[0]:g} m, outside the rotor's radius {radius:g} m",
                             "write r_m in metres from the rotor's axis")  # fmt: skip
        return Rotor(radius, hub, round(blades), precone, stations)


def missing_extra(name: str) -> str:
    """The sentence for a physics whose library isn't installed; "" where there is nothing amiss."""
    library = getattr(LIBRARY[name], "needs", "")
    if not library or find_spec(library) is not None:
        return ""
    return f"the physics “{name}” needs {library}, which isn't installed; run “pip install {library}”"


def modelled(written: Written) -> bool:
    """Whether a package gives something a model of its own; what only wanders has none."""
    return bool(written.get("fmu")) or str(written.get("physics") or "signal") != "signal"


def forkable(written: Written) -> bool:
    """Whether what it carries can be copied."""
    return not written.get("fmu") and bool(getattr(LIBRARY.get(str(written.get("physics"))), "forkable", True))


def blade_files(written: Written, files: Mapping[str, bytes]) -> tuple[str, str]:
    """(blade, folder of polars) of a wind turbine; "" where neither is named and there is no blade.csv."""
    folder, named = str(written.get("folder", "")), str(written.get("blade") or "")
    blade = f"{folder}{named or 'blade.csv'}" if named or f"{folder}blade.csv" in files else ""
    beside = f"{blade.rpartition('/')[0]}/airfoils".lstrip("/")
    return blade, f"{folder}{written['airfoils']}".rstrip("/") if written.get("airfoils") else beside


def read_tables(written: Written, files: Mapping[str, bytes]) -> bool:
    """Whether a model is made of tables of the package; then they were read. Raises TableError."""
    if written.get("physics") != "wind-turbine":
        return False
    blade, airfoils = blade_files(written, files)
    if blade:
        read_blade(files, blade, airfoils)
    return bool(blade)


def settings(parameters: tuple[Variable, ...], written: object) -> Iterator[tuple[str, float]]:
    """(name, SI value) of each parameter that is written. Raises ValueError in one sentence that names it."""
    for name, value in written.items() if isinstance(written, Mapping) else ():
        variable = named(parameters, str(name))
        if variable is None:
            raise ValueError(f"the model has no parameter “{name}”; “check” tells what there is")
        yield variable.name, setting(variable, str(name), value)


def setting(variable: Variable, name: str, value: object) -> float:
    """One written parameter in SI; of a word, its place. Raises ValueError."""
    if variable.words:
        if value not in variable.words:
            raise ValueError(f"{name}: “{value}” is none of its words; write one of {', '.join(variable.words)}")
        return float(variable.words.index(str(value)))
    try:
        if name == variable.bare and isinstance(value, (int, float)):
            return quantity(f"{value!r} {variable.shown}", variable.unit)
        number = quantity(value, variable.unit)
    except ValueError as problem:
        raise ValueError(f"{name}: {problem}") from None
    if variable.whole and not number.is_integer():
        below = math.floor(number)
        raise ValueError(f"{name}: {value} is not whole, and there is no part of one; write {below} or {below + 1}")
    return number


def named(parameters: tuple[Variable, ...], name: str) -> Variable | None:
    """The parameter of that name, or of that name for bare numbers."""
    return next((each for each in parameters if name in (each.name, each.bare)), None)


def _default(name: str) -> float:
    return next(each.default for each in WindTurbine.parameters if each.name == name)

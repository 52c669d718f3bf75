"""The trade's name for what a unit measures: what may be coloured and compared together."""

from __future__ import annotations

from twins.expression import scale

# quantity: its everyday units; the first stands for its dimension. Of two quantities with one dimension the first counts.
_EVERYDAY = {
    "power": "W kW MW GW hp",
    "apparent power": "VA kVA MVA",
    "reactive power": "var kvar Mvar VAr",
    "energy": "J kJ MJ GJ Wh kWh MWh GWh",
    "torque": "N*m kN*m Nm kNm",
    "temperature": "K degC °C degF °F",
    "temperature difference": "delta_degC Δ°C",
    "pressure": "Pa hPa kPa MPa mbar bar psi",
    "specific energy": "kWh/m^3 kWh/m³",
    "velocity": "m/s km/h mm/s ft/s knot",
    "acceleration": "m/s^2 m/s² mm/s^2",
    "rotational speed": "rpm rad/s deg/s",
    "frequency": "Hz kHz MHz 1/s 1/min",
    "angle": "deg ° rad",
    "ratio": "% percent ‰ ppm",
    "volume flow": "m^3/s m^3/h m³/h l/s l/min L/min",
    "mass flow": "kg/s kg/h t/h",
    "volume": "m^3 m³ l L ml",
    "area": "m^2 m²",
    "length": "m mm cm km µm um",
    "mass": "kg g mg t",
    "time": "s ms min h day",
    "voltage": "V mV kV",
    "current": "A mA kA",
    "resistance": "ohm Ω kohm",
    "density": "kg/m^3 kg/m³ kg/l",
    "force": "N kN MN",
    "power density": "W/m^2 W/m² kW/m^2",
    "illuminance": "lx",
}
_BY_UNIT = {unit: quantity for quantity, units in _EVERYDAY.items() for unit in units.split()}


def quantity_of(unit: str) -> str:
    """What a unit measures, “power”; "" for a plain number. pint is only asked about units that are not everyday.

    A dimension without a name in the trade is named by the unit, and so is what pint can't read.
    """
    unit = unit.strip()
    if not unit or unit in _BY_UNIT:
        return _BY_UNIT.get(unit, "")
    try:
        return _by_dimension(unit)
    except ValueError:
        return unit


def _by_dimension(unit: str) -> str:
    found = scale(unit)
    for quantity, units in _EVERYDAY.items():
        example = scale(units.split()[0])
        if (example.dimension, example.turns) == (found.dimension, found.turns):
            return quantity
    return unit


def everyday_units() -> tuple[str, ...]:
    """The units that are met every day, to suggest one of them."""
    return tuple(_BY_UNIT)

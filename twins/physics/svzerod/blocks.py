"""Blocks within a circuit: vessels, junctions, chambers and valves, said in nodes and branches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from twins.physics.activation import fourier_extremes
from twins.physics.circuit import Activation, Branch, Chamber, CircuitError
from twins.physics.svzerod.network import Network
from twins.physics.svzerod.written import mapping, number, numbers

_ACTIVATIONS = {
    "half_cosine": ("half-cosine", ("t_active", "t_twitch")),
    "piecewise_cosine": ("piecewise-cosine", ("contract_start", "relax_start", "contract_duration", "relax_duration")),
    "two_hill": ("two-hill", ("t_shift", "tau_1", "tau_2", "m1", "m2")),
    "wrapping_cosine": ("wrapping-cosine", ("Tsa", "tpwave")),
    "fourier": ("fourier", ()),
}
_BEGINNINGS = ("t_active", "contract_start", "relax_start", "t_shift")


def vessel(net: Network, name: str, each: Mapping[str, Any]) -> None:
    """Resistance and stenosis, compliance, inertance."""
    kind = str(each.get("zero_d_element_type", "BloodVessel"))
    values = mapping(each.get("zero_d_element_values", {}), name)
    begin, end = net.ends(name, "vessel")
    if kind == "BloodVesselRC":
        capacity, r = number(values, "Cp", name), number(values, "Rpd", name)
        held = net.new(f"{name}.mid", compliance=capacity)
        net.branches.append(Branch(f"{name}.in", begin, held, delivers=(held, end)))
        net.branch(Branch(f"{name}.out", held, end, r, delivers=()))
        net.through[name, begin] = net.through[name, end] = f"{name}.in"
        return
    if kind not in ("BloodVessel", "BloodVesselCRL"):
        raise CircuitError(
            f"{name} is a {kind}, which is not known here; there are BloodVessel, BloodVesselCRL and BloodVesselRC"
        )
    r, c, inertance, stenosis = (number(values, key, name, 0.0) for key in ("R_poiseuille", "C", "L", "stenosis_coefficient"))
    if c <= 0:
        net.branch(Branch(name, begin, end, r, stenosis, inertance), (name, begin), (name, end))
        return
    held = net.new(f"{name}.mid", compliance=c)
    first, second = (r, stenosis, 0.0), (0.0, 0.0, inertance)
    if kind == "BloodVesselCRL":
        first, second = (0.0, 0.0, 0.0), (r, stenosis, inertance)
    net.branch(Branch(f"{name}.in", begin, held, *first), (name, begin))
    net.branch(Branch(f"{name}.out", held, end, *second), (name, end))


def junction(net: Network, name: str, each: Mapping[str, Any]) -> None:
    """One node, or a resistance to each of its ends."""
    inlets, outlets = net.ports[name]
    kind = str(each.get("junction_type", "NORMAL_JUNCTION"))
    values = mapping(each.get("junction_values", {}), name)
    if not inlets and not outlets:
        raise CircuitError(f"the junction {name} joins nothing; name its vessels")
    if kind in ("NORMAL_JUNCTION", "internal_junction"):
        net.merge([*inlets, *outlets])
    elif kind in ("resistive_junction", "ResistiveJunction"):
        middle = net.new(f"{name}.mid")
        for port, r in zip([*inlets, *outlets], numbers(values, "R", name, len(inlets) + len(outlets)), strict=True):
            ends = (port, middle) if port in inlets else (middle, port)
            net.branch(Branch(f"{name}.{port}", *ends, r), (name, port))
    elif kind == "BloodVesselJunction" and len(inlets) == 1:
        columns = [numbers(values, key, name, len(outlets)) for key in ("R_poiseuille", "stenosis_coefficient", "L")]
        for port, *own in zip(outlets, *columns, strict=True):
            net.branch(Branch(f"{name}.{port}", inlets[0], port, *own), (name, port))
    else:
        raise CircuitError(
            f"{name} is a {kind} of {len(inlets)} inlets; there are NORMAL_JUNCTION, resistive_junction, and "
            "BloodVesselJunction of one inlet"
        )


def chamber(net: Network, name: str, each: Mapping[str, Any]) -> None:
    """An elastance that varies with the beat; behind it, but for the linear one, an inertance."""
    kind, values = str(each.get("type", "")), mapping(each.get("values", {}), name)
    active = _activation(each.get("activation_function"), name)
    v = partial(number, values, where=name)
    begin, end = net.ends(name, "chamber")
    if kind == "LinearElastanceChamber":
        made = Chamber(v("Emax"), v("Epass"), v("Vrest"), v("Vrest"), active)
        held = net.merge([begin, end])
    elif kind == "ChamberElastanceInductor":
        least = v("Emin")
        made = Chamber(v("Emax") - least, least, v("Vrd"), v("Vrs"), active)
        held = begin
    elif kind == "ChamberElastanceInductorExponential":
        rest = v("Vaso")
        made = Chamber(v("Emax"), 0.0, rest, rest, active, v("Kxv"), v("Kxp"))
        held = begin
    else:
        raise CircuitError(
            f"{name} is a {kind or 'chamber without a type'}, which is not known here; there are LinearElastanceChamber, "
            "ChamberElastanceInductor and ChamberElastanceInductorExponential"
        )
    if held == begin and kind != "LinearElastanceChamber":
        net.branch(Branch(f"{name}.out", begin, end, inertance=v("Impedance")), (name, end))
    net.change(held, chamber=made)
    net.volumes[f"Vc:{name}"] = held


def valve(net: Network, name: str, each: Mapping[str, Any]) -> None:
    """A resistance that depends on the way it is passed."""
    kind, values = str(each.get("type", "")), mapping(each.get("params", {}), name)
    if kind not in ("ValveTanh", "PiecewiseValve"):
        raise CircuitError(
            f"{name} is a {kind or 'valve without a type'}, which is not known here; there are ValveTanh and PiecewiseValve"
        )
    steep = number(values, "Steepness", name) if kind == "ValveTanh" else 0.0
    begin, end = net.ends(name, "valve")
    opened, shut = number(values, "Rmin", name), number(values, "Rmax", name)
    net.branch(Branch(name, begin, end, opened, valve=True, closed=shut, steepness=steep), (name, begin), (name, end))


def _activation(written: object, name: str) -> Activation:
    values = mapping(written, f"{name}: activation_function")
    kind = str(values.get("type", ""))
    if kind not in _ACTIVATIONS:
        raise CircuitError(f"{name} is activated by “{kind}”, which is not known here; there are {', '.join(_ACTIVATIONS)}")
    ours, keys = _ACTIVATIONS[kind]
    told = fourier_extremes() if kind == "fourier" else tuple(number(values, key, name) for key in keys)
    if kind != "fourier" and any(each <= 0 for key, each in zip(keys, told, strict=True) if key not in _BEGINNINGS):
        raise CircuitError(f"{name}: a duration of its activation is 0 or less; write it above 0")
    return Activation(ours, told)

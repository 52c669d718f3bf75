"""Where a circuit ends: given flows and pressures, resistances, windkessels, coronary beds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from twins.physics.circuit import Branch, CircuitError, Course
from twins.physics.svzerod.closed_loop import ClosedLoop
from twins.physics.svzerod.network import Network
from twins.physics.svzerod.written import given, mapping, number


@dataclass(frozen=True, slots=True)
class _End:
    """One port of a boundary: the node it stands at, and whether what is given flows in (−1: out of the circuit)."""

    net: Network
    name: str
    node: str
    values: Mapping[str, Any]
    sign: float
    loop: ClosedLoop | None

    def number(self, key: str) -> float:
        return number(self.values, key, self.name)

    def given(self, key: str) -> Course:
        return given(self.values, key, self.name)

    def new(self, what: str, **values: Any) -> str:
        return self.net.new(f"{self.name}.{what}", **values)

    def begins(self, to: str, r: float) -> None:
        """The branch that is the boundary's own flow."""
        self.net.branch(Branch(self.name, self.node, to, r), (self.name, self.node))

    def goes_on(self, what: str, begin: str, to: str, r: float, **more: Any) -> None:
        self.net.branches.append(Branch(f"{self.name}.{what}", begin, to, r, **more))

    def closed(self) -> ClosedLoop:
        if self.loop is None:
            raise CircuitError(f"{self.name} closes a loop that is not there; add a closed_loop_blocks entry")
        return self.loop


def boundary(net: Network, name: str, each: Mapping[str, Any], loop: ClosedLoop | None) -> None:
    """What stands at the ports of a boundary condition."""
    kind, values = str(each.get("bc_type", "")), mapping(each.get("bc_values", {}), name)
    inlets, outlets = net.ports[name]
    if kind not in _BOUNDARIES:
        raise CircuitError(f"{name} is of the type {kind or 'none'}, which is not known here; there are {', '.join(_BOUNDARIES)}")
    for node in (*inlets, *outlets):
        _BOUNDARIES[kind](_End(net, name, node, values, -1.0 if node in inlets else 1.0, loop))


def _flow(end: _End) -> None:
    course = end.given("Q")
    if end.net.nodes[end.net.one(end.node)].inflow is not None:
        raise CircuitError(f"{end.name} flows to where another flow is given; put a vessel between")
    end.net.change(end.node, inflow=replace(course, values=tuple(end.sign * each for each in course.values)))


def _pressure(end: _End) -> None:
    end.net.change(end.node, held=end.given("P"))


def _resistance(end: _End) -> None:
    end.begins(end.new("out", held=end.given("Pd")), end.number("R"))


def _windkessel(end: _End) -> None:
    out = end.loop.atrium if end.loop else end.new("out", held=end.given("Pd"))
    held = end.net.new(f"pressure_c:{end.name}", compliance=end.number("C"))
    end.begins(held, end.number("Rp"))
    end.goes_on("distal", held, out, end.number("Rd"))


def _closed_windkessel(end: _End) -> None:
    end.closed()
    _windkessel(end)


def _coronary(end: _End) -> None:
    varying = "Ra2_min" in end.values
    change = {"varying": tuple(end.number(key) for key in ("Ra2_max", "T_vc", "T_vr"))} if varying else {}
    out, artery = end.new("out", held=end.given("P_v")), end.new("artery", compliance=end.number("Ca"))
    muscle = end.new("muscle", compliance=end.number("Cc"), outside=end.given("Pim"))
    end.begins(artery, end.number("Ra1"))
    end.goes_on("small", artery, muscle, end.number("Ra2_min" if varying else "Ra2"), **change)
    end.goes_on("veins", muscle, out, end.number("Rv1"))


def _closed_coronary(end: _End, side: str) -> None:
    loop = end.closed()
    artery = end.new("artery", compliance=end.number("Ca"))
    muscle = end.new("muscle", compliance=end.number("Cim"), pressed=(f"{side}v.CLH", loop.number(f"im{side}")))
    end.begins(artery, end.number("Ra"))
    end.goes_on("small", artery, muscle, end.number("Ram"))
    end.goes_on("veins", muscle, loop.atrium, end.number("Rv"))


_BOUNDARIES: dict[str, Callable[[_End], None]] = {
    "FLOW": _flow,
    "PRESSURE": _pressure,
    "RESISTANCE": _resistance,
    "RCR": _windkessel,
    "CORONARY": _coronary,
    "CORONARY_VAR_RES": _coronary,
    "ClosedLoopRCR": _closed_windkessel,
    "ClosedLoopCoronaryLeft": partial(_closed_coronary, side="l"),
    "ClosedLoopCoronaryRight": partial(_closed_coronary, side="r"),
}

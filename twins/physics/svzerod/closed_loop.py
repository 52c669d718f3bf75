"""The heart and lungs that close a loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twins.physics.circuit import Activation, Branch, Chamber, CircuitError
from twins.physics.svzerod.network import Network
from twins.physics.svzerod.written import mapping, number


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """Where the veins end, and what is written of the heart."""

    atrium: str
    parameters: Mapping[str, Any]

    def number(self, key: str) -> float:
        """One of its parameters."""
        return number(self.parameters, key, "CLH")


def heart_and_lungs(net: Network, each: Mapping[str, Any]) -> ClosedLoop:
    """ClosedLoopHeartAndPulmonary (Sankaran 2012, Menon 2023). The left atrium is fed by what leaves the right ventricle, as
    published: the lungs hold pressure, not volume."""
    if each.get("closed_loop_type") != "ClosedLoopHeartAndPulmonary":
        raise CircuitError(
            f"a closed loop of the type {each.get('closed_loop_type')} is not known here; there is ClosedLoopHeartAndPulmonary"
        )
    loop = ClosedLoop("ra.CLH", mapping(each.get("parameters", {}), "CLH"))
    v = loop.number
    atria = Activation("wrapping-cosine", (v("Tsa"), v("tpwave")))
    ventricles = Activation("fourier", (0.0, 1.0))
    for side in ("ra", "la"):
        rest = v(f"Vaso_{side}")
        chamber = Chamber(v(f"Emax_{side}"), 0.0, rest, rest, atria, v(f"Kxv_{side}"), v(f"Kxp_{side}"))
        net.volumes[f"V_{side.upper()}:CLH"] = net.new(f"{side}.CLH", chamber=chamber)
    for side in ("rv", "lv"):
        rest = v(f"V{side}_u")
        chamber = Chamber(v(f"E{side}_s"), 0.0, rest, rest, ventricles)
        net.volumes[f"V_{side.upper()}:CLH"] = net.new(f"{side}.CLH", chamber=chamber)
    net.new("P_pul:CLH", compliance=v("Cp"))
    if not net.ports["CLH"][1]:
        raise CircuitError("the closed loop has no outlet; name its outlet_blocks")
    aorta = net.merge([net.new("aorta.CLH", compliance=v("Cpa")), *net.ports["CLH"][1]])
    ways = [("ra", "rv.CLH", "Rra_v", "Lra_v", None), ("rv", "P_pul:CLH", "Rrv_a", "Lrv_a", ("P_pul:CLH", "la.CLH")),
            ("la", "lv.CLH", "Rla_v", "Lla_v", None), ("lv", aorta, "Rlv_ao", "Llv_a", None)]  # fmt: skip
    for side, to, r, inertance, delivers in ways:
        name, begin = f"Q_{side.upper()}:CLH", f"{side}.CLH"
        valve = Branch(name, begin, to, v(r), inertance=v(inertance), valve=True, closed=1e6 * v(r), delivers=delivers)
        net.branches.append(valve)
    net.branches.append(Branch("lungs.CLH", "P_pul:CLH", "la.CLH", v("Rpd"), delivers=()))
    return loop

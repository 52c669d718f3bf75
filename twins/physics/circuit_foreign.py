"""Circuits of others: the JSON of svZeroDSolver (SimVascular), as its guide documents the equations of each block.

What a block does is said here in nodes and branches; a block that is not known is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from twins.physics.activation import fourier_extremes
from twins.physics.circuit import Activation, Branch, Chamber, Circuit, CircuitError, Course, Node, Probe

LARGEST = 8 << 20  # bytes
_MOST_STEPS = 1_000_000


@dataclass(frozen=True, slots=True)
class Foreign:
    """A circuit, in the units of its file, and how its author ran it."""

    circuit: Circuit
    cycles: int
    points: int  # of one cycle, both ends among them
    all_cycles: bool
    by_variable: bool
    mean_only: bool


def read_foreign(content: bytes, name: str) -> Foreign:
    """Raises CircuitError in one sentence."""
    if len(content) > LARGEST:
        raise CircuitError(f"{name} has {len(content):,} bytes; keep a circuit below {LARGEST >> 20} MB")
    try:
        written = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise CircuitError(f"{name} is no JSON; save it as svZeroDSolver reads it") from None
    if not isinstance(written, dict) or not ("vessels" in written or "chambers" in written):
        raise CircuitError(f"{name} holds no circuit; it lacks “vessels”")
    try:
        return _Reading(written).whole()
    except CircuitError as problem:
        raise CircuitError(f"{name}: {problem}") from None


@dataclass(slots=True)
class _Reading:
    written: Mapping[str, Any]
    period: float = 1.0
    nodes: dict[str, Node] = field(default_factory=dict)  # by the first name of all that are one
    same: dict[str, str] = field(default_factory=dict)
    branches: list[Branch] = field(default_factory=list)
    ports: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)  # of each block: (inlets, outlets)
    through: dict[tuple[str, str], str] = field(default_factory=dict)  # (block, node) → the branch that its flow is that of
    ids: dict[object, str] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)  # Vc:NAME → node

    def whole(self) -> Foreign:
        parameters = _mapping(self.written.get("simulation_parameters", {}), "simulation_parameters")
        vessels, junctions, boundaries, valves, chambers, loops = (
            self._list(key) for key in ("vessels", "junctions", "boundary_conditions", "valves", "chambers", "closed_loop_blocks")
        )
        for key in ("external_solver_coupling_blocks",):
            if self._list(key):
                raise CircuitError(f"{key} need another solver; take them out")
        self.period = self._period(parameters, boundaries, loops)
        kinds = {_name(each, "bc_name"): each for each in boundaries}
        self._connect(vessels, junctions, valves, chambers, loops, kinds)
        for each in vessels:
            self._vessel(_name(each, "vessel_name"), each)
        for each in junctions:
            self._junction(_name(each, "junction_name"), each)
        for each in chambers:
            self._chamber(_name(each, "name"), each)
        for each in valves:
            self._valve(_name(each, "name"), each)
        heart = self._heart(loops[0]) if loops else None
        for name, each in kinds.items():
            self._boundary(name, each, heart)
        return self._made(parameters)

    def _made(self, parameters: Mapping[str, Any]) -> Foreign:
        self._begin(_mapping(self.written.get("initial_condition", {}), "initial_condition"))
        branches = [
            replace(
                b,
                begin=self._one(b.begin),
                end=self._one(b.end),
                delivers=None if b.delivers is None else tuple(map(self._one, b.delivers)),
            )
            for b in self.branches
        ]
        pulsing = any(node.chamber for node in self.nodes.values())
        nodes = [replace(n, pressed=(self._one(n.pressed[0]), n.pressed[1])) if n.pressed else n for n in self.nodes.values()]
        settled = bool(parameters.get("steady_initial", True)) and not pulsing
        circuit = Circuit(tuple(nodes), tuple(branches), self.period, tuple(self._probes()), settled)
        points = int(_number(parameters, "number_of_time_pts_per_cardiac_cycle", "simulation_parameters", 101.0))
        cycles = int(_number(parameters, "number_of_cardiac_cycles", "simulation_parameters", 10.0))
        if not (points >= 2 and cycles >= 1 and points * cycles <= _MOST_STEPS):
            raise CircuitError(
                f"{cycles} cycles of {points} points; ask for 1 cycle, 2 points at least, and {_MOST_STEPS:,} points at most"
            )
        return Foreign(
            circuit,
            cycles,
            points,
            *(bool(parameters.get(f"output_{key}", False)) for key in ("all_cycles", "variable_based", "mean_only")),
        )

    def _list(self, key: str) -> list[Mapping[str, Any]]:
        found = self.written.get(key) or []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise CircuitError(f"“{key}” is no list of blocks; write [ … ]")
        return found

    def _period(
        self, parameters: Mapping[str, Any], boundaries: list[Mapping[str, Any]], loops: list[Mapping[str, Any]]
    ) -> float:
        said = [_number(each, "cardiac_cycle_period", "the closed loop", -1.0) for each in loops]
        said.append(_number(parameters, "cardiac_period", "simulation_parameters", -1.0))
        for each in boundaries:
            times = _mapping(each.get("bc_values", {}), "bc_values").get("t")
            if isinstance(times, list) and len(times) > 1:
                course = _course(times, times, str(each.get("bc_name")))
                said.append(course.times[-1] - course.times[0])
        return next((each for each in said if each > 0), 1.0)

    # who is joined to whom -----------------------------------------------------------------------------------------------------

    def _connect(self, vessels: Any, junctions: Any, valves: Any, chambers: Any, loops: Any, kinds: Mapping[str, Any]) -> None:
        named = [_name(each, "vessel_name") for each in vessels]
        blocks = [
            *named,
            *(_name(each, "junction_name") for each in junctions),
            *(_name(each, "name") for each in (*valves, *chambers)),
            *kinds,
        ]
        if twice := {name for name in blocks if blocks.count(name) > 1}:
            raise CircuitError(f"two blocks are called “{min(twice)}”; rename one")
        self.ports = {name: ([], []) for name in [*blocks, "CLH"]}
        for name, each in zip(named, vessels, strict=True):
            self.ids[each.get("vessel_id", name)] = name
            ends = _mapping(each.get("boundary_conditions") or {}, f"{name}: boundary_conditions")
            if "inlet" in ends:
                self._join(str(ends["inlet"]), name, name)
            if "outlet" in ends:
                self._join(name, str(ends["outlet"]), name)
        for each in junctions:
            junction = _name(each, "junction_name")
            for before in self._named(each, "inlet", junction):
                self._join(before, junction, junction)
            for after in self._named(each, "outlet", junction):
                self._join(junction, after, junction)
        for each in valves:
            values = _mapping(each.get("params", {}), "params")
            self._join(str(values.get("upstream_block")), _name(each, "name"), _name(each, "name"))
            self._join(_name(each, "name"), str(values.get("downstream_block")), _name(each, "name"))
        for each in loops:
            for after in each.get("outlet_blocks") or []:
                self._join("CLH", str(after), "the closed loop")

    def _named(self, junction: Mapping[str, Any], end: str, name: str) -> Iterator[str]:
        if f"{end}_blocks" in junction:
            yield from map(str, junction[f"{end}_blocks"] or [])
            return
        for number in junction.get(f"{end}_vessels") or []:
            if number not in self.ids:
                raise CircuitError(
                    f"{name} joins vessel {number}, which is not there; name one of {', '.join(map(str, self.ids))}"
                )
            yield self.ids[number]

    def _join(self, before: str, after: str, where: str) -> None:
        for block in (before, after):
            if block not in self.ports:
                raise CircuitError(f"{where} is joined to “{block}”, which is not there; name a block of this file")
        node = f"{before}:{after}"
        self.nodes[node] = Node(node)
        self.ports[before][1].append(node)
        self.ports[after][0].append(node)

    def _one(self, node: str) -> str:
        while node in self.same:
            node = self.same[node]
        return node

    def _merge(self, nodes: list[str]) -> str:
        first = self._one(nodes[0])
        for each in nodes[1:]:
            other = self._one(each)
            if other != first:
                self.nodes.pop(other)
                self.same[other] = first
        return first

    def _change(self, node: str, **values: Any) -> None:
        one = self._one(node)
        self.nodes[one] = replace(self.nodes[one], **values)

    def _new(self, name: str, **values: Any) -> str:
        self.nodes[name] = Node(name, **values)
        return name

    def _ends(self, block: str, what: str) -> tuple[str, str]:
        """The inlet and the outlet of a block that has one of each; one that is joined to nothing ends in a closed node."""
        inlets, outlets = self.ports[block]
        if len(inlets) > 1 or len(outlets) > 1:
            raise CircuitError(f"the {what} {block} has several inlets or outlets; put a junction there")
        return (
            inlets[0] if inlets else self._new(f":{block}"),
            outlets[0] if outlets else self._new(f"{block}:"),
        )

    def _branch(self, branch: Branch, *ports: tuple[str, str]) -> None:
        self.branches.append(branch)
        for port in ports:
            self.through[port] = branch.name

    # blocks --------------------------------------------------------------------------------------------------------------------

    def _vessel(self, name: str, each: Mapping[str, Any]) -> None:
        kind = str(each.get("zero_d_element_type", "BloodVessel"))
        values = _mapping(each.get("zero_d_element_values", {}), name)
        begin, end = self._ends(name, "vessel")
        if kind == "BloodVesselRC":
            capacity, r = _number(values, "Cp", name), _number(values, "Rpd", name)
            held = self._new(f"{name}.mid", compliance=capacity)
            self.branches.append(Branch(f"{name}.in", begin, held, delivers=(held, end)))
            self._branch(Branch(f"{name}.out", held, end, r, delivers=()))
            self.through[name, begin] = self.through[name, end] = f"{name}.in"
            return
        if kind not in ("BloodVessel", "BloodVesselCRL"):
            raise CircuitError(
                f"{name} is a {kind}, which is not known here; there are BloodVessel, BloodVesselCRL and BloodVesselRC"
            )
        r, c, inertance, stenosis = (
            _number(values, key, name, 0.0) for key in ("R_poiseuille", "C", "L", "stenosis_coefficient")
        )
        if c <= 0:
            self._branch(Branch(name, begin, end, r, stenosis, inertance), (name, begin), (name, end))
            return
        held = self._new(f"{name}.mid", compliance=c)
        first, second = (r, stenosis, 0.0), (0.0, 0.0, inertance)
        if kind == "BloodVesselCRL":
            first, second = (0.0, 0.0, 0.0), (r, stenosis, inertance)
        self._branch(Branch(f"{name}.in", begin, held, *first), (name, begin))
        self._branch(Branch(f"{name}.out", held, end, *second), (name, end))

    def _junction(self, name: str, each: Mapping[str, Any]) -> None:
        inlets, outlets = self.ports[name]
        kind = str(each.get("junction_type", "NORMAL_JUNCTION"))
        values = _mapping(each.get("junction_values", {}), name)
        if not inlets and not outlets:
            raise CircuitError(f"the junction {name} joins nothing; name its vessels")
        if kind in ("NORMAL_JUNCTION", "internal_junction"):
            self._merge([*inlets, *outlets])
        elif kind in ("resistive_junction", "ResistiveJunction"):
            middle = self._new(f"{name}.mid")
            for port, r in zip([*inlets, *outlets], _numbers(values, "R", name, len(inlets) + len(outlets)), strict=True):
                ends = (port, middle) if port in inlets else (middle, port)
                self._branch(Branch(f"{name}.{port}", *ends, r), (name, port))
        elif kind == "BloodVesselJunction" and len(inlets) == 1:
            columns = [_numbers(values, key, name, len(outlets)) for key in ("R_poiseuille", "stenosis_coefficient", "L")]
            for port, *numbers in zip(outlets, *columns, strict=True):
                self._branch(Branch(f"{name}.{port}", inlets[0], port, *numbers), (name, port))
        else:
            raise CircuitError(
                f"{name} is a {kind} of {len(inlets)} inlets; there are NORMAL_JUNCTION, resistive_junction, and "
                "BloodVesselJunction of one inlet"
            )

    def _chamber(self, name: str, each: Mapping[str, Any]) -> None:
        kind, values = str(each.get("type", "")), _mapping(each.get("values", {}), name)
        activation = _activation(each.get("activation_function"), name)
        number = partial(_number, values, where=name)
        begin, end = self._ends(name, "chamber")
        if kind == "LinearElastanceChamber":
            chamber = Chamber(number("Emax"), number("Epass"), number("Vrest"), number("Vrest"), activation)
            held = self._merge([begin, end])
        elif kind == "ChamberElastanceInductor":
            least = number("Emin")
            chamber = Chamber(number("Emax") - least, least, number("Vrd"), number("Vrs"), activation)
            held = begin
        elif kind == "ChamberElastanceInductorExponential":
            rest = number("Vaso")
            chamber = Chamber(number("Emax"), 0.0, rest, rest, activation, number("Kxv"), number("Kxp"))
            held = begin
        else:
            raise CircuitError(
                f"{name} is a {kind or 'chamber without a type'}, which is not known here; there are LinearElastanceChamber, "
                "ChamberElastanceInductor and ChamberElastanceInductorExponential"
            )
        if held == begin and kind != "LinearElastanceChamber":
            self._branch(Branch(f"{name}.out", begin, end, inertance=number("Impedance")), (name, end))
        self._change(held, chamber=chamber)
        self.volumes[f"Vc:{name}"] = held

    def _valve(self, name: str, each: Mapping[str, Any]) -> None:
        kind, values = str(each.get("type", "")), _mapping(each.get("params", {}), name)
        if kind not in ("ValveTanh", "PiecewiseValve"):
            raise CircuitError(
                f"{name} is a {kind or 'valve without a type'}, which is not known here; there are ValveTanh and PiecewiseValve"
            )
        steep = _number(values, "Steepness", name) if kind == "ValveTanh" else 0.0
        begin, end = self._ends(name, "valve")
        opened, shut = _number(values, "Rmin", name), _number(values, "Rmax", name)
        self._branch(Branch(name, begin, end, opened, valve=True, closed=shut, steepness=steep), (name, begin), (name, end))

    def _boundary(self, name: str, each: Mapping[str, Any], heart: str | None) -> None:
        kind, values = str(each.get("bc_type", "")), _mapping(each.get("bc_values", {}), name)
        inlets, outlets = self.ports[name]
        if kind not in _BOUNDARIES:
            raise CircuitError(
                f"{name} is of the type {kind or 'none'}, which is not known here; there are {', '.join(_BOUNDARIES)}"
            )
        for node in (*inlets, *outlets):
            _BOUNDARIES[kind](self, name, node, values, -1.0 if node in inlets else 1.0, heart)

    def flow(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        course = _given(values, "Q", name)
        one = self.nodes[self._one(node)]
        if one.inflow is not None:
            raise CircuitError(f"{name} flows to where another flow is given; put a vessel between")
        self._change(node, inflow=replace(course, values=tuple(sign * each for each in course.values)))

    def pressure(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        self._change(node, held=_given(values, "P", name))

    def resistance(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        out = self._new(f"{name}.out", held=_given(values, "Pd", name))
        self._branch(Branch(name, node, out, _number(values, "R", name)), (name, node))

    def windkessel(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        out = heart or self._new(f"{name}.out", held=_given(values, "Pd", name))
        held = self._new(f"pressure_c:{name}", compliance=_number(values, "C", name))
        self._branch(Branch(name, node, held, _number(values, "Rp", name)), (name, node))
        self.branches.append(Branch(f"{name}.distal", held, out, _number(values, "Rd", name)))

    def closed_windkessel(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        if heart is None:
            raise CircuitError(f"{name} closes a loop that is not there; add a closed_loop_blocks entry")
        self.windkessel(name, node, values, sign, heart)

    def coronary(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        varying = "Ra2_min" in values
        beyond = _number(values, "Ra2_min" if varying else "Ra2", name)
        change = tuple(_number(values, key, name) for key in ("Ra2_max", "T_vc", "T_vr")) if varying else None
        out = self._new(f"{name}.out", held=_given(values, "P_v", name))
        artery = self._new(f"{name}.artery", compliance=_number(values, "Ca", name))
        muscle = self._new(f"{name}.muscle", compliance=_number(values, "Cc", name), outside=_given(values, "Pim", name))
        self._branch(Branch(name, node, artery, _number(values, "Ra1", name)), (name, node))
        self.branches.append(Branch(f"{name}.small", artery, muscle, beyond, varying=change))  # type: ignore[arg-type]
        self.branches.append(Branch(f"{name}.veins", muscle, out, _number(values, "Rv1", name)))

    def closed_coronary(
        self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None, side: str = "l"
    ) -> None:
        if heart is None:
            raise CircuitError(f"{name} closes a loop that is not there; add a closed_loop_blocks entry")
        share = _number(_mapping(self._list("closed_loop_blocks")[0].get("parameters", {}), "CLH"), f"im{side}", "CLH")
        artery = self._new(f"{name}.artery", compliance=_number(values, "Ca", name))
        muscle = self._new(f"{name}.muscle", compliance=_number(values, "Cim", name), pressed=(f"{side}v.CLH", share))
        self._branch(Branch(name, node, artery, _number(values, "Ra", name)), (name, node))
        self.branches.append(Branch(f"{name}.small", artery, muscle, _number(values, "Ram", name)))
        self.branches.append(Branch(f"{name}.veins", muscle, heart, _number(values, "Rv", name)))

    def closed_coronary_right(self, name: str, node: str, values: Mapping[str, Any], sign: float, heart: str | None) -> None:
        self.closed_coronary(name, node, values, sign, heart, "r")

    def _heart(self, each: Mapping[str, Any]) -> str:
        """ClosedLoopHeartAndPulmonary (Sankaran 2012, Menon 2023); answers the right atrium. The left atrium is fed by what
        leaves the right
        ventricle, as published: the lungs hold pressure, not volume."""
        if each.get("closed_loop_type") != "ClosedLoopHeartAndPulmonary":
            raise CircuitError(
                f"a closed loop of the type {each.get('closed_loop_type')} is not known here; "
                "there is ClosedLoopHeartAndPulmonary"
            )
        values = _mapping(each.get("parameters", {}), "CLH")
        v = partial(_number, values, where="CLH")
        atria = Activation("wrapping-cosine", (v("Tsa"), v("tpwave")))
        ventricles = Activation("fourier", (0.0, 1.0))
        for side in ("ra", "la"):
            rest = v(f"Vaso_{side}")
            chamber = Chamber(v(f"Emax_{side}"), 0.0, rest, rest, atria, v(f"Kxv_{side}"), v(f"Kxp_{side}"))
            self.volumes[f"V_{side.upper()}:CLH"] = self._new(f"{side}.CLH", chamber=chamber)
        for side in ("rv", "lv"):
            rest = v(f"V{side}_u")
            chamber = Chamber(v(f"E{side}_s"), 0.0, rest, rest, ventricles)
            self.volumes[f"V_{side.upper()}:CLH"] = self._new(f"{side}.CLH", chamber=chamber)
        self._new("P_pul:CLH", compliance=v("Cp"))
        if not self.ports["CLH"][1]:
            raise CircuitError("the closed loop has no outlet; name its outlet_blocks")
        aorta = self._merge([self._new("aorta.CLH", compliance=v("Cpa")), *self.ports["CLH"][1]])
        ways = [("ra", "rv.CLH", "Rra_v", "Lra_v", None), ("rv", "P_pul:CLH", "Rrv_a", "Lrv_a", ("P_pul:CLH", "la.CLH")),
                ("la", "lv.CLH", "Rla_v", "Lla_v", None), ("lv", aorta, "Rlv_ao", "Llv_a", None)]  # fmt: skip
        for side, to, r, inertance, delivers in ways:
            shut = 1e6 * v(r)
            self.branches.append(
                Branch(
                    f"Q_{side.upper()}:CLH",
                    f"{side}.CLH",
                    to,
                    v(r),
                    inertance=v(inertance),
                    valve=True,
                    closed=shut,
                    delivers=delivers,
                )
            )
        self.branches.append(Branch("lungs.CLH", "P_pul:CLH", "la.CLH", v("Rpd"), delivers=()))
        return "ra.CLH"

    # beginning and results -----------------------------------------------------------------------------------------------------

    def _begin(self, written: Mapping[str, Any]) -> None:
        known = {branch.name: k for k, branch in enumerate(self.branches)}
        for key in written:
            value = _number(written, key, "initial_condition")
            what, _, rest = key.partition(":")
            node = self.volumes.get(key) or (rest if what == "pressure" else key)
            if key in self.volumes:
                self._change(node, volume=value)
            elif what == "flow":
                k = known.get(self._flow_of(rest), -1)
                if k >= 0:
                    self.branches[k] = replace(self.branches[k], flow=value)
            elif self._one(node) in self.nodes:
                self._change(node, pressure=value)
        for branch in self.branches:  # what a vessel holds follows from the pressure where it begins
            begin = self.nodes.get(self._one(branch.begin))
            if branch.name.endswith(".in") and branch.end.endswith(".mid") and begin and begin.pressure is not None:
                self._change(branch.end, pressure=begin.pressure - branch.resistance * branch.flow)

    def _flow_of(self, node: str) -> str:
        before, _, after = node.partition(":")
        return self.through.get((before, node)) or self.through.get((after, node)) or ""

    def _probes(self) -> Iterator[Probe]:
        for name in self.ids.values():
            inlets, outlets = self.ports[name]
            for end, node in (("in", (inlets or [f":{name}"])[0]), ("out", (outlets or [f"{name}:"])[0])):
                yield Probe(f"{name}.flow_{end}", "flow", self.through[name, node])
                yield Probe(f"{name}.pressure_{end}", "pressure", self._one(node))
        for node in [each for _, outlets in self.ports.values() for each in outlets]:
            if flow := self._flow_of(node):
                yield Probe(f"flow:{node}", "flow", flow)
            yield Probe(f"pressure:{node}", "pressure", self._one(node))
        for name, node in self.volumes.items():
            yield Probe(name, "volume", self._one(node))
        yield from (Probe(name, "pressure", name) for name in self.nodes if name.startswith(("pressure_c:", "P_pul:")))


_BOUNDARIES: dict[str, Callable[..., None]] = {
    "FLOW": _Reading.flow,
    "PRESSURE": _Reading.pressure,
    "RESISTANCE": _Reading.resistance,
    "RCR": _Reading.windkessel,
    "CORONARY": _Reading.coronary,
    "CORONARY_VAR_RES": _Reading.coronary,
    "ClosedLoopRCR": _Reading.closed_windkessel,
    "ClosedLoopCoronaryLeft": _Reading.closed_coronary,
    "ClosedLoopCoronaryRight": _Reading.closed_coronary_right,
}
_ACTIVATIONS = {
    "half_cosine": ("half-cosine", ("t_active", "t_twitch")),
    "piecewise_cosine": ("piecewise-cosine", ("contract_start", "relax_start", "contract_duration", "relax_duration")),
    "two_hill": ("two-hill", ("t_shift", "tau_1", "tau_2", "m1", "m2")),
    "wrapping_cosine": ("wrapping-cosine", ("Tsa", "tpwave")),
    "fourier": ("fourier", ()),
}


def _activation(written: object, name: str) -> Activation:
    values = _mapping(written, f"{name}: activation_function")
    kind = str(values.get("type", ""))
    if kind not in _ACTIVATIONS:
        raise CircuitError(f"{name} is activated by “{kind}”, which is not known here; there are {', '.join(_ACTIVATIONS)}")
    ours, keys = _ACTIVATIONS[kind]
    numbers = fourier_extremes() if kind == "fourier" else tuple(_number(values, key, name) for key in keys)
    if kind != "fourier" and any(each <= 0 for key, each in zip(keys, numbers, strict=True) if key not in _BEGINNINGS):
        raise CircuitError(f"{name}: a duration of its activation is 0 or less; write it above 0")
    return Activation(ours, numbers)


_BEGINNINGS = ("t_active", "contract_start", "relax_start", "t_shift")


def _name(each: Mapping[str, Any], key: str) -> str:
    name = each.get(key)
    if not isinstance(name, str) or not name:
        raise CircuitError(f"a block without “{key}”; give each a name")
    return name


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise CircuitError(f"{where} holds no values; write {{ … }}")
    return value


def _number(values: Mapping[str, Any], key: str, where: str, default: float | None = None) -> float:
    value = values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise CircuitError(
            f"{where} lacks the number “{key}”" + (f", it is {value!r:.40}" if key in values else "") + "; write one"
        )
    if value < 0 and key in ("R", "C", "Rp", "Rd", "R_poiseuille", "L", "Ca", "Cc", "Ra1", "Ra2", "Rv1"):
        raise CircuitError(f"{where}: {key} is {value:g}; write 0 or more")
    return float(value)


def _numbers(values: Mapping[str, Any], key: str, where: str, n: int) -> list[float]:
    found = values.get(key, [0.0] * n)
    if not isinstance(found, list) or len(found) != n:
        raise CircuitError(f"{where}: “{key}” holds not one number for each of its {n} ends; write {n}")
    return [_number({key: each}, key, where) for each in found]


def _given(values: Mapping[str, Any], key: str, where: str) -> Course:
    value = values.get(key, 0.0)
    if not isinstance(value, list):
        return Course((0.0,), (_number(values, key, where, 0.0),))
    return _course(values.get("t"), value, where)


def _course(times: object, values: object, where: str) -> Course:
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values) or not times:
        raise CircuitError(f"{where}: “t” and its values are not of one length; write a value for each time")
    course = Course(*(tuple(_number({"t": each}, "t", where) for each in column) for column in (times, values)))
    if any(b <= a for a, b in zip(course.times, course.times[1:], strict=False)):
        raise CircuitError(f"{where}: its times don't rise; sort them")
    return course

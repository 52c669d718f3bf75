"""A circuit as a package writes it: chambers, vessels, paths, valves, with units; docs/circulation.md shows one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from twins.physics.activation import KINDS, fourier_extremes
from twins.physics.circuit import Activation, Branch, Chamber, Circuit, CircuitError, Course, Node, network
from twins.physics.quantity import quantity
from twins.physics.svzerod import LARGEST, read_foreign

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 16
RHO = 1_060.0  # kg/m³, of blood
UNITS = {  # what a foreign file's numbers are in: (pressure in Pa, volume in m³)
    "cgs": (0.1, 1e-6),
    "mmHg": (133.322387415, 1e-6),
    "si": (1.0, 1.0),
}
_SHUT = 1e5  # a closed valve has so many times the resistance of an open one


@dataclass(frozen=True, slots=True)
class Agent:
    """What is given at a rate (kg/s) and changes elements: by `acts[name]` of what they are, half of it at the rate `half`."""

    name: str
    half: float
    onset: float
    acts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """A circuit with what a beat of it is judged by."""

    circuit: Circuit
    agents: tuple[Agent, ...] = ()
    drains: tuple[tuple[str, str], ...] = ()  # (name, node)
    pump: str = ""  # the chamber whose beat is told
    outlet: str = ""  # the valve that it pumps through
    pulses: tuple[str, ...] = ()  # nodes whose systolic, diastolic and mean pressure is told
    atria: tuple[str, ...] = ()  # chambers that stand still in fibrillation
    electric: float = 0.0  # s after the beginning of a beat: the R wave


def read_plan(content: bytes, name: str, units: str = "cgs") -> Plan:
    """From a file of ours (YAML), or of svZeroDSolver (JSON, in `units`). Raises CircuitError in one sentence."""
    if name.endswith(".json"):
        return foreign_plan(read_foreign(content, name).circuit, units)
    if len(content) > LARGEST:
        raise CircuitError(f"{name} has {len(content):,} bytes; keep a circuit below {LARGEST >> 20} MB")
    try:
        _refuse_deep(content, name)
        written = yaml.load(content, Loader=_LOADER)  # noqa: S506 — both are safe
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise CircuitError(f"{name} is no YAML; docs/circulation.md shows a circuit") from None
    try:
        plan = _Form(_block(written, "the file")).plan()
        network(plan.circuit)
        return plan
    except CircuitError as problem:
        raise CircuitError(f"{name}: {problem}") from None


def _refuse_deep(content: bytes, name: str) -> None:
    """The loader goes down by recursion, in C; a circuit is four levels deep and repeats nothing by reference."""
    depth = 0
    for event in yaml.parse(content, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            raise CircuitError(f"{name} is nested too deep, or refers to itself; docs/circulation.md shows a circuit")


def foreign_plan(circuit: Circuit, units: str) -> Plan:
    """A foreign circuit in SI; what is given in its first chamber is judged."""
    if units not in UNITS:
        raise CircuitError(f"there are no units “{units}”; write one of {', '.join(UNITS)}")
    return Plan(_named(_scaled(circuit, *UNITS[units])))


def _named(circuit: Circuit) -> Circuit:
    """Names that parameters and outputs can have: of letters, digits and _."""
    names = [*(node.name for node in circuit.nodes), *(branch.name for branch in circuit.branches)]
    words = {name: re.sub(r"\W+", "_", name).strip("_") or "node" for name in names}
    taken: dict[str, str] = {}
    for name, word in words.items():
        while taken.setdefault(word if word[0].isalpha() else f"n{word}", name) != name:
            word += "_"
        words[name] = word if word[0].isalpha() else f"n{word}"
    nodes = tuple(
        replace(n, name=words[n.name], pressed=n.pressed and (words[n.pressed[0]], n.pressed[1])) for n in circuit.nodes
    )
    branches = tuple(
        replace(
            b,
            name=words[b.name],
            begin=words[b.begin],
            end=words[b.end],
            delivers=b.delivers and tuple(words[each] for each in b.delivers),
        )
        for b in circuit.branches
    )
    return replace(circuit, nodes=nodes, branches=branches, probes=())


@dataclass(slots=True)
class _Form:
    written: Mapping[str, Any]
    nodes: dict[str, Node] = field(default_factory=dict)
    branches: list[Branch] = field(default_factory=list)

    def plan(self) -> Plan:
        known = ("period", "chambers", "vessels", "paths", "valves", "drains", "agents", "beat", "description")
        _only(self.written, known, "the file")
        period = _value(self.written, "period", "s", "the circuit", "1 s")
        for name, each in self._blocks("chambers"):
            self.nodes[name] = _chamber(name, each)
        for name, each in self._blocks("vessels"):
            self._free(name)
            self.nodes[name] = _vessel(name, each)
        for name, each in self._blocks("paths"):
            self.branches.append(_path(name, each))
        for name, each in self._blocks("valves"):
            self.branches.append(_valve(name, each))
        circuit = Circuit(tuple(self.nodes.values()), tuple(self.branches), period)
        drains = tuple((name, self._node(each.get("from"), name)) for name, each in self._blocks("drains"))
        agents = tuple(self._agent(name, each) for name, each in self._blocks("agents"))
        return self._judged(Plan(circuit, agents, drains))

    def _judged(self, plan: Plan) -> Plan:
        beat = _block(self.written.get("beat", {}), "beat")
        _only(beat, ("pump", "outlet", "pulses", "atria", "electric"), "beat")
        pulses, atria = (tuple(self._node(each, "beat") for each in beat.get(key) or ()) for key in ("pulses", "atria"))
        pump = self._node(beat["pump"], "beat") if "pump" in beat else ""
        outlet = str(beat.get("outlet", ""))
        if outlet and outlet not in {branch.name for branch in self.branches}:
            raise CircuitError(f"beat: there is no valve “{outlet}”; name one of {', '.join(b.name for b in self.branches)}")
        electric = _value(beat, "electric", "s", "beat", "0 s")
        return Plan(plan.circuit, plan.agents, plan.drains, pump, outlet, pulses, atria, electric)

    def _blocks(self, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, each in _block(self.written.get(key) or {}, key).items():
            if not str(name).isidentifier():
                raise CircuitError(f"{key}: “{name}” is no name; use letters, digits and _")
            yield str(name), _block(each, str(name))

    def _free(self, name: str) -> None:
        if name in self.nodes:
            raise CircuitError(f"two things are called {name}; rename one")

    def _node(self, name: object, where: str) -> str:
        if name not in self.nodes:
            raise CircuitError(f"{where}: there is no “{name}”; name one of {', '.join(self.nodes)}")
        return str(name)

    def _agent(self, name: str, each: Mapping[str, Any]) -> Agent:
        _only(each, ("half", "onset", "acts"), name)
        acts = _block(each.get("acts", {}), f"{name}: acts")
        known = {*self.nodes, *(branch.name for branch in self.branches)}
        for subject in acts:
            if subject not in known:
                raise CircuitError(f"{name} acts on “{subject}”, which is not there; name one of {', '.join(sorted(known))}")
        shares = {str(key): _value(acts, key, "", f"{name}: acts") for key in acts}
        return Agent(name, _value(each, "half", "kg/s", name), _value(each, "onset", "s", name), shares)


def _chamber(name: str, each: Mapping[str, Any]) -> Node:
    _only(each, ("systolic", "diastolic", "rest", "volume", "activation"), name)
    passive, peak = (_value(each, key, "Pa/m^3", name) for key in ("diastolic", "systolic"))
    rest = _value(each, "rest", "m^3", name)
    if not 0 < passive < peak:
        raise CircuitError(f"{name}: an elastance of {passive:g} relaxed and {peak:g} contracted; write 0 < diastolic < systolic")
    chamber = Chamber(peak - passive, passive, rest, rest, _activation(name, each.get("activation")))
    return Node(name, chamber=chamber, volume=_value(each, "volume", "m^3", name))


def _vessel(name: str, each: Mapping[str, Any]) -> Node:
    _only(each, ("compliance", "unstressed", "pressure"), name)
    compliance = _value(each, "compliance", "m^3/Pa", name)
    if compliance <= 0:
        raise CircuitError(f"{name}: a compliance of {compliance:g}; write it above 0")
    return Node(
        name, compliance, _value(each, "unstressed", "m^3", name, "0 m^3"), pressure=_value(each, "pressure", "Pa", name, "0 Pa")
    )


def _path(name: str, each: Mapping[str, Any]) -> Branch:
    _only(each, ("from", "to", "resistance", "inertance"), name)
    inertance = _value(each, "inertance", "Pa*s^2/m^3", name, "0 Pa*s^2/m^3")
    return Branch(
        name, str(each.get("from")), str(each.get("to")), _positive(each, "resistance", "Pa*s/m^3", name), 0.0, inertance
    )


def _valve(name: str, each: Mapping[str, Any]) -> Branch:
    """The pressure that an orifice takes is ρ/2·(Q/area)² (Bernoulli; `area` is the effective one)."""
    _only(each, ("from", "to", "resistance", "area", "inertance"), name)
    r = _positive(each, "resistance", "Pa*s/m^3", name)
    area = _positive(each, "area", "m^2", name)
    inertance = _value(each, "inertance", "Pa*s^2/m^3", name, "0 Pa*s^2/m^3")
    return Branch(name, str(each.get("from")), str(each.get("to")), r, RHO / (2 * area * area), inertance, True, r * _SHUT)


def _activation(name: str, written: object) -> Activation:
    each = _block(written, f"{name}: activation")
    kind = str(each.get("kind", ""))
    if kind not in KINDS:
        raise CircuitError(f"{name}: there is no activation “{kind}”; write one of {', '.join(KINDS)}")
    if kind == "fourier":
        return Activation(kind, fourier_extremes())
    _only(each, ("kind", *KINDS[kind]), f"{name}: activation")
    bare = ("rise_exponent", "fall_exponent", "after") + (("systole",) if kind == "wrapping-cosine" else ())
    numbers = tuple(_value(each, key, "" if key in bare else "s", f"{name}: activation") for key in KINDS[kind])
    return Activation(kind, numbers)


def _scaled(circuit: Circuit, p: float, v: float) -> Circuit:
    def course(each: Course | None, by: float) -> Course | None:
        return replace(each, values=tuple(by * value for value in each.values)) if each else None

    def chamber(each: Chamber | None) -> Chamber | None:
        if each is None:
            return None
        return Chamber(
            each.active * p / v,
            each.passive * p / v,
            each.rest_diastolic * v,
            each.rest_systolic * v,
            each.activation,
            each.stiffness / v,
            each.push * p,
        )

    nodes = tuple(
        replace(n, compliance=n.compliance * v / p, unstressed=n.unstressed * v,
                outside=course(n.outside, p), chamber=chamber(n.chamber),
                held=course(n.held, p), inflow=course(n.inflow, v), pressure=None if n.pressure is None else n.pressure * p,
                volume=None if n.volume is None else n.volume * v)
        for n in circuit.nodes
    )  # fmt: skip
    branches = tuple(
        replace(b, resistance=b.resistance * p / v, bernoulli=b.bernoulli * p / v**2, inertance=b.inertance * p / v,
                closed=b.closed * p / v,
                steepness=b.steepness / p, flow=b.flow * v, varying=b.varying and (b.varying[0] * p / v, *b.varying[1:]))
        for b in circuit.branches
    )  # fmt: skip
    return replace(circuit, nodes=nodes, branches=branches)


def _block(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise CircuitError(f"{where} holds no values; write key: value")
    return value


def _only(each: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in each:
        if key not in known:
            raise CircuitError(f"{where} knows no “{key}”; write one of {', '.join(known)}")


def _value(each: Mapping[str, Any], key: str, unit: str, where: str, default: str = "") -> float:
    written = each.get(key, default)
    if written == "":
        raise CircuitError(f"{where} lacks “{key}”; write {key}: 1 {unit}".rstrip())
    try:
        return quantity(written, unit)
    except ValueError as problem:
        raise CircuitError(f"{where}: {key}: {problem}") from None


def _positive(each: Mapping[str, Any], key: str, unit: str, where: str) -> float:
    value = _value(each, key, unit, where)
    if value <= 0:
        raise CircuitError(f"{where}: {key} is {each[key]}; write it above 0")
    return value

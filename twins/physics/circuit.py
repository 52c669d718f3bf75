"""A lumped circuit as data: nodes that hold volume, branches that carry flow, chambers that contract. SI throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twins.physics.model import Array

MOST_ELEMENTS = 2_000


class CircuitError(ValueError):
    """A circuit can't be read; one sentence: what is wrong; what to write instead."""


@dataclass(frozen=True, slots=True)
class Course:
    """A value over time, linear between its points and periodic with their span; one point is a constant."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, t: Array | float) -> Array:
        """Its values at times in s."""
        if len(self.times) == 1:
            return np.broadcast_to(np.float64(self.values[0]), np.shape(t))
        begin, span = self.times[0], self.times[-1] - self.times[0]
        return np.interp(begin + np.mod(np.asarray(t) - begin, span), self.times, self.values)

    @property
    def mean(self) -> float:
        """Over one period."""
        if len(self.times) == 1:
            return self.values[0]
        return float(np.trapezoid(self.values, self.times)) / (self.times[-1] - self.times[0])


@dataclass(frozen=True, slots=True)
class Activation:
    """How far a chamber is contracted, 0 to 1, over a beat. `kind` is one of those of `activation.py`; its numbers are in s."""

    kind: str
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chamber:
    """p = (passive + active·A)·(V − rest); with `stiffness` p = active·A·(V − rest) + (1 − A)·push·(exp(stiffness·(V −
    rest)) − 1).

    `rest` goes from `rest_diastolic` to `rest_systolic` with A. Elastances in Pa/m³, `stiffness` in 1/m³, `push` in Pa.
    """

    active: float
    passive: float
    rest_diastolic: float
    rest_systolic: float
    activation: Activation
    stiffness: float = 0.0
    push: float = 0.0


@dataclass(frozen=True, slots=True)
class Node:
    """A place of one pressure. It holds V = compliance·(p − outside) + unstressed, or what its chamber holds, or nothing."""

    name: str
    compliance: float = 0.0  # m³/Pa
    unstressed: float = 0.0  # m³
    outside: Course | None = None  # Pa
    chamber: Chamber | None = None
    held: Course | None = None  # its pressure is given, Pa
    inflow: Course | None = None  # what comes in from without, m³/s
    pressed: tuple[str, float] | None = None  # what it holds is also pressed by that node, by that share of its pressure
    pressure: float | None = None  # to begin with, Pa
    volume: float | None = None  # to begin with, m³


@dataclass(frozen=True, slots=True)
class Branch:
    """Δp = resistance·Q + bernoulli·Q·|Q| + inertance·dQ/dt, from one node to another.

    Of a valve that is so forwards; backwards its resistance is `closed`, or what its leak leaves open. A `steepness` (1/Pa)
    goes over from
    one to the other by tanh (Pfaller 2019); without, it is a diode.
    """

    name: str
    begin: str
    end: str
    resistance: float = 0.0  # Pa·s/m³
    bernoulli: float = 0.0  # Pa·s²/m⁶
    inertance: float = 0.0  # Pa·s²/m³
    valve: bool = False
    closed: float = 0.0  # Pa·s/m³
    steepness: float = 0.0
    flow: float = 0.0  # to begin with, m³/s
    delivers: tuple[str, ...] | None = (
        None  # the nodes that its flow comes to; default: where it ends. For circuits that don't conserve
    )
    varying: tuple[float, float, float] | None = None  # of a coronary: (greatest resistance, contracting, relaxing s)


@dataclass(frozen=True, slots=True)
class Probe:
    """A result by name: the pressure or volume of a node, the flow of a branch."""

    name: str
    what: str  # pressure, volume, flow
    of: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """Nodes and branches by name, in a fixed order. `period` is the beat's, s."""

    nodes: tuple[Node, ...]
    branches: tuple[Branch, ...]
    period: float = 1.0
    probes: tuple[Probe, ...] = ()
    settled: bool = False  # it begins in the steady state of its means

    def __post_init__(self) -> None:
        """Raises CircuitError where a branch leads nowhere."""
        if len(self.nodes) + len(self.branches) > MOST_ELEMENTS:
            raise CircuitError(f"a circuit of {len(self.nodes) + len(self.branches):,} elements; keep it below {MOST_ELEMENTS:,}")
        known = {node.name for node in self.nodes}
        for branch in self.branches:
            for end in (branch.begin, branch.end):
                if end not in known:
                    raise CircuitError(
                        f"{branch.name} leads to “{end}”, which is not there; name one of {', '.join(sorted(known))}"
                    )


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """What the elements are like, each (…, element): the same for all members, or one for each."""

    compliance: Array
    unstressed: Array
    active: Array  # of chambers
    passive: Array
    forward: Array  # resistances of branches
    backward: Array
    forward_bernoulli: Array
    backward_bernoulli: Array
    inertance: Array


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The circuit's shape as matrices: `joins` (free node, branch) is +1 where a branch ends and −1 where it begins, `flows`
    where
    its flow arrives and comes from; the two differ only in circuits that don't conserve volume."""

    circuit: Circuit
    free: tuple[int, ...]
    fixed: tuple[int, ...]
    joins: Array
    ties: Array  # (fixed node, branch), likewise
    chambers: NDArray[np.intp]  # places among the free nodes
    stores: NDArray[np.bool_]  # free nodes that hold volume
    linear: bool
    curved: bool
    steep: NDArray[np.bool_]
    inflows: tuple[tuple[int, Course], ...]
    outsides: tuple[tuple[int, Course], ...]
    flows: Array = field(repr=False)
    joined: Array = field(repr=False)  # joins, transposed
    flowed: Array = field(repr=False)  # flows, transposed
    pressing: Array = field(repr=False)  # (free node, free node): what drives a compliance, of all pressures

    def node(self, name: str) -> int:
        """Its place among the free nodes."""
        return self.free.index([node.name for node in self.circuit.nodes].index(name))


def network(circuit: Circuit) -> Network:
    """Raises CircuitError where nothing is free."""
    free = tuple(k for k, node in enumerate(circuit.nodes) if node.held is None)
    fixed = tuple(k for k, node in enumerate(circuit.nodes) if node.held is not None)
    if not free or not circuit.branches:
        raise CircuitError("a circuit without a vessel; join at least two nodes")
    at = {node.name: k for k, node in enumerate(circuit.nodes)}
    whole = np.zeros((len(circuit.nodes), len(circuit.branches)))
    for k, branch in enumerate(circuit.branches):
        whole[at[branch.end], k] += 1
        whole[at[branch.begin], k] -= 1
    arrives = whole.copy()
    for k, branch in enumerate(circuit.branches):
        if branch.delivers is not None:
            arrives[at[branch.end], k] = 0.0
            for name in branch.delivers:
                arrives[at[name], k] = 1.0
    nodes = [circuit.nodes[k] for k in free]
    pressing = np.eye(len(free))
    for k, node in enumerate(nodes):
        if node.pressed:
            pressing[k, free.index(at[node.pressed[0]])] -= node.pressed[1]
    flows = np.ascontiguousarray(arrives[list(free)])
    joins = np.ascontiguousarray(whole[list(free)])
    chambers = np.array([k for k, node in enumerate(nodes) if node.chamber], np.intp)
    return Network(
        circuit, free, fixed, joins, np.ascontiguousarray(whole[list(fixed)]), chambers,
        np.array([node.chamber is not None or node.compliance > 0 for node in nodes], bool),
        not any(branch.valve or branch.bernoulli for branch in circuit.branches),
        any(node.chamber is not None and node.chamber.stiffness > 0 for node in nodes),
        np.array([branch.steepness > 0 for branch in circuit.branches], bool),
        tuple((k, node.inflow) for k, node in enumerate(nodes) if node.inflow),
        tuple((k, node.outside) for k, node in enumerate(nodes) if node.outside),
        flows, np.ascontiguousarray(joins.T), np.ascontiguousarray(flows.T), pressing,
    )  # fmt: skip


def elements(net: Network) -> Elements:
    """As the circuit writes them. What has no resistance at all gets a millionth of the usual."""
    nodes, branches = [net.circuit.nodes[k] for k in net.free], net.circuit.branches
    chambers = [node.chamber for node in nodes if node.chamber]
    resistance, inertance = _column(branches, "resistance"), _column(branches, "inertance")
    bernoulli = _column(branches, "bernoulli")
    least = 1e-6 * float(np.median([each for each in resistance if each > 0] or [1.0]))
    resistance = np.where((resistance <= 0) & (inertance <= 0), least, resistance)
    valve = np.array([branch.valve for branch in branches], bool)
    closed = np.array([branch.closed for branch in branches])
    return Elements(
        np.array([0.0 if node.chamber else node.compliance for node in nodes]),
        np.array([node.unstressed for node in nodes]),
        np.array([chamber.active for chamber in chambers]),
        np.array([chamber.passive for chamber in chambers]),
        resistance,
        np.where(valve, closed, resistance),
        bernoulli,
        np.where(valve, 0.0, bernoulli),
        inertance,
    )


def _column(branches: Sequence[Branch], name: str) -> Array:
    return np.array([getattr(branch, name) for branch in branches], float)

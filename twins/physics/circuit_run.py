"""A bare circuit, run as its file says: cycles of so many points, and what is told of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.physics.circuit import Circuit, CircuitError, Elements, Network, Probe, elements, network
from twins.physics.circuit_step import Standing, Stepper
from twins.physics.model import Array
from twins.physics.svzerod import Foreign

_FINEST, _FINEST_BEATING = 200, 1_000  # steps a cycle at least


@dataclass(frozen=True, slots=True)
class Told:
    """Instants (s, from the beginning of what is told) and the probes' values (probe, instant), in the units of the file."""

    probes: tuple[Probe, ...]
    time: Array
    values: Array

    def as_csv(self) -> str:
        """A header line, then a row for each instant."""
        rows = [",".join(("time", *(f'"{probe.name}"' for probe in self.probes)))]
        rows += [",".join(f"{x:.10g}" for x in (t, *column)) for t, column in zip(self.time, self.values.T, strict=True)]
        return "\n".join(rows) + "\n"


def begun(circuit: Circuit, net: Network, e: Elements, stepper: Stepper) -> Standing:
    """Where a circuit begins: settled, or at the pressures and volumes that it names, else at rest."""
    if circuit.settled:
        return stepper.settled(e)
    nodes = [circuit.nodes[k] for k in net.free]
    p = np.array([node.pressure or 0.0 for node in nodes])
    outside = np.array([float(node.outside.at(0.0)) if node.outside else 0.0 for node in nodes])
    volume = e.compliance * (p - outside) + e.unstressed
    for k, node in enumerate(nodes):
        if node.chamber is not None:
            pressed = p[k] / max(node.chamber.passive, 1e-300) if node.pressure is not None else 0.0
            volume[k] = node.chamber.rest_diastolic + pressed if node.volume is None else node.volume
    return Standing(np.where(net.stores, volume, 0.0), p, np.array([branch.flow for branch in circuit.branches]))


def run(foreign: Foreign) -> Told:
    """Raises CircuitError where it has no solution."""
    circuit = foreign.circuit
    net = network(circuit)
    e, stepper = elements(net), Stepper(net, 1e-8)
    beating = len(net.chambers) or any(branch.valve for branch in circuit.branches)
    finest = _FINEST_BEATING if beating else _FINEST if _pulsing(circuit) else 1
    within = -(-finest // (foreign.points - 1))
    dt = circuit.period / (foreign.points - 1) / within
    told = []
    with np.errstate(all="ignore"):
        try:
            s = begun(circuit, net, e, stepper)
            if not circuit.settled:  # algebraic pressures and flows follow from what is held
                s = Standing(s.volume, stepper.step(s, e, 0.0, 0.0, circuit.period, 1e-9 * dt).pressure, s.flow)
            for k in range(foreign.cycles * (foreign.points - 1) * within + 1):
                if k % within == 0:
                    told.append(np.concatenate([s.pressure, s.volume, s.flow]))
                beat = (k * dt) % circuit.period
                s = stepper.step(s, e, k * dt, beat, circuit.period, dt)
        except np.linalg.LinAlgError:
            raise CircuitError(
                "a part of the circuit leads nowhere, so it has no pressure; join it, or give it a boundary"
            ) from None
    return _selected(foreign, net, np.array(told))


def _pulsing(circuit: Circuit) -> bool:
    """Whether anything that is given changes over time."""
    courses = [course for node in circuit.nodes for course in (node.held, node.inflow, node.outside) if course]
    return any(len({*course.values}) > 1 for course in courses) or any(branch.varying for branch in circuit.branches)


def _selected(foreign: Foreign, net: Network, rows: Array) -> Told:
    if not np.isfinite(rows).all():
        raise CircuitError("the circuit runs away; look at its resistances, compliances and elastances")
    every = foreign.points - 1
    first = 0 if foreign.all_cycles else len(rows) - every - 1
    time = np.arange(len(rows) - first) * foreign.circuit.period / every
    return Told(
        foreign.circuit.probes, time, np.array([_column(net, rows[first:], probe, time) for probe in foreign.circuit.probes])
    )


def _column(net: Network, rows: Array, probe: Probe, time: Array) -> Array:
    circuit, n = net.circuit, len(net.free)
    if probe.what == "flow":
        return rows[:, 2 * n + [branch.name for branch in circuit.branches].index(probe.of)]
    place = [node.name for node in circuit.nodes].index(probe.of)
    held = circuit.nodes[place].held
    if held is not None:
        return np.asarray(held.at(time))
    return rows[:, net.free.index(place) + (n if probe.what == "volume" else 0)]

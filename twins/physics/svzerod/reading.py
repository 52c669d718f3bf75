"""Reading the file: its blocks, who is joined to whom, and how its author ran it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from twins.physics.circuit import Circuit, CircuitError
from twins.physics.svzerod.blocks import chamber, junction, valve, vessel
from twins.physics.svzerod.boundaries import boundary
from twins.physics.svzerod.closed_loop import heart_and_lungs
from twins.physics.svzerod.network import Network
from twins.physics.svzerod.written import course, mapping, name_of, number

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
    net: Network = field(default_factory=Network)
    ids: dict[object, str] = field(default_factory=dict)  # of vessels

    def whole(self) -> Foreign:
        parameters = mapping(self.written.get("simulation_parameters", {}), "simulation_parameters")
        vessels, junctions, boundaries, valves, chambers, loops = (
            self._list(key) for key in ("vessels", "junctions", "boundary_conditions", "valves", "chambers", "closed_loop_blocks")
        )
        if self._list("external_solver_coupling_blocks"):
            raise CircuitError("external_solver_coupling_blocks need another solver; take them out")
        self.period = self._period(parameters, boundaries, loops)
        kinds = {name_of(each, "bc_name"): each for each in boundaries}
        self._connect(vessels, junctions, valves, chambers, loops, kinds)
        for each in vessels:
            vessel(self.net, name_of(each, "vessel_name"), each)
        for each in junctions:
            junction(self.net, name_of(each, "junction_name"), each)
        for each in chambers:
            chamber(self.net, name_of(each, "name"), each)
        for each in valves:
            valve(self.net, name_of(each, "name"), each)
        loop = heart_and_lungs(self.net, loops[0]) if loops else None
        for name, each in kinds.items():
            boundary(self.net, name, each, loop)
        return self._made(parameters)

    def _made(self, parameters: Mapping[str, Any]) -> Foreign:
        self.net.begin(mapping(self.written.get("initial_condition", {}), "initial_condition"))
        branches = [
            replace(
                b,
                begin=self.net.one(b.begin),
                end=self.net.one(b.end),
                delivers=None if b.delivers is None else tuple(map(self.net.one, b.delivers)),
            )
            for b in self.net.branches
        ]
        pulsing = any(node.chamber for node in self.net.nodes.values())
        nodes = [
            replace(n, pressed=(self.net.one(n.pressed[0]), n.pressed[1])) if n.pressed else n for n in self.net.nodes.values()
        ]
        settled = bool(parameters.get("steady_initial", True)) and not pulsing
        circuit = Circuit(tuple(nodes), tuple(branches), self.period, tuple(self.net.probes(list(self.ids.values()))), settled)
        points = int(number(parameters, "number_of_time_pts_per_cardiac_cycle", "simulation_parameters", 101.0))
        cycles = int(number(parameters, "number_of_cardiac_cycles", "simulation_parameters", 10.0))
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
        said = [number(each, "cardiac_cycle_period", "the closed loop", -1.0) for each in loops]
        said.append(number(parameters, "cardiac_period", "simulation_parameters", -1.0))
        for each in boundaries:
            times = mapping(each.get("bc_values", {}), "bc_values").get("t")
            if isinstance(times, list) and len(times) > 1:
                at = course(times, times, str(each.get("bc_name")), "t").times
                said.append(at[-1] - at[0])
        return next((each for each in said if each > 0), 1.0)

    def _connect(self, vessels: Any, junctions: Any, valves: Any, chambers: Any, loops: Any, kinds: Mapping[str, Any]) -> None:
        named = [name_of(each, "vessel_name") for each in vessels]
        blocks = [
            *named,
            *(name_of(each, "junction_name") for each in junctions),
            *(name_of(each, "name") for each in (*valves, *chambers)),
            *kinds,
        ]
        if twice := {name for name in blocks if blocks.count(name) > 1}:
            raise CircuitError(f"two blocks are called “{min(twice)}”; rename one")
        self.net.ports = {name: ([], []) for name in [*blocks, "CLH"]}
        for name, each in zip(named, vessels, strict=True):
            self.ids[each.get("vessel_id", name)] = name
            ends = mapping(each.get("boundary_conditions") or {}, f"{name}: boundary_conditions")
            if "inlet" in ends:
                self.net.join(str(ends["inlet"]), name, name)
            if "outlet" in ends:
                self.net.join(name, str(ends["outlet"]), name)
        for each in junctions:
            name = name_of(each, "junction_name")
            for before in self._named(each, "inlet", name):
                self.net.join(before, name, name)
            for after in self._named(each, "outlet", name):
                self.net.join(name, after, name)
        for each in valves:
            values = mapping(each.get("params", {}), "params")
            self.net.join(str(values.get("upstream_block")), name_of(each, "name"), name_of(each, "name"))
            self.net.join(name_of(each, "name"), str(values.get("downstream_block")), name_of(each, "name"))
        for each in loops:
            for after in each.get("outlet_blocks") or []:
                self.net.join("CLH", str(after), "the closed loop")

    def _named(self, junction: Mapping[str, Any], end: str, name: str) -> Iterator[str]:
        if f"{end}_blocks" in junction:
            yield from map(str, junction[f"{end}_blocks"] or [])
            return
        for vessel_id in junction.get(f"{end}_vessels") or []:
            if vessel_id not in self.ids:
                raise CircuitError(
                    f"{name} joins vessel {vessel_id}, which is not there; name one of {', '.join(map(str, self.ids))}"
                )
            yield self.ids[vessel_id]

"""The network that a file's blocks are taken apart into: nodes that hold, branches between them, and which block ends where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from twins.physics.circuit import Branch, CircuitError, Node, Probe
from twins.physics.svzerod.written import number


@dataclass(slots=True)
class Network:
    """Grows block by block."""

    nodes: dict[str, Node] = field(default_factory=dict)  # by the first name of all that are one
    same: dict[str, str] = field(default_factory=dict)
    branches: list[Branch] = field(default_factory=list)
    ports: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)  # of each block: (inlets, outlets)
    through: dict[tuple[str, str], str] = field(default_factory=dict)  # (block, node) → the branch that its flow is that of
    volumes: dict[str, str] = field(default_factory=dict)  # Vc:NAME → node

    def join(self, before: str, after: str, where: str) -> None:
        """An outlet of one block is an inlet of another."""
        for block in (before, after):
            if block not in self.ports:
                raise CircuitError(f"{where} is joined to “{block}”, which is not there; name a block of this file")
        node = f"{before}:{after}"
        self.nodes[node] = Node(node)
        self.ports[before][1].append(node)
        self.ports[after][0].append(node)

    def one(self, node: str) -> str:
        """The node that stands for all that are one with it."""
        while node in self.same:
            node = self.same[node]
        return node

    def merge(self, nodes: list[str]) -> str:
        """They are one from now on."""
        first = self.one(nodes[0])
        for each in nodes[1:]:
            other = self.one(each)
            if other != first:
                self.nodes.pop(other)
                self.same[other] = first
        return first

    def change(self, node: str, **values: Any) -> None:
        """Other values of a node."""
        one = self.one(node)
        self.nodes[one] = replace(self.nodes[one], **values)

    def new(self, name: str, **values: Any) -> str:
        """A node within a block."""
        self.nodes[name] = Node(name, **values)
        return name

    def ends(self, block: str, what: str) -> tuple[str, str]:
        """The inlet and the outlet of a block that has one of each; one that is joined to nothing ends in a closed node."""
        inlets, outlets = self.ports[block]
        if len(inlets) > 1 or len(outlets) > 1:
            raise CircuitError(f"the {what} {block} has several inlets or outlets; put a junction there")
        return (
            inlets[0] if inlets else self.new(f":{block}"),
            outlets[0] if outlets else self.new(f"{block}:"),
        )

    def branch(self, branch: Branch, *ports: tuple[str, str]) -> None:
        """One more; `ports` (block, node) are those whose flow is that of it."""
        self.branches.append(branch)
        for port in ports:
            self.through[port] = branch.name

    def flow_of(self, node: str) -> str:
        """The branch whose flow goes through a node between two blocks; "" where none says."""
        before, _, after = node.partition(":")
        return self.through.get((before, node)) or self.through.get((after, node)) or ""

    def begin(self, written: Mapping[str, Any]) -> None:
        """Pressures, flows and volumes at the start, by the names that results have."""
        known = {branch.name: k for k, branch in enumerate(self.branches)}
        for key in written:
            value = number(written, key, "initial_condition")
            what, _, rest = key.partition(":")
            node = self.volumes.get(key) or (rest if what == "pressure" else key)
            if key in self.volumes:
                self.change(node, volume=value)
            elif what == "flow":
                k = known.get(self.flow_of(rest), -1)
                if k >= 0:
                    self.branches[k] = replace(self.branches[k], flow=value)
            elif self.one(node) in self.nodes:
                self.change(node, pressure=value)
        for branch in self.branches:  # what a vessel holds follows from the pressure where it begins
            begin = self.nodes.get(self.one(branch.begin))
            if branch.name.endswith(".in") and branch.end.endswith(".mid") and begin and begin.pressure is not None:
                self.change(branch.end, pressure=begin.pressure - branch.resistance * branch.flow)

    def probes(self, vessels: Sequence[str]) -> Iterator[Probe]:
        """What is told of a run."""
        for name in vessels:
            inlets, outlets = self.ports[name]
            for end, node in (("in", (inlets or [f":{name}"])[0]), ("out", (outlets or [f"{name}:"])[0])):
                yield Probe(f"{name}.flow_{end}", "flow", self.through[name, node])
                yield Probe(f"{name}.pressure_{end}", "pressure", self.one(node))
        for node in [each for _, outlets in self.ports.values() for each in outlets]:
            if flow := self.flow_of(node):
                yield Probe(f"flow:{node}", "flow", flow)
            yield Probe(f"pressure:{node}", "pressure", self.one(node))
        for name, node in self.volumes.items():
            yield Probe(name, "volume", self.one(node))
        yield from (Probe(name, "pressure", name) for name in self.nodes if name.startswith(("pressure_c:", "P_pul:")))

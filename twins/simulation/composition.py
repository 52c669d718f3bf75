"""A twin's models, vectorised over the assets of a kind and ordered along the relations that they feed each other by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.asset import Asset, Relation, Twin
from twins.physics import (
    Array,
    Correction,
    Keys,
    Maker,
    Model,
    Noise,
    Variable,
    beginning,
    corrections,
    defaults,
    modelled,
    settings,
)


@dataclass(frozen=True, slots=True)
class Wire:
    """An input row sums an output row of another group: instance `targets[k]` takes `shares[k]` of what `sources[k]` gives."""

    row: int
    source: Group
    source_row: int
    sources: NDArray[np.intp]
    targets: NDArray[np.intp]
    shares: Array


@dataclass(slots=True, eq=False)
class Group:
    """All assets that one model stands for and that come at one place in the order, for every member of an ensemble."""

    name: str
    model: Model
    instances: tuple[str, ...]  # asset paths
    seed: int
    members: int = 1
    first: int = 0  # the number of the first member: where an ensemble runs in pieces
    surrounds: bool = False  # it is of the environment: its instances are the places of assets
    wires: list[Wire] = field(default_factory=list)
    state: Array = field(init=False)
    inputs: Array = field(init=False)
    parameters: Array = field(init=False)
    outputs: Array = field(init=False)
    forced: dict[int, Array] = field(
        init=False, default_factory=dict
    )  # input rows given from outside: (member, instance), NaN: not
    corrections: dict[int, tuple[Correction, ...]] = field(init=False, default_factory=dict)  # by instance
    _noise: Noise | Keys = field(init=False)

    def __post_init__(self) -> None:
        n, model = len(self.instances), self.model
        self.state, self.inputs, self.parameters, self.outputs = (
            defaults(each, self.members, n) for each in (model.states, model.inputs, model.parameters, model.outputs)
        )
        self._noise = self._noise_of(alike=False)

    def share_noise(self) -> None:
        """All members have the noise of the first from now on, so that nothing but what differs makes a difference."""
        self._noise = self._noise_of(alike=True)

    def advance(self, step: int, t: float, dt: float, *, still: bool = False) -> None:
        """One step of all instances; the groups that feed it must have gone before. `still` is without noise."""
        for wire in self.wires:
            self.inputs[wire.row][:, wire.targets] = 0.0
        for wire in self.wires:
            given = wire.source.outputs[wire.source_row][:, wire.sources] * wire.shares
            np.add.at(self.inputs[wire.row].T, wire.targets, given.T)
        for row, given in self.forced.items():
            self.inputs[row] = np.where(np.isnan(given), self.inputs[row], given)
        noise = np.zeros((self.model.noises, *self.state.shape[1:])) if still else self._noise.at(step)
        self.state, self.outputs = self.model.advance(self.state, self.inputs, self.parameters, t, dt, noise)
        for i, own in self.corrections.items():
            added = [(each.row, each(self.inputs[:, :, i], self.outputs[:, :, i])) for each in own]
            for row, by in added:
                self.outputs[row, :, i] += by

    def _noise_of(self, *, alike: bool) -> Noise | Keys:
        n = len(self.instances)
        if getattr(self.model, "keyed", False):
            return Keys(self.seed, self.name, self.members, n, self.first, alike=alike)
        return Noise(self.seed, self.name, self.model.noises, self.members, n, self.first, alike=alike)

    def row(self, what: str, name: str) -> int:
        """The row of an input, output, state or parameter by name; −1 where there is none."""
        return _row(getattr(self.model, what), name)


def composed(twin: Twin, seed: int, members: int = 1, first: int = 0) -> list[Group]:
    """Groups in the order in which they are to be advanced. Raises InputError where that can't be."""
    maker = Maker(twin.files)
    named = {path: asset.model for path, asset in twin.assets.items() if modelled(asset.model)}
    models = {path: _made(maker, path, written) for path, written in named.items()}
    groups: list[Group] = []
    for level in _levels(twin, models):
        for model in dict.fromkeys(models[path] for path in level):
            paths = tuple(path for path in level if models[path] is model)
            groups.append(Group(f"{_word(named[paths[0]])} {len(groups)}", model, paths, seed, members, first))
            for i, path in enumerate(paths):
                _set_parameters(groups[-1], i, named[path].get("parameters"), path)
                _correct(groups[-1], i, named[path].get("corrections"), path)
    _relate(groups, twin)
    _gather(groups, twin)
    whole = [*_surrounded(groups, twin, maker, seed), *groups]
    for group in whole:
        group.state = beginning(group.model, group.parameters)
    return whole


def _word(written: Mapping[str, object]) -> str:
    return str(written.get("fmu") or written.get("physics"))


def _made(maker: Maker, path: str, written: Mapping[str, object]) -> Model:
    try:
        return maker.model(written)
    except ValueError as problem:
        raise InputError(f"{path or 'the environment'}: {problem}") from None


def _levels(twin: Twin, models: Mapping[str, Model]) -> Iterator[list[str]]:
    """What act on each other come at one place in the order, all at once."""
    first: dict[int, str] = {}
    node = {path: first.setdefault(id(model), path) if getattr(model, "related", "") else path for path, model in models.items()}
    ends: dict[tuple[str, str, bool], list[str]] = {}  # who stands at the other end of an asset's relations; True: of its own
    for relation in twin.relations:
        ends.setdefault((relation.object, relation.kind, False), []).append(relation.subject)
        ends.setdefault((relation.subject, relation.kind, True), []).append(relation.object)
    order: TopologicalSorter[str] = TopologicalSorter()
    for path in models:
        order.add(node[path], *(node[feeder] for feeder in _feeders(path, models, ends)))
    try:
        order.prepare()
    except CycleError as problem:
        circle = " → ".join(problem.args[1][::-1])
        raise InputError(f"the models of {circle} feed each other in a circle; remove one of these relations") from None
    while order.is_active():
        ready = set(order.get_ready())
        order.done(*ready)
        yield [path for path in models if node[path] in ready]


def _feeders(path: str, models: Mapping[str, Model], ends: Mapping[tuple[str, str, bool], Sequence[str]]) -> Iterator[str]:
    """The assets whose outputs of the very step one asset's model gathers; what was told a step ago needs no order."""
    for variable in models[path].inputs:
        for giver in (
            ends.get((path, variable.gathered, variable.against), ()) if variable.gathered and not variable.lagged else ()
        ):
            source = models.get(giver)
            if source and _row(source.outputs, variable.name) >= 0:
                yield giver


def _set_parameters(group: Group, i: int, written: object, place: str) -> None:
    try:
        for name, value in settings(tuple(group.model.parameters), written):
            group.parameters[group.row("parameters", name), :, i] = value
    except ValueError as problem:
        raise InputError(f"{place}: {problem}") from None


def _correct(group: Group, i: int, written: object, place: str) -> None:
    try:
        if found := tuple(corrections(group.model, written)):
            group.corrections[i] = found
    except ValueError as problem:
        raise InputError(f"{place}: {problem}") from None


def _relate(groups: Sequence[Group], twin: Twin) -> None:
    """A model whose instances act on each other is told which do."""
    for group in groups:
        if kind := getattr(group.model, "related", ""):
            at = {path: i for i, path in enumerate(group.instances)}
            inside = [each for each in twin.relations if each.kind == kind and each.subject in at and each.object in at]
            pairs = [(at[each.subject], at[each.object]) for each in inside]
            shares = [each.share for each in inside]
            try:
                group.model = group.model.joined(group.instances, pairs, group.parameters, shares)  # type: ignore[attr-defined]
            except ValueError as problem:
                raise InputError(str(problem)) from None


def _gather(groups: Sequence[Group], twin: Twin) -> None:
    """Wires each gathered input to the sum of what feeds it."""
    by_kind: dict[str, list[Relation]] = {}
    for relation in twin.relations:
        by_kind.setdefault(relation.kind, []).append(relation)
    for group in groups:
        to = {path: i for i, path in enumerate(group.instances)}
        for row, variable in enumerate(group.model.inputs):
            along = by_kind.get(variable.gathered, ()) if variable.gathered else ()
            joined = [(*_ends(each, variable), each.share) for each in along]
            joined = [(giver, taker, share) for giver, taker, share in joined if taker in to]
            for source in groups if joined else ():
                out = {path: i for i, path in enumerate(source.instances)}
                pairs = {(out[giver], to[taker]): share for giver, taker, share in joined if giver in out}
                _wire(group, row, source, variable.name, sorted(pairs), [pairs[pair] for pair in sorted(pairs)])


def _ends(relation: Relation, variable: Variable) -> tuple[str, str]:
    """(who gives, who takes)."""
    return (relation.object, relation.subject) if variable.against else (relation.subject, relation.object)


def _wire(
    group: Group, row: int, source: Group, name: str, pairs: Sequence[tuple[int, int]], shares: Sequence[float] = (1.0,)
) -> None:
    source_row = _row(source.model.outputs, name)
    if source_row >= 0 and pairs:
        sources, targets = np.array(pairs, np.intp).T
        group.wires.append(Wire(row, source, source_row, sources, targets, np.array(shares, float)))


def _surrounded(groups: Sequence[Group], twin: Twin, maker: Maker, seed: int) -> list[Group]:
    """The environment's models, an instance for each asset that stands in them, in the package's order.

    A later one takes from an earlier one what it has inputs for, and gives in its stead; what assets return to it (`returned`) is
    that of the step before, so no circle arises. In those of a nested twin only its own assets stand, and these take from an
    outer one only what no nearer one gives.
    """
    written = twin.environment.get("models")
    models = {name: _made(maker, "", each) for name, each in (written.items() if isinstance(written, Mapping) else ())}
    around: list[Group] = []
    for name, model in models.items():
        inside = tuple(path for group in groups for path in group.instances if _stands_in(path, group, name, models))
        if inside:
            new = Group(name, model, inside, seed, groups[0].members, groups[0].first, surrounds=True)
            for i, path in enumerate(inside):
                _put_in_place(new, i, twin.assets[path], groups)
                _set_parameters(new, i, written[name].get("parameters"), f"environment {name}")  # type: ignore[index]
            around.append(new)
    for k, new in enumerate(around):
        _join(new, around[:k])
        for row, variable in enumerate(new.model.inputs):
            for group in groups if variable.returned and not variable.gathered else ():
                _wire(new, row, group, variable.name, _same_place(group, new))
    for group in groups:
        _join(group, around)
    return around


def _stands_in(path: str, group: Group, name: str, models: Mapping[str, Model]) -> bool:
    """Whether an asset is in a surrounding: of a twin around it, that gives something which no twin nearer to it gives."""
    wanted = {variable.name for variable in group.model.inputs if not variable.gathered}
    gives = wanted & {variable.name for variable in models[name].outputs}
    scope = _scope(name)
    for other, model in models.items():
        if len(_scope(other)) > len(scope) and path.startswith(_scope(other)):
            gives -= {variable.name for variable in model.outputs}
    return bool(gives) and path.startswith(scope)


def _scope(surrounding: str) -> str:
    """How the paths of a surrounding's own twin begin: `b12/` of `b12/wind`."""
    return surrounding[: surrounding.rfind("/") + 1]


def _join(group: Group, around: Sequence[Group]) -> None:
    """An input of an instance takes the output of the same name of the last surrounding that gives it there."""
    for row, variable in enumerate(group.model.inputs):
        if variable.gathered or variable.returned:
            continue
        taken: set[str] = set()
        for giver in reversed(around):
            if giver.row("outputs", variable.name) >= 0:
                pairs = _same_place(giver, group)
                _wire(group, row, giver, variable.name, [pair for pair in pairs if group.instances[pair[1]] not in taken])
                taken.update(giver.instances)


def _same_place(source: Group, to: Group) -> list[tuple[int, int]]:
    place = {path: i for i, path in enumerate(source.instances)}
    return [(place[path], i) for i, path in enumerate(to.instances) if path in place]


def _put_in_place(group: Group, i: int, asset: Asset, groups: Sequence[Group]) -> None:
    """A surrounding model's parameters x and y are where the asset stands (m); what its own model has too is taken from that."""
    place = {"x": asset.at.x, "y": asset.at.y}
    own = next((each for each in groups if asset.path in each.instances), None)
    for row, variable in enumerate(group.model.parameters):
        if variable.name in place:
            group.parameters[row, :, i] = place[variable.name]
        elif own is not None and (there := own.row("parameters", variable.name)) >= 0:
            group.parameters[row, :, i] = own.parameters[there, :, own.instances.index(asset.path)]


def _row(variables: Sequence[Variable], name: str) -> int:
    return next((k for k, variable in enumerate(variables) if variable.name == name), -1)

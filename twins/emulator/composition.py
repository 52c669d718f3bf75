"""A twin's models, vectorised over the assets of a kind and ordered along the relations that they feed each other by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.asset import Twin
from twins.physics import LIBRARY, Array, Model, Noise, Variable, defaults, quantity


@dataclass(frozen=True, slots=True)
class Wire:
    """An input row sums an output row of another group: instance `targets[k]` takes from instance `sources[k]`."""

    row: int
    source: Group
    source_row: int
    sources: NDArray[np.intp]
    targets: NDArray[np.intp]


@dataclass(slots=True, eq=False)
class Group:
    """All assets that one model stands for and that come at one place in the order; one member."""

    name: str
    model: Model
    instances: tuple[str, ...]  # asset paths
    seed: int
    surrounds: bool = False  # it is of the environment: its instances are the places of assets
    wires: list[Wire] = field(default_factory=list)
    state: Array = field(init=False)
    inputs: Array = field(init=False)
    parameters: Array = field(init=False)
    outputs: Array = field(init=False)
    _noise: Noise = field(init=False)

    def __post_init__(self) -> None:
        n, model = len(self.instances), self.model
        self.state, self.inputs, self.parameters, self.outputs = (
            defaults(each, 1, n) for each in (model.states, model.inputs, model.parameters, model.outputs)
        )
        self._noise = Noise(self.seed, self.name, model.noises, 1, n)

    def advance(self, step: int, t: float, dt: float) -> None:
        """One step of all instances; the groups that feed it must have gone before."""
        for row in {wire.row for wire in self.wires}:
            self.inputs[row] = 0.0
        for wire in self.wires:
            given = wire.source.outputs[wire.source_row][:, wire.sources]
            np.add.at(self.inputs[wire.row].T, wire.targets, given.T)
        self.state, self.outputs = self.model.advance(self.state, self.inputs, self.parameters, t, dt, self._noise.at(step))


def composed(twin: Twin, seed: int) -> list[Group]:
    """Groups in the order in which they are to be advanced. Raises InputError where models feed each other in a circle."""
    named = {path: asset.model for path, asset in twin.assets.items() if asset.model.get("physics", "signal") != "signal"}
    models = {path: _model(path, written) for path, written in named.items()}
    groups: list[Group] = []
    for level in _levels(twin, models):
        for physics in dict.fromkeys(str(twin.assets[path].model["physics"]) for path in level):
            paths = tuple(path for path in level if twin.assets[path].model["physics"] == physics)
            groups.append(_group(f"{physics} {len(groups)}", models[paths[0]], paths, twin, seed))
    _gather(groups, twin)
    return [*_surrounded(groups, twin, seed), *groups]


def _model(path: str, written: Mapping[str, object]) -> Model:
    name = str(written["physics"])
    if name not in LIBRARY:
        raise InputError(f"{path or 'the environment'}: there is no physics “{name}”; there are {', '.join(LIBRARY)}")
    return LIBRARY[name]()


def _levels(twin: Twin, models: Mapping[str, Model]) -> Iterator[list[str]]:
    order = TopologicalSorter({path: set(_feeders(path, models, twin)) for path in models})
    try:
        order.prepare()
    except CycleError as problem:
        circle = " → ".join(problem.args[1][::-1])
        raise InputError(f"the models of {circle} feed each other in a circle; remove one of these relations") from None
    while order.is_active():
        ready = order.get_ready()
        order.done(*ready)
        yield sorted(ready, key=list(models).index)


def _feeders(path: str, models: Mapping[str, Model], twin: Twin) -> Iterator[str]:
    """The assets whose outputs one asset's model gathers."""
    for variable in models[path].inputs:
        for relation in twin.relations if variable.gathered else ():
            source = models.get(relation.subject)
            if (
                relation.object == path
                and relation.kind == variable.gathered
                and source
                and _row(source.outputs, variable.name) >= 0
            ):
                yield relation.subject


def _group(name: str, model: Model, paths: tuple[str, ...], twin: Twin, seed: int) -> Group:
    group = Group(name, model, paths, seed)
    for i, path in enumerate(paths):
        _set_parameters(group, i, twin.assets[path].model.get("parameters"), path)
    return group


def _set_parameters(group: Group, i: int, written: object, place: str) -> None:
    for name, value in written.items() if isinstance(written, Mapping) else ():
        row = _row(group.model.parameters, name)
        if row < 0:
            raise InputError(f"{place}: the model has no parameter “{name}”; “check” tells what there is")
        try:
            group.parameters[row, :, i] = quantity(value, group.model.parameters[row].unit)
        except ValueError as problem:
            raise InputError(f"{place}: {name}: {problem}") from None


def _gather(groups: Sequence[Group], twin: Twin) -> None:
    """Wires each gathered input to the sum of what feeds it."""
    for group in groups:
        to = {path: i for i, path in enumerate(group.instances)}
        for row, variable in enumerate(group.model.inputs):
            joined = [each for each in twin.relations if each.kind == variable.gathered and each.object in to]
            for source in groups if joined else ():
                out = {path: i for i, path in enumerate(source.instances)}
                pairs = {(out[each.subject], to[each.object]) for each in joined if each.subject in out}
                _wire(group, row, source, variable.name, sorted(pairs))


def _wire(group: Group, row: int, source: Group, name: str, pairs: Sequence[tuple[int, int]]) -> None:
    source_row = _row(source.model.outputs, name)
    if source_row >= 0 and pairs:
        sources, targets = np.array(pairs, np.intp).T
        group.wires.append(Wire(row, source, source_row, sources, targets))


def _surrounded(groups: Sequence[Group], twin: Twin, seed: int) -> Iterator[Group]:
    """The environment's models, an instance for each asset that stands in them."""
    written = twin.environment.get("models")
    for name, each in written.items() if isinstance(written, Mapping) else ():
        model = _model("", each)
        gives = {variable.name for variable in model.outputs}
        inside = tuple(path for group in groups if _takes(group.model.inputs, gives) for path in group.instances)
        if not inside:
            continue
        surrounding = Group(name, model, inside, seed, surrounds=True)
        for i in range(len(inside)):
            _set_parameters(surrounding, i, each.get("parameters"), f"environment {name}")
        place = {path: i for i, path in enumerate(inside)}
        for group in groups:
            pairs = [(place[path], i) for i, path in enumerate(group.instances) if path in place]
            for row, variable in enumerate(group.model.inputs):
                if not variable.gathered:
                    _wire(group, row, surrounding, variable.name, pairs)
        yield surrounding


def _takes(inputs: Iterable[Variable], gives: set[str]) -> bool:
    return any(variable.name in gives and not variable.gathered for variable in inputs)


def _row(variables: Sequence[Variable], name: str) -> int:
    return next((k for k, variable in enumerate(variables) if variable.name == name), -1)

"""An ensemble: all models of a twin stepped together, for one member or many; a plant, a what-if and a forecast drive it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from twins import InputError
from twins.asset import Tag, Twin
from twins.clock import SECOND
from twins.physics import Array, keyed_generator
from twins.simulation.binding import SetPoint, bound
from twins.simulation.composition import Group, composed
from twins.simulation.derived import Derived
from twins.simulation.faults import Injection
from twins.simulation.readout import Readout

Held = Mapping[str, Mapping[str, Mapping[str, Array]]]  # states, inputs or parameters → group's place → name → (members,)


class Ensemble:
    """Steps are fixed and counted from the start: the same twin, seed, start and step give each member the same bits,
    whichever members run beside it. `still` is without noise; with `stand_ins` there are waveforms, and
    signals for tags that no model speaks of.
    """

    def __init__(
        self,
        twin: Twin,
        start: int,
        step_ns: int,
        seed: int = 1,
        members: int = 1,
        first: int = 0,
        *,
        still: bool = False,
        stand_ins: bool = False,
    ) -> None:
        """`start` in ns UTC. Raises InputError where the models don't fit together."""
        groups = composed(twin, seed, members, first)
        self.bounds, self.setpoints, self.groups = bound(twin, groups, seed, members, first)
        if not stand_ins:
            self.groups = groups
            self.bounds = [each for each in self.bounds if each.group in groups and each.wave is None]
            self.setpoints = [each for each in self.setpoints if each.group is not None]
        if not any(tag.is_measured for tag in twin.tags.values()):
            raise InputError(f"{twin.name} has no measured tags; write tags at its assets or their types, see docs/package.md")
        if not self.bounds:
            raise InputError(f"no model speaks of any tag of {twin.name}; give an asset a model, see docs/package.md")
        self.twin, self.seed, self.members, self.first = twin, seed, members, first
        self.start, self.step_ns, self.steps = start, step_ns, 0
        self._still = still
        self.readout = Readout(self.bounds, self.setpoints, self.groups)
        self._derived = Derived(twin, self.readout.tags)
        starts = np.array([each.start for each in self.setpoints], float)
        self.standing: Array = np.repeat(starts[:, None], members, axis=1)
        self._by_tag = {each.tag.path: (k, each) for k, each in enumerate(self.setpoints)}
        self._sound = [group.parameters.copy() for group in self.groups]
        self._broken: list[tuple[Injection, slice]] = []
        self._changed: dict[str, dict[str, Array]] = {}  # parameters by asset and name that are other than the package's
        for k, each in enumerate(self.setpoints):
            self._put(each, self.standing[k])

    @property
    def time(self) -> int:
        """Where it is, ns UTC."""
        return self.start + self.steps * self.step_ns

    def advance(self) -> None:
        """One step of all models."""
        self.steps += 1
        for fault, members in self._broken:
            if fault.start <= self.time:
                self._bend(fault, members)
        for group in self.groups:
            group.advance(self.steps - 1, self.time / SECOND, self.step_ns / SECOND, still=self._still)

    @property
    def tags(self) -> tuple[Tag, ...]:
        """Those of the readout, then the computed ones that follow from them."""
        return (*self.readout.tags, *self._derived.tags)

    def told(self) -> Array:
        """(tag, member), in the tags' units; codes of what is no number; NaN where a model gave none."""
        return self._derived.of(self.values())

    def values(self) -> Array:
        """(tag of the readout, member), in the tags' units."""
        return self.readout.values(self.standing)

    def set(self, path: str, value: Array | float) -> None:
        """A set-point, in the tag's unit, for all members or for each. Raises KeyError."""
        k, each = self._by_tag[path]
        self.standing[k] = value
        self._put(each, self.standing[k])

    def inject(self, fault: Injection, member: int | None = None) -> None:
        """A fault of a parameter begins at its instant, in one member or in all."""
        self._broken.append((fault, slice(None) if member is None else slice(member, member + 1)))

    def change(self, group: Group, row: int, instance: int, values: Array) -> None:
        """One parameter of one instance from now on, (member,) in SI; what breaks bends it from there."""
        group.parameters[row, :, instance] = values
        self._sound[self.groups.index(group)][row, :, instance] = values
        name, whole = group.model.parameters[row].name, np.broadcast_to(values, self.members)
        self._changed.setdefault(f"{_key(group)}{group.instances[instance]}", {})[name] = whole.copy()

    def of(self, asset: str) -> tuple[Group, int]:
        """The group of an asset's own model and its place there. Raises KeyError."""
        for group in self.groups:
            if asset in group.instances and not group.surrounds:
                return group, group.instances.index(asset)
        raise KeyError(asset)

    def around(self, name: str) -> Group | None:
        """A model of the environment, by its name in the package."""
        return next((group for group in self.groups if group.surrounds and group.name == name), None)

    @property
    def unforkable(self) -> tuple[str, ...]:
        """The assets whose models can't hand their state on."""
        return tuple(path for group in self.groups if not group.model.forkable for path in group.instances)

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever reads the results should know: what a sandbox could not enforce."""
        return tuple(dict.fromkeys(note for group in self.groups for note in getattr(group.model, "unenforced", ())))

    def held(self) -> Held:
        """All that a copy needs to go on from here: states, inputs, outputs and changed parameters by group, asset and name."""
        return {
            what: {
                f"{_key(group)}{path}": {
                    variable.name: getattr(group, what)[row, :, i].copy() for row, variable in enumerate(_declared(group, what))
                }
                for group in self.groups
                for i, path in enumerate(group.instances)
            }
            for what in ("state", "inputs", "outputs")
        } | {
            "standing": {each.tag.path: {"": self.standing[k].copy()} for k, each in enumerate(self.setpoints)},
            "parameters": {path: dict(values) for path, values in self._changed.items()},
        }

    def take(self, held: Held) -> None:
        """Goes on from what another of the same assets held; what that one knows nothing of stays as it is. Of fewer members than
        here each goes on as several."""
        for what in ("state", "inputs", "outputs"):
            for group in (group for group in self.groups if group.model.forkable):
                for i, path in enumerate(group.instances):
                    known = held.get(what, {}).get(f"{_key(group)}{path}", {})
                    for row, variable in enumerate(_declared(group, what)):
                        if variable.name in known:
                            getattr(group, what)[row, :, i] = self._shared(known[variable.name])
        for group in self.groups:
            for i, path in enumerate(group.instances):
                for name, values in held.get("parameters", {}).get(f"{_key(group)}{path}", {}).items():
                    if (row := group.row("parameters", name)) >= 0:
                        self.change(group, row, i, self._shared(values))
        for path, value in held["standing"].items():
            if path in self._by_tag:
                self.set(path, self._shared(value[""]))

    def _shared(self, values: Array) -> Array:
        return values[(self.first + np.arange(self.members)) % len(values)]

    def _bend(self, fault: Injection, members: slice) -> None:
        for group, sound in zip(self.groups, self._sound, strict=True):
            if fault.model in group.instances and not group.surrounds:
                row = [variable.name for variable in group.model.parameters].index(fault.parameter)
                variable, i = group.model.parameters[row], group.instances.index(fault.model)
                name = f"{fault.model}.{fault.parameter}"
                noise = float(keyed_generator(self.seed, name, self.time).standard_normal()) if fault.profile.amplitude else 0.0
                since = (self.time - fault.start) / SECOND
                bent = [fault.profile.changed(float(each), float(each), since, noise) for each in sound[row, members, i]]
                group.parameters[row, members, i] = np.clip(bent, variable.low, variable.high)
                return

    def _put(self, each: SetPoint, value: Array) -> None:
        if each.group is not None:
            each.group.inputs[each.row, :, each.instance] = value * each.factor + each.offset


def longest_step(groups: Sequence[Group]) -> int:
    """ns: no model bears a longer one."""
    return min([round(group.model.longest_step * SECOND) for group in groups if group.model.longest_step < 1e6], default=2**62)


def _key(group: Group) -> str:
    return f"{group.name}:" if group.surrounds else ""


def _declared(group: Group, what: str):  # type: ignore[no-untyped-def]
    return {"state": group.model.states, "inputs": group.model.inputs, "outputs": group.model.outputs}[what]

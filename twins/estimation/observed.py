"""Observed: of one group of assets, which outputs are judged by which tags, and which states are unknown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twins.physics import Array, keyed_generator
from twins.simulation.binding import Bound
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble


class Observed:
    """k outputs of i instances; `place` (k, i) are the places of their tags among all that are judged, −1 where there is none."""

    def __init__(self, group: Group, judged: Sequence[Bound]) -> None:
        own = [(at, each) for at, each in enumerate(judged) if each.group is group]
        self.group = group
        self._rows = np.array(sorted({each.row for _, each in own}), np.intp)
        row_at = {int(row): k for k, row in enumerate(self._rows)}
        self.place: NDArray[np.intp] = np.full((len(self._rows), len(group.instances)), -1, np.intp)
        for at, each in own:
            self.place[row_at[each.row], each.instance] = at
        self._at = np.array([at for at, _ in own], np.intp)
        self._k = np.array([row_at[each.row] for _, each in own], np.intp)
        self._i = np.array([each.instance for _, each in own], np.intp)
        self._factor = np.array([each.factor for _, each in own])
        self._offset = np.array([each.offset for _, each in own])
        states = group.model.states
        self._states = np.array([row for row, state in enumerate(states) if not (state.kept or state.words)], np.intp)
        self._low = np.array([states[row].low for row in self._states])[:, None, None]
        self._high = np.array([states[row].high for row in self._states])[:, None, None]
        told = {variable.name: row for row, variable in enumerate(group.model.outputs)}
        self._direct = [  # (state row, place among the observed rows) of states that a judged output tells
            (int(row), row_at[told[name]])
            for row in self._states
            if (name := states[row].told or states[row].name) in told and told[name] in row_at
        ]

    @property
    def outputs(self) -> Array:
        """(k, member, instance): what all members tell by now, in SI; a copy."""
        return self.group.outputs[self._rows]

    def fill(self, told: Array, course: Sequence[Array], when: Array) -> None:
        """Into `told` (tag, member): what each member says of each tag, in its unit, at an instant `when` 0…1 of the step;
        `course` are the outputs as it began and after each of its parts."""
        parts, outputs = len(course) - 1, np.stack(course)
        passed = when[self._at] * parts
        part = np.minimum(passed.astype(np.intp), parts - 1)
        old, new = (outputs[k, self._k, :, self._i] for k in (part, part + 1))
        value = old + (new - old) * (passed - part)[:, None]
        told[self._at] = value * self._factor[:, None] + self._offset[:, None]

    def of_tags(self, values: Array, otherwise: float = np.nan) -> Array:
        """(tag, …) → (k, …, i); `otherwise` where an instance has no such tag."""
        found = values[np.maximum(self.place, 0)]  # (k, i, …)
        found = np.where(self.place.reshape(*self.place.shape, *([1] * (values.ndim - 1))) >= 0, found, otherwise)
        return np.moveaxis(found, 1, -1)

    def back(self, found: NDArray[np.generic], into: NDArray[np.generic]) -> None:
        """(k, i) → their places in (tag,)."""
        into[self._at] = found[self._k, self._i]

    def unknown(self, members: int) -> Array:
        """(n, member, instance): states that are unknown, then what is told from them and judged: the next step begins there."""
        return np.concatenate([self.group.state[self._states, :members], self.group.outputs[self._rows, :members]])

    def take(self, unknown: Array, least: Array) -> None:
        """What is unknown as it is by now. Nobody knows more of what an instrument tells than that does: `least` (tag,) is its
        deviation in the tag's unit."""
        members, (states, told) = unknown.shape[1], np.split(unknown, [len(self._states)])
        self.group.outputs[self._rows, :members] = told
        for row, k in self._direct:
            at = int(np.flatnonzero(self._states == row)[0])
            own = states[at] - states[at].mean(axis=0)
            due = self._in_si(least)[k] / np.maximum(own.std(axis=0), 1e-12)
            states[at] += own * np.maximum(np.minimum(due, 1e3) - 1, 0.0)
        self.group.state[self._states, :members] = np.clip(states, self._low, self._high)

    def widest(self, of_tags: Array) -> Array:
        """(instance,): the largest that any of its tags has."""
        return np.asarray(self.of_tags(of_tags, 0.0).max(axis=0))

    def retaken(self, members: int, measured: Array, at: NDArray[np.bool_], deviation: Array, seed: int, t: int) -> None:
        """At these instances (instance,) the states that are measured stand about what is measured; `deviation` (tag,)."""
        value = np.full(self.place.shape, np.nan)
        value[self._k, self._i] = (measured[self._at] - self._offset) / self._factor
        spread = self._in_si(deviation)
        for row, k in self._direct:
            noise = self._noise(seed, row, members, t)
            taken = at & np.isfinite(value[k])
            self.group.state[row, :members] = np.where(taken, value[k] + spread[k] * noise, self.group.state[row, :members])

    def scatter(self, members: int, deviation: Array, seed: int, t: int) -> None:
        """Members that follow begin a little beside what was measured; `deviation` (tag,) in the tags' units."""
        spread = self._in_si(deviation)
        for row, k in self._direct:
            self.group.state[row, :members] += spread[k] * self._noise(seed, row, members, t)

    def _noise(self, seed: int, row: int, members: int, t: int) -> Array:
        shape = (members, len(self.group.instances))
        return keyed_generator(seed, f"{self.group.name} {row}", t).standard_normal(shape)

    def _in_si(self, deviation: Array) -> Array:
        """(tag,) in the tags' units → (k, instance) in SI."""
        found = np.zeros(self.place.shape)
        found[self._k, self._i] = deviation[self._at] / np.abs(self._factor)
        return found


def observed_groups(models: Ensemble, judged: Sequence[Bound]) -> list[Observed]:
    """One for each group that has judged outputs."""
    groups = dict.fromkeys(each.group for each in judged)
    return [Observed(group, judged) for group in models.groups if group in groups]

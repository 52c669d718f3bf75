"""Courses: a recorded stretch, run again by one asset's model for many candidates of its parameters at once.

The stretch is cut into pieces that run side by side, so that a year is a few hundred steps of a wide ensemble. Each piece
begins with what was measured and runs in for a while before it is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.asset import Tag, Twin
from twins.clock import MINUTE, SECOND
from twins.estimation.correcting import Beside
from twins.estimation.stepped import stepped
from twins.expression import Formula, TagMeanings, parse
from twins.expression import bound as named_in
from twins.historian.days import Record
from twins.physics import Array, beginning, defaults, resumed
from twins.record import Quality
from twins.simulation.binding import Bound
from twins.simulation.ensemble import Ensemble
from twins.simulation.feeds import Feeds, in_si
from twins.simulation.knobs import Knob, turn

Truths = NDArray[np.bool_]

_WIDE = 2_000  # members that are run at once, about
_RUN_IN = 5 * MINUTE
_LEAST_IN, _MOST_IN = 3, 300  # steps of it
_LONG = 4  # times its run-in is a piece at least
_BAD = np.uint8(Quality.BAD)


class Courses:
    """`predicted` answers what each candidate says of each output; `measured` (output, step) is what there was instead, NaN where
    it is not judged: where the measured mode is not the model's, an input is unknown, or `where` does not hold.
    """

    def __init__(
        self, twin: Twin, asset: str, record: Record, start: int, end: int, step: int,
        knobs: Sequence[Knob], outputs: Sequence[str], where: str = "", candidates: int = 1,
    ) -> None:  # fmt: skip
        """Raises InputError where nothing can be judged."""
        self.knobs, self.candidates, self._twin, self._asset = tuple(knobs), candidates, twin, asset
        self._step, self._start = step, start
        n = max(int((end - start) // step), 1)
        self._runs_in = int(np.clip(_RUN_IN // step, _LEAST_IN, _MOST_IN))
        pieces = int(np.clip(_WIDE // candidates, 1, max(n // (_LONG * self._runs_in), 1)))
        self._length = -(-n // pieces)
        self.models = Ensemble(alone(twin, asset), start, step, members=pieces * candidates, still=True)
        self._group, self._i = self.models.of(asset)
        if self.models.unforkable:
            raise InputError(f"{asset}: what is inside such a model can't be calibrated; take one whose state is open")
        known = _alike(record, twin)
        self._feeds = Feeds(self.models, known)
        own = [each for each in self._feeds.bounds if each.group is self._group and each.instance == self._i]
        self.judged = [each for each in own if each.tag.name in outputs and not each.words]
        self._kept, self._all, self._words = self._by_state(own), own, [each for each in own if each.words]
        self._anew = self._begun_anew()
        self._inputs = [each for each in self._feeds.inputs if each[0] is self._group and each[2] == self._i]
        self._setpoints = [each for each in self._feeds.setpoints if each.group is self._group and each.instance == self._i]
        condition = self._condition(where, known)
        tags = [b.tag for b in own] + [b.tag for *_, b in self._inputs] + [s.tag for s in self._setpoints]
        tags += [twin.tags[name] for name in condition.names] if condition else []
        self.seen = stepped(record, tags, start, start + n * step, step)
        self._index = np.clip(np.arange(pieces) * self._length + np.arange(-self._runs_in, self._length)[:, None], 0, n - 1)
        self._ends = self._told_by_states()
        self.time = self.seen.time
        self.measured = self._measured(condition)

    def predicted(self, points: Array) -> Array:
        """(candidate, knob) in the knobs' units → (output, step, candidate) in the tags' units, NaN where the mode is another."""
        padded = np.repeat(points[-1:], self.candidates, axis=0)
        padded[: len(points)] = points
        pieces = self._index.shape[1]
        self._begin(np.tile(padded, (pieces, 1)))
        found = np.full((len(self.judged), self._length, pieces, self.candidates), np.nan)
        for s, row in enumerate(self._index):
            self._drive(np.repeat(row, self.candidates))
            if s >= self._runs_in:
                found[:, s - self._runs_in] = self._told(np.repeat(row, self.candidates)).reshape(-1, pieces, self.candidates)
        whole = np.moveaxis(found, 2, 1).reshape(len(self.judged), -1, self.candidates)
        return whole[:, : len(self.time), : len(points)]

    def beside(self) -> list[Beside]:
        """What drives the model here, and the directions that it takes over: what an output may be corrected by."""
        model = self._group.model
        found = [(model.inputs[row].name, each.tag, self.seen.mean) for _, row, _, each in self._inputs]
        turned = [each for each in self._kept if not each.words and _closes(each.tag)]
        found += [(model.outputs[each.row].name, each.tag, self.seen.last) for each in turned]
        seen = [Beside(name, tag.unit, _closes(tag), values[tag.path]) for name, tag, values in found]
        return [each for each in seen if np.isfinite(each.values).any()]

    def correctable(self, k: int) -> tuple[str, str] | None:
        """The model's name of a judged output, and the mode it was judged in, "" where it has none; None of what is a state:
        that is another matter than what is told of it."""
        if self._ends[k]:
            return None
        words = [variable.words for variable in self._group.model.outputs if variable.words and variable.name in self._modes()]
        return self._group.model.outputs[self.judged[k].row].name, self._usual_mode(words[0]) if words else ""

    # how it runs

    def _begin(self, points: Array) -> None:
        for knob, values in zip(self.knobs, points.T, strict=True):
            turn(self.models, knob, values)
        for group in self.models.groups:
            group.state = beginning(group.model, group.parameters)
            group.inputs = defaults(group.model.inputs, group.members, len(group.instances))
            group.forced.clear()
        for each in self.models.setpoints:
            self.models.set(each.tag.path, each.start)
        self.models.steps, self._first = 0, self._group.state.copy()
        self._resume(self._all, np.repeat(self._index[0], self.candidates))

    def _drive(self, at: NDArray[np.intp]) -> None:
        """One step with what was measured over it: `at` (member,) are the places of each member's step in the stretch."""
        for group, row, i, each in self._inputs:
            forced = group.forced.setdefault(row, np.full((self.models.members, len(group.instances)), np.nan))
            forced[:, i] = in_si(each, self.seen.mean[each.tag.path])[at]
        for point in self._setpoints:
            values, k = self.seen.last[point.tag.path][at], self.models.setpoints.index(point)
            self.models.set(point.tag.path, np.where(np.isnan(values), self.models.standing[k], values))
        self._resume(self._kept, at)
        self._group.state[self._anew] = self._first[self._anew]
        self.models.advance()

    def _resume(self, bounds: Sequence[Bound], at: NDArray[np.intp]) -> None:
        told = {}
        for each in bounds:
            row = np.full((self.models.members, len(self._group.instances)), np.nan)
            row[:, self._i] = in_si(each, self.seen.last[each.tag.path])[at]
            told[self._group.model.outputs[each.row].name] = row
        group = self._group
        group.state = resumed(group.model, group.state, group.parameters, told, self.models.time / SECOND)

    def _told(self, at: NDArray[np.intp]) -> Array:
        """(output, member)."""
        outputs = self._group.outputs[:, :, self._i]
        told = np.array([outputs[each.row] * each.factor + each.offset for each in self.judged])
        for each in self._words:
            mode = in_si(each, self.seen.last[each.tag.path])[at]
            told[:, np.isfinite(mode) & (mode != outputs[each.row])] = np.nan
        return told

    # what is judged

    def _measured(self, condition: Formula | None) -> Array:
        found = np.array([(self.seen.last if ends else self.seen.mean)[each.tag.path] for each, ends in
                          zip(self.judged, self._ends, strict=True)]).reshape(len(self.judged), len(self.time))  # fmt: skip
        sound = np.ones(len(self.time), bool)
        for *_, each in self._inputs:
            sound &= np.isfinite(self.seen.mean[each.tag.path]) | np.isnan(self.seen.mean[each.tag.path]).all()
        for each in self._words:
            words = self.seen.last[each.tag.path]
            sound &= np.concatenate([[True], (words[1:] == words[:-1]) | np.isnan(words[1:])])
        if condition is not None:
            columns = {name: _judged(self.seen.mean[name]) for name in condition.names}
            values, quality = condition(columns)
            sound &= np.broadcast_to((np.nan_to_num(values) > 0) & (quality & 0b11 < Quality.BAD), sound.shape)
        return np.where(sound, found, np.nan)

    def _condition(self, where: str, known: set[str]) -> Formula | None:
        if not where:
            return None
        try:
            formula = Formula(named_in(parse(where), self._asset, self._twin).root, TagMeanings(self._twin.tags))
        except ValueError as problem:
            raise InputError(f"--where “{where}”: {problem}") from None
        if missing := [name for name in formula.names if name not in known]:
            raise InputError(f"--where “{where}”: {missing[0]} was not recorded; name a tag that was")
        return formula

    def _by_state(self, own: Sequence[Bound]) -> list[Bound]:
        """Those that tell a count, a flag, a direction or a mode: taken over as they are measured."""
        states = self._group.model.states
        kept = {state.told or state.name for state in states if state.kept or state.words}
        return [each for each in own if self._group.model.outputs[each.row].name in kept]

    def _begun_anew(self) -> list[int]:
        """States that no step takes over from the one before: where no mode was recorded a model is judged while it runs, as it
        begins; a calm, and a start that takes two steps however long they are, would else be told for measured power."""
        if self._words:
            return []
        return [row for row, each in enumerate(self._group.model.states) if each.words or (each.kept and not each.unit)]

    def _modes(self) -> set[str]:
        """The outputs that tell a state which has words."""
        return {state.told or state.name for state in self._group.model.states if state.words}

    def _usual_mode(self, words: Sequence[str]) -> str:
        """In which most was judged; where no mode was recorded, the one that the model begins in."""
        judged = np.isfinite(self.measured).any(axis=0)
        for each in self._words:
            codes = self.seen.last[each.tag.path][judged]
            if len(codes := codes[np.isfinite(codes)].astype(int)):
                return each.words[int(np.bincount(codes).argmax())]
        row = next(row for row, state in enumerate(self._group.model.states) if state.words == words)
        return words[int(beginning(self._group.model, self._group.parameters)[row, 0, self._i])]

    def _told_by_states(self) -> list[bool]:
        """Of each judged output, whether it is a state: what stands at the end of a step, not its mean."""
        states = {state.told or state.name for state in self._group.model.states}
        return [self._group.model.outputs[each.row].name in states for each in self.judged]


def alone(twin: Twin, asset: str) -> Twin:
    """The twin with no other model than one asset's and what is around; all others, where it takes something from them."""
    if asset not in twin.assets:
        raise InputError(f"{twin.name} has no asset “{asset}”; “check” tells what there is")
    from twins.physics import Maker, modelled

    written = twin.assets[asset].model
    if not modelled(written):
        raise InputError(f"{asset} has no model that could be calibrated; write model: at its type, see docs/package.md")
    if any(variable.gathered for variable in Maker(twin.files).model(written).inputs):
        return twin
    assets = {path: each if path == asset else replace(each, model={}) for path, each in twin.assets.items()}
    return replace(twin, assets=assets)


def _closes(tag: Tag) -> bool:
    """A direction all round, from 0."""
    return tag.unit == "deg" and tag.range is not None and tag.range[0] == 0 and tag.range[1] >= 355


def _alike(record: Record, twin: Twin) -> set[str]:
    """What was recorded in the tags' own kinds."""
    known = {channel.path: channel for channel in record.channels}
    return {path for path, channel in known.items() if path in twin.tags and twin.tags[path].kind is channel.kind}


def _judged(values: Array) -> tuple[Array, NDArray[np.uint8]]:
    return values, np.where(np.isnan(values), _BAD, np.uint8(0)).astype(np.uint8)

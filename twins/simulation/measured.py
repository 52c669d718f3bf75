"""What was measured drives the models: recorded inputs and set-points at each step, states and weather where a fork begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from twins.asset import Tag
from twins.clock import DAY, MINUTE, SECOND
from twins.historian.days import Record
from twins.historian.deriving import History, histories_of
from twins.physics import Array, resumed
from twins.record import Quality
from twins.record.samples import Int64
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble
from twins.simulation.feeds import Feeds, in_si

_STEPS = 2_000  # of the record are read at once
_LATELY = 10 * MINUTE  # what stands at a fork is the mean over so long
_CLIMATE = DAY


class Measured:
    """Drives one ensemble by a recording, with hindsight: what happened, whenever it became known. BAD values don't count."""

    def __init__(self, recording: Record, models: Ensemble) -> None:
        self._recording, self._models = recording, models
        self._feeds = Feeds(models, {channel.path for channel in recording.channels})
        self._bounds, self._inputs, self._setpoints = self._feeds.bounds, self._feeds.inputs, self._feeds.setpoints
        span = recording.span()
        self.end = span[1] if span else -1  # ns: where the record ends
        self._before = _LATELY // models.step_ns  # steps
        self._window = (0, 0)
        self._given: Array = np.zeros((0, 0))

    def drive(self, t: int) -> None:
        """Sets what was measured by `t`; what is not known there is left to the models."""
        values = self._at(t)
        self._feeds.give(values[: len(self._inputs)])
        self._feeds.set(values[len(self._inputs) :])

    def release(self) -> None:
        """No input is given any more."""
        for group, row, i, _ in self._inputs:
            if row in group.forced:
                group.forced[row][:, i] = np.nan

    def resume(self, t: int, *, kept: bool = False) -> None:
        """The states of all assets as they were measured at `t`; or only those that are never estimated."""
        values = self._values_at([each.tag for each in self._bounds], t)
        for group in self._models.groups:
            if not group.surrounds:
                own = [(b, v) for b, v in zip(self._bounds, values, strict=True) if b.group is group]
                told = self._feeds.told(group, self._feeds.kept(own) if kept else own)
                group.state = resumed(group.model, group.state, group.parameters, told, t / SECOND)

    def resume_weather(self, t: int, *, climate: bool = False) -> None:
        """What is around, as it was measured lately; with `climate`, what it tends to as it was over the day before."""
        lately, usual = self._means(t - _LATELY, t), self._means(t - _CLIMATE, t) if climate else None
        for group in self._surroundings():
            if usual is not None:
                self._fit(group, self._around(group, usual))
            group.state = resumed(group.model, group.state, group.parameters, self._around(group, lately), t / SECOND)

    def follow_weather(self, t: int) -> None:
        """What is around goes with what was measured, so that it fits where nothing was; every ten minutes is enough."""
        step = self._models.step_ns
        if (t + step) // _LATELY == t // _LATELY:
            return
        self._at(t)
        row = (t - self._window[0]) // step + self._before
        given = self._given[row - self._before : row + 1]
        means = [_mean(known, group.model.inputs[r].unit) if len(known := given[:, k][~np.isnan(given[:, k])]) else np.nan
                 for k, (group, r, *_) in enumerate(self._inputs)]  # fmt: skip
        for group in self._surroundings():
            group.state = resumed(group.model, group.state, group.parameters, self._around(group, means), t / SECOND)

    def _surroundings(self) -> list[Group]:
        return [group for group in self._models.groups if group.surrounds]

    def _means(self, start: int, end: int) -> list[float]:
        """Of each input over a stretch, in SI; NaN where nothing was measured."""
        histories = self._histories([b.tag for *_, b in self._inputs], start, end)
        means = []
        for taker, row, _, each in self._inputs:
            history = histories[each.tag.path]
            sound = (history.time >= start) & (history.time <= end) & (history.quality & 0b11 < Quality.BAD)
            unit = taker.model.inputs[row].unit
            means.append(_mean(in_si(each, history.values[sound]), unit) if sound.any() else np.nan)
        return means

    # what is known at an instant

    def _at(self, t: int) -> Array:
        """The inputs in SI, then the set-points in their units; NaN: not known."""
        if not self._window[0] <= t < self._window[1]:
            self._read(t)
        return self._given[(t - self._window[0]) // self._models.step_ns + self._before]

    def _read(self, t: int) -> None:
        """A stretch of steps counted from where the models began, so that it is the same for whoever comes back to it, and the
        ten minutes before."""
        step, begin = self._models.step_ns, self._models.start
        first = begin + (t - begin) // (step * _STEPS) * step * _STEPS
        instants = first + step * np.arange(-self._before, _STEPS, dtype=np.int64)
        self._window = (first, first + step * _STEPS)
        histories = self._histories(
            [*(b.tag for *_, b in self._inputs), *(s.tag for s in self._setpoints)], int(instants[0]), int(instants[-1])
        )
        told = [in_si(each, held(histories[each.tag.path], instants)) for *_, each in self._inputs]
        set_ = [held(histories[each.tag.path], instants) for each in self._setpoints]
        self._given = np.array([*told, *set_]).reshape(-1, len(instants)).T

    def _histories(self, tags: Sequence[Tag], start: int, end: int) -> Mapping[str, History]:
        return histories_of(self._recording, {tag.path: tag for tag in tags}, start, end)

    def _values_at(self, tags: Sequence[Tag], t: int) -> list[float]:
        """In the tags' units, last at or before `t` and not too old; set-points and words hold until they change."""
        snapshot = self._recording.at(t, hindsight=True)
        numbers, quality, stale = snapshot.numbers, snapshot.quality & 0b11, snapshot.stale
        found = []
        for tag in tags:
            i = snapshot.place.get(tag.path, -1)
            sound = i >= 0 and quality[i] < Quality.BAD and (not stale[i] or snapshot.channels[i].period_ns is None)
            alike = sound and snapshot.channels[i].kind is tag.kind and snapshot.channels[i].unit == tag.unit
            found.append(float(numbers[i]) if alike else np.nan)
        return found

    # in the models' terms

    def _around(self, group: Group, means: Sequence[float]) -> dict[str, Array]:
        """What a surrounding gave on the average, at each place where it was measured what came of it."""
        told: dict[str, Array] = {}
        for (taker, row, i, _), mean in zip(self._inputs, means, strict=True):
            variable, path = taker.model.inputs[row], taker.instances[i]
            out = group.row("outputs", variable.name)
            if np.isnan(mean) or out < 0 or path not in group.instances:
                continue
            place, given = group.instances.index(path), _wired(taker, row, i)
            free = group.outputs[out, :, place]
            ratio = np.clip(free / given, 1.0, 2.0) if given is not None and (given > 0).all() else 1.0  # free over waked
            measured = told.setdefault(variable.name, np.full((self._models.members, len(group.instances)), np.nan))
            measured[:, place] = mean * (ratio if variable.unit == "m/s" else 1.0)
        return told

    def _fit(self, group: Group, told: Mapping[str, Array]) -> None:
        for row, variable in enumerate(group.model.parameters):
            measured = told.get(variable.told)
            if measured is not None and not np.isnan(measured).all():
                value = _mean(measured[~np.isnan(measured)], variable.unit)
                group.parameters[row] = min(max(value, variable.low), variable.high)


def held(history: History, instants: Int64) -> Array:
    """Values at instants; a mean that is stamped with its end holds for the time before."""
    ends = any(channel.stamp == "end" for channel in history.channels)
    ahead = max((channel.period_ns or 0 for channel in history.channels), default=0) if ends else 0
    values, quality, known = history.held_at(instants + ahead)
    return np.where(known & (quality & 0b11 < Quality.BAD), values, np.nan)


def _mean(values: Array, unit: str) -> float:
    if unit == "rad":
        return float(np.angle(np.mean(np.exp(1j * values))) % (2 * np.pi))
    return float(np.mean(values))


def _wired(group: Group, row: int, i: int) -> Array | None:
    """What the wires give to an input, (member,), whatever it is forced to."""
    found = [wire.source.outputs[wire.source_row][:, wire.sources[wire.targets == i]] for wire in group.wires if wire.row == row]
    found = [each for each in found if each.size]
    return np.sum([each.sum(axis=1) for each in found], axis=0) if found else None

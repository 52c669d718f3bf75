"""The estimator: an ensemble that follows what is measured, and beside it some members that don't: what was to be expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twins import InputError
from twins.asset import Tag, Twin, expects, model_step
from twins.asset.estimated import EXPECTED, QUANTILES, RESIDUAL, SPREAD
from twins.clock import MINUTE, SECOND
from twins.estimation.gauges import Gauges
from twins.estimation.inputs import Inputs
from twins.estimation.observed import observed_groups
from twins.estimation.parameters import Wandering, wandering_of
from twins.estimation.traces import Traces
from twins.estimation.update import Innovations, Truths, mixed, updated
from twins.physics import Array, keyed_generator, resumed
from twins.record.samples import Int64
from twins.simulation.binding import Bound, SetPoint
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble
from twins.simulation.feeds import Feeds, in_si

FOLLOWERS, REFERENCES = 64, 16
_LONG = 10 * MINUTE
_MIXED = 4  # reflections a step: a member that stands far out is among the others within some steps
_MOST_PARTS, _QUICK = 16, 8 * SECOND  # of a step; longer steps follow nothing that is quicker than a second
_MOST_OPEN = 4.0  # times; then a parameter may be 16 times as far off as was thought


def parts_of(twin: Twin, step_ns: int) -> int:
    """How many steps the models take in one: as short as the package says, though no more than in a second, or sixteen; one
    where nothing quick could be followed anyway. Raises InputError."""
    shortest = SECOND
    for path, asset in twin.assets.items():
        try:
            shortest = min(shortest, model_step(asset))
        except ValueError as problem:
            raise InputError(f"{path}: {problem}") from None
    most = max(round(SECOND / shortest), _MOST_PARTS) if step_ns <= _QUICK else 1
    parts = min(max(round(step_ns / shortest), 1), most)
    return next(each for each in range(parts, 0, -1) if step_ns % each == 0)


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest of n tags, in their units and the order of `Estimator.wanted`; NaN where it is bad, stale or was never seen."""

    values: Array
    source: Int64  # ns


class Estimator:
    """Steps are fixed and counted from the start, and go one step behind what is read, so that what happened within one is known
    from both sides; within one the models may take some that are shorter. Of its members the first follow: states and
    parameters are drawn to what is measured. The others have the package's parameters and are driven by the same inputs: what
    they tell is *expected*.

    What is `kept` (counts, flags, directions) is taken over as measured in all members.
    """

    def __init__(self, twin: Twin, start: int, step_ns: int = SECOND, seed: int = 1, known: Sequence[str] | None = None) -> None:
        """`known`: the tags that are measured at all, by path; default: all. Raises InputError where nothing can be estimated."""
        if not twin.estimated:
            raise InputError(f"{twin.name} estimates nothing; write estimate: at the model of a type, see docs/estimation.md")
        self.step_ns, self._parts = step_ns, parts_of(twin, step_ns)
        self.models = Ensemble(twin, start, step_ns // self._parts, seed, FOLLOWERS + REFERENCES)
        if self.models.unforkable:
            raise InputError(f"the state of {', '.join(self.models.unforkable)} can't be estimated: it is inside the model")
        self._feeds = Feeds(self.models, set(twin.tags) if known is None else set(known))
        judged = {tag.path for asset in twin.assets.values() for tag in expects(asset, twin.tags)}
        self.judged = [each for each in self._feeds.bounds if each.tag.path in judged and not each.words]
        self.wanted = self._wanted()
        self._place = {tag.path: i for i, tag in enumerate(self.wanted)}
        self._of_inputs = self._places([each.tag for *_, each in self._feeds.inputs])
        self._of_setpoints = self._places([each.tag for each in self._feeds.setpoints])
        self._of_judged = self._places([each.tag for each in self.judged])
        self._of_bounds = self._places([each.tag for each in self._feeds.bounds])
        self._inputs = Inputs([g.model.inputs[row] for g, row, *_ in self._feeds.inputs], self.models.members, seed)
        self._turn = np.array([360.0 if each.tag.unit == "deg" else 0.0 for *_, each in self._feeds.inputs])
        self._gauges = Gauges([each.tag for each in self.judged])
        self._wandering = wandering_of(twin, self.models, FOLLOWERS)
        self._observed = observed_groups(self.models, self.judged)
        self._traces = Traces(len(self.wanted))
        self._assimilated: Int64 = np.full(len(self.wanted), -(2**62), np.int64)
        self._begun = False
        self._answered = False  # whether what the models told last is of where they stand
        self.read = Reading(np.full(len(self.wanted), np.nan), self._assimilated)  # the last
        self.expected = self.spread = self.residual = np.full(len(self.judged), np.nan)
        self.scatter = np.zeros(len(self.judged))  # of `spread`, what the inputs leave open, without the model's own error
        self.innovations = Innovations(self.expected, self.expected, np.zeros(len(self.judged), bool))
        for each in self._wandering:
            each.begin(seed)

    @property
    def time(self) -> int:
        """Where it is, ns UTC."""
        return self.models.time

    @property
    def begun(self) -> bool:
        """Whether anything was measured yet."""
        return self._begun

    @property
    def parameters(self) -> Sequence[Wandering]:
        """Those that are estimated."""
        return self._wandering

    @property
    def tells(self) -> tuple[str, ...]:
        """The paths of what `told` answers."""
        judged = [f"{each.tag.path}.{word}" for word in (EXPECTED, SPREAD, RESIDUAL) for each in self.judged]
        paths = [leeway.path for each in self._wandering for leeway in each.leeways]
        return (*judged, *(f"{path}.{quantile}" for path in paths for quantile in QUANTILES))

    @property
    def inputs(self) -> Sequence[tuple[Group, int, int, Bound | SetPoint]]:
        """What drives the models: (group, row, instance, the tag that tells it)."""
        return self._feeds.inputs

    def learnt(self) -> dict[str, Array]:
        """What it knows of instruments and signals, and what it told last; (row, …) each."""
        return {
            "gauges": self._gauges.held(),
            "signals": self._inputs.held(),
            "told": np.stack([self.expected, self.spread, self.residual]),
        }

    def resume(self, learnt: Mapping[str, Array]) -> None:
        """Goes on with what another had learnt; the models' members are another matter."""
        self._gauges.take(learnt["gauges"])
        self._inputs.take(learnt["signals"])
        self.expected, self.spread, self.residual = learnt["told"]
        self._begun = True
        for each in self._wandering:
            each.settled()

    def skip(self, to: int) -> None:
        """Nothing is known of the time until then (ns); where that is long, all states begin as they are measured."""
        steps = max((to - self.time) // self.step_ns, 0)
        self.models.steps += steps * self._parts
        self._begun = self._begun and steps * self.step_ns < _LONG

    def told(self) -> Array:
        """In the units of `Twin.estimated`, in the order of `tells`; NaN where nothing can be said."""
        quantiles = [each.quantiles().ravel() for each in self._wandering]
        return np.concatenate([self.expected, self.spread, self.residual, *quantiles])

    def step(self, read: Reading) -> None:
        """One step on, with what is known one more step later."""
        start, end, dt = self.time, self.time + self.step_ns, self.step_ns / SECOND
        self.read = read
        self._traces.take(read.values, read.source)
        values, source = self._traces.at(end)
        values = np.where(np.isnan(read.values), np.nan, values)  # bad by now
        if not self._begun:
            self._begin(values)
        self._feeds.set(values[self._of_setpoints])
        self._inputs.learn(self._si(read.values[self._of_inputs]), read.source[self._of_inputs])
        for parameter in self._wandering:
            parameter.wander(end, dt)
        courses = [[each.outputs] for each in self._observed]
        for _ in range(self._parts):
            self._drive()
            self.models.advance()
            for each, course in zip(self._observed, courses, strict=True):
                course.append(each.outputs)
        if not self._answered:
            courses, self._answered = [[course[1], *course[1:]] for course in courses], True
        self._take_over(values, keep_only=True)
        fresh = np.where(source > self._assimilated, values, np.nan)
        self._assimilated = np.maximum(self._assimilated, source)
        when = np.clip((source - start) / self.step_ns, 0.0, 1.0)
        at = self._of_judged
        self._judge(fresh[at], values[at], courses, when[at], dt)

    # what is measured

    def _wanted(self) -> tuple[Tag, ...]:
        feeds = self._feeds
        tags = [*(b.tag for *_, b in feeds.inputs), *(s.tag for s in feeds.setpoints), *(b.tag for b in feeds.bounds)]
        return tuple({tag.path: tag for tag in tags}.values())

    def _places(self, tags: Sequence[Tag]) -> Int64:
        return np.array([self._place[tag.path] for tag in tags], np.int64)

    def _begin(self, values: Array) -> None:
        """All states as they are measured, each member a little beside it."""
        self._take_over(values, keep_only=False)
        for each in self._observed:
            each.scatter(FOLLOWERS, np.sqrt(self._gauges.variance), self.models.seed, self.time)
        self._begun, self._answered = True, False

    def _drive(self) -> None:
        """In what the models step next."""
        start, end = self.models.time, self.models.time + self.models.step_ns
        mean = self._si(self._traces.mean(self._of_inputs, start, end, self._turn))
        knots = self._traces.knots(self._of_inputs, start, end)
        self._feeds.give(self._inputs.given(mean, knots, end, (end - start) / SECOND))

    def _si(self, values: Array) -> Array:
        """Of the inputs."""
        return np.array([in_si(each, values[i : i + 1])[0] for i, (*_, each) in enumerate(self._feeds.inputs)])

    def _take_over(self, values: Array, *, keep_only: bool) -> None:
        values = values[self._of_bounds]
        for group in self.models.groups:
            own = [(b, v) for b, v in zip(self._feeds.bounds, values, strict=True) if b.group is group]
            if not group.surrounds and (told := self._feeds.told(group, self._feeds.kept(own) if keep_only else own)):
                group.state = resumed(group.model, group.state, group.parameters, told, self.time / SECOND)

    # what it means

    def _judge(self, measured: Array, values: Array, courses: Sequence[Sequence[Array]], when: Array, dt: float) -> None:
        told = np.empty((len(self.judged), self.models.members))
        for each, course in zip(self._observed, courses, strict=True):
            each.fill(told, course, when)
        self._compare(measured, values, told[:, FOLLOWERS:], dt)
        off, variance, used = (np.full(len(self.judged), np.nan), np.zeros(len(self.judged)), np.zeros(len(self.judged), bool))
        for each in self._observed:
            mine = [parameter for parameter in self._wandering if parameter.group is each.group]
            slow = np.stack([parameter.everywhere for parameter in mine]) if mine else each.unknown(FOLLOWERS)[:0]
            gauges = self._gauges
            states, slow, found = updated(
                each.unknown(FOLLOWERS), slow, each.of_tags(told)[:, :FOLLOWERS], each.of_tags(measured),
                each.of_tags(gauges.variance, 1.0), each.of_tags(gauges.doubted(dt), 1.0),
            )  # fmt: skip
            chance = keyed_generator(self.models.seed, f"{each.group.name} mixed", self.time).standard_normal((_MIXED, FOLLOWERS))
            each.take(mixed(states, chance), gauges.least)
            surprised = each.widest(gauges.surprise)
            for parameter, values in zip(mine, mixed(slow, chance), strict=True):
                parameter.take(values, surprised)
            for told_of, into in ((found.off, off), (found.variance, variance), (found.used, used)):
                each.back(told_of, into)
        self.innovations = Innovations(off, variance, used)
        lost = self._gauges.watch(measured, self.innovations, dt)
        if lost.any():
            self._reopen(lost, measured)

    def _reopen(self, lost: Truths, measured: Array) -> None:
        """The plant is another than was thought: what is measured is taken over, and parameters may be anywhere about."""
        times = np.where(lost, np.minimum(self._gauges.opened, _MOST_OPEN), 0.0)
        for each in self._observed:
            at = each.widest(times)
            each.retaken(FOLLOWERS, measured, at > 0, self._gauges.unsure, self.models.seed, self.time)
            for parameter in self._wandering:
                if parameter.group is each.group:
                    parameter.reopen(at, self.time)

    def _compare(self, fresh: Array, values: Array, told: Array, dt: float) -> None:
        """What was to be expected, how sure that was, and how far what was measured is from it, in deviations."""
        own = self.scatter = told.std(axis=1, ddof=1)
        self.expected = told.mean(axis=1)
        self.spread = self._gauges.spread_of(own)
        self.residual = np.where(np.isfinite(fresh), (fresh - self.expected) / self.spread, self.residual)
        self.residual = np.where(np.isfinite(values), self.residual, np.nan)
        self._gauges.compare(fresh - self.expected, own, dt)

"""A rehearsal: emulated plants in all weathers break in all the ways that their package declares, and what they show is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.following import Following
from twins.package.loader import load_zipped
from twins.prognosis.recognition.kin import Kin, kin_of
from twins.prognosis.recognition.lesson import EVERY, SOUND, Lesson
from twins.prognosis.recognition.signs import Signs
from twins.simulation.executor import HERE, Executor
from twins.simulation.faults import Injection, injections

Watch = Callable[[float, str], None]
Conditions = Mapping[str, tuple[float, float]]  # a knob's key → between what it is drawn, in its unit

_START = 1_700_000_000  # s
_FOLLOWED = (90.0, 7_200.0)  # s that a plant runs soundly before its first branch breaks: some are hardly known, some for long
_SPUN = (90.0, 700.0)  # s until the next
_BRANCHES = 3
_LASTS = (200.0, 600.0)  # s
_SEVERITY = (0.3, 1.1)  # of what the package declares
_BROKEN = (0.2, 0.8)  # of the assets of a branch: some have many to be held against, some few
_GRACE = 40.0  # s after a fault is full that nobody is asked for it


@dataclass(frozen=True, slots=True)
class _Set:
    """What one asset has in a branch; `full` when it is as bad as it gets, s after the branch began."""

    fault: str
    full: float


@dataclass(frozen=True, slots=True)
class _Job:
    package: bytes
    conditions: Conditions
    run: int
    seed: int


def rehearsed(
    package: bytes, conditions: Conditions, runs: int, seed: int = 1,
    watch: Watch = lambda done, what: None, executor: Executor = HERE,
) -> list[Lesson]:  # fmt: skip
    """What each kin showed; what `watch` raises ends it. Raises InputError where there are no faults or nothing is estimated."""
    lessons: dict[str, list[Lesson]] = {}
    jobs = [_Job(package, dict(conditions), run, seed) for run in range(runs)]
    for of_run in executor.map(_run, jobs, watch):
        for lesson in of_run:
            lessons.setdefault(lesson.kin.type, []).append(lesson)
    if not lessons:
        raise InputError("no asset that tells numbers declares faults; write faults: at a type, see docs/package.md")
    return [Lesson.joined(each) for each in lessons.values()]


class Watched:
    """A plant, what follows it, and what it shows."""

    def __init__(self, twin: Twin, seed: int, settings: Mapping[str, float]) -> None:
        self.plant = Plant(twin, _START * SECOND, seed, settings=settings)
        self._following = Following(twin, self.plant.instruments.channels)
        self.signs: list[Signs] = []

    def branch(self) -> Watched:
        """Another one that goes on from here alone; the package is the same."""
        return deepcopy(self, {id(self.plant.twin): self.plant.twin})

    def run(self, seconds: float) -> Iterator[float]:
        """On for so long; the seconds gone, after each of the estimator's steps."""
        start = self.plant.time
        for second in range(1, round(seconds) + 1):
            now = start + second * SECOND
            self._following.take(self.plant.run_to(now))
            for estimator in self._following.until(now):
                if not self.signs:
                    known = [tag.path for tag in estimator.wanted]
                    self.signs = [Signs(kin, estimator) for kin in kin_of(self.plant.twin, known)]
                for each in self.signs:
                    each.see(estimator)
                yield (estimator.time - start) / SECOND

    def look(self) -> Iterator[tuple[Kin, tuple[str, ...], np.ndarray]]:
        """What each kin shows now."""
        for each in self.signs:
            if each.ready:
                yield each.kin, each.names, each.table(self._following.estimator)


def _run(job: _Job, watch: Watch) -> list[Lesson]:
    rng = np.random.default_rng([job.seed, job.run])
    settings = {key: float(rng.uniform(low, high)) for key, (low, high) in job.conditions.items()}
    sound = Watched(load_zipped(job.package), 1 + job.seed * 10_007 + job.run, settings)
    lessons: list[Lesson] = []
    for k in range(_BRANCHES):
        heed = partial(watch, k / _BRANCHES, f"run {job.run + 1}")
        spun = rng.uniform(*_SPUN) if k else np.exp(rng.uniform(*np.log(_FOLLOWED)))
        lessons += _seen(sound, spun, {}, (job.run, 0), heed)
        branch = sound.branch()
        broken = dict(_breaking(branch, rng))
        lessons += _seen(branch, rng.uniform(*_LASTS), broken, (job.run, k + 1), heed)
    return lessons


def _breaking(branch: Watched, rng: np.random.Generator) -> Iterator[tuple[str, _Set]]:
    """Some assets get one of their faults each, at once or a little later."""
    twin, now, share = branch.plant.twin, branch.plant.time, rng.uniform(*_BROKEN)
    for signs in branch.signs:
        for asset in signs.kin.assets:
            if rng.uniform() >= share:
                continue
            fault, severity, slower, after = (
                str(rng.choice(signs.kin.faults)),
                rng.uniform(*_SEVERITY),
                rng.uniform(1, 6),
                rng.uniform(0, 20),
            )
            injection = milder(branch.plant, f"{asset}.{fault}", twin, now + round(after * SECOND), severity, slower)
            branch.plant.inject(injection)
            yield asset, _Set(fault, after + injection.profile.over)


def milder(plant: Plant, fault: str, twin: Twin, start: int, severity: float, slower: float = 1.0) -> Injection:
    """A declared fault, `severity` times as bad and so many times slower; what can't be milder stays as it is."""
    each = injections([fault], twin, start)[0]
    profile = each.profile
    if each.parameter:
        usual = plant.parameter(each.model, each.parameter)
        shape = "ramp" if profile.over else profile.shape
        profile = replace(profile, shape=shape, to=usual + severity * (profile.to - usual), over=profile.over * slower)
    else:
        profile = replace(profile, rate=profile.rate * severity, amplitude=profile.amplitude * severity)
    return replace(each, profile=profile)


def _seen(
    plant: Watched, seconds: float, broken: Mapping[str, _Set], of: tuple[int, int], heed: Callable[[], None]
) -> Iterator[Lesson]:  # fmt: skip
    """`of`: which run, and which branch of it."""
    run, looked = of[0], 0.0
    for gone in plant.run(seconds):
        if gone - looked < EVERY:
            continue
        looked = gone
        heed()
        for kin, names, table in plant.look():
            labels, due = _labels(kin, broken, gone)
            course = (run * (_BRANCHES + 1) + of[1]) * len(kin.assets) + np.arange(len(kin.assets))
            yield Lesson(kin, names, table[due].astype(np.float32), labels[due], np.full(int(due.sum()), run), course[due])


def _labels(kin: Kin, broken: Mapping[str, _Set], gone: float) -> tuple[np.ndarray, np.ndarray]:
    """By asset: the place of its fault among `SOUND` and the kin's, and whether it can be asked for by now."""
    classes: Sequence[str] = (SOUND, *kin.faults)
    labels, due = np.zeros(len(kin.assets), int), np.ones(len(kin.assets), bool)
    for i, asset in enumerate(kin.assets):
        if each := broken.get(asset):
            labels[i], due[i] = classes.index(each.fault), gone >= each.full + _GRACE
    return labels, due

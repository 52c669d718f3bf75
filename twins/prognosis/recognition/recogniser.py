"""A recogniser: how probable each fault of a kin is, given what its assets show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.estimation.estimator import Estimator
from twins.physics import Array
from twins.prognosis.recognition.kin import kin_of
from twins.prognosis.recognition.lesson import SOUND, Lesson
from twins.prognosis.recognition.signs import Signs
from twins.prognosis.trees import Forest, classified


@dataclass(frozen=True, slots=True)
class Learnt:
    """Of one kin. `usual` and `wide` (f,): the signs of sound assets, their mean and deviation."""

    type: str
    tags: tuple[str, ...]
    names: tuple[str, ...]  # (f,)
    faults: tuple[str, ...]
    usual: Array
    wide: Array
    forests: tuple[Forest, ...]  # of sound, then of each fault

    def probabilities(self, signs: Array) -> Array:
        """(n, f) → (n, fault)."""
        told = np.stack([forest.predict(signs) for forest in self.forests], axis=1)
        shares = np.exp(told - told.max(axis=1, keepdims=True))
        found: Array = shares[:, 1:] / shares.sum(axis=1, keepdims=True)
        return found


@dataclass(slots=True)
class Recogniser:
    """Goes on with an estimator; kins that nothing was learnt of are passed over."""

    twin: Twin
    learnt: tuple[Learnt, ...]
    version: str = ""
    _of: Estimator | None = None
    _signs: list[tuple[Signs, Learnt]] = field(default_factory=list)

    def see(self, estimator: Estimator) -> None:
        """After each of its steps."""
        if estimator is not self._of:
            self._of, self._signs = estimator, list(_matched(self.twin, estimator, self.learnt))
        for signs, _ in self._signs:
            signs.see(estimator)

    def probabilities(self, estimator: Estimator) -> dict[str, float]:
        """By asset and fault, `T01.sensor_stuck`, as it looks now."""
        told: dict[str, float] = {}
        for signs, learnt in self._signs:
            if signs.ready:
                found = learnt.probabilities(signs.table(estimator))
                places = [f"{asset}.{fault}" for asset in signs.kin.assets for fault in learnt.faults]
                told |= dict(zip(places, found.ravel().tolist(), strict=True))
        return told


def learnt_from(lesson: Lesson, seed: int = 1) -> Learnt:
    """Every fault counts as much as every other, whoever showed it for how long; being sound as much as all faults together."""
    weights = _weights(lesson)
    forests = classified(lesson.signs, lesson.fault, weights, len(lesson.classes), seed)
    sound = lesson.signs[lesson.fault == lesson.classes.index(SOUND)]
    kin = lesson.kin
    return Learnt(kin.type, kin.tags, lesson.names, kin.faults, sound.mean(axis=0), sound.std(axis=0), forests)


def _weights(lesson: Lesson) -> Array:
    """(m,), of mean 1: of an episode, what one run shows of one fault, all looks together count as one."""
    episode = lesson.run * len(lesson.classes) + lesson.fault
    _, place, looks = np.unique(episode, return_inverse=True, return_counts=True)
    weights = 1.0 / looks[place]
    for fault in range(len(lesson.classes)):
        own = lesson.fault == fault
        if own.any():
            weights[own] *= (len(lesson.classes) - 1 if fault == 0 else 1) / weights[own].sum()
    found: Array = weights / weights.mean()
    return found


def _matched(twin: Twin, estimator: Estimator, learnt: tuple[Learnt, ...]) -> Iterator[tuple[Signs, Learnt]]:
    """Raises InputError where a kin is not any more what was learnt of it."""
    by_type = {each.type: each for each in learnt}
    for kin in kin_of(twin, [tag.path for tag in estimator.wanted]):
        if kin.type in by_type:
            own, signs = by_type[kin.type], Signs(kin, estimator)
            if (own.names, own.faults) != (signs.names, kin.faults):
                raise InputError(f"{kin.type} has other tags or faults than were learnt; run “main.py rehearse” again")
            yield signs, own

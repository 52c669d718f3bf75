"""A recogniser: how probable each fault of a kin is, given what its assets show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.clock import SECOND
from twins.estimation.estimator import Estimator
from twins.physics import Array
from twins.prognosis.prediction import Evidence
from twins.prognosis.recognition.caution import SURE, Caution, odds_of
from twins.prognosis.recognition.kin import kin_of
from twins.prognosis.recognition.lesson import Lesson
from twins.prognosis.recognition.signs import Signs
from twins.prognosis.recognition.speaking import Usual, speaking
from twins.prognosis.trees import Forest, classified


@dataclass(frozen=True, slots=True)
class Learnt:
    """Of one kin."""

    type: str
    tags: tuple[str, ...]
    names: tuple[str, ...]  # (f,)
    faults: tuple[str, ...]
    forests: tuple[Forest, ...]  # of sound, then of each fault
    caution: Caution
    usual: Usual

    def probabilities(self, signs: Array) -> Array:
        """(n, f) → (n, fault)."""
        told = np.stack([forest.predict(signs) for forest in self.forests], axis=1)
        shares = np.exp(told - told.max(axis=1, keepdims=True))
        found: Array = shares[:, 1:] / shares.sum(axis=1, keepdims=True)
        return found


class Opinion:
    """Of one kin: what it shows, and what has been thought of it lately. One look convinces nobody."""

    def __init__(self, signs: Signs, learnt: Learnt) -> None:
        self.signs, self._learnt = signs, learnt
        self._odds = np.full((len(signs.kin.assets), len(learnt.faults)), -SURE)
        self._at = 0

    def probabilities(self, estimator: Estimator) -> dict[str, float]:
        """By asset and fault, `T01.sensor_stuck`; called after some of the estimator's steps, and goes with their time."""
        if not self.signs.ready:
            return {}
        caution, gone = self._learnt.caution, (estimator.time - self._at) / SECOND if self._at else 0.0
        now = odds_of(self._learnt.probabilities(self.signs.table(estimator)))
        self._odds += np.minimum(1.0, gone / caution.over) * (now - self._odds)
        self._at = estimator.time
        found = 1 / (1 + np.exp(caution.odds - self._odds))
        places = [f"{asset}.{fault}" for asset in self.signs.kin.assets for fault in self._learnt.faults]
        return dict(zip(places, found.ravel().tolist(), strict=True))

    def evidence(self, asset: str, fault: str, estimator: Estimator) -> tuple[Evidence, ...]:
        """What is odd about the asset now and speaks for the fault."""
        signs, learnt = self.signs, self._learnt
        i, k = signs.kin.assets.index(asset), learnt.faults.index(fault)
        odd = speaking(
            signs.table(estimator)[i], learnt.usual, learnt.names, learnt.tags,
            lambda rows: odds_of(learnt.probabilities(rows))[:, k],
        )  # fmt: skip
        return tuple(signs.evidence(i, each, estimator) for each in odd)


class Recogniser:
    """Goes on with an estimator; kins that nothing was learnt of are passed over."""

    def __init__(self, twin: Twin, learnt: tuple[Learnt, ...], version: str = "") -> None:
        self.version = version
        self._twin, self._learnt = twin, learnt
        self._of: Estimator | None = None
        self._opinions: list[Opinion] = []

    def see(self, estimator: Estimator) -> None:
        """After each of its steps. Raises InputError where a kin is not any more what was learnt of it."""
        if estimator is not self._of:
            self._of, self._opinions = estimator, list(_opinions(self._twin, estimator, self._learnt))
        for each in self._opinions:
            each.signs.see(estimator)

    def probabilities(self, estimator: Estimator) -> dict[str, float]:
        """By asset and fault, as it has looked lately."""
        return {key: value for each in self._opinions for key, value in each.probabilities(estimator).items()}

    def evidence(self, asset: str, fault: str, estimator: Estimator) -> tuple[Evidence, ...]:
        """The tags of the asset that speak for the fault, the loudest first; none where nothing was learnt of it."""
        of = (each for each in self._opinions if asset in each.signs.kin.assets and each.signs.ready)
        return next((each.evidence(asset, fault, estimator) for each in of), ())


def learnt_from(lesson: Lesson, caution: Caution | None = None, seed: int = 1) -> Learnt:
    """Every fault counts as much as every other, whoever showed it for how long; being sound as much as all faults together."""
    weights = _weights(lesson)
    forests = classified(lesson.signs.astype(float), lesson.fault, weights, len(lesson.classes), seed)
    kin, sound = lesson.kin, lesson.signs[lesson.fault == 0].astype(float)
    cautious = caution or Caution.least(len(kin.faults))
    return Learnt(kin.type, kin.tags, lesson.names, kin.faults, forests, cautious, Usual.of(sound))


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


def _opinions(twin: Twin, estimator: Estimator, learnt: tuple[Learnt, ...]) -> Iterator[Opinion]:
    """Of those kins that are measured as they were when it was learnt; where some tags are not, nothing is thought."""
    by_type = {each.type: each for each in learnt}
    whole = {kin.type: kin for kin in kin_of(twin, twin.tags)}
    for kin in kin_of(twin, [tag.path for tag in estimator.wanted]):
        if kin.type in by_type:
            own, signs = by_type[kin.type], Signs(kin, estimator)
            if own.faults != kin.faults or not set(own.tags) <= set(whole[kin.type].tags):
                raise InputError(f"{kin.type} has other tags or faults than were learnt; run “main.py rehearse” again")
            if own.names == signs.names:
                yield Opinion(signs, own)

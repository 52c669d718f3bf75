"""Caution: how long each fault is thought over, and how much surer one must be of it, or may be less sure, so that sound plants
are rarely accused and what is wrong is found.

Both are chosen by looks at runs that nothing was learnt from. How seldom a sound asset's opinion climbs how high is a straight
line in its logarithm beyond a threshold (peaks over it; Davison & Smith 1990, doi:10.1111/j.2517-6161.1990.tb01796.x): it is run
on to what is as rare as was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twins import InputError
from twins.clock import HOUR, SECOND
from twins.physics import Array
from twins.prognosis.calls import CALLED, HELD
from twins.prognosis.recognition.lesson import EVERY, Lesson

SURE = 6.0  # of log-odds: nobody is ever surer
LINE = float(np.log(CALLED / (1 - CALLED)))
LEAST, MOST = -2.0, SURE - LINE - 0.5
_OVER = (20.0, 45.0, 90.0, 150.0)  # s that are tried
_MONTH = 720 * HOUR / SECOND
_RARE = 0.5 / _MONTH  # false calls a second of one asset, of whatever fault
_BLOCK = 30  # looks
_HIGHEST = 15  # blocks whose peaks tell of the tail
_LOOKS = HELD // (EVERY * SECOND) + 1  # in a row, for a call


@dataclass(frozen=True, slots=True)
class Caution:
    """`over` (fault,): s in which what was thought is forgotten; `odds` (fault,): log-odds that are taken off it; where no
    sound asset ever came near, they are below 0."""

    over: Array
    odds: Array

    @classmethod
    def least(cls, faults: int) -> Caution:
        """Where nothing is known of what it costs."""
        return cls(np.full(faults, 45.0), np.zeros(faults))

    def check(self, faults: int) -> None:
        """Raises InputError where it can't be that of so many faults."""
        sound = self.over.shape == self.odds.shape == (faults,)
        if not sound or not ((self.over >= 1) & (self.over <= 3_600) & (np.abs(self.odds) <= SURE)).all():
            raise InputError("how sure it must be is damaged")


@dataclass(frozen=True, slots=True)
class Course:
    """What was thought of one asset at each look, in order: `odds` (look, fault), clipped; `fault` is a place among the
    classes."""

    fault: int
    odds: Array

    def thought(self, over: Array) -> Array:
        """(look, fault): as it was thought lately."""
        found, now = np.empty_like(self.odds), np.full(self.odds.shape[1], -SURE)
        share = np.minimum(EVERY / over, 1.0)
        for k, told in enumerate(self.odds):
            now = now + share * (told - now)
            found[k] = now
        return found

    def held(self, over: Array) -> Array:
        """(look, fault): what it was at least for as long as a call takes, up to each look."""
        thought = self.thought(over)
        padded = np.concatenate([np.full((_LOOKS - 1, thought.shape[1]), -SURE), thought])
        return np.min([padded[k : k + len(thought)] for k in range(_LOOKS)], axis=0)


def odds_of(probabilities: Array) -> Array:
    """Log-odds, clipped."""
    held = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return np.clip(np.log(held / (1 - held)), -SURE, SURE)


def courses_of(lesson: Lesson, probabilities: Array) -> Iterator[Course]:
    """`probabilities` (look, fault) of the lesson's looks; rows that are NaN were not judged."""
    order = np.argsort(lesson.course, kind="stable")
    ends = np.flatnonzero(np.diff(lesson.course[order])) + 1
    for rows in np.split(order, ends):
        if len(rows) and np.isfinite(probabilities[rows]).all():
            yield Course(int(lesson.fault[rows[0]]), odds_of(probabilities[rows]))


def caution_for(courses: list[Course], faults: int) -> Caution:
    """Of each fault the way that finds most of it, and of those the quickest."""
    if not courses:
        return Caution.least(faults)
    tried = [_tried(courses, np.full(faults, over)) for over in _OVER]
    odds, found = (np.array([each[k] for each in tried]) for k in (0, 1))
    best = found.argmax(axis=0)  # the first of the best
    return Caution(np.array(_OVER)[best], odds[best, np.arange(faults)])


def _tried(courses: list[Course], over: Array) -> tuple[Array, Array]:
    """(fault,) the odds that must be taken off, and how many courses of each are found then."""
    held = [course.held(over) for course in courses]
    sound = [each for each, course in zip(held, courses, strict=True) if course.fault == 0]
    peaks = np.array([part.max(axis=0) for each in sound for part in np.split(each, range(_BLOCK, len(each), _BLOCK))])
    seconds = EVERY * sum(map(len, sound))
    off = np.array([_surer(row, seconds, _RARE / len(over)) for row in peaks.T]) if len(peaks) else np.zeros(len(over))
    found = np.zeros(len(over))
    for each, course in zip(held, courses, strict=True):
        if course.fault:
            k = course.fault - 1
            found[k] += each[:, k].max() - off[k] >= LINE
    return off, found


def _surer(peaks: Array, seconds: float, rare: float) -> float:
    """What must be taken off, so that no peak is called and one comes as `rare` a second as that; never so little that a fault
    would be called which is less probable than one in three."""
    ordered = np.sort(peaks)[::-1]
    k = min(_HIGHEST, len(ordered) - 1)
    if k < 1:
        return 0.0
    slope = float((ordered[:k] - ordered[k]).mean())
    reached = ordered[k] + slope * np.log(k / (seconds * rare)) if slope else ordered[0]
    return float(np.clip(max(reached, ordered[0]) - LINE, LEAST, MOST))

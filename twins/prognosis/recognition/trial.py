"""A trial: how well what was learnt from some runs tells the faults of others, and how cautious that makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twins.clock import HOUR, SECOND
from twins.physics import Array
from twins.prognosis.recognition.caution import LINE, Caution, Course, caution_for, courses_of
from twins.prognosis.recognition.lesson import EVERY, Lesson
from twins.prognosis.recognition.recogniser import learnt_from

_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Trial:
    """`matrix` (c, c + 1): of what was true, the share of courses that were called so first; the last column is of those where
    nothing was called. Everything is judged by what was learnt from other runs, with a caution that was chosen by all of them.
    """

    classes: tuple[str, ...]
    matrix: Array
    courses: int
    sound_hours: float
    false_calls: int  # on sound assets
    caution: Caution

    def as_card(self) -> dict[str, object]:
        """For a model's card."""
        columns = (*self.classes[1:], "nothing")
        rows = {
            name: {column: round(float(share), 4) for column, share in zip(columns, row[1:], strict=True) if share > 0}
            for name, row in zip(self.classes, self.matrix, strict=True)
        }
        faults = zip(self.classes[1:], self.caution.over.tolist(), self.caution.odds.tolist(), strict=True)
        caution = {name: {"over": over, "odds": round(odds, 3)} for name, over, odds in faults}
        sound = {"hours": round(self.sound_hours, 1), "false_calls": self.false_calls}
        return {"courses": self.courses, "sound": sound, "caution": caution, "called": rows}


def trial(lesson: Lesson, watch: Callable[[float, str], None] = lambda done, what: None) -> Trial:
    """Runs are split, never looks."""
    faults, fold = len(lesson.kin.faults), lesson.run % _FOLDS
    probable = np.full((len(lesson.run), faults), np.nan)
    for k in range(_FOLDS):
        watch(k / _FOLDS, "trying what was learnt")
        own, others = fold == k, fold != k
        if own.any() and others.any():
            probable[own] = learnt_from(_part(lesson, others)).probabilities(lesson.signs[own])
    courses = list(courses_of(lesson, probable))
    return _judged(lesson, courses, caution_for(courses, faults))


def _judged(lesson: Lesson, courses: list[Course], caution: Caution) -> Trial:
    c = len(lesson.classes)
    counts = np.zeros((c, c + 1))
    looks = 0
    for course in courses:
        counts[course.fault, _first(course, caution)] += 1
        looks += len(course.odds) if course.fault == 0 else 0
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    hours = looks * EVERY * SECOND / HOUR
    return Trial(lesson.classes, shares, len(courses), hours, int(counts[0, 1:c].sum()), caution)


def _first(course: Course, caution: Caution) -> int:
    """The place of what would be called first; that of nothing where nothing would."""
    called = course.held(caution.over) - caution.odds >= LINE
    if not called.any():
        return called.shape[1] + 1
    look = int(np.argmax(called.any(axis=1)))
    return int(np.argmax(called[look])) + 1


def _part(lesson: Lesson, rows: np.ndarray) -> Lesson:
    return Lesson(lesson.kin, lesson.names, lesson.signs[rows], lesson.fault[rows], lesson.run[rows], lesson.course[rows])

"""A trial: how well what was learnt from some runs tells the faults of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twins.physics import Array
from twins.prognosis.calls import CALLED
from twins.prognosis.recognition.lesson import Lesson
from twins.prognosis.recognition.recogniser import learnt_from

_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Trial:
    """`matrix` (c, c + 1): of what was true, the share of looks at which each was so probable that it would be called; the last
    column is of those where nothing was. Everything is judged by what was learnt from other runs."""

    classes: tuple[str, ...]
    matrix: Array
    looks: int

    def as_card(self) -> dict[str, object]:
        """For a model's card."""
        columns = (*self.classes[1:], "nothing")
        rows = {
            name: {column: round(float(share), 4) for column, share in zip(columns, row[1:], strict=True) if share > 0}
            for name, row in zip(self.classes, self.matrix, strict=True)
        }
        return {"looks": self.looks, "called": rows}


def trial(lesson: Lesson, watch: Callable[[float, str], None] = lambda done, what: None) -> Trial:
    """Runs are split, never looks."""
    c = len(lesson.classes)
    counts = np.zeros((c, c + 1))
    fold = lesson.run % _FOLDS
    for k in range(_FOLDS):
        watch(k / _FOLDS, "trying what was learnt")
        own, others = fold == k, fold != k
        if not own.any() or not others.any():
            continue
        probable = learnt_from(_part(lesson, others)).probabilities(lesson.signs[own])
        called = np.where(probable.max(axis=1) >= CALLED, probable.argmax(axis=1) + 1, c)
        np.add.at(counts, (lesson.fault[own], called), 1)
    return Trial(lesson.classes, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), int(counts.sum()))


def _part(lesson: Lesson, rows: np.ndarray) -> Lesson:
    return Lesson(lesson.kin, lesson.names, lesson.signs[rows], lesson.fault[rows], lesson.run[rows])

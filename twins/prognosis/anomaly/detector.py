"""The detector: one row in, one verdict out, knowing nothing of later rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.prognosis.anomaly.guilt import guilty
from twins.prognosis.anomaly.learning import Learnt
from twins.prognosis.anomaly.tracking import NEAR, Tracker
from twins.prognosis.table import Array

DOUBT = 0.6  # of the limit: from here a deviation counts as begun, and what it does is not learnt
LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` 1 is the line; NaN where it isn't known. `since`: the row, from 0, at which the worst deviation began."""

    score: float
    anomaly: bool
    guilty: tuple[str, ...] = ()
    since: int | None = None
    known: bool = True


UNKNOWN = Verdict(float("nan"), False, known=False)


class Detector:
    """Judges rows one after the other by what was learnt; it never learns a new normal, only follows slow drift."""

    def __init__(self, learnt: Learnt, expected: Array | None = None) -> None:
        """`expected`: where the channels (k,) stand; default: where they stood after the clean rows, if they keep a level."""
        self.learnt = learnt
        self._tracker = Tracker(learnt.wanders, learnt.smoothing, learnt.memory)
        self._tracker.begin(np.where(learnt.wanders, np.nan, learnt.level) if expected is None else expected, learnt.calm)
        self._doubt = DOUBT * learnt.shift
        self._row = -1
        self._begun = np.full(len(learnt.shift), -1)

    def update(self, row: Array) -> Verdict:
        """The verdict on the next row (p + c,): the sensors, then the conditions, NaN where missing."""
        with np.errstate(invalid="ignore", over="ignore"):
            return self._judged(row)

    def verdicts(self, rows: Array) -> list[Verdict]:
        """One for each of the rows (n, p + c), as `update` gives them."""
        with np.errstate(invalid="ignore", over="ignore"):
            return [self._judged(row) for row in rows]

    def expected(self, row: Array) -> tuple[Array, Array]:
        """Of the row (p + c,) that was judged last: where each sensor (p,) was to be, and how many spreads it is off, by what
        tells most of it; NaN where nothing does.
        """
        channels = self.learnt.channels
        off = channels.values(row) - self._tracker.expected
        ratio = np.nan_to_num(np.abs(off) / self.learnt.jump)
        sensors = np.full((2, len(channels.sensors)), np.nan)
        for k in np.argsort(ratio, kind="stable"):
            i = channels.owner[k]
            sensors[:, i] = row[i] - off[k] / channels.mixing[k, i] * channels.scale[i], off[k]
        return sensors[0], sensors[1]

    def _judged(self, row: Array) -> Verdict:
        self._row += 1
        if not self._in_range(row):
            return UNKNOWN
        learnt = self.learnt
        shift, jump, unrest = self._tracker.step(values := learnt.channels.values(row), self._doubt)
        ratios = np.maximum(np.abs(shift) / learnt.shift, np.abs(jump) / learnt.jump)
        ratios = np.maximum(ratios, (learnt.calm - unrest) / learnt.unrest)  # NaN where a value, and so its jump, is missing
        begun = np.where(self._begun < 0, self._row, self._begun)
        self._begun = np.where(ratios >= DOUBT, begun, np.where(values == values, -1, self._begun))
        score = float(np.fmax.reduce(ratios))
        if score < 1.0:
            return Verdict(score, False)
        return self._accused(ratios, jump, min(score, LARGEST)) if score == score else UNKNOWN

    def _accused(self, ratios: Array, jump: Array, score: float) -> Verdict:
        worst = int(np.nanargmax(ratios))
        farther = np.maximum(np.abs(jump) / NEAR, 1.0)  # than what is smoothed can tell
        told = np.where(ratios >= 1.0, np.minimum(ratios * farther, LARGEST), 0.0)
        names = tuple(self.learnt.channels.sensors[i] for i in guilty(told, self.learnt.channels))
        return Verdict(score, True, names, int(self._begun[worst]))

    def _in_range(self, row: Array) -> bool:
        if not self.learnt.channels.conditions:
            return True
        conditions = row[len(self.learnt.channels.sensors) :]
        return bool(((conditions >= self.learnt.low) & (conditions <= self.learnt.high)).all())

"""The track record: what was predicted then against what happened since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from twins.clock import SECOND
from twins.prognosis.prediction import Prediction, predictions_in
from twins.record import Event, EventKind, Quality, Samples

LEVELS = (0.05, 0.5, 0.95)
CLASSES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)  # of probabilities


class Recorded(Protocol):
    """What is asked of a recording here."""

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> Sequence[Event]:
        """Events of a stretch."""
        ...

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples of a stretch."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One prediction of when a limit would be passed, and when it was (s after it was made; None: not by the end)."""

    prediction: Prediction
    actual: float | None
    watched: float  # s from when it was made to the end of what is known

    @property
    def held(self) -> bool | None:
        """Within its interval; None where that can't be said yet."""
        life = self.prediction.life
        assert life is not None
        high = np.inf if life.high is None else life.high
        if self.actual is not None:
            return (life.low or 0.0) <= self.actual <= high
        return None if self.watched < min(high, life.horizon) else high >= life.horizon


def outcomes(record: Recorded, start: int, end: int) -> Iterator[Outcome]:
    """Of all predictions that were made in a stretch (ns) and said when a limit would be passed. Whether something was done about
    it is not asked: who curtails a turbine proves a forecast wrong, and that is how it is told."""
    for made in _made(record.events(start, end, (EventKind.PREDICTION,))):
        yield Outcome(made, _passed(record, made, end), (end - made.time) / SECOND)


def outcomes_told(events: Sequence[Event], end: int) -> Iterator[Outcome]:
    """The same from events alone: a limit was passed when its alarm was raised. `events` are predictions and alarms, in order."""
    raised = [e for e in events if e.kind is EventKind.ALARM and e.stands and e.data.get("state") == "unacknowledged"]
    for made in _made(events):
        life = made.life
        assert life is not None
        when = (e.time for e in raised if e.subject == life.tag and e.data.get("condition") == life.limit and e.time >= made.time)
        passed = next(when, None)
        yield Outcome(made, None if passed is None else (passed - made.time) / SECOND, (end - made.time) / SECOND)


def coverage(found: Sequence[Outcome]) -> float | None:
    """The share of intervals that held what happened."""
    held = [each.held for each in found if each.held is not None]
    return sum(held) / len(held) if held else None


def calibration(found: Sequence[Outcome]) -> list[tuple[float, float | None]]:
    """(level, share of what happened that was over by this quantile) for 5, 50 and 95 %; a straight line is honest."""
    told = [each for each in found if each.held is not None]
    shares: list[tuple[float, float | None]] = []
    for k, level in enumerate(LEVELS):
        over = [_over(each, k) for each in told]
        shares.append((level, sum(over) / len(over) if over else None))
    return shares


def reliability(found: Sequence[Outcome]) -> list[tuple[float, float, int]]:
    """(mean probability that was told, share of it that came, how many) by classes of probability; a straight line is honest.

    What has not come counts once its horizon has passed.
    """
    told = [(e.prediction.probability, e.actual is not None) for e in found if e.actual is not None or _over_by_now(e)]
    classes = [[each for each in told if low <= each[0] < high] for low, high in pairwise(CLASSES)]
    return [
        (sum(p for p, _ in some) / len(some), sum(came for _, came in some) / len(some), len(some)) for some in classes if some
    ]


def _over_by_now(each: Outcome) -> bool:
    return each.prediction.life is not None and each.watched >= each.prediction.life.horizon


def _made(events: Iterable[Event]) -> Iterator[Prediction]:
    """The predictions that said when a limit would be passed, as they were made; not again for what somebody decided."""
    told = (e for e in events if e.kind is EventKind.PREDICTION and e.stands and e.data.get("life") and not e.data.get("verdict"))
    return (each for each in predictions_in(told) if each.life is not None and each.life.tag)


def _over(each: Outcome, k: int) -> bool:
    life = each.prediction.life
    assert life is not None
    quantile = (life.low, life.middle, life.high)[k]
    return each.actual is not None and each.actual <= (np.inf if quantile is None else quantile)


def _passed(record: Recorded, made: Prediction, end: int) -> float | None:
    life = made.life
    assert life is not None
    samples = record.between(made.time, min(end, made.time + round(life.horizon * SECOND)), [life.tag])
    values = samples.bits.view(np.float64)
    past = values >= life.value if life.limit.startswith("high") else values <= life.value
    past &= samples.quality & 0b11 < Quality.BAD
    return (int(samples.source[past].min()) - made.time) / SECOND if past.any() else None

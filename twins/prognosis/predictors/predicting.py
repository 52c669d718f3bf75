"""Predicting: the predictors of a package look at what was recorded, now and then, and tell their findings to the calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind, Twin
from twins.clock import DAY, HOUR, MINUTE, SECOND
from twins.physics import Array
from twins.prognosis.calls import Calls
from twins.prognosis.prediction import Prediction, deadline
from twins.prognosis.predictors.declared import MODEL, Predictor, declared
from twins.prognosis.predictors.grid import Grid
from twins.prognosis.predictors.verdict import Verdict
from twins.record import Event, EventKind, Samples, Snapshot

_LATE = 2 * SECOND  # so long after a step's end its last samples have come, on the wall clock
_WAITING = 8  # steps that may wait for an answer; more are passed over
_NEW_LIFE = 5 * MINUTE  # how often what is left is said anew
_LONGEST, _LONGEST_TREND = 6 * HOUR, 2 * DAY  # that is read back from a record at the beginning
_CHUNK = 30 * MINUTE

Run = Callable[..., "Future[list[Verdict | None]]"]


class Recorded(Protocol):
    """What is read back from a record."""

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """The samples of a stretch."""
        ...

    def at(self, time: int) -> Snapshot:
        """What was known."""
        ...


@dataclass
class _Running:
    predictor: Predictor
    grid: Grid
    columns: list[list[int]]
    power: list[int]  # the column of each asset's power, −1 where it has none
    waiting: deque[tuple[int, Array, Future[list[Verdict | None]]]] = field(default_factory=deque)
    again: int = -(2**62)  # a predictor that has failed is asked again from then on


class Predicting:
    """Whatever becomes of a predictor, recording goes on: it is told once, and asked again an hour later.

    Live, answers are awaited by nobody: they are told when they have come. `patient`, each is awaited, as over a record.
    """

    def __init__(self, twin: Twin, calls: Calls, *, patient: bool = False, only: str = "", least_step: int = 0) -> None:
        """`least_step`: how often something was recorded at all, ns; tables of limits needn't look more often."""
        self._twin, self._calls = twin, calls
        found = list(declared(twin, only))
        self.refused = [f"predictor {name}: {faults[0]}" for name, made, faults in found if made is None]
        self._running = [_running(twin, made, least_step) for _, made, _ in found if made is not None]
        self._names = {name.rpartition("/")[2] for name, *_ in found}
        self.late = _LATE  # on the twin's clock, ns
        self._pool = None if patient or not self._running else ThreadPoolExecutor(1, "predictors")
        self._run: Run = _at_once if self._pool is None else self._pool.submit

    @property
    def predictors(self) -> tuple[Predictor, ...]:
        """Those that run."""
        return tuple(each.predictor for each in self._running)

    def start(self, record: Recorded, now: int) -> list[Event]:
        """Takes up where a record ends; what stands of predictors that are gone is over."""
        said = [event for key in self._orphans() for event in self._calls.over(key, now)]
        for each in self._running:
            for asset, path, back in each.predictor.kind.remembered:
                times, values = _means(record, path, now - min(back, _LONGEST_TREND), now)
                each.predictor.kind.seed(asset, path, times, values)
            back = min(each.grid.step_ns * each.predictor.kind.rows, _LONGEST)
            each.grid.restore(record.at(now - back))
            each.grid.take(record.between(now - back, now, each.grid.paths))
            deque(each.grid.until(now - self.late), maxlen=0)
        return [*said, *(_told(now, "predictor_refused", sentence) for sentence in self.refused)]

    def pace(self, rate: float) -> None:
        """A plant that runs so many times quicker is so much later on its own clock."""
        self.late = round(_LATE * max(rate, 1.0))

    def take(self, samples: Samples) -> None:
        """What was measured, computed or estimated."""
        for each in self._running:
            each.grid.take(samples)

    def until(self, now: int) -> list[Event]:
        """What is to be said by an instant, ns."""
        events: list[Event] = []
        for each in self._running:
            for time, rows in each.grid.until(now - self.late):
                if time >= each.again and len(each.waiting) < _WAITING:
                    seen = [rows[:, columns] for columns in each.columns]
                    each.waiting.append((time, rows[-1], self._run(each.predictor.kind.judge, time, seen)))
                if self._pool is None:
                    events += self._heard(each, time)
            events += self._heard(each, now)
        return events

    def close(self) -> None:
        """Lets go of children and threads."""
        for each in self._running:
            each.predictor.kind.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _heard(self, each: _Running, now: int) -> Iterator[Event]:
        while each.waiting and each.waiting[0][2].done():
            time, row, answer = each.waiting.popleft()
            if time < each.again:
                continue
            try:
                verdicts = answer.result()
            except Exception as problem:  # noqa: BLE001 — what was measured is recorded whatever becomes of a predictor
                each.again = time + HOUR
                what = str(problem) or type(problem).__name__
                said = f"The predictor {each.predictor.name} has failed: {what}; it is asked again in an hour"
                yield _told(now, "predictor_stopped", said)
                for asset in each.predictor.assets:
                    self._calls.lose(f"{asset}.{each.predictor.name}")
                continue
            for k, verdict in enumerate(verdicts):
                yield from self._judged(each, k, verdict, time, now, row)

    def _judged(self, each: _Running, k: int, verdict: Verdict | None, time: int, now: int, row: Array) -> list[Event]:
        key = f"{each.predictor.assets[k]}.{each.predictor.name}"
        if verdict is None:
            self._calls.lose(key)
            return []
        before, power = self._calls.standing.get(key), float(row[each.power[k]]) if each.power[k] >= 0 else 0.0
        anew = verdict.life is not None and before is not None and time - before.time >= _NEW_LIFE
        return self._calls.hear(
            key, verdict.probability, time, now,
            lambda since, stood: _prediction(each.predictor, k, verdict, time, since, stood, power), anew=anew,
        )  # fmt: skip

    def _orphans(self) -> list[str]:
        """Predictions of predictors that the package has no more."""
        mine = {f"{asset}.{each.name}" for each in self.predictors for asset in each.assets}
        standing = self._calls.standing.items()
        return [key for key, each in standing if each.model.startswith(f"{MODEL} ") and key not in mine and self._is_gone(each)]

    def _is_gone(self, made: Prediction) -> bool:
        return made.fault not in self._names or made.fault in {each.name for each in self.predictors}


def _running(twin: Twin, predictor: Predictor, least_step: int) -> _Running:
    names = predictor.kind.names
    powers = [_power_of(twin, asset) for asset in predictor.assets]
    paths = tuple(dict.fromkeys([*(path for each in names for path in each), *filter(None, powers)]))
    tags = [tag for path in paths if (tag := twin.tag(path)) is not None]
    place = {tag.path: i for i, tag in enumerate(tags)}
    step = max(predictor.step_ns, least_step if predictor.form.kind == "limits" else 0)
    grid = Grid(tags, step, predictor.kind.rows)
    return _Running(predictor, grid, [[place[path] for path in each] for each in names], [place.get(path, -1) for path in powers])


def _power_of(twin: Twin, asset: str) -> str:
    tags = (twin.tags[path] for path in twin.assets[asset].tags)
    return next((tag.path for tag in tags if tag.quantity == "power" and tag.unit == "kW"), "")


def _prediction(
    each: Predictor, k: int, verdict: Verdict, time: int, since: int, before: Prediction | None, power: float
) -> Prediction:
    stood = before.life.after((time - before.time) / SECOND) if before is not None and before.life is not None else None
    life = verdict.life or stood
    severity = min(max(verdict.severity, 0.0), 1.0)
    return Prediction(
        time, each.assets[k], each.name, each.label, verdict.probability, (severity, severity, severity),
        before.since if before else verdict.since or since, life,
        verdict.evidence or (before.evidence if before else ()), each.description, each.action,
        deadline(each.within, life, since, time, before), each.downtime,
        (max(power, 0.0) if np.isfinite(power) else 0.0) * each.downtime * SECOND / HOUR, each.model, each.version,
        *((before.verdict, before.by, before.why) if before else ("", "", "")),
    )  # fmt: skip


def _means(
    record: Recorded, path: str, start: int, end: int, points: int = 120
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(m,) ns and means of equal stretches of what was recorded of a tag."""
    apart = max((end - start) // points, 1)
    sums, counts = np.zeros(points + 1), np.zeros(points + 1)
    for begin in range(start, end, max(apart, _CHUNK)):
        samples = record.between(begin, min(begin + max(apart, _CHUNK), end), [path])
        good = samples.quality & 0b11 < 2
        numbers = np.array([channel.kind is TagKind.NUMBER for channel in samples.channels], bool)[samples.channel]
        values = np.where(numbers, samples.bits.view(np.float64), samples.bits.astype(np.float64))[good]
        place = np.minimum((samples.source[good] - start) // apart, points)
        sums += np.bincount(place, values, points + 1)[: points + 1]
        counts += np.bincount(place, minlength=points + 1)[: points + 1]
    known = np.flatnonzero(counts)
    return (start + (known + 1.0) * apart).astype(np.float64), sums[known] / counts[known]


def _at_once(work: Callable[..., Any], *arguments: Any) -> Future[list[Verdict | None]]:
    done: Future[list[Verdict | None]] = Future()
    try:
        done.set_result(work(*arguments))
    except Exception as problem:  # noqa: BLE001 — told where it is heard
        done.set_exception(problem)
    return done


def _told(time: int, state: str, message: str) -> Event:
    return Event(time, EventKind.STATION, data={"state": state, "message": message})

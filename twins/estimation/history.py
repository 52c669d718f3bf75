"""History: the estimator over a recording, and the same recording with what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.asset.estimated import PERIOD_NS
from twins.clock import SECOND
from twins.estimation.checkpoint import EVERY_NS, checkpoint
from twins.estimation.estimator import Estimator
from twins.estimation.following import Following
from twins.estimation.stepped import step_of
from twins.estimation.telling import channels_of, samples_of
from twins.historian.days import Record
from twins.historian.drafting import drafted, refuse_bad_place
from twins.historian.file import RecordingFile
from twins.physics import Array
from twins.record import Channel, Channels, Event, EventKind, Samples

_CHUNK = 3_600  # steps
_FAR = 3.0  # deviations

Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]


class Foresight(Protocol):
    """What looks ahead from an estimator; `health` is told by the paths of its tags."""

    @property
    def health(self) -> Mapping[str, float]:
        """As of the last look."""
        ...

    def take(self, samples: Samples) -> None:
        """What was measured, some time before it is seen, and what was estimated."""
        ...

    def see(self, estimator: Estimator, now: int) -> Iterable[Event]:
        """After each step: what is to be recorded of it."""
        ...


class _Blind:
    health: Mapping[str, float] = MappingProxyType({})

    def take(self, samples: Samples) -> None:
        pass

    def see(self, estimator: Estimator, now: int) -> Iterable[Event]:
        return ()


_BLIND = _Blind()


@dataclass
class Residuals:
    """Of n judged tags over a stretch: how many were judged, the sum of their squares, and how many were far off."""

    n: Array
    squares: Array
    far: Array

    def see(self, estimator: Estimator) -> None:
        """One step."""
        off = estimator.innovations.off
        fresh = np.isfinite(off) & np.isfinite(estimator.residual)
        residual = np.where(fresh, estimator.residual, 0.0)
        self.n += fresh
        self.squares += residual**2
        self.far += np.abs(residual) > _FAR


@dataclass(frozen=True, slots=True)
class Estimate:
    """What came of a stretch."""

    start: int
    end: int
    step: int
    estimator: Estimator
    residuals: Residuals


def estimated(
    twin: Twin, record: Record, start: int, end: int, to: Path | None = None,
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False, foresight: Foresight = _BLIND,
) -> Estimate:  # fmt: skip
    """Follows what was recorded from `start` to `end` (ns); with `to` also writes it there with what is estimated of it, and
    what its `foresight` tells.

    Raises InputError where nothing can be, or where it was cancelled; nothing is half-written.
    """
    if to is None:
        return _followed(twin, record, start, end, None, watch, cancelled, foresight)
    refuse_bad_place(to)
    with drafted(to) as place:
        package = record.package_at(end) or b""
        with closing(RecordingFile.create(place, package, twin.id, start, simulated=record.simulated)) as file:
            return _followed(twin, record, start, end, file, watch, cancelled, foresight)


def _followed(
    twin: Twin, record: Record, start: int, end: int, file: RecordingFile | None,
    watch: Watch, cancelled: Cancelled, foresight: Foresight,
) -> Estimate:  # fmt: skip
    channels = Channels(_known(channel, twin) for channel in record.channels)
    step = step_of(twin, channels, SECOND)
    following = Following(twin, channels, step)
    residuals = Residuals(*np.zeros((3, len(following.estimator.judged))))
    shifts = np.array([channel.period_ns or 0 if channel.stamp == "start" else 0 for channel in record.channels], np.int64)
    measured = np.array([channel.path not in twin.estimated for channel in record.channels], bool)
    chunk = step * _CHUNK
    for begin in range(start, end, chunk):
        until = min(begin + chunk, end)
        samples = record.between(begin, until)
        samples_at_their_end = _stamped_at_their_end(samples, shifts)
        following.take(samples_at_their_end)
        foresight.take(samples_at_their_end.take(measured[samples.channel]))
        told, events = _steps(following, until + step, residuals, foresight, cancelled)
        if file is not None:
            happened = sorted([*_kept(record, begin, until), *events], key=lambda event: event.time)
            file.append(Samples.join([samples.take(measured[samples.channel]), *told]), happened)
        watch((until - start) / max(end - start, 1), "estimating")
    if residuals.n.sum() == 0:
        raise InputError(f"nothing that {twin.name} could be estimated by was recorded in this stretch")
    return Estimate(start, end, step, following.estimator, residuals)


def _steps(
    following: Following, until: int, residuals: Residuals, foresight: Foresight, cancelled: Cancelled
) -> tuple[list[Samples], list[Event]]:
    told: list[Samples] = []
    events: list[Event] = []
    for estimator in following.until(until):
        if cancelled():
            raise InputError("the estimate was cancelled; nothing was written")
        residuals.see(estimator)
        step = estimator.step_ns
        events += foresight.see(estimator, estimator.time)
        if estimator.time % max(PERIOD_NS, step) < step:
            told.append(samples_of(estimator, channels_of(estimator), estimator.time, foresight.health))
            foresight.take(told[-1])
        if estimator.time % max(EVERY_NS, step) < step:
            events.append(checkpoint(estimator, estimator.time))
    return told, events


def _kept(record: Record, start: int, end: int) -> list[Event]:
    """What happened, but for what an estimator has said before: it is said anew."""
    return [event for event in record.events(start, end) if event.kind not in (EventKind.CHECKPOINT, EventKind.PREDICTION)]


def _known(channel: Channel, twin: Twin) -> Channel:
    """As it is, or as nobody's where it is not in the tag's own terms."""
    tag = twin.tags.get(channel.path)
    alike = tag is not None and tag.kind is channel.kind and tag.unit == channel.unit
    return channel if alike else Channel("")


def _stamped_at_their_end(samples: Samples, shifts: np.ndarray) -> Samples:
    if not shifts.any() or not len(samples):
        return samples
    return replace(samples, source=samples.source + shifts[samples.channel])


def parameters_told(estimate: Estimate) -> Iterator[dict[str, object]]:
    """Each parameter: its path, unit, what the package has, and its quantiles."""
    for each in estimate.estimator.parameters:
        quantiles = each.quantiles()
        for leeway, (low, middle, high) in zip(each.leeways, quantiles.tolist(), strict=True):
            usual = each.usual_of(leeway) * leeway.factor + leeway.offset
            yield {"parameter": leeway.path, "package": usual, "p05": low, "p50": middle, "p95": high}

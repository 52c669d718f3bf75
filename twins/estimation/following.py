"""Following: an estimator kept up with samples as they come, live or from a record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind, Twin
from twins.clock import SECOND
from twins.estimation.checkpoint import resumed
from twins.estimation.estimator import Estimator, Reading
from twins.physics import Array
from twins.record import Channels, Event, Quality, Samples
from twins.record.snapshot import stale_after
from twins.simulation.members import instant_of

_NEVER = -(2**62)
_FOREVER = 2**62
_BEHIND = 120  # steps; further behind, the time between is skipped


class Following:
    """`step_ns` is how the estimator steps; it begins with the first sample, or from a checkpoint."""

    def __init__(self, twin: Twin, channels: Channels, step_ns: int = SECOND, seed: int = 1, since: Event | None = None) -> None:
        """`channels`: what is measured at all. Raises InputError where nothing can be estimated."""
        self._twin, self.step_ns, self._seed = twin, step_ns, seed
        self._estimator = Estimator(
            twin, instant_of(since) if since else 0, step_ns, seed, [channel.path for channel in channels]
        )
        self._started = since is not None and resumed(self._estimator, since)
        wanted = self._estimator.wanted
        place = {tag.path: i for i, tag in enumerate(wanted)}
        self._place = np.array([place.get(channel.path, -1) for channel in channels], np.intp)
        self._number = channels.of_kind(TagKind.NUMBER)
        periods = {channel.path: channel.period_ns for channel in channels}
        self._patience = np.array([stale_after(periods.get(tag.path)) for tag in wanted], np.int64)
        self._values, self._source = np.full(len(wanted), np.nan), np.full(len(wanted), _NEVER, np.int64)
        self._waiting: list[tuple[NDArray[np.intp], NDArray[np.int64], Array]] = []

    @property
    def estimator(self) -> Estimator:
        """What follows."""
        return self._estimator

    def take(self, samples: Samples) -> None:
        """Samples over the `channels`."""
        place = self._place[samples.channel]
        rows = np.flatnonzero(place >= 0)
        if not len(rows):
            return
        values = np.where(self._number[samples.channel], samples.bits.view(np.float64), samples.bits.astype(np.float64))
        values = np.where(samples.quality & 0b11 < Quality.BAD, values, np.nan)
        self._waiting.append((place[rows], samples.source[rows], values[rows]))

    def until(self, now: int, most: int = _FOREVER) -> Iterator[Estimator]:
        """The estimator after each step that can be made by an instant (ns), `most` of them."""
        if not self._started and not self._begin():
            return
        step, estimator = self.step_ns, self._estimator
        if now - estimator.time > _BEHIND * step and most < _FOREVER:
            self._reach(now - 2 * step)
            estimator.skip(now - 2 * step)
        for _ in range(int(min(most, max((now - estimator.time) // step - 1, 0)))):
            known = estimator.time + 2 * step
            self._reach(known)
            estimator.step(self._reading(known))
            yield estimator

    def _begin(self) -> bool:
        sources = [source.min() for _, source, _ in self._waiting]
        if not sources:
            return False
        first = int(min(sources)) // self.step_ns * self.step_ns
        self._estimator = Estimator(self._twin, first, self.step_ns, self._seed, [tag.path for tag in self._estimator.wanted])
        self._started = True
        return True

    def _reach(self, t: int) -> None:
        """Takes in all that was measured by an instant, in its order."""
        if not self._waiting:
            return
        place, source, values = (np.concatenate(column) for column in zip(*self._waiting, strict=True))
        order = np.argsort(source, kind="stable")
        now, later = order[source[order] <= t], order[source[order] > t]
        newer = now[source[now] >= self._source[place[now]]]
        self._values[place[newer]], self._source[place[newer]] = values[newer], source[newer]
        self._waiting = [(place[later], source[later], values[later])] if len(later) else []

    def _reading(self, t: int) -> Reading:
        return Reading(np.where(t - self._source > self._patience, np.nan, self._values), self._source.copy())

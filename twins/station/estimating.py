"""Estimating: the estimator follows the plant in the station, and what it tells is recorded like any other tag."""

from __future__ import annotations

from collections.abc import Iterable

from twins.asset import Twin
from twins.asset.estimated import PERIOD_NS
from twins.clock import MINUTE, SECOND
from twins.estimation.checkpoint import EVERY_NS, checkpoint
from twins.estimation.following import Following
from twins.estimation.telling import samples_of
from twins.prognosis.foreseeing import Foreseeing
from twins.record import Channel, Channels, Event, Intention, Samples
from twins.simulation.members import instant_of

_STEPS_A_TURN = 4
_RECENT = 10 * MINUTE  # an older checkpoint is of another day


class Estimating:
    """`channels` are those before, then one for each tag that is estimated; without any, nothing ever comes of it."""

    def __init__(self, twin: Twin, before: Channels) -> None:
        self._twin, self._before = twin, before
        self.channels = Channels([*before, *(Channel.of(tag) for tag in twin.estimated.values())])
        self._following: Following | None = None
        self._foreseeing = Foreseeing(twin)
        self._step = SECOND
        self._saved = 0

    def start(self, since: Event | None, now: int, standing: Iterable[Event] = (), version: str = "") -> None:
        """Takes up where the last checkpoint of the record is, if that is recent, with the predictions that stand."""
        self._foreseeing = Foreseeing(self._twin, standing, version)
        recent = since if since is not None and now - instant_of(since) < _RECENT else None
        self._following = self._made(recent) if len(self.channels) > len(self._before) else None

    def pace(self, rate: float) -> None:
        """A plant that runs so many times quicker is followed in longer steps."""
        step = round(min(max(rate, 1.0), 60.0)) * SECOND
        if step != self._step and self._following is not None:
            self._step = step
            estimator = self._following.estimator
            self._following = self._made(checkpoint(estimator, estimator.time) if estimator.begun else None)

    def follow(self, samples: Samples, now: int) -> tuple[Samples, list[Event]]:
        """What is to be recorded of it by now; `samples` are over the channels before."""
        if self._following is None:
            return Samples.empty(), []
        self._following.take(samples)
        told: list[Samples] = []
        events: list[Event] = []
        for estimator in self._following.until(now, _STEPS_A_TURN):
            events += self._foreseeing.see(estimator, now)
            if estimator.time % max(PERIOD_NS, self._step) < self._step:
                told.append(samples_of(estimator, self.channels, now, self._foreseeing.health))
            if estimator.time - self._saved >= EVERY_NS:
                self._saved = estimator.time
                events.append(checkpoint(estimator, now))
        return (Samples.join(told) if told else Samples.empty()), events

    def judge(self, intention: Intention, now: int) -> Event:
        """What somebody decides about a prediction."""
        return self._foreseeing.judge(intention, now)

    def _made(self, since: Event | None) -> Following:
        return Following(self._twin, self._before, self._step, since=since)

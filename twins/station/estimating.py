"""Estimating: the estimator follows the plant in the station, and what it tells is recorded like any other tag."""

from __future__ import annotations

from collections.abc import Callable

from twins import InputError
from twins.asset import Twin
from twins.asset.estimated import PERIOD_NS
from twins.clock import MINUTE, SECOND, monotonic
from twins.estimation.checkpoint import EVERY_NS, checkpoint
from twins.estimation.following import Following
from twins.estimation.telling import samples_of
from twins.prognosis.calls import Calls
from twins.prognosis.foreseeing import Foreseeing
from twins.record import Channel, Channels, Event, Samples
from twins.simulation.members import instant_of
from twins.station.telling import station_event

_STEPS_A_TURN = 4
_MOST_LOAD, _HEED = 0.15, 0.02  # of a core; how much one step counts in the mean
_CURRENT = PERIOD_NS / SECOND  # s; what is told less often than that is seen as stale
_NEVER = 2**62
_RECENT = 10 * MINUTE  # an older checkpoint is of another day


class Estimating:
    """`channels` are those before, then one for each tag that is estimated; without any, nothing ever comes of it. Whatever
    happens to the estimator, recording goes on: it is told, and begins anew a minute later.
    """

    def __init__(self, twin: Twin, before: Channels, monotonic: Callable[[], int] = monotonic) -> None:
        """`monotonic`: the clock that its steps are timed by, ns."""
        self._twin, self._before, self._monotonic = twin, before, monotonic
        self.channels = Channels([*before, *(Channel.of(tag) for tag in twin.estimated.values())])
        self._following: Following | None = None
        self._foreseeing = Foreseeing(twin)
        self._rate, self._longer, self._load = 1.0, 1, 0.0
        self._saved, self._again = 0, _NEVER
        self._said = ""

    def start(self, since: Event | None, now: int, calls: Calls | None = None, version: str = "") -> list[Event]:
        """Takes up where the last checkpoint of the record is, if that is recent; what is foreseen is told to `calls`."""
        self._foreseeing = Foreseeing(self._twin, calls, version)
        if len(self.channels) == len(self._before):
            return []
        recent = since if since is not None and now - instant_of(since) < _RECENT else None
        try:
            self._following = self._made(recent)
        except InputError as refused:
            return [station_event(now, "not_estimated", str(refused))]
        return []

    def recalibrate(self, twin: Twin, now: int, calls: Calls, version: str) -> list[Event]:
        """Other parameters, of the same tags: what is expected follows them from now on."""
        self._twin, self._following, self._again = twin, None, _NEVER
        return self.start(None, now, calls, version)

    def pace(self, rate: float) -> None:
        """A plant that runs so many times quicker is followed in longer steps."""
        self._rate = rate
        self._lengthen()

    def follow(self, samples: Samples, now: int) -> tuple[Samples, list[Event]]:
        """What is to be recorded of it by now; `samples` are over the channels before."""
        try:
            return self._followed(samples, now)
        except Exception as problem:  # noqa: BLE001 — what was measured is recorded whatever becomes of its estimate
            self._following, self._again = None, now + MINUTE
            said = f"The estimator has stopped ({type(problem).__name__}: {problem}); it begins anew in a minute"
            return Samples.empty(), [station_event(now, "estimator_stopped", said)]

    @property
    def _step(self) -> int:
        return min(round(min(max(self._rate, 1.0), _CURRENT)) * self._longer, 60) * SECOND

    def _followed(self, samples: Samples, now: int) -> tuple[Samples, list[Event]]:
        if self._following is None and now >= self._again:
            self._following, self._again = self._made(None), _NEVER
        if self._following is None:
            return Samples.empty(), []
        self._following.take(samples)
        told: list[Samples] = []
        events: list[Event] = []
        begun, step = self._monotonic(), self._following.step_ns
        for steps, estimator in enumerate(self._following.until(now, _STEPS_A_TURN), 1):
            events += [*self._foreseeing.see(estimator, now), *self._refused(now)]
            if estimator.time % max(PERIOD_NS, step) < step:
                told.append(samples_of(estimator, self.channels, now, self._foreseeing.health))
            if estimator.time - self._saved >= EVERY_NS:
                self._saved = estimator.time
                events.append(checkpoint(estimator, now))
            self._weigh((self._monotonic() - begun) / steps / step)
        self._lengthen()
        return (Samples.join(told) if told else Samples.empty()), events

    def _refused(self, now: int) -> list[Event]:
        """Once: what was learnt of faults can't be used; they are told without it."""
        refusal = self._foreseeing.refusal
        if refusal == self._said:
            return []
        self._said = refusal
        return [station_event(now, "not_recognised", refusal)]

    def _weigh(self, share: float) -> None:
        """Of a core, on the average; where it is too much, steps become longer."""
        self._load += _HEED * (share * self._rate - self._load)
        if self._load > _MOST_LOAD and self._step < 60 * SECOND:
            self._longer, self._load = 2 * self._longer, 0.0

    def _lengthen(self) -> None:
        if self._following is not None and self._step != self._following.step_ns:
            estimator = self._following.estimator
            self._following = self._made(checkpoint(estimator, estimator.time) if estimator.begun else None)

    def _made(self, since: Event | None) -> Following:
        return Following(self._twin, self._before, self._step, since=since)

"""The predictors of a package in the station: whatever becomes of them, what was measured is recorded."""

from __future__ import annotations

from twins.asset import Twin
from twins.clock import HOUR
from twins.prognosis.calls import Calls
from twins.prognosis.predictors.predicting import Predicting
from twins.record import Event, Samples
from twins.station.ports import Log
from twins.station.telling import station_event


class Predictors:
    """They look at what is recorded; an hour after something unforeseen in them they begin anew."""

    def __init__(self, twin: Twin, *, patient: bool = False) -> None:
        """`patient`: each answer is waited for."""
        self._twin, self._patient = twin, patient
        self._predicting: Predicting | None = None
        self._again, self._rate = 0, 1.0

    def pace(self, rate: float) -> None:
        """A plant that runs so many times quicker."""
        self._rate = rate
        if self._predicting is not None:
            self._predicting.pace(rate)

    def start(self, record: Log, calls: Calls, now: int) -> list[Event]:
        """Takes up where the record ends; what is found is told to `calls`."""
        self._calls, self._record = calls, record
        self.close()
        try:
            self._predicting = Predicting(self._twin, calls, patient=self._patient)
            self._predicting.pace(self._rate)
            return self._predicting.start(record, now)
        except Exception as problem:  # noqa: BLE001
            return self._stopped(problem, now)

    def follow(self, samples: Samples, now: int) -> list[Event]:
        """What is to be recorded of what came by now."""
        if self._predicting is None:
            return self.start(self._record, self._calls, now) if now >= self._again else []
        try:
            self._predicting.take(samples)
            return self._predicting.until(now)
        except Exception as problem:  # noqa: BLE001
            return self._stopped(problem, now)

    def close(self) -> None:
        """Lets go of children and threads."""
        if self._predicting is not None:
            self._predicting.close()
        self._predicting = None

    def _stopped(self, problem: Exception, now: int) -> list[Event]:
        self.close()
        self._again = now + HOUR
        said = f"The predictors have stopped ({type(problem).__name__}: {problem}); they begin anew in an hour"
        return [station_event(now, "predictors_stopped", said)]

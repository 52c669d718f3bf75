"""Foresight over a record: the estimator's faults and the package's predictors, told to the same calls."""

from __future__ import annotations

from collections.abc import Mapping

from twins import InputError
from twins.asset import Twin
from twins.estimation.estimator import Estimator
from twins.prognosis.calls import Calls
from twins.prognosis.foreseeing import Foreseeing
from twins.prognosis.predictors.predicting import Predicting, Recorded
from twins.record import Event, Samples


class Foresight:
    """See `twins.estimation.history`."""

    def __init__(self, twin: Twin, version: str = "") -> None:
        calls = Calls()
        self._foreseeing, self._predicting = Foreseeing(twin, calls, version), Predicting(twin, calls, patient=True)

    def start(self, record: Recorded, time: int) -> None:
        """Takes up what was recorded before a stretch."""
        self._predicting.start(record, time)

    @property
    def health(self) -> Mapping[str, float]:
        """As of the last look."""
        return self._foreseeing.health

    def take(self, samples: Samples) -> None:
        """For the predictors."""
        self._predicting.take(samples)

    def see(self, estimator: Estimator, now: int) -> list[Event]:
        """After each step. Raises InputError where what the package has learnt can't be used."""
        if self._foreseeing.refusal:
            raise InputError(self._foreseeing.refusal)
        return [*self._foreseeing.see(estimator, now), *self._predicting.until(now)]

    def close(self) -> None:
        """Lets go of what predictors hold."""
        self._predicting.close()

"""Foreseeing: predictions come, change and end as the estimator goes on; they are events, and never made twice."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

import numpy as np

from twins import InputError
from twins.asset import Twin, health_of
from twins.asset.estimated import PERIOD_NS
from twins.clock import HOUR, MINUTE, SECOND
from twins.estimation.estimator import Estimator
from twins.prognosis.calls import Calls
from twins.prognosis.diagnosis import Finding, declared_faults, findings
from twins.prognosis.lately import Lately
from twins.prognosis.outlook import Outlook
from twins.prognosis.prediction import Evidence, Prediction, deadline
from twins.prognosis.recognition.model_file import recogniser_of
from twins.prognosis.recognition.recogniser import Recogniser
from twins.prognosis.signatures import signature_of
from twins.record import Event
from twins.simulation.band import band

_OUTLOOK_EVERY = 5 * MINUTE
_WORSE = 0.1  # of severity: so much is said anew
MODEL = "estimator and declared faults"
LEARNT = "faults learnt by rehearsal"


class Foreseeing:
    """Of one estimator. What it finds is told to `calls`, which may hear others as well."""

    def __init__(self, twin: Twin, calls: Calls | None = None, version: str = "") -> None:
        self._twin, self._version = twin, version
        self.refusal = ""  # why what the package has learnt of its faults can't be used; they are told without it
        self._recogniser: Recogniser | None = None
        try:
            self._recogniser = recogniser_of(twin)
        except InputError as refused:
            self.refusal = str(refused)
        self.calls = Calls() if calls is None else calls
        self._outlook: Outlook | None = None
        self._lately = Lately()
        self._lives: Outlook | None = None  # the last that was finished
        self._of: Estimator | None = None
        self._signatures: dict[str, tuple[int, Mapping[str, float]]] = {}
        self.health: dict[str, float] = {}  # by the path of its tag, %

    def see(self, estimator: Estimator, now: int) -> list[Event]:
        """After each step; what is to be recorded of it at `now`."""
        if estimator is not self._of:
            self._of, self._faults, self._lately = estimator, declared_faults(self._twin, estimator), Lately()
        self._lately.see(estimator)
        self._look_out(estimator)
        self._recognise(estimator)
        step = estimator.step_ns
        if estimator.time % max(PERIOD_NS, step) >= step:
            return []
        recognised = self._recogniser.probabilities(estimator) if self._recogniser is not None else {}
        found = list(findings(estimator, self._faults, recognised))
        said = [event for finding in found for event in self._told(finding, estimator, now)]
        self.health = _health(found, self.calls.standing)
        self.calls.worsen(self.health, but=(finding.key for finding in found))
        return said

    def _recognise(self, estimator: Estimator) -> None:
        try:
            if self._recogniser is not None:
                self._recogniser.see(estimator)
        except InputError as refused:
            self._recogniser, self.refusal = None, str(refused)

    def _told(self, finding: Finding, estimator: Estimator, now: int) -> list[Event]:
        before, time = self.calls.standing.get(finding.key), estimator.time
        looked = self._lives is not None and before is not None and self._lives.made_at >= before.time
        worse = before is not None and time - before.time >= MINUTE and abs(finding.median - before.severity[1]) > _WORSE
        return self.calls.hear(
            finding.key, finding.probability, time, now,
            lambda since, standing: self._made(finding, estimator, since, standing), speaks=finding.speaks, anew=looked or worse,
        )  # fmt: skip

    def _signature(self, finding: Finding, estimator: Estimator) -> Mapping[str, float]:
        """As the plant runs now; reckoned anew where that was long ago."""
        at, found = self._signatures.get(finding.key, (-(2**62), {}))
        if estimator.time - at >= (_OUTLOOK_EVERY if found else MINUTE):
            found = signature_of(self._twin, estimator, finding.fault.bends) if finding.fault.bends is not None else {}
            self._signatures[finding.key] = (estimator.time, found)
        return found

    def _made(self, finding: Finding, estimator: Estimator, since: int, before: Prediction | None) -> Prediction | None:
        """Where none stood before and nothing was learnt, what is strange must be what the fault would have done."""
        signature = self._signatures.get(finding.key, (0, {}))[1] if before else self._signature(finding, estimator)
        evidence = self._evidence(finding, signature, estimator) or (before.evidence if before else ())
        if not evidence and before is None and finding.recognised is None:
            return None
        fault, time = finding.fault, estimator.time
        life = self._lives.life_of(fault.asset, estimator) if self._lives is not None else None
        power = self._lives.power_of(fault.asset) if self._lives is not None else 0.0
        low, middle, high = band(finding.severity, axis=0).tolist()
        return Prediction(
            time, fault.asset, fault.name, fault.label, finding.probability, (low, middle, high),
            since, life, evidence, fault.description, fault.action,
            deadline(fault.within, life, since, time, before), fault.downtime,
            max(power, 0.0) * fault.downtime * SECOND / HOUR, *self._model(finding),
            *((before.verdict, before.by, before.why) if before else ("", "", "")),
        )  # fmt: skip

    def _evidence(self, finding: Finding, signature: Mapping[str, float], estimator: Estimator) -> tuple[Evidence, ...]:
        """What is strange, and what speaks for it by what was learnt; that comes first where no estimate tells it."""
        strange, fault = finding.evidence(signature), finding.fault
        if finding.recognised is None or self._recogniser is None:
            return strange
        odd = self._recogniser.evidence(fault.asset, fault.name, estimator)
        first, then = (odd, strange) if fault.bends is None else (strange, odd)
        tags = {each.tag for each in first}
        return (*first, *(each for each in then if each.tag not in tags))

    def _model(self, finding: Finding) -> tuple[str, str]:
        if finding.recognised is not None and self._recogniser is not None:
            return LEARNT, self._recogniser.version
        return MODEL, self._version

    def _look_out(self, estimator: Estimator) -> None:
        """While something is foreseen, what comes of it is reckoned a little at a time."""
        if not any(fault.key in self.calls.standing for fault in self._faults):
            self._outlook = None
            return
        last = self._lives.made_at if self._lives is not None else -(2**62)
        if self._outlook is None and (estimator.time - last >= _OUTLOOK_EVERY or self._is_refuted(estimator)):
            self._outlook = Outlook(self._twin, estimator, self._lately)
        if self._outlook is not None:
            self._outlook.go_on()
            if self._outlook.done:
                self._lives, self._outlook = self._outlook, None

    def _is_refuted(self, estimator: Estimator) -> bool:
        """Whether the last outlook says what did not come, of something that is foreseen."""
        assets = {fault.asset for fault in self._faults if fault.key in self.calls.standing}
        return self._lives is not None and any(self._lives.refuted(asset, estimator) for asset in assets)


def _health(found: Iterable[Finding], standing: Container[str]) -> dict[str, float]:
    """What is wrong with an instrument is not wrong with what it tells of."""
    health: dict[str, float] = {}
    for finding in found:
        if finding.fault.instrument:
            continue
        bad = float(np.clip(np.median(finding.severity), 0, 1)) if finding.key in standing else 0.0
        path = health_of(finding.fault.asset)
        health[path] = min(health.get(path, 100.0), 100 * (1 - bad))
    return health

"""Foreseeing: predictions come, change and end as the estimator goes on; they are events, and never made twice."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping

import numpy as np

from twins.asset import Twin, health_of
from twins.asset.estimated import PERIOD_NS
from twins.clock import HOUR, MINUTE, SECOND
from twins.estimation.estimator import Estimator
from twins.prognosis.diagnosis import Finding, declared_faults, findings
from twins.prognosis.outlook import Outlook
from twins.prognosis.prediction import VERDICTS, Prediction, event_of, predictions_in
from twins.prognosis.signatures import signature_of
from twins.record import Event, EventKind, Intention

CALLED = 0.8  # a fault is called where it is so probable for so long
OVER = 0.3
_HELD = 30 * SECOND
_GONE = 2 * MINUTE
_SPOKEN = 0.1  # a probability that changes by so much is said anew
_LATELY = MINUTE
_OUTLOOK_EVERY = 5 * MINUTE
_STEPS_A_TURN = 24  # of the outlook for each of the estimator's
MODEL = "estimator and declared faults"


class Foreseeing:
    """Of one estimator. `standing` are the predictions that stood when the record ended; verdicts on them are kept."""

    def __init__(self, twin: Twin, standing: Iterable[Event] = (), version: str = "") -> None:
        self._twin, self._version = twin, version
        self._standing = {each.key: each for each in predictions_in(standing)}
        self._since: dict[str, int] = {key: each.since for key, each in self._standing.items()}
        self._gone: dict[str, int] = {}
        self._outlook: Outlook | None = None
        self._lives: Outlook | None = None  # the last that was finished
        self._of: Estimator | None = None
        self._signatures: dict[str, tuple[int, Mapping[str, float]]] = {}
        self.health: dict[str, float] = {}  # by the path of its tag, %

    def see(self, estimator: Estimator, now: int) -> list[Event]:
        """After each step; what is to be recorded of it at `now`."""
        if estimator is not self._of:
            self._of, self._faults = estimator, declared_faults(self._twin, estimator)
        self._look_out(estimator)
        step = estimator.models.step_ns
        if estimator.time % max(PERIOD_NS, step) >= step:
            return []
        found = list(findings(estimator, self._faults))
        said = [event for finding in found for event in self._judged(finding, estimator, now)]
        self.health = _health(found, self._standing)
        return said

    def judge(self, intention: Intention, now: int) -> Event:
        """Somebody acknowledges, plans or dismisses a prediction. A refusal is an event that says why."""
        verdict, standing = str(intention.data.get("verdict", "")), self._standing.get(intention.subject)
        refused = _unfit(intention, verdict, standing)
        if refused or standing is None:
            data = {"state": "refused", "reason": refused, "by": intention.by, "intention": intention.id}
            return Event(now, EventKind.PREDICTION, intention.subject, "", False, data)
        self._standing[standing.key] = judged = standing.judged(standing.time, verdict, intention.by, intention.why)
        event = event_of(judged, now=now)
        return Event(event.time, event.kind, event.subject, event.key, True, {**event.data, "intention": intention.id})

    def _judged(self, finding: Finding, estimator: Estimator, now: int) -> list[Event]:
        key, time, before = finding.key, estimator.time, self._standing.get(finding.key)
        if before is None:
            return self._said(finding, time, now) if self._is_called(finding, estimator) else []
        if finding.probability < OVER:
            if time - self._gone.setdefault(key, time) < _GONE:
                return []
            del self._standing[key], self._gone[key]
            self._since.pop(key, None)
            return [event_of(before, stands=False, now=now)]
        self._gone.pop(key, None)
        return self._said(finding, time, now) if self._is_news(before, finding.probability, time) else []

    def _is_called(self, finding: Finding, estimator: Estimator) -> bool:
        """For a while it has been likely, and what is strange is what it would have done."""
        if finding.probability < CALLED or not finding.strange:
            self._since.pop(finding.key, None)
            return False
        since = self._since.setdefault(finding.key, estimator.time)
        if estimator.time - since < _HELD:
            return False
        return bool(finding.evidence(self._signature(finding, estimator)))

    def _signature(self, finding: Finding, estimator: Estimator) -> Mapping[str, float]:
        """As the plant runs now; reckoned anew where that was long ago."""
        at, found = self._signatures.get(finding.key, (-(2**62), {}))
        if estimator.time - at >= (_OUTLOOK_EVERY if found else MINUTE):
            fault = finding.fault
            found = signature_of(self._twin, estimator, fault.group, fault.leeway, fault.to)
            self._signatures[finding.key] = (estimator.time, found)
        return found

    def _is_news(self, before: Prediction, probability: float, time: int) -> bool:
        looked = self._lives is not None and self._lives.made_at >= before.time
        changed = abs(probability - before.probability) > _SPOKEN
        return (changed or looked) and time - before.time >= (0 if looked else _LATELY)

    def _said(self, finding: Finding, time: int, now: int) -> list[Event]:
        fault, before = finding.fault, self._standing.get(finding.key)
        evidence = finding.evidence(self._signatures.get(finding.key, (0, {}))[1]) or (before.evidence if before else ())
        life = self._lives.life_of(fault.asset, self._of) if self._lives is not None and self._of is not None else None
        power = self._lives.power_of(fault.asset) if self._lives is not None else 0.0
        soon = life.low if life is not None and life.low is not None else fault.within
        low, middle, high = np.quantile(finding.severity, [0.05, 0.5, 0.95]).tolist()
        made = Prediction(
            time, fault.asset, fault.name, fault.label, finding.probability, (low, middle, high),
            self._since.get(finding.key, time), life, evidence, fault.description, fault.action,
            time + round(min(soon, fault.within) * SECOND), fault.downtime,
            max(power, 0.0) * fault.downtime * SECOND / HOUR, MODEL, self._version,
            *((before.verdict, before.by, before.why) if before else ("", "", "")),
        )  # fmt: skip
        self._standing[made.key] = made
        return [event_of(made, now=now)]

    def _look_out(self, estimator: Estimator) -> None:
        """While something is foreseen, what comes of it is reckoned a little at a time."""
        if not self._standing:
            self._outlook = None
            return
        last = self._lives.made_at if self._lives is not None else -(2**62)
        if self._outlook is None and estimator.time - last >= _OUTLOOK_EVERY:
            self._outlook = Outlook(self._twin, estimator)
        if self._outlook is not None:
            self._outlook.go_on(_STEPS_A_TURN)
            if self._outlook.done:
                self._lives, self._outlook = self._outlook, None


def _health(found: Iterable[Finding], standing: Container[str]) -> dict[str, float]:
    health: dict[str, float] = {}
    for finding in found:
        bad = float(np.clip(np.median(finding.severity), 0, 1)) if finding.key in standing else 0.0
        path = health_of(finding.fault.asset)
        health[path] = min(health.get(path, 100.0), 100 * (1 - bad))
    return health


def _unfit(intention: Intention, verdict: str, standing: Prediction | None) -> str:
    if not intention.by.strip():
        return "give your name first; it stands on everything you do"
    if standing is None:
        return f"no prediction “{intention.subject}” stands now"
    if verdict not in VERDICTS:
        return f"say one of {', '.join(VERDICTS)}"
    if verdict == "dismissed" and not intention.why.strip():
        return "say why it is dismissed"
    return ""


def version_of(package: bytes) -> str:
    """What names a model: the package that it was made from."""
    return hashlib.sha256(package).hexdigest()[:12]

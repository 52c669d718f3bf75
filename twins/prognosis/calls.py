"""Calls: what is probable for long enough is called, told anew as it changes, over when it is gone, and judged by people.

Whoever finds something speaks here, an estimator or a predictor of a package: a prediction lives the same life whatever found it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from twins.asset import health_of
from twins.clock import MINUTE, SECOND
from twins.prognosis.prediction import VERDICTS, Prediction, event_of, predictions_in
from twins.record import Event, EventKind, Intention

CALLED = 0.8  # a fault is called where it is so probable for so long
OVER = 0.3
HELD = 30 * SECOND
_GONE = 2 * MINUTE
_SPOKEN = 0.1  # a probability that changes by so much is said anew
_LATELY = MINUTE

Made = Callable[[int, Prediction | None], Prediction | None]
"""(since, the one that stands) → the prediction as it is now, or None where nothing speaks for it yet."""


class Calls:
    """`standing` are the predictions that stood when the record ended; verdicts on them are kept."""

    def __init__(self, standing: Iterable[Event] = ()) -> None:
        self._standing = {each.key: each for each in predictions_in(standing)}
        self._since: dict[str, int] = {key: each.since for key, each in self._standing.items()}
        self._gone: dict[str, int] = {}

    @property
    def standing(self) -> Mapping[str, Prediction]:
        """By key."""
        return MappingProxyType(self._standing)

    def hear(
        self, key: str, probability: float, time: int, now: int, made: Made, *, speaks: bool = True, anew: bool = False
    ) -> list[Event]:
        """Somebody finds something so probable at `time`; what is to be recorded of it at `now`.

        `speaks`: something strange is seen, without which nothing is called. `anew`: there is more to say of one that stands.
        """
        before = self._standing.get(key)
        if before is None:
            return self._said(made(self._since[key], None), now) if self._is_called(key, probability, time, speaks) else []
        if probability < OVER:
            return self.over(key, now) if time - self._gone.setdefault(key, time) >= _GONE else []
        self._gone.pop(key, None)
        changed = abs(probability - before.probability) > _SPOKEN and time - before.time >= _LATELY
        return self._said(made(self._since.get(key, time), before), now) if anew or changed else []

    def lose(self, key: str) -> None:
        """Nobody can tell now: what stands goes on standing, what was about to be called or over begins anew."""
        self._gone.pop(key, None)
        if key not in self._standing:
            self._since.pop(key, None)

    def over(self, key: str, now: int) -> list[Event]:
        """It stands no longer."""
        before = self._standing.pop(key, None)
        self._gone.pop(key, None)
        self._since.pop(key, None)
        return [event_of(before, stands=False, now=now)] if before is not None else []

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

    def worsen(self, health: dict[str, float], *, but: Iterable[str] = ()) -> None:
        """What stands, `but` these, takes from the `health` (%, by the path of its tag) of its asset as much as it is severe."""
        passed = set(but)
        for key, each in self._standing.items():
            path = health_of(each.asset)
            if key not in passed and path in health:
                health[path] = min(health[path], 100 * (1 - min(max(each.severity[1], 0.0), 1.0)))

    def _is_called(self, key: str, probability: float, time: int, speaks: bool) -> bool:
        """For a while it has been likely."""
        if probability < CALLED or not speaks:
            self._since.pop(key, None)
            return False
        return time - self._since.setdefault(key, time) >= HELD

    def _said(self, made: Prediction | None, now: int) -> list[Event]:
        if made is None:
            return []
        self._standing[made.key] = made
        return [event_of(made, now=now)]


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

"""A prediction: which fault is foreseen, how probable it is, how long is left, and why that is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from twins.clock import HOUR, SECOND
from twins.record import Event, EventKind

EXPECTED, KIN, STILL, ROUGH, SILENT = "", "kin", "still", "rough", "silent"
_SAYS = {STILL: "stands still", ROUGH: "is rougher than it was", SILENT: "is not heard any more"}
VERDICTS = ("acknowledged", "planned", "dismissed")


@dataclass(frozen=True, slots=True)
class Life:
    """What is left, s: half of all courses are past the limit by `middle`, one in twenty by `low`; None beyond `horizon`.

    `tag` is "" where a model tells what is left of something that no tag shows; `limit` is `high_value` or `low_value` where it
    is none of the tag's own.
    """

    tag: str
    limit: str
    value: float
    low: float | None
    middle: float | None
    high: float | None
    share: float  # of the courses that pass it within the horizon
    horizon: float
    path: Sequence[tuple[float, float, float, float]] = ()  # s from now; 5, 50 and 95 % of what the tag will be, in its unit

    def after(self, seconds: float) -> Life | None:
        """What is left of it later on; None where the middle is over."""
        low, middle, high = (None if s is None else s - seconds for s in (self.low, self.middle, self.high))
        if middle is not None and middle <= 0:
            return None
        path = tuple((s - seconds, *three) for s, *three in self.path if s >= seconds)
        low = None if low is None else max(low, 0.0)
        return replace(self, low=low, middle=middle, high=high, horizon=self.horizon - seconds, path=path)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One tag that speaks for it: what was measured, what was to be expected, and how far apart they are, in deviations.

    `says` is how it speaks: it is not as expected, not as its kin's, stands still, is rough, or silent.
    """

    tag: str
    measured: float
    expected: float
    residual: float
    says: str = EXPECTED

    def words(self, unit: str) -> str:
        """“81.2 °C, expected 64.0 °C (+9 σ)”, “255 °, others 241 ° (+15 σ)”, “41.2 °C, stands still (+8 σ)”."""
        beside = _SAYS.get(self.says) or f"{'others' if self.says == KIN else 'expected'} {self.expected:g} {unit}".rstrip()
        return f"{f'{self.measured:g} {unit}'.rstrip()}, {beside} ({self.residual:+.0f} σ)".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Prediction:
    """Made at `time`, ns UTC. `severity` is 1 where the fault is as the package describes it; `downtime` in s."""

    time: int
    asset: str
    fault: str
    label: str
    probability: float
    severity: tuple[float, float, float]  # 5, 50 and 95 %
    since: int
    life: Life | None = None
    evidence: Sequence[Evidence] = ()
    description: str = ""
    action: str = ""
    deadline: int = 0
    downtime: float = 0.0
    lost_energy_kwh: float = 0.0
    model: str = ""
    version: str = ""
    verdict: str = ""
    by: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        """Which prediction it is: the newest with this key stands."""
        return f"{self.asset}.{self.fault}"

    @property
    def risk_hours(self) -> float:
        """Probability × hours of standstill."""
        return self.probability * self.downtime * SECOND / HOUR

    def judged(self, time: int, verdict: str, by: str, why: str) -> Prediction:
        """What somebody has decided about it."""
        return replace(self, time=time, verdict=verdict, by=by, why=why)


def deadline(within: float, life: Life | None, since: int, time: int, before: Prediction | None) -> int:
    """By when something is to be done, ns UTC: `within` s of the first call, or before a limit is passed. It may be put off where
    the limit is, never beyond that; what is overdue stays so."""
    soon = life.low if life is not None else None
    if before is None:
        return time + round(min(within, within if soon is None else soon) * SECOND)
    if before.deadline <= time:
        return before.deadline
    latest = max(before.deadline, since + round(within * SECOND))
    return latest if soon is None else min(latest, time + round(soon * SECOND))


def event_of(prediction: Prediction, *, stands: bool = True, now: int = 0) -> Event:
    """As it is recorded; without `stands` it is over."""
    each, life = prediction, prediction.life
    data: dict[str, object] = {
        "fault": each.fault, "label": each.label, "probability": round(each.probability, 3),
        "severity": [round(value, 3) for value in each.severity], "since": each.since, "made_at": each.time,
        "evidence": [[e.tag, e.measured, e.expected, round(e.residual, 1), e.says] for e in each.evidence],
        "description": each.description, "action": each.action, "deadline": each.deadline, "downtime_s": each.downtime,
        "risk_h": round(each.risk_hours, 1), "lost_energy_kwh": round(each.lost_energy_kwh),
        "model": each.model, "version": each.version,
        "state": each.verdict or ("foreseen" if stands else "over"), "verdict": each.verdict, "by": each.by, "why": each.why,
        "message": sentence(each) if stands else f"{each.label}: no longer foreseen",
    }  # fmt: skip
    if life is not None:
        left = [None if value is None else round(value) for value in (life.low, life.middle, life.high)]
        data["life"] = {"tag": life.tag, "limit": life.limit, "value": life.value, "left_s": left, "share": round(life.share, 3),
                        "horizon_s": life.horizon, "path": [list(point) for point in life.path]}  # fmt: skip
    return Event(now or each.time, EventKind.PREDICTION, each.asset, each.key, stands, data)


def prediction_in(event: Event) -> Prediction:
    """Back from an event; raises KeyError, TypeError or ValueError where that is none."""
    data, told = event.data, event.data.get("life")
    life = None
    if isinstance(told, Mapping):
        low, middle, high = told["left_s"]
        where = str(told["tag"]), str(told["limit"]), float(told["value"])
        life = Life(*where, low, middle, high, float(told["share"]), float(told["horizon_s"]), _path(told))
    low, middle, high = data["severity"]  # type: ignore[misc]
    evidence = tuple(
        Evidence(str(t), float(m), float(e), float(r), *map(str, says))
        for t, m, e, r, *says in data["evidence"]  # type: ignore[attr-defined]
    )
    numbers = {name: float(str(data.get(name, 0.0))) for name in ("probability", "downtime_s", "lost_energy_kwh")}
    words = {name: str(data.get(name, "")) for name in ("fault", "label", "description", "action", "model", "version")}
    return Prediction(
        int(str(data["made_at"])), event.subject, words["fault"], words["label"], numbers["probability"],
        (float(low), float(middle), float(high)), int(str(data["since"])), life, evidence, words["description"], words["action"],
        int(str(data["deadline"])), numbers["downtime_s"], numbers["lost_energy_kwh"], words["model"], words["version"],
        str(data.get("verdict", "")), str(data.get("by", "")), str(data.get("why", "")),
    )  # fmt: skip


def predictions_in(events: Iterable[Event]) -> Iterator[Prediction]:
    """Those that can be read; what is of another version of the program stays in the record as it is."""
    for event in events:
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            yield prediction_in(event)


def _path(told: Mapping[str, object]) -> tuple[tuple[float, float, float, float], ...]:
    points = told.get("path", ())
    assert isinstance(points, Sequence)
    return tuple((float(t), float(low), float(middle), float(high)) for t, low, middle, high in points)


def sentence(prediction: Prediction) -> str:
    """“Gearbox oil cooling lost: 97 %, oil temperature at its high-high limit in 12 min (7 to 20)”."""
    said = f"{prediction.label}: {prediction.probability:.0%}"
    life = prediction.life
    if life is None or life.middle is None:
        return said
    within = f"{span(life.middle)} ({span(life.low)} to {span(life.high)})"
    if not life.tag:
        return f"{said}, {within} left"
    name = life.tag.partition(".")[2].replace("_", " ")
    where = f"at {life.value:g}" if life.limit.endswith("_value") else f"at its {life.limit.replace('_', '-')} limit"
    return f"{said}, {name} {where} in {within}"


def span(seconds: float | None) -> str:
    """A time that is left, in words."""
    if seconds is None:
        return "long"
    for size, unit in ((86_400 * 2, "d"), (3_600 * 2, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds / {'d': 86_400, 'h': 3_600, 'min': 60}[unit]:.0f} {unit}"
    return f"{seconds:.0f} s"


def version_of(content: bytes) -> str:
    """What names a model: the file, or the package, that it was made from."""
    return hashlib.sha256(content).hexdigest()[:12]

"""The maintenance list: what is foreseen as work to be done, with deadlines and what it would cost not to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from twins.clock import HOUR, SECOND, format_time
from twins.prognosis.prediction import Prediction, predictions_in
from twins.record import Event

COLUMNS = (
    "asset", "fault", "label", "action", "deadline", "probability", "severity", "limit",
    "left_low_h", "left_middle_h", "left_high_h", "downtime_h", "risk_h", "lost_energy_kwh",
    "verdict", "by", "why", "since", "made_at", "model", "version",
)  # fmt: skip


def work_list(standing: Iterable[Event]) -> list[Prediction]:
    """What stands and is not dismissed, the nearest deadline first."""
    return sorted(
        (each for each in predictions_in(standing) if each.verdict != "dismissed"),
        key=lambda each: (each.deadline, -each.risk_hours),
    )


def rows(work: Iterable[Prediction]) -> Iterator[dict[str, object]]:
    """By `COLUMNS`; None where nothing can be said."""
    for each in work:
        life = each.life
        left = (life.low, life.middle, life.high) if life else (None, None, None)
        told = (
            each.asset, each.fault, each.label, each.action, format_time(each.deadline), round(each.probability, 3),
            round(each.severity[1], 3), f"{life.tag} {life.limit}" if life and life.tag else None,
            *(None if s is None else round(s * SECOND / HOUR, 2) for s in left),
            round(each.downtime * SECOND / HOUR, 1), round(each.risk_hours, 1), round(each.lost_energy_kwh),
            each.verdict or None, each.by or None, each.why or None, format_time(each.since), format_time(each.time),
            each.model, each.version,
        )  # fmt: skip
        yield dict(zip(COLUMNS, told, strict=True))


def why(each: Prediction) -> dict[str, object]:
    """Beside its row: what the fault is, how severe, and the evidence."""
    low, _, high = (round(value, 3) for value in each.severity)
    evidence = [asdict(one) | {"says": one.says or "off what was expected"} for one in each.evidence]
    return {"description": each.description, "severity_low": low, "severity_high": high, "evidence": evidence}


def as_csv(work: Iterable[Prediction], notice: str = "") -> str:
    """With a header line, and the `notice` of a twin that has one in each row. A cell that a spreadsheet would take for a
    formula is made text."""
    out = io.StringIO()
    also = {"notice": notice} if notice else {}
    writer = csv.DictWriter(out, (*COLUMNS, *also), lineterminator="\n")
    writer.writeheader()
    for row in rows(work):
        writer.writerow({name: _harmless(value) for name, value in (row | also).items()})
    return out.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" else value

"""Which columns of a table are evidence: not labels, clocks, or what never moved in the clean rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from twins import InputError
from twins.prognosis.table import Array, MeasuredTable

LABELS = frozenset(
    {"anomaly", "anomalies", "isanomaly", "changepoint", "label", "labels", "outlier", "isoutlier", "anomalylabel", "groundtruth"}
)
CLOCKS = frozenset({"time", "timestamp", "datetime", "date", "date_time", "epoch"})
FEWEST = 8  # rows that a sensor must have been seen in


@dataclass(frozen=True, slots=True)
class Evidence:
    """The columns that are judged, those that are only asked whether they are as they were, and why the others are left out."""

    sensors: tuple[str, ...]
    conditions: tuple[str, ...]
    left_out: dict[str, str]


def evidence(table: MeasuredTable, rows: int, conditions: tuple[str, ...] = (), ignored: tuple[str, ...] = ()) -> Evidence:
    """What the first `rows` rows give reason to judge. Raises InputError where nothing is left."""
    asked = tuple(dict.fromkeys(table.column(name, conditions) for name in conditions))
    unwanted = {table.column(name, ignored) for name in ignored}
    numeric = set(table.numeric())
    reasons = {name: _reason(table, name, rows, unwanted, numeric) for name in table.names if name not in asked}
    for name in asked:
        if reason := "has no numbers" if name not in numeric else unmoved(table.numbers(name, rows)):
            raise InputError(f"the condition “{name}” of {table.path} {reason} in the clean rows; leave it out")
    sensors = tuple(name for name, reason in reasons.items() if not reason)
    if not sensors:
        raise InputError(f"{table.path} has no sensor that moves in the first {rows} rows; check --sep and --train-rows")
    return Evidence(sensors, asked, {name: reason for name, reason in reasons.items() if reason})


def unmoved(values: Array) -> str:
    """Why the clean values (n,) of a column are no evidence; empty where they are."""
    seen = values[np.isfinite(values)]
    if len(seen) < min(FEWEST, len(values)) or not len(seen):
        return "has too few numbers"
    return "is constant" if seen.min() == seen.max() else ""


def _reason(table: MeasuredTable, name: str, rows: int, unwanted: set[str], numeric: set[str]) -> str:
    if name in unwanted:
        return "ignored as asked"
    if re.sub(r"[^a-z]", "", name.lower()) in LABELS:
        return "is a label by its name"
    if re.sub(r"[^a-z_]", "", name.lower()) in CLOCKS or name not in numeric:
        return table.emptiness(name) or "is a time or a text"
    values = table.numbers(name, rows)
    return unmoved(values) or ("only ever rises, like a clock" if _counts(values) else "")


def _counts(values: Array) -> bool:
    """Whether it rises at every row, as a clock or a row's number does."""
    steps = np.diff(values[np.isfinite(values)])
    return len(steps) >= FEWEST and bool((steps > 0).all())

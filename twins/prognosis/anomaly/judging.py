"""A whole table judged: the same verdicts as row by row, one for every row of the file, and the episodes they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.prognosis.anomaly.detector import Detector, Verdict
from twins.prognosis.anomaly.learning import FALSE_ALARMS, SMOOTHING, Learnt, learn
from twins.prognosis.anomaly.sensors import evidence
from twins.prognosis.table import Array, MeasuredTable

Say = Callable[[float, str], None]
EVERY = 8192  # rows between two looks at whether it should go on


@dataclass(frozen=True, slots=True)
class Episode:
    """From one anomalous row to another, both included; `guilty` in the order of how often they were accused."""

    first: int
    last: int
    since: int
    guilty: tuple[str, ...]
    peak: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict for each row of the table, in its order; `left_out`: the columns that are no evidence, and why."""

    learnt: Learnt
    verdicts: list[Verdict]
    left_out: dict[str, str]


def judge_by_its_first_rows(
    table: MeasuredTable,
    train_rows: int,
    conditions: tuple[str, ...] = (),
    ignored: tuple[str, ...] = (),
    false_alarms: float = FALSE_ALARMS,
    smoothing: int = SMOOTHING,
    say: Say = lambda done, what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Judged:
    """Learns from the first rows and judges all of them, the first included. Raises InputError."""
    places, n = places_of(table)
    if train_rows > n:
        raise InputError(f"--train-rows {train_rows}: {table.path} has {n} rows; give at most as many")
    clean = int(np.searchsorted(places, train_rows))
    if clean < 1:
        raise InputError(
            f"--train-rows {train_rows} leaves nothing to learn from; give the number of clean rows at the beginning"
        )
    found = evidence(table, clean, conditions, ignored)
    rows = _spread_out(table.matrix(found.sensors + found.conditions), places, n)
    say(0.0, "learning")
    learnt = learn(rows[places[:clean]], found.sensors, found.conditions, false_alarms, smoothing, cancelled)
    return Judged(learnt, _verdicts(Detector(learnt, learnt.start), rows, say, cancelled), found.left_out)


def judge_by(
    learnt: Learnt, table: MeasuredTable, say: Say = lambda done, what: None, cancelled: Callable[[], bool] = lambda: False
) -> Judged:
    """Judges by what was learnt from another table; columns that it doesn't know are left out. Raises InputError."""
    names = learnt.channels.sensors + learnt.channels.conditions
    if absent := [name for name in names if name not in table.names]:
        raise InputError(f"{table.path} has no column “{absent[0]}”, which the model knows; give a table of the same columns")
    places, n = places_of(table)
    rows = _spread_out(table.matrix(names), places, n)
    left_out = {name: "not in the model" for name in table.names if name not in names}
    return Judged(learnt, _verdicts(Detector(learnt), rows, say, cancelled), left_out)


def places_of(table: MeasuredTable) -> tuple[NDArray[np.int64], int]:
    """(m,): the place, from 0, among all n rows of the file, of the m that could be read; and n. Raises InputError."""
    broken = table.tally.rows.get("malformed_row", ())
    if table.tally.counts.get("malformed_row", 0) > len(broken):
        raise InputError(f"more than {len(broken)} rows of {table.path} have not {len(table.names)} cells; check --sep")
    places = np.arange(len(table)) + np.searchsorted(np.array(broken, np.int64), table.rows)
    return places, len(table) + len(broken)


def episodes(verdicts: list[Verdict], gap: int) -> list[Episode]:
    """The stretches of anomalous rows; those with at most `gap` other rows between them are one."""
    rows = np.flatnonzero([each.anomaly for each in verdicts])
    stretches = np.split(rows, np.flatnonzero(np.diff(rows) > gap + 1) + 1) if len(rows) else []
    return [_episode(verdicts, int(stretch[0]), int(stretch[-1])) for stretch in stretches]


def _episode(verdicts: list[Verdict], first: int, last: int) -> Episode:
    inside = [each for each in verdicts[first : last + 1] if each.anomaly]
    counted: dict[str, int] = {}
    for verdict in inside:
        for name in verdict.guilty:
            counted[name] = counted.get(name, 0) + 1
    names = sorted(counted, key=lambda name: -counted[name])
    since = inside[0].since
    return Episode(first, last, first if since is None else since, tuple(names), max(each.score for each in inside))


def _spread_out(rows: Array, places: NDArray[np.int64], n: int) -> Array:
    if len(rows) == n:
        return rows
    whole = np.full((n, rows.shape[1]), np.nan)
    whole[places] = rows
    return whole


def _verdicts(detector: Detector, rows: Array, say: Say, cancelled: Callable[[], bool]) -> list[Verdict]:
    found: list[Verdict] = []
    for at in range(0, len(rows), EVERY):
        if cancelled():
            raise InputError("stopped before the end; nothing was judged")
        found += detector.verdicts(rows[at : at + EVERY])
        say(len(found) / len(rows), "judging")
    return found

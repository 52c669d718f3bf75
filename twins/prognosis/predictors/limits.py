"""Limits: a table of levels says how probable a fault is, and a tag's own trend when its limit is passed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from twins.clock import SECOND, parse_duration
from twins.expression import Formula
from twins.package.predictor_file import LevelForm, LimitsForm
from twins.physics import Array
from twins.prognosis.prediction import Evidence
from twins.prognosis.predictors.declared import Scope, inside
from twins.prognosis.predictors.trend import trend_of
from twins.prognosis.predictors.verdict import Verdict
from twins.record import Quality, quality_byte

KNOWN = 0.9  # of the steps of a time: where fewer are known, there is no verdict
_LIKELY = 0.5  # from here on it is asked how long is left
_MOST_ROWS, _LONGEST = 500, 7 * 86_400 * SECOND
_GOOD, _BAD = quality_byte(Quality.GOOD), quality_byte(Quality.BAD)


@dataclass(frozen=True, slots=True)
class _Level:
    rows: int
    probability: float
    severity: float
    formulas: tuple[Formula, ...]  # an asset each


_COLUMNS = "write when, over, probability (0 to 1) and severity"
_UNSAID = {"probability": "nan", "severity": "0"}


class Limits:
    """See `Kind`. Of several levels that hold the most probable speaks."""

    def __init__(self, scope: Scope, form: LimitsForm, where: str, step_ns: int) -> None:
        """What is wrong is told to the scope."""
        self._scope, self._step = scope, step_ns
        levels = [(("limits", "levels", k), level) for k, level in enumerate(form.levels)] + list(_table(form.table, scope))
        if not levels and form.trend is None and not form.table:
            scope.complain(("limits",), "it has neither levels nor a trend", "write levels:, a table: or a trend:")
        self._levels = [made for place, level in levels if (made := self._level(place, level)) is not None]
        self._where = [scope.formula(where, path, ("where",)) if where else None for path in scope.assets]
        self._shown = [list(self._evidence(form, k)) for k in range(len(scope.assets))]
        self._trends = [trend_of(scope, form.trend, k, step_ns) for k in range(len(scope.assets))] if form.trend else []
        self.rows = max([each.rows for each in self._levels], default=1)
        self.names = tuple(tuple(dict.fromkeys(self._names_of(k))) for k in range(len(scope.assets)))

    def judge(self, time: int, seen: list[Array]) -> list[Verdict | None]:
        """See `Kind`."""
        return [self._judged(k, time, rows) for k, rows in enumerate(seen)]

    @property
    def remembered(self) -> tuple[tuple[int, str, int], ...]:
        """The trends' tags."""
        return tuple((k, each.tag.path, each.over) for k, each in enumerate(self._trends) if each is not None)

    def seed(self, asset: int, path: str, times: Array, values: Array) -> None:
        """See `Kind`."""
        trend = self._trends[asset]
        if trend is not None:
            trend.seed(times, values)

    def close(self) -> None:
        """Nothing is held."""

    def _judged(self, k: int, time: int, rows: Array) -> Verdict | None:
        where = self._where[k]
        if where is not None and not self._holds(k, where, rows[-1:]):
            return None
        trend = self._trends[k] if self._trends else None
        if trend is not None:
            trend.see(time, rows[-1, self.names[k].index(trend.tag.path)])
        said = self._said(k, rows) if self._levels else None
        if self._levels and said is None:
            return None
        likely = said is None or said.probability >= _LIKELY
        life, chance = trend.foreseen(time) if trend is not None and likely else (None, None)
        if said is None:
            return None if chance is None or trend is None else Verdict(chance, 0.0, life, trend.evidence())
        return Verdict(said.probability, said.severity, life, self._spoken(k, rows))

    def _said(self, k: int, rows: Array) -> _Level | None:
        """The most probable level that holds; None where one can't be told."""
        found = _Level(1, 0.0, 0.0, ())
        for level in self._levels:
            holds = self._holds(k, level.formulas[k], rows[-level.rows :], level.rows)
            if holds is None:
                return None
            if holds and level.probability > found.probability:
                found = level
        return found

    def _holds(self, k: int, formula: Formula, rows: Array, wanted: int = 1) -> bool | None:
        value = self._value(k, formula, rows, wanted)
        return None if value is None else value > 0.5

    def _value(self, k: int, formula: Formula, rows: Array, wanted: int = 1) -> float | None:
        columns = {}
        for name in formula.names:
            column = rows[:, self.names[k].index(name)]
            known = column[np.isfinite(column)]
            if len(known) < KNOWN * wanted or not np.isfinite(column[-1]):
                return None
            tag = self._scope.tags[name]
            if tag.kind in ("boolean", "enumeration") and known.min() != known.max():
                return None
            columns[name] = (np.array([known.mean()]), np.array([_GOOD], np.uint8))
        values, quality = formula(columns)
        return float(values[0]) if quality[0] & 0b11 < Quality.BAD else None

    def _spoken(self, k: int, rows: Array) -> tuple[Evidence, ...]:
        """Each tag that was to be shown, with what it would be."""
        found = []
        for path, formula, spread in self._shown[k]:
            tag, expected = self._scope.tags[path], self._value(k, formula, rows)
            known = rows[:, self.names[k].index(path)]
            measured = float(np.nanmean(known)) if np.isfinite(known).any() else np.nan
            if expected is not None and np.isfinite(measured):
                digits = tag.decimals + 1
                found.append(Evidence(path, round(measured, digits), round(expected, digits), (measured - expected) / spread))
        return tuple(sorted(found, key=lambda each: -abs(each.residual)))

    def _level(self, place: tuple[str | int, ...], level: LevelForm) -> _Level | None:
        try:
            over = parse_duration(level.over)
            if not 0 < over <= _LONGEST:
                raise ValueError
        except ValueError:
            self._scope.complain((*place, "over"), f"“{level.over}” is no time up to 7 d", "write it like 10 min")
            return None
        found = [self._scope.formula(level.when, path, (*place, "when")) for path in self._scope.assets]
        formulas = tuple(each for each in found if each is not None)
        rows = max(1, round(over / self._step))
        return _Level(rows, level.probability, level.severity, formulas) if len(formulas) == len(found) else None

    def _evidence(self, form: LimitsForm, k: int) -> Iterator[tuple[str, Formula, float]]:
        asset = self._scope.assets[k]
        for i, each in enumerate(form.evidence):
            path = self._scope.path(each.tag, asset, ("limits", "evidence", i, "tag"))
            if path:
                place = ("limits", "evidence", i, "expected")
                formula = self._scope.formula(each.expected, asset, place, self._scope.tags[path].unit)
                if formula is not None:
                    yield path, formula, each.spread

    def _names_of(self, k: int) -> Iterator[str]:
        where, trend = self._where[k], self._trends[k] if self._trends else None
        for formula in (*(level.formulas[k] for level in self._levels), *([where] if where else [])):
            yield from formula.names
        for path, formula, _ in self._shown[k]:
            yield path
            yield from formula.names
        if trend is not None:
            yield trend.tag.path


def _table(file: str, scope: Scope) -> Iterator[tuple[tuple[str | int, ...], LevelForm]]:
    if not file:
        return
    place: tuple[str | int, ...] = ("limits", "table")
    name = inside(file, scope.layer)
    if name not in scope.twin.files or not name.endswith(".csv"):
        scope.complain(place, f"there is no table {name} in the package", "put a .csv beside this file, and write its name")
        return
    try:
        text = scope.twin.files[name].decode("utf-8-sig")
        sign = ";" if ";" in text.partition("\n")[0] else ","
        table = csv.DictReader(io.StringIO(text), delimiter=sign)
        rows, columns = list(table), table.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as problem:
        scope.complain(place, f"{name} is no CSV in UTF-8 ({problem})", "save it as CSV in UTF-8")
        return
    if missing := [each for each in ("when", "probability") if each not in columns]:
        scope.complain(place, f"{name} has no column {' and none '.join(missing)}", _COLUMNS)
        return
    if not 0 < len(rows) <= _MOST_ROWS:
        scope.complain(place, f"{name} has {len(rows) or 'no'} rows", f"write 1 to {_MOST_ROWS} below its header")
        return
    for line, row in enumerate(rows, 2):
        try:
            yield place, _level(row)
        except ValueError as problem:
            scope.complain(place, f"{name}, line {line}: {problem}", _COLUMNS)


def _level(row: Mapping[str, str | None]) -> LevelForm:
    """Raises ValueError in a few words."""
    shares = {}
    for key in ("probability", "severity"):
        said = str(row.get(key) or "").strip()
        try:
            shares[key] = float(said.replace(",", ".") or _UNSAID[key])
        except ValueError:
            raise ValueError(f"{key} “{said[:40]}” is no number") from None
        if not 0 <= shares[key] <= 1:
            raise ValueError(f"{key} {'is empty' if not said else f'“{said[:40]}” is not within 0 and 1'}")
    if not (when := str(row.get("when") or "").strip()):
        raise ValueError("when is empty")
    return LevelForm(when=when, over=str(row.get("over") or "").strip() or "10 min", **shares)

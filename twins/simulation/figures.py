"""Key figures: the numbers a stretch of time is judged by, of a record as of a run, reckoned the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twins.asset import Figure, Tag, TagKind, Taken, Twin, per_second
from twins.clock import DAY, MINUTE, SECOND
from twins.expression import ExpressionError, Formula, TagMeanings, bound, computed_formulas, parse, same_dimension
from twins.historian.days import Record
from twins.historian.deriving import histories_of
from twins.physics import Array
from twins.record import Quality

_BAD = np.uint8(Quality.BAD)
_FINEST = SECOND
_MANY = 100_000
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """A figure's value (NaN: there was nothing) over the `share` of the stretch in which it was known."""

    figure: Figure
    value: float
    share: float


class Tally:
    """Reckons figures of n courses side by side, stretch by stretch."""

    def __init__(self, twin: Twin, figures: Sequence[Figure]) -> None:
        """Raises ExpressionError where a figure can't be reckoned; `check` tells where."""
        meanings = TagMeanings(twin.tags)
        self.figures = tuple(figures)
        self._formulas = [Formula(bound(parse(f.expression), f.asset, twin).root, meanings, per_second(f)) for f in figures]
        self.names = tuple(dict.fromkeys(name for formula in self._formulas for name in formula.names))
        self._sums: list[Array] = []
        self._times: list[Array] = []
        self._time = 0.0

    def add(self, columns: Mapping[str, Array], seconds: float) -> None:
        """`columns` (instants, n) by tag, in the tags' units, each instant standing for so many seconds; NaN is not known."""
        judged = {
            name: (values, np.where(np.isnan(values), _BAD, np.uint8(0)).astype(np.uint8)) for name, values in columns.items()
        }
        shape = next(iter(columns.values())).shape
        found = [np.broadcast_to(formula(judged)[0], shape) for formula in self._formulas]
        if not self._sums:
            start = {Taken.LOWEST: np.inf, Taken.HIGHEST: -np.inf}
            self._sums = [np.full(shape[1], start.get(f.taken, 0.0)) for f in self.figures]
            self._times = [np.zeros(shape[1]) for _ in self.figures]
        self._time += shape[0] * seconds
        for k, (figure, values) in enumerate(zip(self.figures, found, strict=True)):
            self._times[k] += (~np.isnan(values)).sum(axis=0) * seconds
            match figure.taken:
                case Taken.LOWEST:
                    self._sums[k] = np.fmin(self._sums[k], np.fmin.reduce(values, axis=0))
                case Taken.HIGHEST:
                    self._sums[k] = np.fmax(self._sums[k], np.fmax.reduce(values, axis=0))
                case _:
                    self._sums[k] += np.nansum(values, axis=0) * seconds

    def values(self) -> Array:
        """(figure, n); NaN where nothing was known. What was not known counts for nothing in an integral."""
        made = np.full((len(self.figures), len(self._sums[0]) if self._sums else 1), np.nan)
        for k, (figure, value, time) in enumerate(zip(self.figures, self._sums, self._times, strict=bool(self._sums))):
            known = np.where(time > 0, value, np.nan)
            made[k] = known / np.where(time > 0, time, 1.0) if figure.taken is Taken.MEAN else known
        return made

    def shares(self) -> Array:
        """(figure, n): in which part of the time each was known."""
        known = self._times or [np.zeros(1)] * len(self.figures)
        return np.array([time / max(self._time, 1e-9) for time in known])


def figures_of(
    record: Record, twin: Twin, start: int, end: int, figures: Sequence[Figure], *, anew: bool = False
) -> tuple[Found, ...]:
    """Figures over [start, end) of a record or a branch, held at instants as close as its tags report.

    With `anew` computed tags are not read but computed: of a twin that was `restricted`, they mean something else.
    """
    tally = Tally(twin, _reckonable(twin, figures))
    known = {channel.path: channel for channel in record.channels if channel.path in twin.tags}
    if anew:
        known = {path: channel for path, channel in known.items() if not twin.tags[path].computed}
    formulas = _unrecorded(twin, tally.names, set(known))
    names = [name for f in formulas.values() for name in f.names] + list(tally.names)
    tags = {name: twin.tags[name] for name in names if name not in formulas and name in known}
    periods = [known[name].period_ns or MINUTE for name in tags]
    step = max(_FINEST, min(periods, default=DAY), (end - start) // _MANY)
    step = min(step, max(end - start, 1))
    for first in range(start, end, step * _AT_ONCE):
        instants = np.arange(first, min(first + step * _AT_ONCE, end), step, dtype=np.int64)
        histories = histories_of(record, tags, int(instants[0]), int(instants[-1]))
        columns = {}
        for name, history in histories.items():
            values, quality, here = history.held_at(instants)
            columns[name] = np.where(here & (quality & 0b11 < Quality.BAD), values, np.nan)[:, None]
        for name, formula in formulas.items():
            columns[name] = formula({each: _judged(columns, each, len(instants)) for each in formula.names})[0]
        tally.add({name: _judged(columns, name, len(instants))[0] for name in tally.names}, step / SECOND)
    values, shares = tally.values(), tally.shares()
    found = {f.name: Found(f, float(values[k, 0]), float(shares[k, 0])) for k, f in enumerate(tally.figures)}
    return tuple(found.get(figure.name, Found(figure, np.nan, 0.0)) for figure in figures)


def restricted(twin: Twin, known: Collection[str]) -> Twin:
    """The twin with these measured tags and what can be computed from them, and nothing else: a sum over children is over those
    that are known."""
    tags = {path: tag for path, tag in twin.tags.items() if tag.computed or path in known}
    while True:
        made = replace(twin, tags=tags)
        formulas = computed_formulas(made)[0]
        fewer = {
            path: tag
            for path, tag in tags.items()
            if not tag.computed or (path in formulas and formulas[path].names and all(n in tags for n in formulas[path].names))
        }
        if len(fewer) == len(tags):
            return made
        tags = fewer


def measured_by(twin: Twin, figures: Sequence[Figure]) -> set[str]:
    """The measured tags that figures come down to."""
    names = Tally(twin, _reckonable(twin, figures)).names
    formulas = _unrecorded(twin, names, set())
    return {name for name in (*names, *(n for f in formulas.values() for n in f.names)) if not twin.tags[name].computed}


def _reckonable(twin: Twin, figures: Sequence[Figure]) -> list[Figure]:
    made = []
    for figure in figures:
        try:
            names = Tally(twin, (figure,)).names
        except ExpressionError:
            continue
        if names and all(name in twin.tags for name in names):
            made.append(figure)
    return made


def _unrecorded(twin: Twin, names: Sequence[str], known: set[str]) -> dict[str, Formula]:
    """The computed tags that are asked for, or lead to what is, and were not recorded; inputs before results."""
    formulas, wanted = computed_formulas(twin)[0], set(names)
    for path in reversed(formulas):
        if path in wanted and path not in known:
            wanted |= set(formulas[path].names)
    return {path: formula for path, formula in formulas.items() if path in wanted and path not in known}


def _judged(columns: Mapping[str, Array], name: str, n: int) -> tuple[Array, NDArray[np.uint8]]:
    values = columns.get(name, np.full((n, 1), np.nan))
    return values, np.where(np.isnan(values), _BAD, np.uint8(0)).astype(np.uint8)


def key_figures(twin: Twin) -> tuple[Figure, ...]:
    """As the package declares them; else the energy of its first power, and for each limited quantity how near it comes."""
    if twin.figures:
        return twin.figures
    return tuple(_usual(twin))


def _usual(twin: Twin) -> list[Figure]:
    made = []
    numbers = [tag for tag in twin.tags.values() if tag.kind is TagKind.NUMBER]
    if power := next((tag for tag in numbers if _is_power(tag)), None):
        made.append(Figure("energy", f"Energy ({power.path})", "kWh", Taken.INTEGRAL, power.path, "", 1))
    for tag in [tag for tag in numbers if tag.limits.high is not None][:6]:
        name = f"highest_{tag.path}"
        made.append(Figure(name, f"Highest {tag.path}", tag.unit, Taken.HIGHEST, tag.path, "low", tag.decimals))
    return made


def _is_power(tag: Tag) -> bool:
    try:
        return same_dimension(tag.unit, "W")
    except ValueError:
        return False

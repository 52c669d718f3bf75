"""A trend: one tag's own way to its limit, run on as a distribution."""

from __future__ import annotations

from collections import deque

import numpy as np

from twins import InputError
from twins.asset import Tag
from twins.clock import MINUTE, SECOND, parse_duration
from twins.package.predictor_file import TrendForm
from twins.physics import Array
from twins.prognosis.prediction import Evidence, Life
from twins.prognosis.predictors.declared import Scope

_POINTS = 120  # of its history
_FEWEST = 20  # of them, before it is looked at
_OFTEN = 10 * MINUTE


class Trend:
    """One tag's way to its limit: means of equal stretches of its history, run on now and then."""

    def __init__(self, tag: Tag, limit: str, value: float, over: int, step_ns: int) -> None:
        self.tag, self.limit, self.value, self.over = tag, limit, value, over
        self._apart = max(over // _POINTS, step_ns)
        self._course: deque[tuple[int, float]] = deque(maxlen=_POINTS)
        self._open: list[float] = []
        self._from, self._asked = 0, -(2**62)
        self._told: tuple[Life | None, float | None] = (None, None)

    def see(self, time: int, value: float) -> None:
        """The next step's mean."""
        if not np.isfinite(value):
            return
        self._from = self._from or time
        self._open.append(value)
        if time - self._from >= self._apart:
            self._course.append((time, float(np.mean(self._open))))
            self._open, self._from = [], time

    def seed(self, times: Array, values: Array) -> None:
        """What was recorded before."""
        for time, value in zip(times.tolist(), values.tolist(), strict=True):
            self._course.append((int(time), value))

    def foreseen(self, time: int) -> tuple[Life | None, float | None]:
        """What is left, where it was reckoned anew, and how probable it is that the limit is passed within its horizon."""
        if len(self._course) < _FEWEST:
            return None, None
        if time - self._asked < max(_OFTEN, self._apart):
            return None, self._told[1]
        self._asked, self._told = time, self._reckoned(time)
        return self._told

    def evidence(self) -> tuple[Evidence, ...]:
        """Where it stands, and where it was at the beginning."""
        values = [value for _, value in self._course]
        before, now = float(np.median(values[:5])), float(np.median(values[-5:]))
        usual = 1.4826 * float(np.median(np.abs(np.diff(values)))) or 1.0
        digits = self.tag.decimals + 1
        return (Evidence(self.tag.path, round(now, digits), round(before, digits), (now - before) / usual),)

    def _reckoned(self, time: int) -> tuple[Life | None, float | None]:
        from twins.prognosis.degradation.passage import foreseen

        course = np.array(self._course)
        t = (course[:, 0] - time) / SECOND
        way = {"high": "rising", "low": "falling", "": ""}[self.limit.partition("_")[0]]
        try:
            found = foreseen(t, course[:, 1], self.value, way)
        except InputError:
            return None, None
        if found.since is not None:
            return None, 1.0  # an alarm has said so already
        ahead = float(t[-1] - t[0])
        left = found.remaining
        limit = self.limit or ("high_value" if found.direction == "rising" else "low_value")
        life = Life(
            self.tag.path, limit, self.value, left.low, left.median, left.high, found.chance, found.horizon - found.at,
            _fan(found.path, found.at, 1.5 * (left.high or ahead), self.tag.decimals + 1),
        )  # fmt: skip
        return (life if found.chance >= 0.2 else None), _chance(left.low, left.median, left.high, ahead)


def trend_of(scope: Scope, form: TrendForm, k: int, step_ns: int) -> Trend | None:
    """That of the k-th asset; None where it is wrong, which is told to the scope."""
    asset, place = scope.assets[k], ("limits", "trend")
    path = scope.path(form.tag, asset, (*place, "tag"))
    if not path:
        return None
    tag = scope.tags[path]
    known = tag.limits.named()
    if (form.limit is None) == (form.value is None):
        scope.complain(place, "the trend has no limit to go to, or two", "write either limit: or value:")
        return None
    if form.value is None and form.limit not in known:
        said = f"{asset}: {tag.name} has no limit {form.limit}"
        scope.complain((*place, "limit"), said, f"it has {', '.join(known) or 'none: write value:'}")
        return None
    try:
        over = parse_duration(form.over)
        if over < _FEWEST * step_ns:
            raise ValueError
    except ValueError:
        scope.complain((*place, "over"), f"“{form.over}” is too short, or no time", "write it like 6 h")
        return None
    if form.value is not None:
        return Trend(tag, "", form.value, over, step_ns)
    return Trend(tag, str(form.limit), known[str(form.limit)], over, step_ns)


def _fan(path: object, at: float, until: float, digits: int) -> list[tuple[float, float, float, float]]:
    if path is None:
        return []
    points = zip(path.time - at, path.p05, path.p50, path.p95, strict=True)  # type: ignore[attr-defined]
    found = [(round(float(s), 1), *(round(float(v), digits) for v in three)) for s, *three in points if 0 <= s <= until]
    return found[:: max(1, len(found) // 40)]  # type: ignore[return-value]


def _chance(low: float | None, middle: float | None, high: float | None, within: float) -> float:
    """That a limit is passed in so many s, between the quantiles that are told."""
    known = [(0.0, 0.0), *((s, q) for s, q in ((low, 0.05), (middle, 0.5), (high, 0.95)) if s is not None)]
    return float(np.interp(within, [s for s, _ in known], [q for _, q in known]))

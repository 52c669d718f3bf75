"""Signs: what stands out of each asset of a kin, as numbers that mean the same at every one of them and in every hour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag
from twins.clock import MINUTE, SECOND
from twins.estimation.estimator import Estimator
from twins.physics import Array
from twins.prognosis.prediction import EXPECTED, KIN, Evidence
from twins.prognosis.recognition.kin import Kin
from twins.prognosis.recognition.speaking import Oddity

READY = MINUTE  # ns that it looks on before it says anything
_FAST, _SLOW, _SLOWEST, _LONG = 20.0, 120.0, 600.0, 1_800.0  # s
_FAR = 10.0
_USUAL = 0.01  # of its range: a model's own error; that a station learns it better in days must not make the signs grow
_BURST = 10.0  # what is rougher than so many times the usual makes the usual no rougher
_FEW = 3  # of a kin; fewer are no measure for each other
_MANY = 12  # of a kin; among more, one doesn't move the median


class Signs:
    """Goes on with an estimator. f signs for each of n assets, w tags, j of them judged and p parameters estimated:

    each judged tag's residual lately, for longer and for long, less the median of its kin's, for what all have in common is the
    weather's or the model's fault; each tag's level, how far it is from the median of its kin lately, for long and lately
    against for long, how long it has stood still (where it was to stand still it may) and how rough it is against its usual
    (steps that its last digit hides are none); each parameter's distance from the package's and its spread; and silence.
    """

    def __init__(self, kin: Kin, estimator: Estimator) -> None:
        self.kin = kin
        wanted = {tag.path: i for i, tag in enumerate(estimator.wanted)}
        self._at: NDArray[np.intp] = np.array([[wanted[_path(a, t)] for t in kin.tags] for a in kin.assets], np.intp)
        tags = [estimator.wanted[i] for i in self._at[0]]
        self._range = np.array([_range(tag) for tag in tags])
        self._lowest = [tag.range[0] if tag.range else 0.0 for tag in tags]
        self._turns = np.array([_turns(tag) for tag in tags])
        self._grain = np.array([(10.0**-tag.decimals / _range(tag)) ** 2 for tag in tags])
        self._digits = [tag.decimals + 1 for tag in tags]
        self._digit = np.array([10.0**-digits for digits in self._digits])
        self._period = np.array([(tag.period_ns or SECOND) / SECOND for tag in tags])
        places = {each.tag.path: i for i, each in enumerate(estimator.judged)}
        self._judged_names = tuple(t for t in kin.tags if all(_path(a, t) in places for a in kin.assets))
        self._judged = np.array([[places[_path(a, t)] for t in self._judged_names] for a in kin.assets], np.intp)
        self._usual = np.array([[_USUAL * _range(estimator.judged[i].tag) for i in row] for row in self._judged])
        self._parameters = list(_parameters(kin, estimator))
        shape, judged = self._at.shape, (len(kin.assets), len(self._judged_names))
        self._residual = np.zeros((3, *judged))
        self._level = np.zeros(shape)
        self._apart, self._long_apart = np.zeros((2, *shape))
        self._last, self._value_at, self._changed, self._foreseen, self._still_from = np.full((5, *shape), np.nan)
        self._usual_hold = np.broadcast_to(self._period, shape).copy()
        self._rough, self._usual_rough = np.zeros((2, *shape))
        self._seen = 0.0
        self._silent = np.zeros(len(kin.assets))

    @property
    def names(self) -> tuple[str, ...]:
        """(f,) of the signs."""
        judged, tags = self._judged_names, self.kin.tags
        parameters = [each[0] for each in self._parameters]
        return (
            *(f"{tag} residual {what}" for what in ("lately", "for longer", "for long") for tag in judged),
            *(f"{tag} {what}" for what in ("level", "apart", "apart for long", "drifting", "still", "rough") for tag in tags),
            *(f"{name} {what}" for what in ("moved", "spread") for name in parameters),
            "silent",
        )

    @property
    def ready(self) -> bool:
        """Whether it has looked on for long enough."""
        return self._seen * SECOND >= READY

    def see(self, estimator: Estimator) -> None:
        """After each of the estimator's steps."""
        dt = estimator.step_ns / SECOND
        self._seen += dt
        residual = self._off(estimator)
        for average, over in zip(self._residual, (_FAST, _SLOW, _SLOWEST), strict=True):
            average += self._share(over, dt) * (residual - average)
        values, source = estimator.read.values[self._at], estimator.read.source[self._at] / SECOND
        level = np.where(self._turns, 0.0, values / self._range)
        self._level = _towards(self._level, level, self._share(_FAST, dt))
        apart = self._from_kin(values)
        self._apart = _towards(self._apart, apart, self._share(_SLOW / 2, dt))
        self._long_apart = _towards(self._long_apart, apart, self._share(_SLOWEST, dt))
        self._watch(values, source, dt, self._expected(estimator))
        age = (estimator.time + estimator.step_ns) / SECOND + 1 - source  # when it was read; however long a step is
        self._silent = np.min(age / self._period, axis=1)

    def table(self, estimator: Estimator) -> Array:
        """(n, f) as it is now."""
        still = np.log2((self._value_at - self._still_from + self._period) / (self._usual_hold + self._period))
        rough = np.log2((self._rough + self._grain) / (self._usual_rough + self._grain))
        moved = [(group.members[:, at].mean(axis=0) - usual) / spread for _, group, at, usual, spread in self._parameters]
        wide = [group.members[:, at].std(axis=0) / spread for _, group, at, usual, spread in self._parameters]
        columns = [
            *self._residual, self._level,
            100 * self._apart, 100 * self._long_apart, 100 * (self._apart - self._long_apart),
            np.clip(np.nan_to_num(still), -3, 12), np.clip(rough, -8, 8),
            *(each[:, None] for each in moved), *(each[:, None] for each in wide),
            np.log2(1 + np.clip(self._silent, 0, 1e6))[:, None],
        ]  # fmt: skip
        return np.nan_to_num(np.concatenate(columns, axis=1))

    def evidence(self, asset: int, odd: Oddity, estimator: Estimator) -> Evidence:
        """What is odd about one of them, beside what it would be were it not."""
        tag = odd.tag or self.kin.tags[0]
        place = self.kin.tags.index(tag)
        measured, digits = float(estimator.read.values[self._at[asset, place]]), self._digits[place]
        off, says = 0.0, odd.what
        if odd.what.startswith("residual"):
            judged = self._judged_names.index(tag)
            off, says = odd.value * float(self._spread(estimator)[asset, judged]), EXPECTED
        elif odd.what in ("apart", "apart for long", "drifting"):
            off, says = odd.value * float(self._range[place]) / 100, KIN
        told = measured if np.isfinite(measured) else float(np.nan_to_num(self._last[asset, place]))
        beside, low = told - off, self._lowest[place]
        if self._turns[place]:
            beside += 360.0 if beside < low else -360.0 if beside >= low + self._range[place] else 0.0
        return Evidence(_path(self.kin.assets[asset], tag), round(told, digits), round(float(beside), digits), odd.off, says)

    def _spread(self, estimator: Estimator) -> Array:
        """(n, j): one deviation, which does not become less as a station learns how well its models fit."""
        return np.sqrt(estimator.scatter[self._judged] ** 2 + self._usual**2)

    def _off(self, estimator: Estimator) -> Array:
        """(n, j) residuals, in deviations."""
        at = self._judged
        off = np.clip(estimator.residual[at] * estimator.spread[at] / self._spread(estimator), -_FAR, _FAR)
        return np.nan_to_num(off - _common(off))

    def _share(self, over: float, dt: float) -> float:
        """Of what is new in an average over so many seconds, which is the plain mean at first."""
        return min(1.0, dt / min(max(over, 3 * dt), self._seen))

    def _from_kin(self, values: Array) -> Array:
        """In parts of the range, from the median of the others; NaN where there are too few of them to tell."""
        turned = np.exp(1j * np.deg2rad(np.where(self._turns & np.isfinite(values), values, 0.0)))
        mean = np.angle(np.sum(turned * np.isfinite(values), axis=0), deg=True)
        level = np.where(self._turns, np.mod(values - mean + 180.0, 360.0) - 180.0, values)
        return np.asarray((level - _common(level, np.nan)) / self._range)

    def _expected(self, estimator: Estimator) -> Array:
        """(n, t): what was to be expected; NaN of what is not judged."""
        found = np.full(self._at.shape, np.nan)
        found[:, [self.kin.tags.index(name) for name in self._judged_names]] = estimator.expected[self._judged]
        return found

    def _watch(self, values: Array, source: Array, dt: float, expected: Array) -> None:
        """How long each has stood still, though more was to be expected than its last digit hides, and how far it goes from one
        measurement to the next."""
        fresh = np.isfinite(values) & (source > np.nan_to_num(self._value_at, nan=-1.0))
        step = values - self._last
        changed = fresh & (step != 0)  # the first is none: it is compared with nothing
        held = np.where(changed, source - self._changed, np.nan)
        grown = changed & np.isfinite(held)
        self._usual_hold = np.where(grown, self._usual_hold + 0.1 * (held - self._usual_hold), self._usual_hold)
        self._changed = np.where(changed, source, self._changed)
        self._foreseen = np.where(changed, expected, self._foreseen)
        to_stand = np.abs(expected - self._foreseen) < self._digit
        self._still_from = np.where(changed | (fresh & to_stand), source, self._still_from)
        square = (np.where(self._turns, np.mod(step + 180.0, 360.0) - 180.0, step) / self._range) ** 2
        square = np.where(fresh & np.isfinite(step), square, np.nan)
        self._rough = _towards(self._rough, square, self._share(_FAST, dt))
        usual = np.where(self._usual_rough > 0, np.minimum(square, _BURST * (self._usual_rough + self._grain)), square)
        self._usual_rough = _towards(self._usual_rough, usual, self._share(_LONG, dt))
        self._last, self._value_at = np.where(fresh, values, self._last), np.where(fresh, source, self._value_at)


def _common(values: Array, otherwise: float = 0.0) -> Array:
    """(n, j) → for each asset the median of the others, `otherwise` where too few of them tell anything."""
    n = len(values)
    if n < _FEW:
        return np.full_like(values, otherwise)
    if n > _MANY:
        return np.broadcast_to(_median(values, otherwise), values.shape)
    return np.array([_median(np.delete(values, i, axis=0), otherwise) for i in range(n)])


def _median(values: Array, otherwise: float) -> Array:
    known = np.isfinite(values).sum(axis=0) >= _FEW - 1
    found: Array = np.where(known, np.nanmedian(np.where(known, values, 0.0), axis=0), otherwise)
    return found


def _towards(average: Array, value: Array, share: float) -> Array:
    """What is not known changes nothing."""
    return average + share * np.where(np.isfinite(value), value - average, 0.0)


def _path(asset: str, tag: str) -> str:
    return f"{asset}.{tag}" if asset else tag


def _range(tag: Tag) -> float:
    return tag.range[1] - tag.range[0] if tag.range else 1.0


def _turns(tag: Tag) -> bool:
    """Whether it goes round."""
    return tag.unit == "deg" and tag.range is not None and tag.range[1] - tag.range[0] >= 355


def _parameters(kin: Kin, estimator: Estimator) -> Iterator[tuple[str, Any, NDArray[np.intp], Array, Array]]:
    """(name, group, its places by asset, usual, spread) of those that are estimated at all of the kin."""
    for each in estimator.parameters:
        places = {leeway.path.rpartition(".")[0]: i for i, leeway in enumerate(each.leeways)}
        names = {leeway.path.rpartition(".")[2] for leeway in each.leeways}
        if all(asset in places for asset in kin.assets) and len(names) == 1:
            at = np.array([places[asset] for asset in kin.assets], np.intp)
            usual = np.array([each.usual_of(each.leeways[i]) for i in at])
            yield names.pop(), each, at, usual, np.array([each.leeways[i].spread for i in at])

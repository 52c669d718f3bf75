"""Gauges: how well each measurement fits what is predicted of it, learnt from what comes in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind
from twins.clock import DAY, HOUR, MINUTE, SECOND
from twins.estimation.update import Innovations
from twins.record.snapshot import STALE_AFTER_PERIODS

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]

_FIRST = 0.005  # of its range: what a measurement's deviation is taken for before any is known
_FINEST = 0.5  # of that: what a model leaves open at least
_GUESSED = 4.0  # so many times (squared) is a model further off than it leaves open, before anything is known of it
_BEST = 0.01  # no model is nearer
_SOON, _GUESS, _LATE = 10 * MINUTE / SECOND, HOUR / SECOND, DAY / SECOND
_PATIENCE = 20.0  # s
_CLEAN = 3.0
_JUMP = 30.0  # deviations that no plant goes between two measurements
_WITHIN = 0.8  # of the deviation of rounding: how far off is at least what an instrument tells that stands still
_LASTS = 1.0  # s that an error of a model lasts
_PROVEN = 300.0  # s of agreement from which that is so; before, what is wide apart bends, and an error lasts longer
_BIAS = MINUTE / SECOND
_LEANS, _CHANCE, _STEEP = 30.0, 0.5, 0.025  # s; how far innovations lean in that time by chance, in deviations; worth once more
_MOST, _FADES = 15.0, 45.0  # times; s
_LOST = 2.0  # where they lean so far, no wider guess brings them back
_HASTE = 5  # the first guess is forgotten with the power of so many
_LEARNT = (
    "variance", "_off", "_open", "_bias", "_leaning", "surprise", "_seen", "_judged", "_refused", "_agreed", "_opened", "_moved",
    "_jumped", "_still",
)  # fmt: skip


class Gauges:
    """Of n judged tags, in their units. `variance` is that of a measurement beside the prediction that follows it; `spread_of`
    the deviation of one beside the model that doesn't follow it: learnt from days that are not strange. `surprise`: where
    innovations lean to one side for longer than chance lets them, the followers are so many times too sure of what they know
    (adaptive inflation, after Anderson 2009, doi:10.1111/j.1600-0870.2008.00361.x); it fades within a minute.
    """

    def __init__(self, tags: Sequence[Tag]) -> None:
        rounding = np.array([_rounding(tag) for tag in tags])
        first = np.array([_FIRST * (tag.range[1] - tag.range[0]) if tag.range else 1.0 for tag in tags])
        self._least_variance = rounding**2 / 12
        self.variance: Array = np.maximum(first**2, self._least_variance)
        self._base = np.maximum((_FINEST * first) ** 2, self._least_variance)
        self._off, self._open = np.zeros((2, len(tags)))  # (measured − expected)², what the inputs leave open² and the base
        self._seen, self._judged = np.zeros(len(tags)), np.zeros(len(tags))  # s
        self._refused, self._agreed, self._opened = np.zeros((3, len(tags)))  # s, s, times
        self._bias = np.zeros(len(tags))  # of innovations lately: it says something of parameters, and nothing of noise
        self._leaning, self.surprise = np.zeros((2, len(tags)))  # deviations; by how many times too sure the followers are
        self._moved, self._jumped = np.zeros((2, len(tags)), bool)
        self._still = np.ones(len(tags))  # the share of measurements that repeated the one before
        self._since = np.full(len(tags), np.inf)  # s since the last measurement
        self._period = np.array([(tag.period_ns or SECOND) / SECOND for tag in tags])
        self._last = np.full(len(tags), np.nan)
        self._change = np.zeros(len(tags))

    @property
    def least(self) -> Array:
        """(n,): the deviation that rounding alone gives: where measurements keep repeating one another, all err the same way, and
        many of them tell no more than one; where each is another, their errors cancel out."""
        least: Array = _WITHIN * self._still * np.sqrt(self._least_variance)
        return least

    @property
    def unsure(self) -> Array:
        """(n,): the deviation of what is taken over from one measurement: it may be as old as the one before it."""
        return np.maximum(_CLEAN * np.sqrt(self.variance), self._change)

    def doubted(self, dt: float) -> Array:
        """(n,): the variance of a measurement for what is not soon forgotten: the model's own errors last longer than a step."""
        lasts = _LASTS * (1 + _PROVEN / np.maximum(self._agreed, dt))
        return self.variance * np.maximum(lasts / dt, 1.0)

    def watch(self, measured: Array, found: Innovations, dt: float) -> Truths:
        """Learns from one update; all (n,). A measurement's variance is what makes innovations as large as they are (Desroziers
        et al. 2005, doi:10.1256/qj.05.108). Answers which have been refused for so long, and yet moved, that it may be the plant
        that is another, and not the sensor: what began with a jump is the sensor's; each time it takes longer to be believed."""
        known, expected = np.isfinite(found.off), found.variance + self.variance
        refused = known & ~found.used
        first = refused & (self._refused == 0) & (self._since <= STALE_AFTER_PERIODS * np.maximum(self._period, dt))
        self._jumped = np.where(first, found.off**2 > _JUMP**2 * expected, self._jumped & ~found.used)
        self._since = np.where(known, 0.0, self._since) + dt
        self._moved = np.where(refused, self._moved | ((measured != self._last) & (self._refused > 0)), self._moved & ~found.used)
        self._refused = np.where(refused, self._refused + dt, np.where(found.used, 0.0, self._refused))
        self._agreed = np.where(refused, 0.0, self._agreed + found.used * dt)
        again = known & np.isfinite(self._last)
        part = np.where(again, dt / np.clip(self._seen, dt, max(_SOON, dt)), 0.0)
        self._still += part * ((measured == self._last) - self._still)
        self._change = np.where(again, np.abs(measured - self._last), self._change)
        self._last = np.where(known, measured, self._last)
        self._seen += found.used * dt
        rate = np.where(found.used, dt / np.clip(self._seen / _HASTE, _HASTE * dt, max(_SOON, _HASTE * dt)), 0.0)
        off = np.where(found.used, found.off, 0.0)
        self._bias += np.where(found.used, min(dt / _BIAS, 1.0), 0.0) * (off - self._bias)
        self._lean(np.where(found.used, off / np.sqrt(np.where(found.used, expected, 1.0)), np.nan), dt)
        self.variance *= 1 + rate * ((off - self._bias) ** 2 / expected - 1)
        self.variance = np.maximum(self.variance, self._least_variance)
        return self._lost()

    def _lean(self, off: Array, dt: float) -> None:
        """`off` in deviations; NaN where nothing was used."""
        self._leaning += np.where(np.isnan(off), 0.0, min(dt / _LEANS, 1.0) * (off - self._leaning))
        now = np.clip((np.abs(self._leaning) - _CHANCE) / _STEEP, 0.0, _MOST)
        self.surprise = np.maximum(now, self.surprise * np.exp(-dt / _FADES))

    def _lost(self) -> Truths:
        self._opened = np.where(self._agreed > _PATIENCE * 4.0**self._opened, 0.0, self._opened)
        lost = (self._refused > _PATIENCE * 4.0**self._opened) & self._moved & ~self._jumped
        lost |= np.abs(self._leaning) > _LOST
        self._opened, self._refused = self._opened + lost, np.where(lost, 0.0, self._refused)
        self._leaning = np.where(lost, 0.0, self._leaning)
        return lost

    def spread_of(self, own: Array) -> Array:
        """(n,) of measured − expected, where the inputs alone leave `own` open: a model is further off where it is less sure. By
        how much is learnt; what is guessed of that at first is worth an hour."""
        share = _GUESS / (_GUESS + self._judged)
        learnt = np.maximum(np.divide(self._off, self._open, out=np.zeros_like(own), where=self._open > 0), _BEST)
        return np.sqrt(np.maximum(_GUESSED**share * learnt ** (1 - share) * (own**2 + self._base), self._least_variance))

    def compare(self, off: Array, own: Array, dt: float) -> None:
        """Learns from measured − expected (n,), where the inputs alone leave `own` open. What is far off counts no more than what
        is strange: a fault that grows is no excuse for itself."""
        known = np.isfinite(off)
        off, own = np.where(known, off, 0.0), np.where(known, own, 0.0)
        square = np.minimum(np.abs(off), _CLEAN * self.spread_of(own)) ** 2
        self._judged += known * dt
        rate = np.where(known, dt / np.clip(self._judged, dt, max(_LATE, dt)), 0.0)
        self._off += rate * (square - self._off)
        self._open += rate * (own**2 + self._base - self._open)

    @property
    def opened(self) -> Array:
        """(n,): how often in a row each was believed against the rest."""
        return self._opened

    def held(self) -> Array:
        """(row, n): all that is learnt."""
        return np.stack([np.asarray(getattr(self, name), float) for name in _LEARNT])

    def take(self, held: Array) -> None:
        """Goes on from what another held."""
        for name, row in zip(_LEARNT, held, strict=True):
            setattr(self, name, row.astype(getattr(self, name).dtype))


def _rounding(tag: Tag) -> float:
    """The step in which an instrument tells it."""
    return 1.0 if tag.kind is TagKind.INTEGER else 10.0 ** -(tag.decimals + (tag.period_ns is not None))

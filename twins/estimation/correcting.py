"""Correcting: what a fitted model still leaves out of an output, as smooth tables, and only as far as other weeks confirm it.

The errors are fitted by tables over what the model says and, one table each, what it is driven by: hats between points, held
together by their second differences and drawn to nothing (P-splines: Eilers & Marx 1996, doi:10.1214/ss/1038425655; added
up). How strongly is chosen by blocks of time that are foretold from all others; where that makes no error smaller, nothing
is corrected. A step counts the less the farther it was foretold beside (iteratively reweighted: Holland & Welsch 1977,
doi:10.1080/03610927708827533), so that a curtailed hour bends no table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins.physics import Array

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
_TO_NOTHING = 0.1  # of a strength
_FOLDS = 6  # blocks of time, each foretold from the others
_POINTS, _ROUND = 8, 12  # of an axis; of one that turns
_ENDS = (0.005, 0.995)  # of what was seen, where an axis ends
_ROUNDS = 3  # the first counts all steps alike
_FEWEST = 500  # steps
_MOST_STEPS = 60_000
_WORTH = 4  # of these blocks must be foretold better with it


@dataclass(frozen=True, slots=True)
class Beside:
    """Something that drives a model or that it tells: a name of the model's, the unit of `values` (step,)."""

    name: str
    unit: str
    turns: bool  # round 360 of it
    values: Array


@dataclass(frozen=True, slots=True)
class Tabled:
    """`add` (point of what is said, point) over `over`, whose points stand `at`, in its unit."""

    over: Beside
    at: Array
    add: Array


@dataclass(frozen=True, slots=True)
class Found:
    """In the output's unit. `before`, `after`: the mean error of blocks that were foretold from others, without and with it."""

    said: Array
    tables: tuple[Tabled, ...]
    most: float
    strength: float
    before: float
    after: float


def found_of(
    said: Array, beside: Sequence[Beside], off: Array, pause: Callable[[], None] = lambda: None
) -> Found | None:  # fmt: skip
    """`said`, `off` (step,): what the model says, and measured − said, NaN where it is not judged. None: nothing is worth it."""
    known = np.isfinite(off) & np.isfinite(said) & np.all([np.isfinite(each.values) for each in beside] or True, axis=0)
    steps = np.flatnonzero(known)
    steps = steps[np.unique(np.linspace(0, max(len(steps) - 1, 0), min(len(steps), _MOST_STEPS)).astype(int))]
    kept = [each for each in beside if len(steps) and np.ptp(each.values[steps]) > 0]
    if len(steps) < _FEWEST or not kept or not np.ptp(said[steps]):
        return None
    axis = _points(said[steps])
    points = [_round() if each.turns else _points(each.values[steps]) for each in kept]
    hats = [_hats(each.values[steps], at, turns=each.turns) for each, at in zip(kept, points, strict=True)]
    rows, own = _hats(said[steps], axis, turns=False), off[steps]
    table = np.concatenate([(rows[:, :, None] * each[:, None, :]).reshape(len(steps), -1) for each in hats], axis=1)
    penalty = _penalty(len(axis), [(len(at), each.turns) for each, at in zip(kept, points, strict=True)])
    fold = np.arange(len(steps)) * _FOLDS // len(steps)
    before, weight = np.array([np.abs(own[fold == k]).mean() for k in range(_FOLDS)]), np.ones(len(own))
    for _ in range(_ROUNDS):
        grams = [_gram(table[fold == k], own[fold == k], weight[fold == k]) for k in range(_FOLDS)]
        left = [_foretold(table, own, fold, grams, strength, penalty, pause) for strength in STRENGTHS]
        errors = np.array([[np.abs(each[fold == k]).mean() for k in range(_FOLDS)] for each in left])
        best = int(errors.mean(axis=1).argmin())
        weight = _doubted(left[best])
    if errors[best].mean() >= before.mean() or (errors[best] < before).sum() < _WORTH:
        return None
    solved = _solved(*_summed(grams), STRENGTHS[best], penalty, len(own))
    ends = np.cumsum([0, *(len(axis) * len(at) for at in points)])
    adds = [solved[a:b].reshape(len(axis), -1) for a, b in pairwise(ends)]
    tables = tuple(Tabled(*each) for each in zip(kept, points, adds, strict=True))
    return Found(axis, tables, float(np.abs(table @ solved).max()), STRENGTHS[best],
                 float(before.mean()), float(errors[best].mean()))  # fmt: skip


def written_of(found: Found, unit: str, mode: str) -> dict[str, Any]:
    """As a package writes it, see `twins.physics.correction`."""
    tables = [
        {
            "over": each.over.name,
            "unit": each.over.unit,
            "turns": each.over.turns,
            "at": _rounded(each.at),
            "add": _rounded(each.add),
        }
        for each in found.tables
    ]
    return {"unit": unit, "said": _rounded(found.said), "most": float(f"{found.most:.4g}"), "mode": mode, "tables": tables}


def _rounded(values: Array) -> Any:
    return [_rounded(each) for each in values] if values.ndim > 1 else [float(f"{each:.6g}") for each in values]


def _gram(table: Array, own: Array, weight: Array) -> tuple[Array, Array]:
    weighed = (table * weight[:, None]).T
    return weighed @ table, weighed @ own


def _doubted(left: Array) -> Array:
    """The weight of each step by how far it was foretold beside, of mean 1."""
    weight = 1 / np.sqrt(1 + (left / max(float(np.median(np.abs(left))), 1e-12)) ** 2)
    return np.asarray(weight / weight.mean())


def _foretold(
    table: Array, own: Array, fold: NDArray[np.intp], grams: Sequence[tuple[Array, Array]], strength: float, penalty: Array,
    pause: Callable[[], None],
) -> Array:  # fmt: skip
    """(step,) what is left of each block foretold by all others."""
    left = np.empty_like(own)
    for k in range(_FOLDS):
        pause()
        others = [each for i, each in enumerate(grams) if i != k]
        solved = _solved(*_summed(others), strength, penalty, int((fold != k).sum()))
        left[fold == k] = own[fold == k] - table[fold == k] @ solved
    return left


def _summed(grams: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    return np.sum([gram for gram, _ in grams], axis=0), np.sum([right for _, right in grams], axis=0)


def _solved(gram: Array, right: Array, strength: float, penalty: Array, n: int) -> Array:
    held = strength * n / 100 * (penalty + _TO_NOTHING * np.eye(len(penalty)))
    return np.asarray(np.linalg.solve(gram + held + 1e-9 * np.trace(gram) / len(gram) * np.eye(len(gram)), right))


def _penalty(rows: int, axes: Sequence[tuple[int, bool]]) -> Array:
    """Second differences along both ways of each table."""
    size = sum(rows * n for n, _ in axes)
    whole, at = np.zeros((size, size)), 0
    for n, turns in axes:
        down, along = _bent(rows, turns=False), _bent(n, turns=turns)
        whole[at : at + rows * n, at : at + rows * n] = np.kron(down, np.eye(n)) + np.kron(np.eye(rows), along)
        at += rows * n
    return whole


def _bent(n: int, *, turns: bool) -> Array:
    second = np.diff(np.eye(n), 2, axis=0)
    if turns:
        second = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1) - 2 * np.eye(n)
    return np.asarray(second.T @ second)


def _points(values: Array) -> Array:
    low, high = np.quantile(values, _ENDS)
    low, high = (low, high) if high > low else (values.min(), values.max())
    return np.linspace(low, high, _POINTS)


def _round() -> Array:
    return np.arange(_ROUND) * 360.0 / _ROUND


def _hats(x: Array, at: Array, *, turns: bool) -> Array:
    """(step, point): the weights of straight lines between the points."""
    n = len(at)
    place = np.mod(x - at[0], 360.0) * n / 360.0 if turns else np.interp(x, at, np.arange(n))
    low = np.minimum(place.astype(int), n - 1 if turns else n - 2)
    found, rows, part = np.zeros((len(x), n)), np.arange(len(x)), place - low
    found[rows, low] = 1 - part
    found[rows, (low + 1) % n] += part
    return found

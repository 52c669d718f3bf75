"""Cross-validation by units: each is told by a predictor that never saw it, at instants as if it still ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twins.prognosis.remaining_life.fleet import Array, Fleet, Whole

INSTANTS = 30  # of each unit
FOLDS, ROUNDS = 5, 2
FEW = 12  # units, up to which each is left out alone
TELLING = 1e4  # a mean score; larger ones say nothing
YOUNGEST = 0.1  # of a life, before which nothing is asked
Ask = Callable[[Fleet], dict[str, Array]]  # what each learner says at every row (n,), from the rows before it alone
Learn = Callable[[Fleet, int], Ask]  # from units that failed, with a seed


@dataclass(frozen=True, slots=True)
class Trial:
    """What was told of units that were held back: m questions of several rounds."""

    unit: Whole  # (m,)
    told: dict[str, Array]  # by each learner, (m,)
    truth: Array  # (m,)
    usual: Array  # (m,): what the age alone tells: how long the other units that got so old had left, on average

    def blended(self, weights: dict[str, float]) -> Array:
        """(m,)."""
        return np.sum([weights[name] * told for name, told in self.told.items()], axis=0)


def tried(
    fleet: Fleet, cap: float | None, learn: Learn, tell: Callable[[float, str], None], cancelled: Callable[[], bool]
) -> Trial:
    """Units are held back in turn, with a few one at a time; `learn` sees the others."""
    splits = _splits(len(fleet.units))
    rng = np.random.default_rng(0)
    units, truths, answers, ages = [], [], [], []
    for i, held in enumerate(splits):
        tell(i / len(splits), f"held back {i + 1} of {len(splits)}")
        refuse_if(cancelled)
        ask = learn(fleet.of(np.setdiff1d(np.arange(len(fleet.units)), held)), i)
        probe = fleet.of(held)
        rows = _instants(probe, rng)
        answers.append({name: answer[rows] for name, answer in ask(probe).items()})
        units.append(held[probe.owner[rows]])
        truths.append(probe.remaining(cap)[rows])
        ages.append(probe.ages[rows])
    told = {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
    unit = np.concatenate(units)
    return Trial(unit, told, np.concatenate(truths), _usual(fleet.lives, unit, np.concatenate(ages), cap))


def _usual(lives: Array, unit: Whole, ages: Array, cap: float | None) -> Array:
    """(m,); 0 where no other unit got so old."""
    left = np.minimum(lives - ages[:, None], np.inf if cap is None else cap)
    other = (left > 0) & (np.arange(len(lives)) != unit[:, None])
    return np.where(other, left, 0.0).sum(axis=1) / np.maximum(other.sum(axis=1), 1)


class CancelledError(Exception):
    """The work was asked to stop."""


def refuse_if(cancelled: Callable[[], bool]) -> None:
    """Raises CancelledError."""
    if cancelled():
        raise CancelledError


def _splits(n_units: int) -> list[Whole]:
    if n_units <= FEW:
        return [np.array([i]) for i in range(n_units)]
    orders = [np.random.default_rng(round_).permutation(n_units) for round_ in range(ROUNDS)]
    return [np.sort(order[fold::FOLDS]) for order in orders for fold in range(FOLDS)]


def _instants(fleet: Fleet, rng: np.random.Generator) -> Whole:
    """Rows at which units are cut off, evenly likely over their lives."""
    shares = rng.uniform(YOUNGEST, 1.0, (len(fleet.units), INSTANTS))
    rows = [
        start + np.searchsorted(fleet.ages[start:end], share * life, side="right") - 1
        for start, end, share, life in zip(fleet.starts[:-1], fleet.starts[1:], shares, fleet.lives, strict=True)
    ]
    return np.concatenate(rows)


def weighed(trial: Trial) -> dict[str, float]:
    """Weights ≥ 0 of sum 1 that would have told best; drawn to equal ones as if one more unit had voted for them."""
    from scipy.optimize import nnls

    names = list(trial.told)
    answers = np.stack([trial.told[name] for name in names], axis=1)
    units = len(np.unique(trial.unit))
    pull = np.sqrt(np.mean((answers - answers.mean(axis=1, keepdims=True)) ** 2) * len(answers) / units)
    sure = 1e3 * np.sqrt(len(answers)) * max(float(np.abs(answers).max()), 1e-9)
    a = np.vstack([answers, pull * np.eye(len(names)), np.full((1, len(names)), sure)])
    b = np.concatenate([trial.truth, np.full(len(names), pull / len(names)), [sure]])
    found, _ = nnls(a, b)
    return {name: float(weight) for name, weight in zip(names, found / found.sum(), strict=True)}


def score(off: Array) -> float:
    """NASA's mean penalty of predicted − true: late costs more than early (Saxena et al. 2008), per prediction.

    It is made for cycles; of lives counted in seconds it says nothing (see `TELLING`).
    """
    return float(np.mean(np.where(off < 0, np.expm1(-np.maximum(off, -1e3) / 13), np.expm1(np.minimum(off, 1e3) / 10))))


def rmse(off: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(off**2)))

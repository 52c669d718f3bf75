"""Search: the best values of knobs for an objective, and how much each of them matters; a population is an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twins import InputError
from twins.asset import Figure, Twin
from twins.clock import MINUTE, SECOND
from twins.package.loader import load_zipped
from twins.physics import Array
from twins.simulation.composition import composed
from twins.simulation.ensemble import Held, longest_step
from twins.simulation.executor import Executor, Watch, shares
from twins.simulation.figures import Tally
from twins.simulation.forking import Origin, begun, spun_up, step_for
from twins.simulation.goals import Goal
from twins.simulation.knobs import Knob, to_be_had, turn
from twins.simulation.run import Cancelled, RunCancelled, run
from twins.simulation.scenario import Scenario

HORIZON = 20 * MINUTE
_PENALTY = 1e3
_NEAR = 0.12  # of the way between the bounds


@dataclass(frozen=True, slots=True)
class Population:
    """Points to be tried, as plain data that can be sent anywhere: `points` (member, knob) in the knobs' units."""

    package: bytes
    scenario: Scenario
    at: int
    horizon: int
    step: int
    held: Held | None
    knobs: tuple[Knob, ...]
    figures: tuple[Figure, ...]
    points: Array


class Search:
    """One question: which knobs, what they are judged by, from where and for how long."""

    def __init__(
        self, twin: Twin, package: bytes, origin: Origin, scenario: Scenario, knobs: Sequence[Knob], goals: Sequence[Goal],
        where: Executor, watch: Watch, cancelled: Cancelled,
    ) -> None:  # fmt: skip
        """Raises InputError where the models don't fit."""
        horizon = scenario.duration or HORIZON
        step = step_for(horizon, scenario.step or max(10 * SECOND, horizon // 600), longest_step(composed(twin, 0)))
        names = {each.key for each in knobs}
        whole = replace(
            scenario, recorded=False, duration=horizon, step=step,
            orders=tuple(order for order in scenario.orders if order.tag not in names),
            inputs={key: series for key, series in scenario.inputs.items() if ".".join(key) not in names},
        )  # fmt: skip
        held, _ = spun_up(twin, origin, whole, climate=False, watch=lambda done, what: watch(0.02 * done, what))
        self.knobs, self.goals, self._where, self._watch, self._cancelled = tuple(knobs), tuple(goals), where, watch, cancelled
        figures = tuple(dict.fromkeys(goal.figure for goal in goals))
        none = np.zeros((0, len(knobs)))
        self._asked = Population(package, whole, origin.at, horizon, step, held, self.knobs, figures, none)
        self.tried = 0
        self.expected = 1  # how many will be, about

    def figures(self, points: Array) -> Array:
        """(goal, point): what each goal's figure is told to come to at each of the points (point, knob)."""
        found = self.judged(points)
        counted = [[goal.figure.counted] for goal in self.goals]
        return np.where(counted, np.rint(found), found)

    def judged(self, points: Array) -> Array:
        """(goal, point): the figures as they are reckoned, by which points are told apart; what is counted is not yet whole."""
        points = to_be_had(self.knobs, points)
        pieces = [replace(self._asked, points=points[first : first + n]) for first, n in shares(len(points), self._where.width)]
        found = np.concatenate(list(self._where.map(scored, pieces, self._seen)), axis=1)
        self.tried += len(points)
        rows = {figure: row for row, figure in enumerate(self._asked.figures)}
        return found[[rows[goal.figure] for goal in self.goals]]

    def costs(self, found: Array) -> tuple[Array, Array]:
        """((objective, point), (point,)): what is to be low, and by how much the constraints are missed."""
        signs = np.array([-1.0 if goal.high else 1.0 for goal in self.goals])[:, None]
        aims = [k for k, goal in enumerate(self.goals) if goal.bound is None]
        missed = np.zeros(found.shape[1])
        for k, goal in enumerate(self.goals):
            if goal.bound is not None:
                over = signs[k, 0] * (found[k] - goal.bound) / max(abs(goal.bound), 1e-9)
                missed += np.where(np.isnan(over), 1.0, np.maximum(over, 0.0))
        return np.nan_to_num((signs * found)[aims], nan=1e30), missed

    def _seen(self, done: float, what: str) -> None:
        self._watch(min(0.99, 0.02 + 0.97 * (self.tried + done) / self.expected), what or f"{self.tried} tried")
        if self._cancelled():
            raise RunCancelled("the search was cancelled; nothing was changed")


def scored(asked: Population, watch: Watch) -> Array:
    """(figure, member) of a population."""
    twin, members = load_zipped(asked.package), len(asked.points)
    models = begun(twin, asked.scenario, asked.at, asked.step, asked.held, members=members)
    for group in models.groups:
        group.share_noise()
    for each, values in zip(asked.knobs, asked.points.T, strict=True):
        turn(models, each, values)
    tally = Tally(twin, asked.figures)
    places = {tag.path: i for i, tag in enumerate(models.tags)}
    missing = np.full((1, members), np.nan)
    last = asked.at
    for time, told in run(models, None, asked.scenario, asked.at, asked.at + asked.horizon, 1, watch):
        columns = {name: told[places[name]][None] if name in places else missing for name in tally.names}
        tally.add(columns, (time - last) / SECOND)
        last = time
    return tally.values()


def optimised(search: Search, population: int = 24, generations: int = 20, seed: int = 1) -> list[tuple[Array, Array]]:
    """[(point, figure of each goal)]: the best one; with several objectives the front of those that none beats in all."""
    search.expected = population * (generations + 1)
    low, high = np.array([(each.low, each.high) for each in search.knobs], float).T
    if sum(goal.bound is None for goal in search.goals) == 1:
        return [_one(search, low, high, population, generations, seed)]
    return _front(search, low, high, population, generations, seed)


def _one(search: Search, low: Array, high: Array, population: int, generations: int, seed: int) -> tuple[Array, Array]:
    from scipy.optimize import differential_evolution

    start = np.array([min(max(each.value, a), b) for each, a, b in zip(search.knobs, low, high, strict=True)])

    def cost(points: Array) -> Array:
        many = np.atleast_2d(points.T)
        (costs,), missed = search.costs(search.judged(many))
        return costs + _PENALTY * np.maximum(np.abs(costs), 1.0) * missed

    found = differential_evolution(
        cost, list(zip(low, high, strict=True)), maxiter=generations, rng=seed, vectorized=True, updating="deferred",
        polish=False, tol=1e-4, init=_first(start, low, high, max(population, 5), seed),
    )  # fmt: skip
    best = to_be_had(search.knobs, np.asarray(found.x, float))
    return best, search.figures(best[None])[:, 0]


def _first(start: Array, low: Array, high: Array, n: int, seed: int) -> Array:
    """(point, knob): as it is; one half near that, where what runs well is bettered; the other spread over all there is."""
    rng = np.random.default_rng(seed)
    spread = low + (high - low) * (rng.permuted(np.tile(np.arange(n), (len(low), 1)), axis=1).T + rng.random((n, len(low)))) / n
    near = np.clip(start + _NEAR * (high - low) * rng.standard_normal((n, len(low))), low, high)
    near[0] = start
    return np.where(np.arange(n)[:, None] % 2, spread, near)


def _front(search: Search, low: Array, high: Array, population: int, generations: int, seed: int) -> list[tuple[Array, Array]]:
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    objectives = sum(goal.bound is None for goal in search.goals)

    class Asked(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(n_var=len(low), n_obj=objectives, n_ieq_constr=1, xl=low, xu=high)

        def _evaluate(self, points: Array, out: dict[str, Array], *_: object, **__: object) -> None:
            costs, missed = search.costs(search.judged(points))
            out["F"], out["G"] = costs.T, missed[:, None]

    found = minimize(Asked(), NSGA2(pop_size=population), ("n_gen", generations), seed=seed, verbose=False)
    if found.X is None:
        raise InputError("no values keep to the constraints; widen the bounds of the knobs, or the constraints")
    points = np.unique(to_be_had(search.knobs, np.atleast_2d(found.X)), axis=0)
    figures = search.figures(points)
    order = np.argsort(figures[0])
    return [(points[k], figures[:, k]) for k in order]


@dataclass(frozen=True, slots=True)
class Influence:
    """Of one knob on a figure: `alone` (first order) and `total` with all its company, shares of the variance, each ± `sure`."""

    knob: Knob
    alone: float
    alone_sure: float
    total: float
    total_sure: float


def sensitivity(search: Search, samples: int = 64, seed: int = 1) -> tuple[Influence, ...]:
    """Sobol's indices of the first goal's figure (Saltelli's sampling), the most influential knob first."""
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = {
        "num_vars": len(search.knobs),
        "names": [each.key for each in search.knobs],
        "bounds": [[each.low, each.high] for each in search.knobs],
    }
    points = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
    search.expected = len(points)
    found = search.judged(points)[0]
    if np.isnan(found).any():
        raise InputError(f"{search.goals[0].figure.label} is not known at {int(np.isnan(found).sum())} of {len(points)} points")
    if np.ptp(found) <= 1e-12 * max(1.0, float(np.abs(found).max())):
        return tuple(Influence(each, 0.0, 0.0, 0.0, 0.0) for each in search.knobs)
    told = analysis.analyze(problem, found, calc_second_order=False, seed=seed)
    rows = zip(search.knobs, told["S1"], told["S1_conf"], told["ST"], told["ST_conf"], strict=True)
    made = [Influence(each, *(float(value) for value in values)) for each, *values in rows]
    return tuple(sorted(made, key=lambda each: -each.total))

"""A run: an ensemble goes on step by step, driven by what was recorded and by what a scenario has otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from twins import InputError
from twins.physics import Array
from twins.simulation.changes import Series
from twins.simulation.ensemble import Ensemble
from twins.simulation.executor import Watch
from twins.simulation.measured import Measured
from twins.simulation.scenario import Scenario

Cancelled = Callable[[], bool]


class RunCancelled(InputError):  # noqa: N818 — it is not an error
    """The user stopped it; nothing was written."""


def run(
    models: Ensemble,
    measured: Measured | None,
    scenario: Scenario,
    fork: int,
    end: int,
    every: int,
    watch: Watch = lambda done, what: None,
    cancelled: Cancelled = lambda: False,
) -> Iterator[tuple[int, Array]]:
    """(ns UTC, what is told then (tag, member)) after each `every` steps until `end`. Raises RunCancelled."""
    steps = max(1, -(-(end - models.time) // models.step_ns))
    for k in range(1, steps + 1):
        step_on(models, measured, scenario, fork)
        if k % every == 0 or k == steps:
            watch(k / steps, "")
            if cancelled():
                raise RunCancelled("the run was cancelled; nothing was written")
            yield models.time, models.told()


def step_on(models: Ensemble, measured: Measured | None, scenario: Scenario, fork: int) -> None:
    """One step. Everything follows from the instant, so that a run goes on from a checkpoint as if it had never stopped."""
    t = models.time
    if measured is not None and scenario.recorded:
        if t <= measured.end + models.step_ns:
            measured.drive(t)
        if t <= measured.end:
            measured.follow_weather(t)
        if measured.end < t <= measured.end + models.step_ns:
            measured.release()
            if models.start < measured.end:
                measured.resume_weather(measured.end)
    for (asset, name), series in scenario.inputs.items():
        _force(models, asset, name, _standing(series, t - fork))
    for order in sorted(scenario.orders, key=lambda order: order.after):
        if fork + order.after <= t:
            models.set(order.tag, order.value)
    models.advance()


def _force(models: Ensemble, asset: str, name: str, value: float) -> None:
    for group in models.groups:
        row = group.row("inputs", name)
        if row < 0 or group.surrounds:
            continue
        forced = group.forced.setdefault(row, np.full((models.members, len(group.instances)), np.nan))
        for i, path in enumerate(group.instances):
            if models.twin.means(asset, path):
                forced[:, i] = value


def _standing(series: Series, after: int) -> float:
    """The last value at or before; NaN before the first."""
    known = [value for at, value in series if at <= after]
    return known[-1] if known else np.nan

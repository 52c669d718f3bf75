"""Inputs: what drives the models is measured too, and between two measurements nobody knows it for sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.clock import SECOND
from twins.physics import Array, Variable, keyed_generator
from twins.record.samples import Int64

_RECENT = 600.0  # s over which a signal's liveliness is averaged


class Inputs:
    """n inputs of m members, in SI. What a signal does between two samples nobody knows: each member has a path of its own there,
    a Brownian bridge about the straight line, as lively as the signal is; while no next sample is known, it wanders freely.
    """

    def __init__(self, variables: Sequence[Variable], members: int, seed: int) -> None:
        self._turn = np.array([2 * np.pi if variable.unit == "rad" else 0.0 for variable in variables])
        self._bounds = np.array([[variable.low, variable.high] for variable in variables]).reshape(-1, 2)
        self._members, self._seed = members, seed
        n = len(variables)
        self._value: Array = np.full(n, np.nan)  # the newest that was learnt from
        self._source: Int64 = np.zeros(n, np.int64)
        self._pace: Array = np.zeros(n)  # the mean of its changes² from one measurement to the next, a second
        self._seen: Array = np.zeros(n)  # s that were learnt from
        self._strayed: Array = np.zeros((n, members))  # from the straight line, by now

    def given(self, mean: Array, knots: Array, t: int, dt: float) -> Array:
        """(n, m): means over the step of `dt` that ends at t (ns). `mean` (n,) is that of the straight lines, `knots` (3, n)
        tells when samples were, see `Traces.knots`."""
        noise = keyed_generator(self._seed, "inputs", t).standard_normal((2, len(mean), self._members))
        first, last, following = (each[:, None] for each in knots)
        pace, some = self._pace[:, None], ~np.isnan(first)
        free = np.where(some, last, dt)  # s since it was surely on the line, or since the step began
        before = np.where(some, 0.0, self._strayed)
        share = 1 / (1 + free / following)  # of what it has strayed by then that the next sample leaves
        now = before * share + np.sqrt(pace * free * share) * noise[0]
        area = (before + now) * free / 2 + np.where(some, self._strayed * first / 2, 0.0)
        parts = np.where(some, first**3 + (dt - first - last) ** 3 + last**3, dt**3)
        self._strayed = now
        spread_out = mean[:, None] + area / dt + np.sqrt(pace * parts / 12) / dt * noise[1]
        return np.clip(spread_out, self._bounds[:, :1], self._bounds[:, 1:])

    def held(self) -> Array:
        """(3, n): what was learnt."""
        return np.stack([self._value, self._pace, self._seen])

    def take(self, held: Array) -> None:
        """Goes on from what another held."""
        self._value, self._pace, self._seen = (row.copy() for row in held)

    def learn(self, value: Array, source: Int64) -> None:
        """The pace of each signal, from what was measured last by now (n,); NaN where nothing good was."""
        new = np.isfinite(value) & (source > self._source)
        came = new & np.isfinite(self._value) & (self._source > 0)
        passed = np.where(came, (source - self._source) / SECOND, 1.0)
        change = np.where(came, value - self._value, 0.0)
        change -= np.where(self._turn > 0, np.round(change / np.where(self._turn > 0, self._turn, 1.0)) * self._turn, 0.0)
        self._seen = self._seen + np.where(came, passed, 0.0)
        rate = np.where(came, np.minimum(passed / np.clip(self._seen, 1e-3, _RECENT), 1.0), 0.0)
        self._pace = self._pace + rate * (change**2 / passed - self._pace)
        self._value, self._source = np.where(new, value, self._value), np.where(new, source, self._source)

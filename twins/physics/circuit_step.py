"""One implicit step of a lumped circuit: pressures of all nodes by Newton's method, volumes by what flowed, so none is lost.

Arrays are (…, element) with any axes before. A step is the two-stage, stiffly accurate, L-stable Runge–Kutta method of
second order
(Alexander 1977), or with `quick` one stage: backward Euler.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from twins.physics.activation import Contraction
from twins.physics.circuit import Elements, Network
from twins.physics.model import Array

GAMMA = 1 - 1 / math.sqrt(2)
_ITERATIONS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where a circuit stands: volumes and pressures of the free nodes, flows of the branches."""

    volume: Array
    pressure: Array
    flow: Array


class Stepper:
    """Steps one circuit."""

    def __init__(self, net: Network, enough: float = 1e-5) -> None:
        """Flows are found to `enough` of the greatest."""
        self.net, self._enough = net, enough
        circuit = net.circuit
        chambers = [node.chamber for k in net.free if (node := circuit.nodes[k]).chamber]
        self._chambers = [each for each in chambers if each]
        self._contraction = Contraction([each.activation for each in self._chambers], circuit.period)
        self._rest = np.array([(each.rest_diastolic, each.rest_systolic) for each in self._chambers]).reshape(-1, 2).T
        self._stiffness = np.array([each.stiffness for each in self._chambers])
        self._push = np.array([each.push for each in self._chambers])
        self._steepness = np.array([branch.steepness for branch in circuit.branches])
        self._varying = [(k, *each.varying) for k, each in enumerate(circuit.branches) if each.varying]
        self._pressed = bool(np.any(net.pressing != np.eye(len(net.free))))

    def step(
        self,
        s: Standing,
        e: Elements,
        t: float,
        beat: Array | float,
        period: Array | float,
        dt: float,
        pace: Array | float = 1.0,
        *,
        quick: bool = False,
    ) -> Standing:
        """After dt (s). `t` is the time at its beginning, for what is given over time; `beat` (…) the time within the beat
        then, which
        goes on at `pace`, and `period` the beat's length, both as chambers are to feel them."""
        if quick:
            return self._stage(s, s.volume, s.flow, e, t + dt, beat + pace * dt, period, dt)
        tau, on = GAMMA * dt, (1 - GAMMA) / GAMMA
        first = self._stage(s, s.volume, s.flow, e, t + tau, beat + pace * tau, period, tau)
        volume, flow = s.volume + on * (first.volume - s.volume), s.flow + on * (first.flow - s.flow)
        return self._stage(first, volume, flow, e, t + dt, beat + pace * dt, period, tau)

    def settled(self, e: Elements) -> Standing:
        """The steady state of what is given on the average, of a circuit without chambers."""
        n, m = self.net.joins.shape
        nothing, least = np.zeros(n), 1e-9 * max(e.forward.max(), 1e-300)
        compliance = np.where(self.net.stores, e.compliance, 0.0)
        inflow = nothing.copy()
        for k, course in self.net.inflows:
            inflow[k] += course.mean
        held = np.array([(c.held.mean if c.held else 0.0) for c in (self.net.circuit.nodes[k] for k in self.net.fixed)])
        forever = 1e15 * (1 + np.abs(compliance).max())
        e = replace(e, forward=np.maximum(e.forward, least), backward=np.maximum(e.backward, least))
        p, q = self._newton(nothing, nothing, np.zeros(m), e, compliance, nothing, inflow, held @ self.net.ties, forever, {})
        outside = nothing.copy()
        for k, course in self.net.outsides:
            outside[k] = course.at(0.0)
        return Standing(compliance * (p - outside) + e.unstressed, p, q)

    def _stage(
        self,
        s: Standing,
        volume: Array,
        flow: Array,
        e: Elements,
        t: float,
        beat: Array | float,
        period: Array | float,
        tau: float,
    ) -> Standing:
        net = self.net
        compliance, holds = e.compliance, e.unstressed
        act = None
        if self._chambers:
            act = self._contraction.at(np.asarray(beat), np.asarray(period))
            compliance, holds = self._with_chambers(e, act, s.volume)
        if net.outsides:
            holds = holds + np.zeros_like(s.volume)
            for k, course in net.outsides:
                holds[..., k] -= e.compliance[..., k] * course.at(t)
        inflow: Array | float = 0.0
        if net.inflows:
            inflow = np.zeros(len(net.free))
            for k, course in net.inflows:
                inflow[k] += course.at(t)
        push: Array | float = 0.0
        if net.fixed:
            held = [net.circuit.nodes[k].held for k in net.fixed]
            push = np.array([course.at(t) if course else 0.0 for course in held]) @ net.ties
        changed = {k: _varied(e.forward[..., k], most, up, down, beat) for k, most, up, down in self._varying}
        p, q = self._newton(s.pressure, volume, flow, e, compliance, holds, inflow, push, tau, changed, act, s.volume)
        return Standing(np.where(net.stores, volume + tau * (q @ net.flowed + inflow), 0.0), p, q)

    def _newton(
        self, p: Array, volume: Array, flow: Array, e: Elements, compliance: Array, holds: Array, inflow: Array | float,
        push: Array | float, tau: float, changed: dict[int, Array], act: Array | None = None, guess: Array | None = None,
    ) -> tuple[Array, Array]:  # fmt: skip
        """Pressures and flows. Members go their own ways: one that has arrived is not moved by how long others take."""
        net, lag = self.net, e.inertance / tau
        moved = flow * lag
        forward = _set(e.forward, changed)
        backward = _set(e.backward, changed)
        q = known = None
        held = guess
        for _ in range(_ITERATIONS):
            across = -(p @ net.joins) - push if net.fixed else -(p @ net.joins)
            s = across + moved
            ahead = s > 0
            r = np.where(ahead, forward, backward) + lag
            if net.linear:
                q, slope = s / r, 1 / r
            else:
                root = np.sqrt(r * r + 4 * np.where(ahead, e.forward_bernoulli, e.backward_bernoulli) * np.abs(s))
                q, slope = 2 * s / (r + root), 1 / root
                if net.steep.any():
                    q, slope = self._steep(across, e, q, slope)
            if known is not None:
                going = np.abs(q - known).max(axis=-1, keepdims=True) > self._enough * np.abs(known).max(axis=-1, keepdims=True)
                if not going.any():
                    return p, known
            if net.curved and act is not None and held is not None and known is not None:
                held = volume + tau * (known @ net.flowed + inflow)
                compliance, holds = self._with_chambers(e, act, held)
            matrix = (net.flows * slope[..., None, :]) @ net.joined + net.pressing * (compliance / tau)[..., None]
            over = p @ net.pressing.T if self._pressed else p
            missing = q @ net.flowed + inflow - (compliance * over + holds - volume) / tau * net.stores
            by = np.linalg.solve(matrix, missing[..., None])[..., 0]
            if known is None:
                p, known = p + by, q - slope * (by @ net.joins)
            else:
                p, known = np.where(going, p + by, p), np.where(going, q - slope * (by @ net.joins), known)
            if net.linear and not net.curved:
                return p, known
        assert known is not None
        return p, known

    def _with_chambers(self, e: Elements, act: Array, volume: Array) -> tuple[Array, Array]:
        """(compliance, volume at no pressure) of all free nodes, as they are at this contraction; of a curved one, at this
        volume."""
        net = self.net
        elastance = e.passive + e.active * act
        rest = self._rest[0] + (self._rest[1] - self._rest[0]) * act
        if net.curved:
            over = volume[..., net.chambers] - rest
            bent = np.exp(np.clip(self._stiffness * over, -60.0, 60.0))
            soft = self._stiffness > 0
            slope = np.where(soft, e.active * act + (1 - act) * self._push * self._stiffness * bent, elastance)
            p = np.where(soft, e.active * act * over + (1 - act) * self._push * (bent - 1), elastance * over)
            elastance, rest = slope, rest + over - p / slope
        shape = (*elastance.shape[:-1], len(net.free))
        compliance, holds = np.empty(shape), np.empty(shape)
        compliance[...], holds[...] = e.compliance, e.unstressed
        compliance[..., net.chambers], holds[..., net.chambers] = 1 / elastance, rest
        return compliance, holds

    def _steep(self, across: Array, e: Elements, q: Array, slope: Array) -> tuple[Array, Array]:
        k = self._steepness
        bend = np.tanh(k * across)
        r = e.backward + (e.forward - e.backward) * 0.5 * (1 + bend)
        by = (e.forward - e.backward) * 0.5 * k * (1 - bend * bend)
        return np.where(k > 0, across / r, q), np.where(
            k > 0, np.maximum((1 - across / r * by) / r, 0.5 / np.maximum(e.forward, e.backward)), slope
        )


def _varied(least: Array, most: float, contracting: float, relaxing: float, beat: Array | float) -> Array:
    """A coronary's resistance that grows while the muscle contracts (svZeroDSolver: CORONARY_VAR_RES)."""
    beat = np.asarray(beat)
    up = 0.5 * (1 - np.cos(math.pi * beat / contracting))
    down = 0.5 * (1 + np.cos(math.pi * (beat - contracting) / relaxing))
    share = np.where(beat <= contracting, up, np.where(beat <= contracting + relaxing, down, 0.0))
    root: Array = (np.sqrt(least) + (np.sqrt(most) - np.sqrt(least)) * share) ** 2
    return root


def _set(values: Array, changed: dict[int, Array]) -> Array:
    if not changed:
        return values
    values = values.copy()
    for k, each in changed.items():
        values[..., k] = each
    return values

"""A circulation: any lumped circuit that a package describes, beating, as one model. Volume is kept to rounding.

What the circuit names becomes the model's: a path's resistance, a valve's stenosis and leak, a chamber's contractility are
parameters, pressures, volumes and flows outputs. How long a chamber is contracted goes with the square root of the beat's
length (Bazett).
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.circuit import Branch, Circuit, Elements, Node, elements, network
from twins.physics.circuit_form import Plan
from twins.physics.circuit_step import Standing, Stepper
from twins.physics.electrocardiogram import RATE, N, electrocardiogram
from twins.physics.heartbeat import Course, counted, figures, fresh, states
from twins.physics.model import Array, Rows, Variable, Wave, defaults, rows, stacked

SUBSTEP = 0.01  # s; by backward Euler: highest pressures within 0.7 % of what steps of 1 ms give
_RESISTANCE, _COMPLIANCE = "Pa*s/m^3", "m^3/Pa"
_SETTLING = 20  # s
_LEAST_LEAK = 1e-5  # of the orifice, of a valve that is tight
_OPENED, _OPEN_FLOW = math.radians(75), 2e-5  # rad of a leaflet; m³/s


_LEAST = Circuit((Node("artery", 1e-8), Node("vein", 1e-7)), (Branch("bed", "artery", "vein", 1e8),))


class Circulation:
    """One circuit. `plan` says what of it is judged."""

    noises = 1
    longest_step = 1.0
    batched = True
    forkable = True
    quick = True

    def __init__(self, plan: Plan | None = None) -> None:
        """Without a plan, a vessel between two nodes."""
        plan = plan or Plan(_LEAST)
        self.plan, self._net = plan, network(plan.circuit)
        self._usual, self._stepper = elements(self._net), Stepper(self._net)
        self._nodes = [plan.circuit.nodes[k] for k in self._net.free]
        self._branches = plan.circuit.branches
        self._names = [node.name for node in self._nodes]
        self._moving = [k for k, branch in enumerate(self._branches) if branch.inertance > 0]
        self._pulsing = [self._names.index(name) for name in plan.pulses]
        self._pump = self._names.index(plan.pump) if plan.pump else -1
        self._outlet = next((k for k, branch in enumerate(self._branches) if branch.name == plan.outlet), -1)
        self.parameters = tuple(self._parameters())
        self.inputs = (
            Variable("heart_rate", "Hz", 1 / plan.circuit.period, 0.2, 5.0, shown="1/min"),
            *(Variable(f"{agent.name}_rate", "kg/s", 0.0, 0.0, 1.0, shown="ug/min") for agent in plan.agents),
        )
        judged = states(plan.pulses) if plan.pump else ()
        self.states = (
            *(Variable(f"held_{name}", "m^3", kept=True) for name in self._names),
            *(Variable(f"pressed_{name}", "Pa", kept=True) for name in self._names),
            *(Variable(f"moving_{self._branches[k].name}", "m^3/s", kept=True) for k in self._moving),
            *(Variable(f"level_{agent.name}", "kg/s", kept=True) for agent in plan.agents),
            Variable("beat_time", "s", kept=True),
            *(Variable(f"beat_{name}", "s", plan.circuit.period, kept=True) for name in ("length", "before")),
            Variable("lost_volume", "m^3", kept=True),
            *judged,
        )
        self.outputs = tuple(self._outputs())
        self.waves = (Wave("ecg", "V", RATE, N, electrocardiogram),)

    def begin(self, parameters: Array) -> Array:
        """Beating steadily: as the circuit writes its volumes and pressures, and twenty seconds on."""
        alike = bool((parameters == parameters[:, :1, :1]).all())
        own = parameters[:, :1, :1] if alike else parameters
        state, inputs = self._written(own), defaults(self.inputs, *own.shape[1:])
        noise = np.zeros((self.noises, *own.shape[1:]))
        for k in range(_SETTLING):
            state, _ = self.advance(state, inputs, own, k + 1.0, 1.0, noise)
        lost = [variable.name for variable in self.states].index("lost_volume")
        state[lost] = 0.0
        return np.broadcast_to(state, (len(state), *parameters.shape[1:])).copy()

    def _written(self, parameters: Array) -> Array:
        s = rows(self.states, defaults(self.states, *parameters.shape[1:]))
        for k, node in enumerate(self._nodes):
            p = node.pressure or 0.0
            if node.chamber:
                volume = node.volume or node.chamber.rest_diastolic
                p = node.chamber.passive * (volume - node.chamber.rest_diastolic)
            else:
                volume = self._usual.compliance[k] * p + node.unstressed
            s[f"held_{node.name}"][:], s[f"pressed_{node.name}"][:] = volume, p
        for name, value in fresh(self.plan.pulses).items() if self.plan.pump else ():
            s[name][:] = value
        return stacked(self.states, s, parameters.shape[1:])

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`. It takes steps of its own of 10 ms at most."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        n = max(1, math.ceil(dt / SUBSTEP - 1e-9))
        h = dt / n
        levels = {a.name: _lagged(s[f"level_{a.name}"], u[f"{a.name}_rate"], dt, a.onset) for a in self.plan.agents}
        e = self._elements(p, levels)
        standing = self._standing(s)
        drawn = self._drawn(p)
        beat, length, before = s["beat_time"], s["beat_length"], s["beat_before"]
        anew = 1 / np.clip(u["heart_rate"], 0.2, 5.0) * np.exp(0.22 * p["atrial_fibrillation"] * np.clip(noise[0], -2.0, 2.0))
        which, k = [], np.zeros(beat.shape)
        stands: list[Standing] = []
        for _ in range(n):
            pace = np.sqrt(self.plan.circuit.period / length)
            standing = self._stepper.step(
                standing, e, t - dt + len(stands) * h, beat * pace, length * pace, h, pace, quick=self.quick
            )
            if drawn is not None:
                standing = Standing(standing.volume - drawn * h, standing.pressure, standing.flow)
            stands.append(standing)
            beat = beat + h
            over = beat >= length
            which.append(k)
            if over.any():
                beat, before, length, k = (
                    np.where(over, beat - length, beat),
                    np.where(over, length, before),
                    np.where(over, anew, length),
                    k + over,
                )
        after = {
            **{f"held_{name}": standing.volume[..., i] for i, name in enumerate(self._names)},
            **{f"pressed_{name}": standing.pressure[..., i] for i, name in enumerate(self._names)},
            **{f"moving_{self._branches[i].name}": standing.flow[..., i] for i in self._moving},
            **{f"level_{name}": level for name, level in levels.items()},
            "beat_time": beat, "beat_length": length, "beat_before": before,
            "lost_volume": s["lost_volume"] + (0.0 if drawn is None else drawn.sum(axis=-1) * dt),
        }  # fmt: skip
        if self.plan.pump:
            after |= counted(s, self._course(stands, np.array(which), k, self._standing(s), h), before, self.plan.pulses)
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, self._told(after, standing, e, p, shape), shape)

    # what it is like -----------------------------------------------------------------------------------------------------------

    def _parameters(self) -> list[Variable]:
        made = []
        for node in self._nodes:
            if node.chamber:
                made += [
                    Variable(f"{node.name}_contractility", "", 1.0, 0.05, 5.0),
                    Variable(f"{node.name}_stiffness", "", 1.0, 0.1, 10.0),
                ]
            elif node.compliance > 0:
                made.append(
                    Variable(
                        f"{node.name}_compliance",
                        _COMPLIANCE,
                        node.compliance,
                        1e-3 * node.compliance,
                        1e3 * node.compliance,
                        shown="ml/mmHg",
                    )
                )
        for branch in self._branches:
            if branch.valve and branch.bernoulli:
                made += [
                    Variable(f"{branch.name}_stenosis", "", 0.0, 0.0, 0.95),
                    Variable(f"{branch.name}_leak", "", 0.0, 0.0, 0.9),
                ]
            elif branch.resistance > 0:
                made.append(
                    Variable(
                        f"{branch.name}_resistance",
                        _RESISTANCE,
                        branch.resistance,
                        1e-3 * branch.resistance,
                        1e3 * branch.resistance,
                        shown="mmHg*s/ml",
                    )
                )
        made += [Variable(f"{name}_flow", "m^3/s", 0.0, 0.0, 1e-3, shown="ml/min") for name, _ in self.plan.drains]
        return [*made, Variable("atrial_fibrillation", "", 0.0, 0.0, 1.0)]

    def _elements(self, p: Rows, levels: Rows) -> Elements:
        """(member, instance, element)."""
        usual, shape = self._usual, (*p["atrial_fibrillation"].shape, 1)
        compliance, active, passive, forward, backward, bent, leaked = (
            np.array(np.broadcast_to(each, (*shape[:-1], len(each))))
            for each in (
                usual.compliance,
                usual.active,
                usual.passive,
                usual.forward,
                usual.backward,
                usual.forward_bernoulli,
                usual.backward_bernoulli,
            )
        )
        acts = self._acts(levels)
        for i, place in enumerate(self._net.chambers):
            name = self._names[place]
            strength = p[f"{name}_contractility"] * acts.get(name, 1.0)
            if name in self.plan.atria:
                strength = strength * (1 - p["atrial_fibrillation"])
            active[..., i] *= strength
            passive[..., i] *= p[f"{name}_stiffness"]
        for i, node in enumerate(self._nodes):
            if not node.chamber and node.compliance > 0:
                compliance[..., i] = p[f"{node.name}_compliance"]
        for i, branch in enumerate(self._branches):
            if branch.valve and branch.bernoulli:
                left = 1 - p[f"{branch.name}_stenosis"]
                leak = np.maximum(p[f"{branch.name}_leak"], _LEAST_LEAK)
                forward[..., i], bent[..., i] = branch.resistance / left, branch.bernoulli / left**2
                backward[..., i], leaked[..., i] = branch.resistance / leak, branch.bernoulli / leak**2
            elif branch.resistance > 0:
                forward[..., i] = p[f"{branch.name}_resistance"] * acts.get(branch.name, 1.0)
                backward[..., i] = backward[..., i] if branch.valve else forward[..., i]
        return Elements(compliance, usual.unstressed, active, passive, forward, backward, bent, leaked, usual.inertance)

    def _acts(self, levels: Rows) -> dict[str, Array]:
        """By what agents multiply the elements: 1 + share·level / (level + half)."""
        acts: dict[str, Array] = {}
        for agent in self.plan.agents:
            level = levels[agent.name]
            for name, share in agent.acts.items():
                acts[name] = acts.get(name, 1.0) * (1 + share * level / (level + agent.half))
        return acts

    def _drawn(self, p: Rows) -> Array | None:
        """m³/s that leave each node for good; None where nothing does."""
        flows = [(self._names.index(node), p[f"{name}_flow"]) for name, node in self.plan.drains]
        if not any(flow.any() for _, flow in flows):
            return None
        drawn = np.zeros((*p["atrial_fibrillation"].shape, len(self._names)))
        for place, flow in flows:
            drawn[..., place] += flow
        return drawn

    # how it stands -------------------------------------------------------------------------------------------------------------

    def _standing(self, s: Rows) -> Standing:
        flow = np.zeros((*s["beat_time"].shape, len(self._branches)))
        for k in self._moving:
            flow[..., k] = s[f"moving_{self._branches[k].name}"]
        return Standing(
            np.stack([s[f"held_{name}"] for name in self._names], axis=-1),
            np.stack([s[f"pressed_{name}"] for name in self._names], axis=-1), flow,
        )  # fmt: skip

    def _course(self, stands: list[Standing], which: Array, over: Array, before: Standing, h: float) -> Course:
        pressure = np.stack([each.pressure for each in stands])
        volume = np.stack([each.volume[..., self._pump] for each in stands])
        outflow = np.stack([each.flow[..., self._outlet] for each in stands]) if self._outlet >= 0 else np.zeros_like(volume)
        return Course(
            which,
            over,
            pressure[..., self._pulsing],
            pressure[..., self._pump],
            volume,
            before.volume[..., self._pump],
            outflow,
            h,
        )

    def _outputs(self) -> list[Variable]:
        made = []
        for node in self._nodes:
            made += [Variable(f"{node.name}_pressure", "Pa", shown="mmHg"), Variable(f"{node.name}_volume", "m^3", shown="ml")]
        for branch in self._branches:
            made.append(Variable(f"{branch.name}_flow", "m^3/s", shown="ml/s"))
            if branch.valve:
                made += [
                    Variable(f"{branch.name}_state", words=("closed", "open", "leaking")),
                    Variable(f"{branch.name}_angle", "rad", shown="deg"),
                ]
        if self.plan.pump:
            made += [
                *figures(self.plan.pulses),
                Variable("ejection_fraction"),
                Variable("cardiac_output", "m^3/s", shown="l/min"),
                Variable("cardiac_power", "W"),
                Variable("regurgitant_fraction"),
                Variable("beat_rate", "Hz", shown="1/min"),
            ]
        made += [Variable(f"{agent.name}_level", "kg/s", shown="ug/min") for agent in self.plan.agents]
        made += [Variable(f"beat_{name}", "s") for name in ("time", "length", "before")]
        return [
            *made,
            Variable("electric_delay", "s"),
            Variable("blood_volume", "m^3", shown="l"),
            Variable("lost_volume", "m^3", shown="ml"),
        ]

    def _told(self, s: Rows, standing: Standing, e: Elements, p: Rows, shape: tuple[int, ...]) -> dict[str, Array]:
        told: dict[str, Array] = {variable.name: s[variable.name] for variable in self.outputs if variable.name in s}
        for i, name in enumerate(self._names):
            told[f"{name}_pressure"], told[f"{name}_volume"] = standing.pressure[..., i], standing.volume[..., i]
        for i, branch in enumerate(self._branches):
            flow = told[f"{branch.name}_flow"] = standing.flow[..., i]
            if branch.valve:
                leaks = flow < -0.1 * _OPEN_FLOW
                told[f"{branch.name}_state"] = np.where(flow > 0.1 * _OPEN_FLOW, 1.0, np.where(leaks, 2.0, 0.0))
                told[f"{branch.name}_angle"] = _OPENED * np.tanh(np.maximum(flow, 0.0) / _OPEN_FLOW)
        if self.plan.pump:
            told |= _rated(s)
        told |= {f"{agent.name}_level": s[f"level_{agent.name}"] for agent in self.plan.agents}
        told["electric_delay"] = np.full(shape, self.plan.electric)
        told["blood_volume"] = standing.volume.sum(axis=-1)
        return told


def _rated(s: Rows) -> dict[str, Array]:
    pumped = np.maximum(s["end_diastolic_volume"] - s["end_systolic_volume"], 1e-9)
    lasted = np.maximum(s["beat_duration"], 1e-3)
    return {
        "ejection_fraction": pumped / np.maximum(s["end_diastolic_volume"], 1e-9),
        "cardiac_output": s["stroke_volume"] / lasted,
        "cardiac_power": s["stroke_work"] / lasted,
        "regurgitant_fraction": np.clip(1 - s["stroke_volume"] / pumped, 0.0, 1.0),
        "beat_rate": 1 / lasted,
    }


def _lagged(level: Array, rate: Array, dt: float, onset: float) -> Array:
    return rate + (level - rate) * math.exp(-dt / onset)

"""What a beat of a circulation is judged by: highest, lowest and mean pressures, stroke, work; told when the beat is over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.physics.model import Array, Rows, Truths, Variable

_FAR = 1e9
_PRESSURES = ("systolic", "diastolic", "mean")
ONGOING = ("beat_lasted", "volume_most", "volume_least", "ejected", "worked")  # since the beat began


@dataclass(frozen=True, slots=True)
class Course:
    """How it went over some steps, time first: (step, member, instance) and (step, member, instance, node)."""

    beat: Array  # which beat of these steps it was, 0, 1, …
    over: Array  # how many were over by the end: (member, instance)
    pressures: Array  # of the nodes that pulse
    pump_pressure: Array
    pump_volume: Array
    before: Array  # the pump's volume before the first step: (member, instance)
    outflow: Array  # through the outlet
    dt: float


def states(pulses: tuple[str, ...]) -> tuple[Variable, ...]:
    """What is carried: of the beat that goes on, and of the one that is over."""
    ongoing = [Variable(name, kept=True) for name in ONGOING]
    ongoing += [Variable(f"{what}_{node}", "Pa", kept=True) for node in pulses for what in ("most", "least", "summed")]
    return (*ongoing, *figures(pulses))


def figures(pulses: tuple[str, ...]) -> tuple[Variable, ...]:
    """What is told of the beat that is over."""
    return (
        *(Variable(f"{node}_{what}", "Pa", 10_000.0, shown="mmHg", kept=True) for node in pulses for what in _PRESSURES),
        Variable("end_diastolic_volume", "m^3", 1.2e-4, shown="ml", kept=True),
        Variable("end_systolic_volume", "m^3", 5e-5, shown="ml", kept=True),
        Variable("stroke_volume", "m^3", 7e-5, shown="ml", kept=True),
        Variable("stroke_work", "J", 1.0, kept=True),
        Variable("beat_duration", "s", 0.86, kept=True),
    )  # fmt: skip


def counted(s: Rows, course: Course, before: Array, pulses: tuple[str, ...]) -> dict[str, Array]:
    """The rows of `states` after these steps. Stroke work is ∮ p·dV of the pump, step by step.

    `before` is how long the last beat was meant to be: steps are no measure of that."""
    after = {variable.name: s[variable.name] for variable in states(pulses)} | {"beat_before": before}
    moved = np.diff(course.pump_volume, axis=0, prepend=course.before[None])
    for k in range(int(course.over.max()) + 1):
        here = course.beat == k
        over = course.over > k
        _add(after, here, course, moved, pulses)
        if over.any():
            _close(after, over, pulses)
    after.pop("beat_before")
    return after


def _add(after: dict[str, Array], here: Truths, course: Course, moved: Array, pulses: tuple[str, ...]) -> None:
    dt = course.dt
    after["beat_lasted"] = after["beat_lasted"] + _summed(here) * dt
    volume = course.pump_volume
    after["volume_most"] = np.maximum(after["volume_most"], np.where(here, volume, -_FAR).max(axis=0))
    after["volume_least"] = np.minimum(after["volume_least"], np.where(here, volume, _FAR).min(axis=0))
    after["ejected"] = after["ejected"] + _summed(here * course.outflow) * dt
    after["worked"] = after["worked"] - _summed(here * course.pump_pressure * moved)
    for i, node in enumerate(pulses):
        p = course.pressures[..., i]
        after[f"most_{node}"] = np.maximum(after[f"most_{node}"], np.where(here, p, -_FAR).max(axis=0))
        after[f"least_{node}"] = np.minimum(after[f"least_{node}"], np.where(here, p, _FAR).min(axis=0))
        after[f"summed_{node}"] = after[f"summed_{node}"] + _summed(here * p) * dt


def _close(after: dict[str, Array], over: Truths, pulses: tuple[str, ...]) -> None:
    """The beat is over: it is told, and the next begins with nothing."""
    lasted = after["beat_lasted"]
    told = {
        "end_diastolic_volume": after["volume_most"],
        "end_systolic_volume": after["volume_least"],
        "stroke_volume": after["ejected"],
        "stroke_work": after["worked"],
        "beat_duration": after["beat_before"],
    }
    for node in pulses:
        told |= {f"{node}_systolic": after[f"most_{node}"], f"{node}_diastolic": after[f"least_{node}"]}
        told[f"{node}_mean"] = after[f"summed_{node}"] / np.maximum(lasted, 1e-9)
    whole = over & (lasted > 0.1)  # what began within a beat tells nothing of it
    for name, value in told.items():
        after[name] = np.where(whole, value, after[name])
    for name, start in fresh(pulses).items():
        after[name] = np.where(over, start, after[name])


def fresh(pulses: tuple[str, ...]) -> dict[str, float]:
    """Of a beat that begins."""
    ends = (
        {"volume_most": -_FAR, "volume_least": _FAR} | {f"most_{n}": -_FAR for n in pulses} | {f"least_{n}": _FAR for n in pulses}
    )
    return dict.fromkeys(ONGOING, 0.0) | {f"summed_{n}": 0.0 for n in pulses} | ends


def _summed(values: Array | Truths) -> Array:
    """Over the steps, one after the other, so that no bit depends on how many members there are."""
    total: Array = np.add.accumulate(values, axis=0, dtype=np.float64)[-1]
    return total

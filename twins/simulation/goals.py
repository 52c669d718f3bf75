"""Goals: what a search is after and what it turns, as people write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from twins import InputError
from twins.asset import Figure, Taken, Twin
from twins.expression import ExpressionError
from twins.physics import quantity
from twins.simulation.figures import Tally, key_figures
from twins.simulation.knobs import STRUCTURAL, Knob, knob

_CONDITION = re.compile(r"(.+?)\s*(<=|>=|<|>)\s*([^<>=]+)$")


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is to be high or low; with a `bound`, one that is to stay on its good side."""

    figure: Figure
    high: bool
    bound: float | None = None  # in the figure's unit


def knob_named(text: str, twin: Twin) -> Knob:
    """`T01.yaw_offset=-25:25`; without a range its own bounds. Raises InputError."""
    key, given, span = (part.strip() for part in text.partition("="))
    found = knob(twin, key)
    if found is None:
        raise InputError(f"--knob {text}: there is no knob “{key}”; the Simulation panel lists those of each asset")
    if key.rpartition(".")[2] in STRUCTURAL:
        raise InputError(f"--knob {text}: another {key} is another rotor; compare candidates with simulate and compare instead")
    low, high = found.low, found.high
    if given:
        ends = span.split(":")
        try:
            low, high = (float(end) for end in ends)
        except ValueError:
            raise InputError(f"--knob {text}: write {key}=FROM:TO, in {found.unit or 'plain figures'}") from None
        if (found.low is not None and low < found.low) or (found.high is not None and high > found.high):
            raise InputError(f"--knob {text}: {key} can be from {found.low:g} to {found.high:g} {found.unit}".rstrip())
    if low is None or high is None or low >= high:
        raise InputError(f"--knob {text}: nothing says how far {key} may be turned; write {key}=FROM:TO")
    if found.whole:
        low, high = float(math.ceil(low)), float(math.floor(high))
        if low >= high:
            raise InputError(f"--knob {text}: {key} is counted, and there are no two whole numbers there; write a wider FROM:TO")
    return replace(found, low=low, high=high)


def goal_named(text: str, high: bool, twin: Twin) -> Goal:
    """A key figure's name, or `mean power in kW`. Raises InputError."""
    named = next((figure for figure in key_figures(twin) if figure.name == text.strip()), None)
    if named is not None:
        return Goal(named, high)
    taken, _, rest = text.strip().partition(" ")
    expression, _, unit = rest.rpartition(" in ")
    if taken not in list(Taken) or not rest:
        known = ", ".join(figure.name for figure in key_figures(twin))
        raise InputError(f"there is no figure “{text}”; there are {known}, or write one like: mean power in kW")
    return Goal(
        _checked(Figure(text, text, unit if expression else _unit_of(rest, twin), Taken(taken), expression or rest), twin), high
    )


def constraint(text: str, twin: Twin) -> Goal:
    """`highest T01.gearbox_oil_temperature < 75 degC`, or `temperature_margin > 5 K`. Raises InputError."""
    match = _CONDITION.fullmatch(text.strip())
    if not match:
        raise InputError(f"--constraint {text}: write it like highest T01.gearbox_oil_temperature < 75 degC")
    goal = goal_named(match[1], match[2].startswith(">"), twin)
    try:
        bound = quantity(match[3].strip(), goal.figure.unit, bare=True)
    except ValueError as problem:
        raise InputError(f"--constraint {text}: {problem}") from None
    if goal.figure.counted and match[2] in "<>":  # below 13 places are 12
        bound = math.floor(bound) + 1.0 if goal.high else math.ceil(bound) - 1.0
    return replace(goal, bound=bound)


def _unit_of(expression: str, twin: Twin) -> str:
    tag = twin.tags.get(expression.strip())
    return tag.unit if tag is not None else ""


def _checked(figure: Figure, twin: Twin) -> Figure:
    try:
        Tally(twin, (figure,))
    except ExpressionError as problem:
        raise InputError(f"“{figure.label}” can't be reckoned: {problem}") from None
    return figure

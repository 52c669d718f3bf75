"""A model is one vectorised step: an emulator, an estimator, a what-if and a forecast are ways to drive it.

Everything is an array with the axes (variable, member, instance): `state[k, m, i]` is the k-th declared state of the m-th member
of an ensemble, of the i-th asset of the type. Inside, all is SI (angles rad, temperatures K); a package, a tag and a fault speak
declared units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]
Rows = Mapping[str, Array]  # a variable's name → its values, (member, instance)


@dataclass(frozen=True, slots=True)
class Variable:
    """One input, output, state or parameter, and the SI unit that the step calculates in.

    `default` is where a state begins, what an input is that nothing feeds, and what a parameter is where the package is silent.
    """

    name: str
    unit: str = ""
    default: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()  # its value is the place of one of these
    gathered: str = ""  # of an input: the sum over all assets that stand in this relation to the asset: feeds
    against: bool = False  # of a gathered input: from those that the asset itself stands in the relation to
    lagged: bool = False  # of a gathered input: what they told a step ago, so that a circle may close over it
    returned: bool = False  # of an input of a surrounding: what the asset itself told a step ago
    told: str = (
        ""  # the output that tells it: of an input again, of a state (default: by its name), of a parameter on the average
    )
    shown: str = ""  # the unit that people use, where no tag says one: kW
    kept: bool = False  # of a state: a count, a flag or a direction; it is taken over as it is measured, never estimated
    whole: bool = False  # of a parameter or an input: it is counted, so there is no half of one
    bare: str = ""  # of a parameter: under this name a package may write a bare number in `shown`: rated_power_kw


@dataclass(frozen=True, slots=True)
class Wave:
    """A waveform of n values, `rate` (Hz) a second, that is made when it is asked for.

    `make(outputs, parameters, noise)` answers (member, instance, n) in `unit`; `noise` holds standard normals of that shape.
    """

    name: str
    unit: str
    rate: float
    n: int
    make: Callable[[Rows, Rows, Array], Array]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a model can tell of itself without being run: outputs over inputs, all in SI and of one shape."""

    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    evaluate: Callable[[Rows], Rows]


class Model(Protocol):
    """Pure: the same arguments give the same bits, and nothing is remembered between two steps.

    One whose instances act on each other says by which relation they do, `related`, and is `joined(names, pairs, parameters,
    shares)` to those instances; it raises ValueError in one sentence where that can't be.
    """

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What it is given at each step."""
        ...

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """What it tells of itself after each step."""
        ...

    @property
    def states(self) -> tuple[Variable, ...]:
        """All that it carries from step to step."""
        ...

    @property
    def parameters(self) -> tuple[Variable, ...]:
        """What it is like; a fault bends one of them."""
        ...

    @property
    def waves(self) -> tuple[Wave, ...]:
        """Waveforms that can be made from its outputs."""
        ...

    @property
    def noises(self) -> int:
        """How many rows of noise a step takes."""
        ...

    @property
    def longest_step(self) -> float:
        """s; a driver takes no longer one."""
        ...

    @property
    def batched(self) -> bool:
        """Members and instances may be advanced in one call."""
        ...

    @property
    def forkable(self) -> bool:
        """`state` is all there is: a copy of it goes on alone."""
        ...

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """The state after `dt` seconds and the outputs then.

        `t` is the time at the end of the step, s since 1970 UTC; `noise` holds standard normals (noises, member, instance); of a
        model that is `keyed`, one row of keys by which it draws itself.
        """
        ...


def rows(variables: Sequence[Variable], values: Array) -> dict[str, Array]:
    """The rows of an array by name."""
    return dict(zip((variable.name for variable in variables), values, strict=True))


def stacked(variables: Sequence[Variable], values: Rows, shape: tuple[int, ...]) -> Array:
    """Rows by name → one array in the declared order; what is one number for all is spread."""
    made = np.empty((len(variables), *shape))
    for row, variable in zip(made, variables, strict=True):
        row[...] = values[variable.name]
    return made


def defaults(variables: Sequence[Variable], members: int, instances: int) -> Array:
    """What is declared, for every member and instance."""
    start = np.array([variable.default for variable in variables], float).reshape(len(variables), 1, 1)
    return np.tile(start, (1, members, instances))


def beginning(model: Model, parameters: Array) -> Array:
    """The state to begin with, for such parameters: the declared one, unless the model's `begin` knows better."""
    begin = getattr(model, "begin", None)
    return begin(parameters) if begin else defaults(model.states, *parameters.shape[1:])


def resumed(model: Model, state: Array, parameters: Array, told: Rows, t: float) -> Array:
    """The state as measured outputs have it (NaN: not measured), and the rest as it was; a model's `resume` knows better."""
    after = state.copy()
    for row, variable in enumerate(model.states):
        measured = told.get(variable.told or variable.name)
        if measured is not None:
            after[row] = np.where(np.isnan(measured), after[row], measured)
    resume = getattr(model, "resume", None)
    return resume(after, parameters, told, t) if resume else after


def wandered(value: Array, dt: float, time_constant: Array | float, noise: Array) -> Array:
    """One exact step of an Ornstein–Uhlenbeck process of mean 0 and deviation 1 (Gillespie 1996)."""
    kept = np.exp(-dt / time_constant)
    return kept * value + np.sqrt(1 - kept * kept) * noise


def approached(value: Array, target: Array, dt: Array | float, time_constant: Array | float) -> Array:
    """One exact step of a first-order lag."""
    return target + (value - target) * np.exp(-dt / time_constant)

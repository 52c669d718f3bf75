"""An FMU as the model of an asset: native code of somebody else, run in the sandbox, one instance after the other."""

from __future__ import annotations

import itertools
import math
import weakref
from functools import lru_cache
from typing import Any

import numpy as np

from twins import InputError
from twins.expression import scale
from twins.physics.model import Array, Variable, Wave
from twins.sandbox import SandboxError, Session

_HANDLES = itertools.count(1)
_SECONDS = 8.0  # for a step of all instances, and 10 ms for each of them


class FmuError(ValueError):
    """An FMU can't be used; one sentence."""


class FmuModel:
    """FMI 2.0 or 3.0, co-simulation. What it carries is inside the child: `state` holds but the number of each instance.

    Units are those of its description where they can be read; a number without one is taken as the tag's own.
    """

    states = (Variable("handle", kept=True),)
    waves: tuple[Wave, ...] = ()
    noises = 0
    longest_step = math.inf
    batched = False
    forkable = False
    loose_units = True

    def __init__(self, name: str, content: bytes) -> None:
        """Raises FmuError where it can't be read, or is no co-simulation."""
        self.name, self._content = name, content
        try:
            self._described = _described(content)
        except SandboxError as problem:
            raise FmuError(
                f"{name} can't be used: {problem}; export it as FMI 2.0 or 3.0 co-simulation for this system"
            ) from None
        self._child: Session | None = None
        self.inputs = tuple(_variable(each) for each in self._described["inputs"])
        self.outputs = tuple(_variable(each) for each in self._described["outputs"])
        self.parameters = tuple(_variable(each) for each in self._described["parameters"])
        self._tunable = [each["name"] for each in self._described["parameters"] if each["tunable"]]
        self._running: set[int] = set()

    def begin(self, parameters: Array) -> Array:
        """Another instance for each member of each asset."""
        n = parameters.shape[1] * parameters.shape[2]
        handles = np.array([next(_HANDLES) for _ in range(n)], float)
        return handles.reshape(1, *parameters.shape[1:])

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`; not pure, as what is inside the FMU goes on. Raises InputError where the FMU fails."""
        handles = [int(each) for each in state[0].ravel()]
        given = {v.name: inputs[k].ravel().tolist() for k, v in enumerate(self.inputs)}
        like = {v.name: parameters[k].ravel().tolist() for k, v in enumerate(self.parameters)}
        names = [variable.name for variable in self.outputs]
        try:
            self._start([h for h in handles if h not in self._running], handles, like | given)
            tuned = {name: like[name] for name in self._tunable}
            seconds = _SECONDS + 0.01 * len(handles)
            told = self._session.ask("step", handles, dt, given | tuned, names, seconds=seconds)["outputs"]
            outputs = np.array([[np.nan if v is None else float(v) for v in told[name]] for name in names])
        except SandboxError as problem:
            raise InputError(f"the model {self.name} failed: {problem}; it was contained and nothing was written") from None
        except (KeyError, TypeError, ValueError):
            raise InputError(f"the model {self.name} answered nonsense; it was contained and nothing was written") from None
        return state.copy(), outputs.reshape(len(names), *state.shape[1:])

    @property
    def unenforced(self) -> tuple[str, ...]:
        """What this system doesn't keep the FMU from, a sentence each; known once it has run."""
        return self._child.unenforced if self._child is not None else ()

    @property
    def _session(self) -> Session:
        """Begun with the first step."""
        if self._child is None:
            self._child = _opened(self._content)
            weakref.finalize(self, self._child.close)
        return self._child

    def _start(self, fresh: list[int], handles: list[int], values: dict[str, list[float]]) -> None:
        if not fresh:
            return
        if self._described["once"] and (self._running or len(fresh) > 1):
            raise InputError(f"{self.name} can be run only once in a process; give it to one asset, and run one member")
        places = [handles.index(handle) for handle in fresh]
        self._session.ask("start", fresh, {name: [each[k] for k in places] for name, each in values.items()}, seconds=_SECONDS)
        self._running.update(fresh)


def _opened(content: bytes) -> Session:
    return Session("twins.physics.fmu_slave:Slave", "model.fmu", files={"model.fmu": content})


@lru_cache(maxsize=32)
def _described(content: bytes) -> dict[str, Any]:
    """What it says of itself, asked once."""
    with _opened(content) as session:
        return session.ask("describe")


def _variable(told: dict[str, Any]) -> Variable:
    name, unit = str(told["name"]), str(told["unit"])
    try:
        scale(unit)
    except ValueError:
        unit = ""
    low, high = (float(told[k]) if told[k] is not None else end for k, end in (("low", -math.inf), ("high", math.inf)))
    return Variable(name, unit, float(told["start"] or 0.0), low, high)

"""The plant: all models of a twin, stepped together on a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.clock import DAY, MINUTE, SECOND
from twins.emulator.instruments import Instruments
from twins.package.words import did_you_mean
from twins.physics import Array
from twins.record import Samples
from twins.simulation.composition import composed
from twins.simulation.ensemble import Ensemble, longest_step
from twins.simulation.faults import Injection
from twins.simulation.knobs import Knob, knob, knobs_of, to_be_had, turn

NOTHING: Mapping[str, float] = MappingProxyType({})

_LONGEST = SECOND // 4
_SHORTEST = SECOND // 50
_SETTLING = 120 * SECOND
_MOST_SETTLING = 1_500  # steps; what takes short ones is quick to settle


class Plant:
    """Steps are fixed and counted from the start, so that the same twin, seed and start give the same bits, however it is run."""

    def __init__(
        self, twin: Twin, start: int, seed: int = 1, faults: Sequence[Injection] = (), settings: Mapping[str, float] = NOTHING
    ) -> None:
        """Builds it and lets it settle for two minutes at most before `start`; `settings` are knobs that stand otherwise than
        the package says, each in its unit. Raises InputError where the models don't fit or there is no such knob."""
        step = _step(twin)
        settling = min(_SETTLING // step, _MOST_SETTLING)
        self.twin, self.seed = twin, seed
        self._models = Ensemble(twin, start - settling * step, step, seed, stand_ins=True)
        self.instruments = Instruments(self._models, start)
        self._injected: list[Injection] = []
        for fault in faults:
            self.inject(fault)
        for key, value in settings.items():
            self.turn(key, value)
        for _ in range(settling):
            self._models.advance()

    @property
    def time(self) -> int:
        """Where it is, ns UTC."""
        return self._models.time

    @property
    def standing(self) -> Array:
        """The set-points, in their tags' units and the package's order."""
        return self._models.standing[:, 0]

    def parameter(self, asset: str, name: str) -> float:
        """What an asset's model has, in SI."""
        group, i = self._models.of(asset)
        return float(group.parameters[group.row("parameters", name), 0, i])

    def run_to(self, t: int) -> Samples:
        """Everything that is told until t (ns), in order of time."""
        return self.instruments.joined(list(self._until(t)))

    def begin(self, fault: Injection) -> None:
        """As `inject`, but one that acts already goes on: asked for twice it would be sound again for a moment."""
        if not any((each.asset, each.name) == (fault.asset, fault.name) and each.start <= self.time for each in self._injected):
            self.inject(fault)

    def inject(self, fault: Injection) -> None:
        """A fault begins at its instant."""
        self._injected.append(fault)
        if fault.parameter:
            self._models.inject(fault)
        else:
            self.instruments.spoil(fault)

    def set(self, path: str, value: float) -> None:
        """A set-point, in the tag's unit; its tag tells it."""
        self._models.set(path, value)

    def turn(self, key: str, value: float) -> None:
        """A knob stands otherwise from now on, in its unit, and whole where it is counted.

        Raises InputError where there is no such, or not so far."""
        found = _knob(self.twin, key)
        value = float(to_be_had([found], np.array([value]))[0])
        low, high = (-np.inf if found.low is None else found.low), (np.inf if found.high is None else found.high)
        if not low <= value <= high:
            raise InputError(f"{key} can't be {value:g} {found.unit}; it goes from {low:g} to {high:g}")
        turn(self._models, found, np.array([value]))

    def output(self, asset: str, name: str) -> float:
        """What a model says of itself, in SI, whether a tag tells it or not. Raises KeyError."""
        group, i = self._models.of(asset)
        row = group.row("outputs", name)
        if row < 0:
            raise KeyError(f"{asset} {name}")
        return float(group.outputs[row, 0, i])

    def _until(self, t: int) -> Iterator[Samples]:
        while self.time + self._models.step_ns <= t:
            self._models.advance()
            yield self.instruments.due(self.time)


def _knob(twin: Twin, key: str) -> Knob:
    found = knob(twin, key)
    if found is None:
        known = [each.key for each in knobs_of(twin, key.rpartition(".")[0])]
        raise InputError(f"there is nothing to set by “{key}”; " + (did_you_mean(key, known) or f"there are {', '.join(known)}"))
    return found


def _step(twin: Twin) -> int:
    """The step in ns: what the models bear, and four to what the quickest tag tells, where it takes a second or more."""
    periods = [tag.period_ns for tag in twin.tags.values() if tag.period_ns and not tag.computed]
    bears = longest_step(composed(twin, 0))
    longest = (
        SECOND if MINUTE <= bears < DAY else min(max(_LONGEST, min(periods, default=0) // 4), SECOND)
    )  # what goes from event to event is exact at any step
    return max(_SHORTEST, min([longest, bears, *periods]))

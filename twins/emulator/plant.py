"""The plant: all models of a twin, stepped together on a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twins.asset import Twin
from twins.clock import SECOND
from twins.emulator.instruments import Instruments
from twins.physics import keyed_generator
from twins.record import Samples
from twins.simulation.binding import SetPoint, bound
from twins.simulation.composition import composed
from twins.simulation.faults import Injection

_LONGEST = SECOND // 4
_SHORTEST = SECOND // 50
_SETTLING = 120 * SECOND


class Plant:
    """Steps are fixed and counted from the start, so that the same twin, seed and start give the same bits, however it is run."""

    def __init__(self, twin: Twin, start: int, seed: int = 1, faults: Sequence[Injection] = ()) -> None:
        """Builds it and lets it settle for two minutes before `start` (ns). Raises InputError where the models don't fit."""
        bounds, self._setpoints, self._groups = bound(twin, composed(twin, seed), seed)
        self._step_ns = _step(twin, [group.model.longest_step for group in self._groups])
        self.twin, self.time, self.seed = twin, start, seed
        self._steps = -(_SETTLING // self._step_ns)
        self._settled = -self._steps
        self._by_tag = {each.tag.path: (k, each) for k, each in enumerate(self._setpoints)}
        self.instruments = Instruments(bounds, self._setpoints, self._groups, start, seed)
        self._sound = [group.parameters.copy() for group in self._groups]
        self._broken: list[Injection] = []
        self._start = start
        for fault in faults:
            self.inject(fault)
        for each in self._setpoints:
            self._put(each, each.start)
        while self._steps < 0:
            self._advance()

    def run_to(self, t: int) -> Samples:
        """Everything that is told until t (ns), in order of time."""
        return self.instruments.joined(list(self._until(t)))

    def inject(self, fault: Injection) -> None:
        """A fault begins at its instant."""
        if fault.parameter:
            self._broken.append(fault)
        else:
            self.instruments.spoil(fault)

    def set(self, path: str, value: float) -> None:
        """A set-point, in the tag's unit; its tag tells it."""
        k, each = self._by_tag[path]
        self.instruments.standing[k] = value
        self._put(each, value)

    def output(self, asset: str, name: str) -> float:
        """What a model says of itself, in SI, whether a tag tells it or not. Raises KeyError."""
        for group in self._groups:
            names = [variable.name for variable in group.model.outputs]
            if asset in group.instances and name in names:
                return float(group.outputs[names.index(name), 0, group.instances.index(asset)])
        raise KeyError(f"{asset} {name}")

    def _until(self, t: int) -> Iterator[Samples]:
        while self.time + self._step_ns <= t:
            self._advance()
            yield self.instruments.due(self.time)

    def _advance(self) -> None:
        self._steps += 1
        self.time = self._start + self._steps * self._step_ns
        for fault in self._broken:
            if fault.start <= self.time:
                self._bend(fault)
        for group in self._groups:
            group.advance(self._steps + self._settled - 1, self.time / SECOND, self._step_ns / SECOND)

    def _bend(self, fault: Injection) -> None:
        for group, sound in zip(self._groups, self._sound, strict=True):
            if fault.model in group.instances and not group.surrounds:
                row = [variable.name for variable in group.model.parameters].index(fault.parameter)
                variable, i = group.model.parameters[row], group.instances.index(fault.model)
                name = f"{fault.model}.{fault.parameter}"
                noise = float(keyed_generator(self.seed, name, self.time).standard_normal()) if fault.profile.amplitude else 0.0
                bent = fault.profile.changed(sound[row, 0, i], sound[row, 0, i], (self.time - fault.start) / SECOND, noise)
                group.parameters[row, :, i] = min(max(bent, variable.low), variable.high)
                return

    def _put(self, each: SetPoint, value: float) -> None:
        if each.group is not None:
            each.group.inputs[each.row, :, each.instance] = value * each.factor + each.offset


def _step(twin: Twin, longest: Sequence[float]) -> int:
    """The step in ns: what the models bear and what the quickest tag wants."""
    periods = [tag.period_ns for tag in twin.tags.values() if tag.period_ns]
    return max(_SHORTEST, min([_LONGEST, *(round(each * SECOND) for each in longest if each < 1e6), *periods]))

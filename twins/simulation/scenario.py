"""A scenario: what is to be otherwise, as it can be handed on and repeated to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from twins.asset import Twin
from twins.clock import MINUTE, format_duration
from twins.simulation.changes import Order, Series, with_parameter
from twins.simulation.faults import begins_after


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is otherwise than it was or would be. Inputs are by (asset, name), in SI; asset "" is all that take it."""

    name: str = ""
    description: str = ""
    duration: int = 0  # ns; 0: not said
    step: int = 0  # ns; 0: by the duration
    spin_up: int = 30 * MINUTE  # ns of measurements that the models are driven through before the fork
    seed: int = 1
    recorded: bool = True  # inputs are as they were recorded, as far as the record reaches
    still: bool = False  # without noise
    parameters: Mapping[str, object] = field(default_factory=dict)  # asset.parameter → as it is written
    inputs: Mapping[tuple[str, str], Series] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    faults: tuple[str, ...] = ()  # as --fault takes them
    text: str = ""  # the file it came from

    def varied(self, twin: Twin) -> Twin:
        """The twin with these parameters. Raises InputError."""
        for name, value in self.parameters.items():
            twin = with_parameter(twin, name, value)
        return twin

    def late(self, duration: int) -> Iterator[tuple[tuple[str, int], str]]:
        """(place in the file, sentence) of what can never come in a run of `duration` ns."""
        begins = [(("commands", k), f"{order.tag} is commanded", order.after) for k, order in enumerate(self.orders)]
        begins += [(("faults", k), f"{text} begins", begins_after(text) or 0) for k, text in enumerate(self.faults)]
        for place, what, after in begins:
            if after >= duration > 0:
                yield place, f"{what} after {format_duration(after)}, the run ends after {format_duration(duration)}"

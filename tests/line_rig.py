"""A line made of stations by hand, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from twins.physics import Keys, beginning, defaults, rows, setting
from twins.physics.production_line import ProductionLine

Stations = Mapping[str, Mapping[str, object]]


class Line:
    """`stations`: name → parameters as a package writes them; `feeds`: “A B” for each relation."""

    def __init__(self, stations: Stations, feeds: Sequence[str], members: int = 1, seed: int = 1) -> None:
        self.names = list(stations)
        model = ProductionLine()
        self.parameters = defaults(model.parameters, members, len(stations))
        for i, written in enumerate(stations.values()):
            for name, value in written.items():
                row, variable = next((k, each) for k, each in enumerate(model.parameters) if each.name == name)
                self.parameters[row, :, i] = setting(variable, name, value)
        pairs = [tuple(self.names.index(end) for end in each.split()) for each in feeds]
        self.model = model.joined(self.names, pairs, self.parameters)
        self.state = beginning(self.model, self.parameters)
        self.inputs = defaults(self.model.inputs, members, len(stations))
        self.keys = Keys(seed, "line", members, len(stations)).at(0)
        self.outputs = np.zeros((0, members, len(stations)))

    def run(self, seconds: float, dt: float) -> Line:
        """Steps of `dt` until so long has passed."""
        for k in range(round(seconds / dt)):
            self.state, self.outputs = self.model.advance(self.state, self.inputs, self.parameters, k * dt, dt, self.keys)
        return self

    def told(self, name: str, station: str) -> np.ndarray:
        """(member,)"""
        return rows(self.model.outputs, self.outputs)[name][:, self.names.index(station)]

    def set(self, name: str, value: float, station: str) -> None:
        """An input, in SI."""
        row = [each.name for each in self.model.inputs].index(name)
        self.inputs[row, :, self.names.index(station)] = value

"""Noise that depends on seed, member and step alone: however a run is cut into chunks, no bit changes."""

from __future__ import annotations

import zlib

import numpy as np

from twins.physics.model import Array

BLOCK = 256  # steps that one generator draws; a block is aligned to multiples of it
AT_ONCE = 2_000_000  # numbers that are drawn in one go, where a block is more


class Noise:
    """Standard normals for one model: `at(step)` is (rows, member, instance)."""

    def __init__(
        self, seed: int, name: str, rows: int, members: int, instances: int, first: int = 0, *, alike: bool = False
    ) -> None:
        """`first` is the number of the first member; `alike` gives all of them its noise."""
        self._key = [seed & 0xFFFFFFFF, zlib.crc32(name.encode())]
        self._shape = (rows, instances)
        self._numbers = range(first, first + (1 if alike else members))
        self._members = members
        size = max(rows * instances * len(self._numbers), 1)
        self._go = next((steps for steps in (BLOCK, 64, 16, 4) if steps * size <= AT_ONCE), 1)
        self._block = self._part = -1
        self._generators: list[np.random.Generator] = []
        self._drawn = np.zeros((0, rows, members, instances))

    def at(self, step: int) -> Array:
        """The noise of one step, counted from 0."""
        block, within = divmod(step, BLOCK)
        part, within = divmod(within, self._go)
        if block != self._block or part < self._part:
            self._generators = [np.random.default_rng([*self._key, member, block]) for member in self._numbers]
            self._block, self._part = block, -1
        while self._part < part:
            self._part += 1
            self._draw()
        return self._drawn[within]

    def _draw(self) -> None:
        """A part after the other, as the whole block would have been drawn."""
        drawn = np.stack([each.standard_normal((self._go, *self._shape)) for each in self._generators], axis=2)
        self._drawn = np.broadcast_to(drawn, (*drawn.shape[:2], self._members, drawn.shape[3]))


class Keys:
    """For models that draw by number: `at(step)` is (1, member, instance), the same at every step, a number above 0 that names
    seed, member and instance and nothing else."""

    def __init__(self, seed: int, name: str, members: int, instances: int, first: int = 0, *, alike: bool = False) -> None:
        """As of `Noise`."""
        numbers = range(first, first + (1 if alike else members))
        drawn = [
            np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(name.encode()), n]).integers(1, 2**52, instances)
            for n in numbers
        ]
        self._keys = np.broadcast_to(np.array(drawn, np.float64)[None], (1, members, instances))

    def at(self, step: int) -> Array:
        """Whatever the step."""
        return self._keys


def keyed_generator(seed: int, name: str, t: int) -> np.random.Generator:
    """For what is drawn now and then: the same for the same seed, name and instant (ns)."""
    return np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(name.encode()), t & 0xFFFFFFFFFFFFFFFF])

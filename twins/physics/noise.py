"""Noise that depends on seed, member and step alone: however a run is cut into chunks, no bit changes."""

from __future__ import annotations

import zlib

import numpy as np

from twins.physics.model import Array

BLOCK = 256  # steps that are drawn at once; a block is aligned to multiples of it


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
        self._block = -1
        self._drawn = np.zeros((0, rows, members, instances))

    def at(self, step: int) -> Array:
        """The noise of one step, counted from 0."""
        block, within = divmod(step, BLOCK)
        if block != self._block:
            self._block = block
            drawn = np.stack([self._member(member, block) for member in self._numbers], axis=2)
            self._drawn = np.broadcast_to(drawn, (*drawn.shape[:2], self._members, drawn.shape[3]))
        return self._drawn[within]

    def _member(self, member: int, block: int) -> Array:
        return np.random.default_rng([*self._key, member, block]).standard_normal((BLOCK, *self._shape))


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

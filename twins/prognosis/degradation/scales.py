"""Scales on which a level may grow evenly: its own, its logarithm's, and the powers on which Paris' law is a straight line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PARIS = (-0.5, -1.0)  # 1 − m for dx/dt = C x^m with m = 1.5 and 2
_LEAST = 1e-12  # where Paris' law knows no level any more, the crack being through


@dataclass(frozen=True, slots=True)
class Scale:
    """A level seen as z, 0 at the first readings and rising towards the threshold.

    z = (bare − origin) / unit, where bare is the level for `power` 1, else ((level / threshold)^power − 1) / power, which is the
    logarithm for power 0 (Box and Cox 1964).
    """

    origin: float
    unit: float
    power: float
    threshold: float

    def seen(self, value: Array) -> Array:
        """z of values (…)."""
        return np.asarray((self._bare(value) - self.origin) / self.unit)

    def back(self, z: Array) -> Array:
        """The values (…) of z."""
        bare = self.origin + self.unit * z
        if self.power == 1.0:
            return np.asarray(bare)
        left = bare if self.power == 0.0 else np.log(np.maximum(1 + self.power * bare, _LEAST)) / self.power
        return np.asarray(np.exp(np.clip(np.log(self.threshold) + left, -700, 700)))

    def density(self, value: Array) -> float:
        """Log of dz/dvalue, summed over the values: makes evidence on all scales comparable."""
        even = -len(value) * float(np.log(abs(self.unit)))
        if self.power == 1.0:
            return even
        return even + float(((self.power - 1) * np.log(value) - self.power * np.log(self.threshold)).sum())

    def _bare(self, value: Array) -> Array:
        if self.power == 1.0:
            return value
        logarithm = np.log(value) - np.log(self.threshold)
        return np.asarray(logarithm if self.power == 0.0 else np.expm1(self.power * logarithm) / self.power)


def scales(value: Array, threshold: float, rising: float) -> list[Scale]:
    """The level's own, and where level and threshold are positive the others; Paris' only for what grows."""
    if threshold <= 0 or (value <= 0).any():
        return [_scale(value, threshold, rising, 1.0)]
    powers = (1.0, 0.0, *PARIS) if rising > 0 else (1.0, 0.0)
    return [_scale(value, threshold, rising, power) for power in powers]


def _scale(value: Array, threshold: float, rising: float, power: float) -> Scale:
    plain = Scale(0.0, 1.0, power, threshold)
    bare, end = plain.seen(value), float(plain.seen(np.array(threshold)))
    unit = float(np.subtract(*np.percentile(bare, [97, 3])))
    least = 1e-3 * abs(end - float(bare[-1]))
    return Scale(float(np.median(bare[:3])), rising * max(unit, least, 1e-300), power, threshold)

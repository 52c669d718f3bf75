"""How far chambers are contracted over a beat: the functions of time that the literature uses, each 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twins.physics.circuit import Activation
from twins.physics.model import Array

KINDS = {  # the numbers of each, in order; s unless they say otherwise
    "half-cosine": ("start", "duration"),
    "piecewise-cosine": ("contract_start", "relax_start", "contract_duration", "relax_duration"),
    "two-hill": ("start", "rise", "fall", "rise_exponent", "fall_exponent"),
    "wrapping-cosine": ("systole", "after"),
    "fourier": ("least", "span"),
}
_COEFFICIENTS = (  # of the normalised ventricular elastance, cosine and sine (Tran 2017, as svZeroDSolver publishes them)
    (0.283748803, 0.0), (0.031830626, -0.374299825), (-0.209472400, -0.018127770), (0.020520047, 0.073971113),
    (0.008316883, -0.047249597), (-0.041677660, 0.003212163), (0.000867323, 0.019441411), (-0.001675379, -0.005565534),
    (-0.011252277, 0.003401432), (-0.000414677, 0.008376795), (0.000253749, -0.000071880), (-0.002584966, 0.001566861),
    (0.000584752, 0.003143555), (0.000028502, -0.000024787), (0.000022961, -0.000007476), (0.000018735, -0.000001281),
    (0.000015573, 0.000001781), (0.000013133, 0.000003494), (0.000011199, 0.000004507), (0.000009634, 0.000005117),
    (0.000008343, 0.000005481), (0.000007265, 0.000005687), (0.000006354, 0.000005789), (0.000005575, 0.000005821),
    (0.000004903, 0.000005805),
)  # fmt: skip


class Contraction:
    """All chambers of a circuit at once: chambers of one kind are one evaluation."""

    def __init__(self, activations: Sequence[Activation], period: float) -> None:
        """`period` (s) is the beat for which the numbers are written."""
        self._n = len(activations)
        self._kinds: list[tuple[Callable[[Array, Array, Array], Array], NDArray[np.intp], Array]] = []
        for kind in dict.fromkeys(each.kind for each in activations):
            places = np.array([k for k, each in enumerate(activations) if each.kind == kind], np.intp)
            numbers = np.array([activations[k].numbers for k in places], float).T
            if kind == "two-hill":
                numbers = np.vstack([numbers, _highest_hill(numbers, period)])
            self._kinds.append((_FUNCTIONS[kind], places, numbers))

    def at(self, t: Array, period: Array) -> Array:
        """(…, chamber) for times within the beat (…) and its length (…), s."""
        if len(self._kinds) == 1:
            kind, _, numbers = self._kinds[0]
            return kind(t[..., None], period[..., None], numbers)
        made = np.empty((*t.shape, self._n))
        for kind, places, numbers in self._kinds:
            made[..., places] = kind(t[..., None], period[..., None], numbers)
        return made


def _half_cosine(t: Array, period: Array, n: Array) -> Array:
    since = np.mod(t, period) - n[0]
    return np.where((since >= 0) & (since <= n[1]), 0.5 - 0.5 * np.cos(2 * math.pi * since / n[1]), 0.0)


def _piecewise_cosine(t: Array, period: Array, n: Array) -> Array:
    """Regazzoni 2022."""
    contracting, relaxing = np.mod(t - n[0], period), np.mod(t - n[1], period)
    up = 0.5 * (1 - np.cos(math.pi * contracting / n[2]))
    down = np.where(relaxing < n[3], 0.5 * (1 + np.cos(math.pi * relaxing / n[3])), 0.0)
    return np.where(contracting < n[2], up, down)


def _two_hill(t: Array, period: Array, n: Array) -> Array:
    """Mynard 2012, Stergiopulos 1996."""
    since = np.mod(t - n[0], period)
    rise, fall = (since / n[1]) ** n[3], (since / n[2]) ** n[4]
    return rise / ((1 + rise) * (1 + fall) * n[5])


def _highest_hill(n: Array, period: float) -> Array:
    t = np.linspace(0, period, 20_001)[:, None]
    rise, fall = (t / n[1]) ** n[3], (t / n[2]) ** n[4]
    highest: Array = (rise / ((1 + rise) * (1 + fall))).max(axis=0)
    return highest


def _wrapping_cosine(t: Array, period: Array, n: Array) -> Array:
    """An atrium that contracts across the beginning of the beat (Sankaran 2012): `systole` as a share, `after` as a divisor."""
    length, after = period * n[0], period / n[1]
    since = np.mod(np.mod(t, period) - after + length, period)
    return np.where(since <= length, 0.5 * (1 - np.cos(2 * math.pi * since / length)), 0.0)


def _fourier(t: Array, period: Array, n: Array) -> Array:
    turn = 2 * math.pi * t / period
    value = sum(a * np.cos(k * turn) - b * np.sin(k * turn) for k, (a, b) in enumerate(_COEFFICIENTS))
    return (np.asarray(value) - n[0]) / n[1]


def fourier_extremes() -> tuple[float, float]:
    """The least of the series and its span, by which it becomes 0 to 1."""
    values = _fourier(np.linspace(0, 1, 10_000, endpoint=False), np.ones(()), np.array([0.0, 1.0]))
    return float(values.min()), float(values.max() - values.min())


_FUNCTIONS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "half-cosine": _half_cosine,
    "piecewise-cosine": _piecewise_cosine,
    "two-hill": _two_hill,
    "wrapping-cosine": _wrapping_cosine,
    "fourier": _fourier,
}

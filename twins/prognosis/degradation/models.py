"""How degradation grows: shapes in time, each a baseline and one or two terms that only grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TERMS = 3
_HUGE = 1e6


@dataclass(frozen=True, slots=True)
class Shape:
    """Terms f(u) of scaled time u (0: the first reading, 1: the last one), (m,) → (m, ≤ 2), 0 at the start and 1 at u = 1.

    `sign` of each term: +1 towards the threshold, −1 away, 0 either.
    """

    family: str
    terms: Callable[[Array], Array]
    prior: float
    sign: tuple[float, float] = (1.0, 1.0)

    @property
    def grows(self) -> bool:
        """Whether there is a trend towards the threshold in it."""
        return self.terms is not _flat and self.sign[1] > 0

    def basis(self, u: Array) -> Array:
        """(m, 3): one, and the terms, filled up with zeros."""
        basis = np.zeros((len(u), TERMS))
        basis[:, 0] = 1.0
        terms = self.terms(u)
        basis[:, 1 : 1 + terms.shape[1]] = np.clip(np.nan_to_num(terms, nan=_HUGE), -_HUGE, _HUGE)
        return basis


def shapes(power: float, step: float) -> list[Shape]:
    """All that are averaged; those on the level's own scale (`power` 1), on its logarithm's (0) or on one of Paris' (below 0)."""
    onsets = tuple(sorted({0.25, 0.5, 0.7, 0.8, 0.87, 0.93} | {1 - k * step for k in (6, 12, 25) if k * step < 0.05}))
    families = _plain(onsets) if power == 1 else _in_proportion(onsets) if power == 0 else _paris(onsets)
    return [shape for family in families for shape in family]


def _plain(onsets: tuple[float, ...]) -> list[list[Shape]]:
    return [
        _family("no trend", [_flat], 1.0),
        _family("receding", [_power(1.0, 0.0)], 0.5, sign=(-1.0, -1.0)),
        _family("linear wear", [_power(1.0, 0.0)], 2.0),
        _family("linear wear since an onset", [_power(1.0, onset) for onset in onsets], 1.0),
        _family("power law", [_power(b, 0.0) for b in (0.6, 0.8, 1.25, 1.6, 2.0, 3.0)], 1.5),
        _family("power law since an onset", [_power(b, onset) for b in (0.5, 1.5, 2.5) for onset in onsets], 1.0),
        _family("square root and linear (SEI)", [_root_and_linear], 1.0),
        _family("saturating", [_exponential(-c) for c in (0.5, 1.0, 2.0, 4.0)], 1.0),
        _family("exponential", [_exponential(c) for c in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)], 1.0),
        _family(
            "Paris-like growth", [_blow_up(end, p) for p in (0.5, 1.0, 2.0) for end in (1.05, 1.15, 1.3, 1.6, 2.2, 3.5)], 1.0
        ),
        _family("exponential since an onset", [_late_exponential(c, onset) for c in (1.0, 3.0) for onset in onsets], 1.0),
        _family("running in, then linear wear", [_run_in(tau) for tau in (0.03, 0.1, 0.25)], 0.7, sign=(0.0, 1.0)),
        _family("knee", [_knee(k) for k in (0.3, 0.5, 0.7, 0.85)], 0.7),
    ]


def _paris(onsets: tuple[float, ...]) -> list[list[Shape]]:
    """dx/dt = C x^m (Paris and Erdogan 1963): x^(1 − m) is a straight line."""
    return [
        _family("Paris' law", [_power(1.0, 0.0)], 0.5),
        _family("Paris' law since an onset", [_power(1.0, onset) for onset in onsets], 0.5),
    ]


def _in_proportion(onsets: tuple[float, ...]) -> list[list[Shape]]:
    """Of the logarithm: noise and growth are in proportion to the level, as vibration's are."""
    return [
        _family("no trend, in proportion", [_flat], 0.5),
        _family("growth in proportion", [_power(1.0, 0.0)], 1.0),
        _family("growth in proportion since an onset", [_power(1.0, onset) for onset in onsets], 1.0),
        _family("power law in proportion", [_power(b, 0.0) for b in (0.6, 1.5, 2.5)], 1.0),
    ]


def _family(
    name: str,
    terms: list[Callable[[Array], Array]],
    prior: float,
    sign: tuple[float, float] = (1.0, 1.0),
) -> list[Shape]:
    return [Shape(name, each, prior / len(terms), sign) for each in terms]


def _flat(u: Array) -> Array:
    return np.empty((len(u), 0))


def _power(b: float, onset: float) -> Callable[[Array], Array]:
    """A Wiener process in transformed time, t^b (Whitmore and Schenkelberg 1997)."""
    return lambda u: (np.maximum((u - onset) / (1 - onset), 0.0) ** b)[:, None]


def _exponential(c: float) -> Callable[[Array], Array]:
    return lambda u: (np.expm1(np.minimum(c * u, 50.0)) / np.expm1(c))[:, None]


def _root_and_linear(u: Array) -> Array:
    """Growth of the film on the anode with √t, limited by diffusion, beside linear losses."""
    return np.stack([np.sqrt(u), u], axis=1)


def _blow_up(end: float, p: float) -> Callable[[Array], Array]:
    """dx/dt = C x^m solved: (1 − t/end)^−p with p = 1/(m − 1) (Paris and Erdogan 1963)."""

    def terms(u: Array) -> Array:
        left = np.maximum(1 - u / end, 1e-12)
        return np.asarray((left**-p - 1) / ((1 - 1 / end) ** -p - 1))[:, None]

    return terms


def _late_exponential(c: float, onset: float) -> Callable[[Array], Array]:
    return lambda u: (np.expm1(np.minimum(c * np.maximum((u - onset) / (1 - onset), 0.0), 50.0)) / np.expm1(c))[:, None]


def _run_in(tau: float) -> Callable[[Array], Array]:
    """Whichever way the level settles at first."""
    return lambda u: np.stack([-np.expm1(-u / tau), u], axis=1)


def _knee(k: float) -> Callable[[Array], Array]:
    return lambda u: np.stack([u, np.maximum(u - k, 0.0) / (1 - k)], axis=1)

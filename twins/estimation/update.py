"""The update: an ensemble drawn to what was measured, one measurement after the other, for many instances at once.

A serial square-root filter (Whitaker & Hamill 2002, doi:10.1175/1520-0493(2002)130<1913:EDAWPO>2.0.CO;2): it needs no perturbed
measurements, and what is measured twice counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]

GATE = 4.0  # deviations; what is further from what was expected says more of its sensor than of the plant


@dataclass(frozen=True, slots=True)
class Innovations:
    """Of k measurements of i instances: measured − predicted, the variance that was expected of it, and which were used."""

    off: Array  # (k, i); NaN where nothing was measured
    variance: Array  # (k, i): of the prediction alone
    used: Truths  # (k, i)


def updated(
    x: Array, slow: Array, told: Array, measured: Array, variance: Array, doubt: Array
) -> tuple[Array, Array, Innovations]:
    """`x` (n, m, i) and `slow` (p, m, i): unknowns that are forgotten soon and those that are not, of m members and i instances.

    `told` (k, m, i) is what they predict of k measurements; `measured` (k, i), NaN where there is none, with its `variance`, and
    with `doubt` for what is slow. Answers x and slow drawn to them; beyond the gate a measurement is left alone.
    """
    x, slow, told = x.copy(), slow.copy(), told.copy()
    off, predicted = np.full(measured.shape, np.nan), np.zeros(measured.shape)
    used = np.zeros(measured.shape, bool)
    for k in range(len(measured)):
        own = np.nan_to_num(told[k] - told[k].mean(axis=0))  # where an instance has no such measurement, nothing is told of it
        predicted[k] = (own**2).sum(axis=0) / (len(own) - 1)
        off[k] = measured[k] - told[k].mean(axis=0)
        far = off[k] ** 2 > GATE**2 * (predicted[k] + variance[k])
        used[k] = np.isfinite(off[k]) & ~far
        if not used[k].any():
            continue
        for unknown, noise in ((x, variance[k]), (slow, doubt[k]), (told[k + 1 :], variance[k])):
            unknown += _towards(unknown, own, predicted[k], off[k], used[k], noise)
    return x, slow, Innovations(off, predicted, used)


def _towards(x: Array, own: Array, predicted: Array, off: Array, used: Truths, noise: Array) -> Array:
    """What one measurement changes in x (n, m, i); `own` (m, i) are the members' deviations in what it measures."""
    members, total = len(own), predicted + noise
    deviations = x - x.mean(axis=1, keepdims=True)
    shared = np.einsum("nmi,mi->ni", deviations, own) / (members - 1)
    spread = np.einsum("nmi,nmi->ni", deviations, deviations) / (members - 1)
    gain = np.where(used, shared * _believed(shared, spread * predicted, members) / total, 0.0)
    kept = 1 / (1 + np.sqrt(noise / total))
    return gain[:, None, :] * (np.where(used, off, 0.0) - kept * own)


def _believed(shared: Array, spreads: Array, members: int) -> Array:
    """The part of a covariance that so few members can tell from chance: correlation² less what chance gives, over it."""
    squared = np.divide(shared**2, spreads, out=np.zeros_like(shared), where=spreads > 0)
    beyond = squared - (1 - squared) / (members - 2)
    return np.divide(np.maximum(beyond, 0.0), squared, out=np.zeros_like(shared), where=squared > 0)

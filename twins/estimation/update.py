"""The update: an ensemble drawn to what was measured, one measurement after the other, for many instances at once.

A serial square-root filter (Whitaker & Hamill 2002, doi:10.1175/1520-0493(2002)130<1913:EDAWPO>2.0.CO;2): it needs no perturbed
measurements, and what is measured twice counts twice. What a member is drawn by is found from others alone (Houtekamer &
Mitchell 1998, doi:10.1175/1520-0493(1998)126<0796:DAUAEK>2.0.CO;2): found from itself, chance would pass for knowledge, and
with every update they would know a little more than was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Truths = NDArray[np.bool_]

GATE = 4.0  # deviations; what is further from what was expected says more of its sensor than of the plant
_GROUPS = 8  # of members; each is drawn by what the others tell


@dataclass(frozen=True, slots=True)
class Innovations:
    """Of k measurements of i instances: measured − predicted, the variance that was expected of it, and which were used."""

    off: Array  # (k, i); NaN where nothing was measured
    variance: Array  # (k, i): of the prediction alone
    used: Truths  # (k, i)


def updated(
    x: Array, slow: Array, told: Array, measured: Array, variance: Array, doubt: Array
) -> tuple[Array, Array, Innovations]:
    """`x` (n, m, i) and `slow` (p, m, i): unknowns that are forgotten soon and those that are not, of m members (a multiple of
    8) and i instances.

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
        own = own.reshape(_GROUPS, -1, own.shape[-1])
        of_others = _of_others(own, own)
        for unknown, noise in ((x, variance[k]), (slow, doubt[k]), (told[k + 1 :], variance[k])):
            unknown += _towards(unknown, own, of_others, off[k], used[k], noise)
    return x, slow, Innovations(off, predicted, used)


def mixed(members: Array, noise: Array) -> Array:
    """(n, m, i) as another draw that has the same mean and covariance, by reflections in m − 1 dimensions; `noise` (r, m) says
    in which. Without them a few members would in time stand far out and the rest too close (Sakov & Oke 2008,
    doi:10.1175/2007MWR2021.1). What belongs together is mixed by the same noise."""
    for each in noise:
        normal = (each - each.mean()) / (each.std() * np.sqrt(len(each)))
        members = members - 2 * normal[:, None] * np.einsum("nmi,m->ni", members, normal)[:, None]
    return members


def _towards(x: Array, own: Array, predicted: Array, off: Array, used: Truths, noise: Array) -> Array:
    """What one measurement changes in x (n, m, i); `own` (g, c, i) are the deviations of all members, in groups, in what it
    measures, and `predicted` (g, i) their variance in the other groups."""
    deviations = (x - x.mean(axis=1, keepdims=True)).reshape(len(x), *own.shape)
    shared, total = _of_others(deviations, own), predicted + noise
    believed = _believed(shared, _of_others(deviations, deviations) * predicted, x.shape[1] - own.shape[1])
    gain = np.where(used, shared * believed / total, 0.0)[:, :, None]
    kept = 1 / (1 + np.sqrt(noise / total))[:, None]
    change: Array = gain * (np.where(used, off, 0.0) - kept * own)
    return change.reshape(x.shape)


def _of_others(a: Array, b: Array) -> Array:
    """(…, g, i): the covariance of two deviations (…, g, c, i) among all members that aren't of group g."""
    products, rest = np.einsum("...gci,...gci->...gi", a, b), (a.shape[-3] - 1) * a.shape[-2]
    apart = a.sum(axis=-2) * b.sum(axis=-2) / rest  # all deviations add up to nothing: those of the others to these, turned
    covariance: Array = (products.sum(axis=-2, keepdims=True) - products - apart) / (rest - 1)
    return covariance


def _believed(shared: Array, spreads: Array, members: int) -> Array:
    """The part of a covariance that so few members can tell from chance: correlation² less what chance gives, over it."""
    squared = np.divide(shared**2, spreads, out=np.zeros_like(shared), where=spreads > 0)
    beyond = squared - (1 - squared) / (members - 2)
    return np.divide(np.maximum(beyond, 0.0), squared, out=np.zeros_like(shared), where=squared > 0)

"""Merging: of several values for one tag and time the same is kept once, and others are in conflict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind
from twins.expression.units import conversion
from twins.record import Channel, Samples

Int64 = NDArray[np.int64]
_ROUNDING = 1e-12  # relative: what a conversion there and back may lose
_ABREAST = 8  # new values of one instant that a held one is compared with


@dataclass(frozen=True, slots=True)
class Merged:
    """Which of n new values are kept, in order of time and then of row; the rest are duplicates."""

    kept: NDArray[np.intp]
    doubtful: NDArray[np.bool_]  # of the kept: another value stands at the same time
    conflicts: NDArray[np.intp]  # of the n: kept beside an earlier one
    duplicates: NDArray[np.intp]  # of the n: dropped


def merge(time: Int64, values: Int64, held_time: Int64, held_values: Int64) -> Merged:
    """New values of one tag in the file's order against each other, and against what the recording holds already.

    Of equal values at one time the last row stays, so that the one shown is the file's last word; what is held wins over
    all, so that the same file twice adds nothing. `values` are bit patterns that are equal where the values are.
    """
    n = len(time)
    all_time = np.concatenate([time, held_time])
    all_values = np.concatenate([values, held_values])
    number = np.arange(len(all_time))  # held ones come after the new ones: they are the last of their equals
    order = np.lexsort((number, all_values, all_time))
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(all_time[order]) != 0) | (all_values[order][1:] != all_values[order][:-1])
    dropped = order[~last]
    # A held value may stand twice in the recording itself: that is nobody's duplicate here.
    duplicates = np.sort(dropped[dropped < n])
    stays = np.ones(len(all_time), bool)
    stays[dropped] = False
    left = np.flatnonzero(stays)
    rank = np.where(left < n, left + 1, 0)  # held before new
    left = left[np.lexsort((rank, all_time[left]))]
    same = np.zeros(len(left), bool)
    same[1:] = np.diff(all_time[left]) == 0
    shared = same.copy()
    shared[:-1] |= same[1:]
    new = left < n
    return Merged(left[new], shared[new], left[new & same], duplicates)


def in_terms_of(tag: Tag, held: Samples) -> Samples:
    """Held samples as the tag is declared today: units converted, an enumeration's codes told by its names.

    What was written as another kind, in a unit that does not convert or with a name that is gone can't be compared: it is
    left out.
    """
    bits, alike = held.bits.copy(), np.zeros(len(held), bool)
    for i in np.unique(held.channel).tolist():
        rows = np.flatnonzero(held.channel == i)
        bits[rows], alike[rows] = _translated(tag, held.channels[i], held.bits[rows])
    return replace(held, bits=bits).take(alike)


def without_rounding(time: Int64, values: Int64, held_time: Int64, held_values: Int64) -> Int64:
    """The held numbers (bit patterns), each as a new one of its instant where the two differ by rounding alone."""
    order = np.argsort(time, kind="stable")
    time, values = time[order], values[order]
    first, past = np.searchsorted(time, held_time, side="left"), np.searchsorted(time, held_time, side="right")
    settled = held_values.copy()
    for ahead in range(min(int((past - first).max(initial=0)), _ABREAST)):
        rows = np.flatnonzero(first + ahead < past)
        new = values[first[rows] + ahead]
        close = np.isclose(held_values[rows].view(np.float64), new.view(np.float64), rtol=_ROUNDING, atol=0.0, equal_nan=True)
        settled[rows[close]] = new[close]
    return settled


def _translated(tag: Tag, channel: Channel, bits: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """Bits of a channel as the tag's own, and which of them have such a meaning."""
    every = np.ones(len(bits), bool)
    if channel.kind is not tag.kind:
        return bits, ~every
    if tag.kind is TagKind.ENUMERATION and channel.values != tag.values:
        codes = np.array([tag.values.index(name) if name in tag.values else -1 for name in channel.values] or [-1], np.int64)
        known = (bits >= 0) & (bits < len(channel.values))
        translated = codes[np.where(known, bits, 0)]
        return translated, known & (translated >= 0)
    if channel.unit == tag.unit or tag.kind not in (TagKind.NUMBER, TagKind.INTEGER):
        return bits, every
    return _converted(tag, channel.unit, bits)


def _converted(tag: Tag, unit: str, bits: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    every = np.ones(len(bits), bool)
    try:
        factor, offset = conversion(unit, tag.unit)
    except ValueError:
        return bits, ~every
    if tag.kind is TagKind.NUMBER:
        return (bits.view(np.float64) * factor + offset).view(np.int64), every
    values = bits * factor + offset
    whole = np.isclose(values, np.rint(values), rtol=_ROUNDING, atol=1e-9) & (np.abs(values) < 2.0**63)
    return np.where(whole, np.rint(values), 0).astype(np.int64), whole

"""Appearance: decides, from a snapshot alone, which place on the colour map each part takes and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from scene.legend import Legend, line
from twins.asset import TagKind
from twins.clock import BEFORE_ALL_TIME
from twins.record import Channel, Quality, Snapshot

Floats = NDArray[np.float32]
States = NDArray[np.uint8]


class State(IntEnum):
    """How a part is drawn."""

    PLAIN = 0  # in its material: nothing is said of it
    GOOD = 1  # in the legend's colour
    UNCERTAIN = 2  # in the legend's colour, lightly hatched
    BAD = 3  # bad or stale: greyed and hatched
    ABSENT = 4  # never seen: pale, crosswise hatched


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """Of n parts: `value` float32[n] in 0…1, −1 where there is none, and `state` uint8[n] (a `State`)."""

    value: Floats
    state: States


class Binding:
    """A legend, the tag of each of n parts ("" for none), and where those stand in a lane's columns, found once per lane.

    `instead` are tags that speak for a part whose own was never seen.
    """

    def __init__(self, legend: Legend, tags: Sequence[str], instead: Sequence[str] = ()) -> None:
        self.legend = legend
        self._tags, inverse = np.unique(np.array([*tags, *instead], dtype=object).astype(str), return_inverse=True)
        self._of_part, self._instead = np.split(inverse.astype(np.intp), [len(tags)])
        self._untold = np.array([tag == "" for tag in self._tags], bool)
        self._channels: tuple[Channel, ...] | None = None

    def __len__(self) -> int:
        return len(self._of_part)

    def spread(self, told: Floats) -> Floats:
        """The value of each tag, for each part."""
        return told[self._of_part]

    def spread_states(self, told: States) -> States:
        """The state of each tag, for each part."""
        own = told[self._of_part]
        return np.where(own == State.ABSENT, told[self._instead], own) if len(self._instead) else own

    def columns(self, snapshot: Snapshot) -> _Columns:
        """Where the tags stand in this snapshot's columns."""
        if self._channels is not snapshot.channels:
            self._found = _Columns.of(snapshot, self._tags, self._untold, self.legend.unit)
            self._channels = snapshot.channels
        return self._found


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Of m different tags: the place of each, and the straight line from its channel's unit to the legend's."""

    place: NDArray[np.int64]
    untold: NDArray[np.bool_]  # no tag at all
    unknown: NDArray[np.bool_]  # a tag that the lane does not know
    number: NDArray[np.bool_]
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def of(cls, snapshot: Snapshot, tags: NDArray[np.str_], untold: NDArray[np.bool_], unit: str) -> _Columns:
        place = snapshot.places(tags.tolist())
        channels = [snapshot.channels[i] if i >= 0 else None for i in place]
        lines = [line(c.unit, unit) if c and unit else (1.0, 0.0) for c in channels]
        scale, offset = np.array(lines, np.float64).reshape(-1, 2).T
        number = np.array([c is not None and c.kind is TagKind.NUMBER for c in channels], bool)
        return cls(np.maximum(place, 0), untold, place < 0, number, scale, offset)


def appearance_of(snapshot: Snapshot, binding: Binding) -> Appearance:
    """What each part looks like at that instant; a few array operations, whatever the number of parts."""
    columns = binding.columns(snapshot)
    if not len(snapshot.channels):
        told = np.where(columns.untold, State.PLAIN, State.ABSENT).astype(np.uint8)
        return Appearance(np.full(len(binding), -1, np.float32), binding.spread_states(told))
    values, state = _values(snapshot, columns), _states(snapshot, columns)
    if binding.legend.title:
        untold = (state == State.ABSENT) | (state == State.PLAIN) | ~np.isfinite(values)
        value = np.where(untold, np.float32(-1), binding.legend.fraction(values))
    else:  # condition alone: what is good stays as it is
        value, state = np.full(len(state), -1, np.float32), np.where(state == State.GOOD, np.uint8(State.PLAIN), state)
    return Appearance(binding.spread(value), binding.spread_states(state))


def _values(snapshot: Snapshot, columns: _Columns) -> NDArray[np.float64]:
    """Each tag's value in the legend's unit."""
    bits = snapshot.bits[columns.place]
    return np.where(columns.number, bits.view(np.float64), bits) * columns.scale + columns.offset


def _states(snapshot: Snapshot, columns: _Columns) -> States:
    """The worst that can be said wins. A number that is not a number is bad, whatever its quality says."""
    quality = snapshot.quality[columns.place] & 0b11
    nonsense = columns.number & ~np.isfinite(snapshot.bits[columns.place].view(np.float64))
    state = np.where(quality == Quality.UNCERTAIN, State.UNCERTAIN, State.GOOD).astype(np.uint8)
    state[(quality >= Quality.BAD) | nonsense | snapshot.stale[columns.place]] = State.BAD
    state[columns.unknown | (snapshot.source[columns.place] == BEFORE_ALL_TIME)] = State.ABSENT
    state[columns.untold] = State.PLAIN
    return state

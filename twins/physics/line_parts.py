"""Parts in their places: each station of each member holds a ring of slots, first in, first out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.physics.model import Array, Truths

SLOTS = 24
SOUND, FLAWED, REJECTED, LOST = range(4)  # what a part is
Places = NDArray[np.intp]
NEVER = 1e15  # s


class Parts:
    """Views of a state: `entered`, `ready` (s of the line's clock) and `sort` are (slot, member, station); `first` and `count`
    (member, station) say which slots are taken. `leaves` (member, station) is when the first part there is ready: never where
    it has not been begun, or where there is none. A queued part is ready never."""

    def __init__(self, entered: Array, ready: Array, sort: Array, first: Array, count: Array) -> None:
        self.entered, self.ready, self.sort, self.first, self.count = entered, ready, sort, first, count
        self.leaves = self._firsts(ready)
        self.leaves[count < 1] = NEVER

    def head(self, of: Array, m: Places, s: Places) -> Array:
        """What stands in the first slots of these stations."""
        return of[self.first[m, s].astype(np.intp), m, s]

    def put(self, m: Places, s: Places, entered: Array, sort: Array, ready: Array) -> None:
        """A part at the end of each of these rings; each station once."""
        slot = ((self.first[m, s] + self.count[m, s]) % SLOTS).astype(np.intp)
        self.entered[slot, m, s], self.ready[slot, m, s], self.sort[slot, m, s] = entered, ready, sort
        alone = self.count[m, s] < 1
        self.leaves[m[alone], s[alone]] = ready[alone]
        self.count[m, s] += 1

    def begin(self, m: Places, s: Places, ready: Array, sort: Array) -> None:
        """The first part of each of these stations is worked on until then, and will be of that sort."""
        slot = self.first[m, s].astype(np.intp)
        self.ready[slot, m, s], self.sort[slot, m, s] = ready, sort
        self.leaves[m, s] = ready

    def take(self, m: Places, s: Places, soonest: Array) -> None:
        """The first part of each of these rings goes; the next is ready `soonest` then."""
        self.first[m, s] = (self.first[m, s] + 1) % SLOTS
        self.count[m, s] -= 1
        left, slot = self.count[m, s] > 0, self.first[m, s].astype(np.intp)
        ready = np.maximum(self.ready[slot, m, s], soonest)
        self.ready[slot[left], m[left], s[left]] = ready[left]
        self.leaves[m, s] = np.where(left, ready, NEVER)

    def delay(self, where: Truths, after: Array, by: Array) -> None:
        """What would be ready later than `after` is so by that much later; all (member, station)."""
        late = where & (self.ready > after)
        self.ready += np.where(late, by, 0.0)
        self.leaves += np.where(where & (self.leaves > after), by, 0.0)

    def last(self, m: Places, s: Places) -> Array:
        """When the last part of each of these stations is ready; before all time where there is none."""
        slot = ((self.first[m, s] + self.count[m, s] - 1) % SLOTS).astype(np.intp)
        return np.where(self.count[m, s] > 0, self.ready[slot, m, s], -np.inf)

    def _firsts(self, of: Array) -> Array:
        return np.take_along_axis(of, self.first.astype(np.intp)[None], axis=0)[0]

"""The directory: what each block of a file spans, held in memory, and the blocks themselves, a few of them decoded."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twins.historian.blocks import Block, DamagedBlockError, Head, decode
from twins.historian.salvage import rows_after
from twins.record.samples import Int64

CACHED_BYTES = 256 << 20
_LOST = -1  # the crc of a block that is not there
HEAD = "id, first, arrival0, arrival1, order0, order1, n, codec, crc, head"


class Directory:
    """Block ids run 1, 2, 3 … without holes; a hole or a damaged head is damage and is doubted in its neighbours' span."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._heads = np.zeros((64, 9), np.int64)  # the columns of Head, then the latest arrival so far
        self._n = 0
        self.torn = False  # the file is damaged beyond its last readable block: nobody adds to it
        self._cache: OrderedDict[int, Block] = OrderedDict()
        self._cached = 0
        self.damage: dict[int, str] = {}  # block id → sentence

    def __len__(self) -> int:
        return self._n

    def refresh(self) -> None:
        """Takes in the heads of blocks that were committed since."""
        if self.torn:
            return
        for row in rows_after(self._database, HEAD, "block", self._n):
            if row is None:
                self.torn = True
                continue
            *fields, check = row
            if not all(isinstance(field, int) for field in row) or Head(*fields).check() != check or fields[0] <= self._n:
                self._put_damaged("has a damaged head")
                continue
            while self._n + 1 < fields[1]:
                self._put_damaged("is missing")
            self._put([fields[0], *fields[2:]])
            self._widen_damage()
        if self.torn:
            self._put_damaged("and what may have followed are lost")

    def tear(self) -> None:
        """The file's end is lost: from its last readable block on, anything may have been overtaken."""
        if not self.torn:
            self.torn = True
            self._put_damaged("and what may have followed are lost")

    def span(self) -> tuple[int, int] | None:
        """The first and last order time of any sample."""
        heads = self._heads[: self._n]
        heads = heads[heads[:, 5] > 0]
        return (int(heads[:, 3].min()), int(heads[:, 4].max())) if len(heads) else None

    def last_arrival(self) -> int:
        """The newest arrival, or the smallest int64 while empty."""
        return int(self._heads[self._n - 1, 8]) if self._n else -(2**63)

    def samples(self, blocks: int | None = None) -> int:
        """How many samples the readable heads promise: all of them, or the first so many."""
        return int(self._heads[: self._n if blocks is None else blocks, 5].sum())

    def known(self, time: int, block: int, since: int) -> NDArray[np.int64]:
        """The blocks with rows that arrived by `time` and that a keyframe (of `block`, at `since`) does not hold."""
        heads = self._heads[: self._n]
        first = 0 if block and heads[block - 1, 8] > since else block
        heads = heads[first:]
        return heads[((heads[:, 0] > block) | (heads[:, 2] > since)) & (heads[:, 1] <= time), 0]

    def happened(self, time: int, block: int, since: int) -> NDArray[np.int64]:
        """The same for rows whose order time is by `time`, whenever they arrived."""
        heads = self._heads[: self._n]
        return heads[((heads[:, 0] > block) | (heads[:, 2] > since)) & (heads[:, 3] <= time), 0]

    def within(self, start: int, end: int) -> NDArray[np.int64]:
        """The blocks with rows whose order time is in [start, end)."""
        heads = self._heads[: self._n]
        return heads[(heads[:, 4] >= start) & (heads[:, 3] < end), 0]

    def arrived(self, start: int, end: int) -> NDArray[np.int64]:
        """The blocks with rows that arrived in [start, end)."""
        heads = self._heads[: self._n]
        return heads[(heads[:, 2] >= start) & (heads[:, 1] < end), 0]

    def head(self, block: int) -> Head:
        """The head of one block."""
        id_, *rest = (int(field) for field in self._heads[block - 1, :8])
        return Head(id_, id_, *rest)

    def read(self, block: int) -> Block:
        """One block, decoded. Raises DamagedBlockError and remembers the damage."""
        if block in self._cache:
            self._cache.move_to_end(block)
            return self._cache[block]
        try:
            found = self._decoded(block)
        except DamagedBlockError as damage:
            self.damage.setdefault(block, str(damage))
            raise
        self._cache[block] = found
        self._cached += 45 * len(found)
        while self._cached > CACHED_BYTES and len(self._cache) > 1:
            self._cached -= 45 * len(self._cache.popitem(last=False)[1])
        return found

    def readable(self, blocks: NDArray[np.int64]) -> Iterator[Block]:
        """The blocks that can be read; the others are remembered as damage."""
        for block in blocks:
            try:
                yield self.read(int(block))
            except DamagedBlockError:
                continue

    def arrivals(self) -> Int64:
        """The last arrival in each block, as they stand in the file."""
        return self._heads[: self._n, 2]

    def forget_after(self, n: int) -> None:
        """Drops heads beyond n: they were rolled back."""
        self._n = min(self._n, n)
        for block in [block for block in self._cache if block > n]:
            self._cached -= 45 * len(self._cache.pop(block))
        self.damage = {block: told for block, told in self.damage.items() if block <= n}

    def _decoded(self, block: int) -> Block:
        if block in self.damage:
            raise DamagedBlockError(self.damage[block])
        try:
            row = self._database.execute("select data from block where id = ?", (block,)).fetchone()
        except sqlite3.DatabaseError as error:
            raise DamagedBlockError(f"block {block} can't be read: {error}") from None
        if row is None or not isinstance(row[0], bytes):
            raise DamagedBlockError(f"block {block} is missing")
        return decode(self.head(block), row[0])

    def _put(self, fields: list[int]) -> None:
        if self._n == len(self._heads):
            self._heads = np.concatenate((self._heads, np.zeros_like(self._heads)))
        self._heads[self._n] = (*fields, max(fields[2], self.last_arrival()))
        self._n += 1

    def _widen_damage(self) -> None:
        """A sound block ends where the damaged ones before it must have ended."""
        last, i = self._heads[self._n - 1], self._n - 2
        while i >= 0 and self._heads[i, 7] == _LOST:
            self._heads[i, [2, 4]] = np.maximum(self._heads[i, [2, 4]], last[[2, 4]])
            self._heads[i, 8] = last[8]
            i -= 1

    def _put_damaged(self, how: str) -> None:
        """The next block's true span is lost: it begins where its predecessor does, and ends by the next sound one's end."""
        block = self._n + 1
        self.damage[block] = f"block {block} {how}"
        before = self._heads[self._n - 1] if self._n else np.zeros(9, np.int64)
        self._put([block, *(int(x) for x in (before[1], before[2], before[3], before[4])), 0, 0, _LOST])

"""Recording: durable writing, the state of 10,000 tags at an instant and replay, beside plain SQLite rows in the same run."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

import numpy as np

from twins.clock import SECOND
from twins.historian.file import RecordingFile
from twins.record import Channel, Channels, Samples

TAGS, SCANS, ROUNDS = 10_000, 40, 5


def scans(rng):
    """Random walks of two decimals, one batch a second."""
    channels = Channels(Channel(f"A{i}.v", period_ns=SECOND) for i in range(TAGS))
    place, quality = np.arange(TAGS, dtype=np.int32), np.zeros(TAGS, np.uint8)
    walk = 20 + rng.standard_normal((SCANS, TAGS)).cumsum(0) * 0.01
    for k in range(SCANS):
        source = np.full(TAGS, k * SECOND)
        yield Samples(channels, place, source, source + 1000, walk[k].round(2).view(np.int64), quality)


class Ours:
    def __init__(self, folder):
        self.file = RecordingFile.create(folder / "r.twin-recording", b"", "bench", 0)

    def write(self, batch):
        self.file.append(batch)

    def at(self, t):
        return self.file.at(t).numbers


class Rows:
    """A row a sample, indexed by tag and time, as one would write it first."""

    def __init__(self, folder):
        self.db = sqlite3.connect(folder / "rows.db", isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        self.db.execute("create table s(tag integer, t integer, v real, q integer, primary key(tag, t)) without rowid")

    def write(self, batch):
        columns = (batch.channel.tolist(), batch.source.tolist(), batch.bits.view(np.float64).tolist(), batch.quality.tolist())
        self.db.execute("begin")
        self.db.executemany("insert into s values (?, ?, ?, ?)", zip(*columns, strict=True))
        self.db.execute("commit")

    def at(self, t):
        asked = "select tag, v from (select tag, v, max(t) from s where t <= ? group by tag)"
        return self.db.execute(asked, (t,)).fetchall()


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main():
    rng = np.random.default_rng(0)
    writes, reads = {Ours: [], Rows: []}, {Ours: [], Rows: []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            for kind in (Ours, Rows):
                made = kind(Path(folder))
                batches = list(scans(rng))
                writes[kind].append(seconds(lambda made=made, batches=batches: [made.write(b) for b in batches]))
                for t in rng.integers(0, SCANS * SECOND, 40 if kind is Ours else 4):
                    reads[kind].append(seconds(lambda made=made, t=t: made.at(int(t))))
    rate = {kind: TAGS * SCANS / np.median(took) / 1e6 for kind, took in writes.items()}
    at = {kind: np.array(took) * 1e3 for kind, took in reads.items()}
    print(f"durable write, M samples/s: ours {rate[Ours]:.2f}, SQLite rows {rate[Rows]:.2f}: {rate[Ours] / rate[Rows]:.1f}×")
    print(
        f"state of {TAGS} tags, ms: ours {np.median(at[Ours]):.2f} (p99 {np.percentile(at[Ours], 99):.2f}), "
        f"SQLite rows {np.median(at[Rows]):.0f}: {np.median(at[Rows]) / np.median(at[Ours]):.0f}×"
    )


if __name__ == "__main__":
    main()

"""Seek: the snapshot at random instants of a year of four turbines, with the trends of six tags. Goal: p99 ≤ 100 ms."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from twins.clock import DAY, MINUTE
from twins.historian.file import RecordingFile
from twins.historian.query import Query, answer
from twins.package.loader import load
from twins.record import Channel, Samples

TWIN = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
YEAR, STEP = 365 * DAY, 10 * MINUTE


def a_year(path, tags):
    """Every tag each ten minutes, a random walk each."""
    rng = np.random.default_rng(0)
    channels = [Channel(tag.path, unit=tag.unit, period_ns=STEP, aggregate="mean", stamp="start") for tag in tags]
    file = RecordingFile.create(path, b"", "bench", 0)
    with file.transaction():
        for first in range(0, YEAR, 2 * DAY):
            t = np.arange(first, first + 2 * DAY, STEP)
            parts = [Samples.numbers(c, t, rng.standard_normal(len(t)).cumsum().round(2)) for c in channels]
            batch = Samples.join(parts)
            file.append(batch.take(np.argsort(batch.source, kind="stable")))
    return file


def main():
    tags = [tag for tag in load(TWIN).tags.values() if tag.kind.value == "number" and not tag.computed]
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.twin-recording"
        a_year(path, tags).close()
        file = RecordingFile.open(path)
        snapshots, whole = [], []
        for t in rng.integers(0, YEAR, 300):
            begun = time.perf_counter()
            file.at(int(t)).numbers  # noqa: B018
            snapshots.append(time.perf_counter() - begun)
            chosen = tuple(tag.path for tag in rng.choice(tags, 6))
            answer(file, Query(chosen, int(t) - 7 * DAY, int(t) + 7 * DAY, 1000, True), int(t))
            whole.append(time.perf_counter() - begun)
        print(f"{len(tags)} tags, {file.counts()['samples'] / 1e6:.1f} M samples, {file.size() / 1e6:.0f} MB")
        for name, took in (("snapshot", snapshots), ("snapshot and six trends of two weeks", whole)):
            print(f"{name}, ms: median {np.median(took) * 1e3:.1f}, p99 {np.percentile(took, 99) * 1e3:.1f}")


if __name__ == "__main__":
    main()

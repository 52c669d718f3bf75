"""Anomalies in a real water loop (SKAB): ours beside published networks and two detectors fitted in the same run.

Protocol: fit on the first 400 rows of a file, score all of its rows, pool all files. Goal: below Conv-AE in FAR and MAR.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from twins.prognosis.anomaly.detector import Detector
from twins.prognosis.anomaly.judging import judge_by_its_first_rows
from twins.prognosis.anomaly.learning import learn
from twins.prognosis.table import MeasuredTable

SKAB = Path(__file__).parents[4] / "shared" / "data" / "skab"
TRAIN = 400
PUBLISHED = {"Conv-AE": (0.78, 13.6, 28.0), "T² + Q by PCA": (0.76, 26.6, 24.9), "isolation forest": (0.29, 2.6, 82.9)}
LABELS = ("anomaly", "changepoint")


def main() -> None:
    """Prints the tables."""
    files = {path.stem: MeasuredTable(path, ";") for path in sorted((SKAB / "valve1").glob("*.csv"))}
    if not files:
        sys.exit(f"the sample data is not at {SKAB}")
    true = {name: table.numbers("anomaly") == 1 for name, table in files.items()}
    print("published over all 34 files; the others over the", len(files), "files here")
    print(f"{'':28}    F1   FAR %  MAR %   without the training rows")
    for name, figures in PUBLISHED.items():
        print(f"{name + ' (published)':28}{figures[0]:6.2f}{figures[1]:8.1f}{figures[2]:7.1f}")
    for name, detector in {"T² + Q by PCA": pca, "isolation forest": forest, "ours": ours}.items():
        found = {file: detector(table) for file, table in files.items()}
        whole = pooled([(found[f], true[f]) for f in files])
        later = pooled([(found[f][TRAIN:], true[f][TRAIN:]) for f in files])
        print(f"{name:28}{whole}   {later}")
        if detector is ours:
            for file in files:
                print(f"{'  file ' + file:28}{pooled([(found[file], true[file])])}")
    clean_rows(ours_of)
    cost()


def ours(table: MeasuredTable) -> np.ndarray:
    """Ours, as the command does it."""
    return np.array([verdict.anomaly for verdict in judge_by_its_first_rows(table, TRAIN).verdicts])


def ours_of(rows: np.ndarray) -> np.ndarray:
    """Ours on plain rows."""
    learnt = learn(rows[:TRAIN], tuple(f"s{i}" for i in range(rows.shape[1])))
    return np.array([verdict.anomaly for verdict in Detector(learnt, learnt.start).verdicts(rows)])


def pca(table: MeasuredTable) -> np.ndarray:
    """T² and Q over their 99 % of the training rows."""
    return pca_of(_sensors(table))


def pca_of(rows: np.ndarray) -> np.ndarray:
    """As `pca`, on plain rows."""
    mean, deviation = rows[:TRAIN].mean(axis=0), rows[:TRAIN].std(axis=0)
    scaled = (rows - mean) / deviation
    _, sizes, axes = np.linalg.svd(scaled[:TRAIN], full_matrices=False)
    kept = int(np.searchsorted(np.cumsum(sizes**2) / (sizes**2).sum(), 0.9)) + 1
    scores = scaled @ axes[:kept].T
    t2 = (scores**2 / (sizes[:kept] ** 2 / TRAIN)).sum(axis=1)
    q = ((scaled - scores @ axes[:kept]) ** 2).sum(axis=1)
    return (t2 > np.quantile(t2[:TRAIN], 0.99)) | (q > np.quantile(q[:TRAIN], 0.99))


def forest(table: MeasuredTable) -> np.ndarray:
    """An isolation forest with 1 % of the training rows outside."""
    from sklearn.ensemble import IsolationForest

    rows = _sensors(table)
    model = IsolationForest(contamination=0.01, random_state=0, n_jobs=1).fit(rows[:TRAIN])
    return model.predict(rows) < 0


def pooled(pairs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """F1, false-alarm and missed-alarm rate, as SKAB counts them: over all rows of all files."""
    found, true = (np.concatenate(each) for each in zip(*pairs, strict=True))
    hit, false, missed = (found & true).sum(), (found & ~true).sum(), (~found & true).sum()
    f1 = hit / max(hit + (false + missed) / 2, 1)
    return f"{f1:6.2f}{100 * false / max((~true).sum(), 1):8.1f}{100 * missed / max(true.sum(), 1):7.1f}"


def clean_rows(ours_of: Callable[[np.ndarray], np.ndarray]) -> None:
    """False alarms over rows in which nothing is wrong: of the loop while it warms up, and of noise."""
    loop = _sensors(MeasuredTable(SKAB / "anomaly-free" / "anomaly-free.csv", ";"))
    windows = [loop[at : at + 1150] for at in range(0, len(loop) - 1150, 1150)]
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(1150, 8)) for _ in range(8)]
    for what, many in (("the anomaly-free run", windows), ("white noise", noise)):
        shares = [100 * np.mean([detector(rows)[TRAIN:].mean() for rows in many]) for detector in (ours_of, pca_of)]
        print(f"false alarms in {what}, after the training rows: ours {shares[0]:.1f} %, PCA {shares[1]:.1f} %")


def cost() -> None:
    """What an update costs."""
    rows = np.random.default_rng(0).normal(size=(5_000, 20))
    detector = Detector(learn(rows[:1_000], tuple(f"s{i}" for i in range(20))))
    begun = time.perf_counter()
    for row in rows:
        detector.update(row)
    print(f"an update of 20 sensors: {(time.perf_counter() - begun) / len(rows) * 1e6:.0f} µs")


def _sensors(table: MeasuredTable) -> np.ndarray:
    return table.matrix(tuple(name for name in table.numeric() if name not in LABELS))


if __name__ == "__main__":
    main()

"""What a sensor should read by what the others read, where clean rows show that they know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twins.prognosis.table import Array

BLOCKS = 5
EXPLAINED = 0.5  # of the variance, in blocks of rows that the relation did not see
SHRINKAGE = 0.02
MATERIAL = 0.05  # smaller weights are dropped, so that a sensor that hardly matters may be missing


def relations(rows: Array, judged: int) -> tuple[Array, NDArray[np.int64]]:
    """(m, q) weights, (m,) owners: how m of the first `judged` of q scaled columns deviate from what the others give.

    The whole precision matrix gives all regressions at once: row j is P[j] / P[j, j]. Blocks are left out in turn
    (consecutive rows resemble each other), and a relation counts only where it foretells half of what it did not see.
    """
    rows = np.clip(np.nan_to_num(rows), -4, 4)
    if rows.shape[1] < 2 or len(rows) < 4 * BLOCKS:
        return np.empty((0, rows.shape[1])), np.empty(0, np.int64)
    rest, whole = np.zeros(judged), np.zeros(judged)
    for held in np.array_split(np.arange(len(rows)), BLOCKS):
        seen = np.delete(rows, held, axis=0)
        mean = seen.mean(axis=0)
        away = rows[held] - mean
        rest += ((away @ _regressions(seen - mean)[:judged].T) ** 2).sum(axis=0)
        whole += (away[:, :judged] ** 2).sum(axis=0)
    found = _regressions(rows - rows.mean(axis=0))[:judged]
    found[np.abs(found) < MATERIAL] = 0.0
    useful = (rest < (1 - EXPLAINED) * whole) & (np.count_nonzero(found, axis=1) > 1)
    return found[useful], np.flatnonzero(useful)


def _regressions(away: Array) -> Array:
    covariance = away.T @ away / len(away)
    trust = min(0.9, SHRINKAGE + away.shape[1] / (10 * len(away)))
    own = np.diag(np.maximum(np.diag(covariance), 1e-6))
    precision = np.linalg.inv((1 - trust) * covariance + trust * own)
    return precision / np.diag(precision)[:, None]

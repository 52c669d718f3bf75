"""Where the line is drawn: the deviation that clean rows reach as rarely as was asked for."""

from __future__ import annotations


def limit(rarely: float, degrees: float) -> float:
    """Spreads that a deviation exceeds with probability `rarely`, either way.

    `degrees`: of freedom that the spread is known with; few clean rows, or slow ones, make Student's tails heavy.
    """
    from scipy.stats import t

    return float(t.isf(rarely / 2, max(degrees, 3.0)))


def degrees(rows: int, memory: float) -> float:
    """Of freedom of a variance over `rows` rows of a first-order series that forgets in `memory` rows (Bartlett, 1935)."""
    kept = (1 - 1 / memory) ** 2
    return rows * (1 - kept) / (1 + kept)

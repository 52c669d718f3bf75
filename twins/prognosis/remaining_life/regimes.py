"""Operating regimes: settings that jump between a few tight values and take the other sensors with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twins.prognosis.remaining_life.fleet import Array, Fleet, Whole

GAP = 0.03  # of a column's range, without which there are no two values of a setting
RARE, FEWEST = 0.005, 30  # of all rows, and rows; fewer are no regime
TIGHT = 0.02  # share of a setting's variance that may lie around its few values
MOVED = 0.3  # share of another sensor's variance that a setting explains
WORN = 0.05  # correlation with age within regimes: more, and a column is a sensor that follows the setting
AGEING = 0.1  # share of a setting's variance that age explains: more, and it is wear
MOST = 30  # regimes
SAME = 1e-9  # relative; less is rounding
ENOUGH = 20_000  # rows to look at


@dataclass(frozen=True, slots=True)
class Regimes:
    """k operating regimes by the centres of c settings; one regime and no setting where there are none."""

    columns: tuple[int, ...]
    centres: Array  # (k, c)
    spans: Array  # (c,): what a distance in each setting is measured in
    reach: float  # the farthest row of the training units

    def __len__(self) -> int:
        return len(self.centres)

    def labels(self, values: Array) -> tuple[Whole, Array]:
        """The nearest regime of each row (n,), and how far it is in reaches (n,)."""
        if len(self) == 1:
            return np.zeros(len(values), int), np.zeros(len(values))
        settings = values[:, self.columns]
        off = np.stack([np.nansum(((settings - centre) / self.spans) ** 2, axis=1) for centre in self.centres], axis=1)
        return off.argmin(axis=1), np.sqrt(off.min(axis=1)) / self.reach


ONE = Regimes((), np.zeros((1, 0)), np.zeros(0), 1.0)


def regimes_of(fleet: Fleet) -> Regimes:
    """The regimes that a fleet was run in; nothing is assumed about which columns are settings."""
    rows = np.unique(np.linspace(0, len(fleet.times) - 1, ENOUGH).astype(int))
    values, owner = fleet.values[rows], fleet.owner[rows]
    if fleet.seen is not None:
        values = np.where(fleet.seen[rows], values, np.nan)  # a value carried over a jump belongs to another regime
    age = (fleet.ages / np.maximum(fleet.lives[fleet.owner], 1e-300))[rows]
    marks = {i: _marks(values[:, i]) for i in range(values.shape[1])}
    settings = {i: mark for i, mark in marks.items() if mark is not None and _is_setting(i, mark, values, owner, age)}
    if not settings:
        return ONE
    joint = _joint(list(settings.values()))
    proper = _proper(list(settings), values, joint, age) if (joint >= 0).any() else list(settings)
    joint = _joint([settings[i] for i in proper])  # what only follows them parts no regimes
    return _around(values, joint, proper) if (joint >= 0).any() else ONE


def _marks(values: Array) -> Whole | None:
    """Which of its few values each row has (n,), −1 where it has none; or None where it has not a few."""
    known = np.isfinite(values)
    low, high = np.nanquantile(values, (RARE / 2, 1 - RARE / 2)) if known.any() else (0.0, 0.0)
    if not high - low > SAME * max(abs(high), abs(low)):
        return None
    ordered = np.unique(np.clip(values[known], low, high))
    jumps = np.flatnonzero(np.diff(ordered) > GAP * (high - low))
    if not 0 < len(jumps) < MOST:
        return None
    found = np.searchsorted((ordered[jumps] + ordered[jumps + 1]) / 2, values[known])
    several = (np.bincount(found) >= max(RARE * len(found), FEWEST)).sum() > 1
    if not several or _explained(found, values[known][:, None])[0] <= 1 - TIGHT:
        return None
    marks = np.full(len(values), -1)
    marks[known] = found
    return marks


def _is_setting(column: int, marks: Whole, values: Array, owner: Whole, age: Array) -> bool:
    """Whether it jumps in most units, not with age, and takes other sensors with it."""
    known = marks >= 0
    marks, values, owner, age = marks[known], values[known], owner[known], age[known]
    jumps = np.zeros(owner.max() + 1, bool)
    np.logical_or.at(jumps, owner[1:], (np.diff(marks) != 0) & (np.diff(owner) == 0))
    if jumps.mean() < 0.5 or _explained(marks, age[:, None])[0] > AGEING:
        return False
    others = np.delete(values, column, axis=1)
    return bool((_explained(marks, others) > MOVED).any())


def _explained(marks: Whole, values: Array) -> Array:
    """The share of each column's variance between the groups (columns,)."""
    known = np.where(np.isfinite(values), values, np.nanmean(values, axis=0)) if np.isnan(values).any() else values
    centred = np.nan_to_num(known - known.mean(axis=0))
    count = np.maximum(np.bincount(marks), 1)
    sums = np.zeros((len(count), values.shape[1]))
    np.add.at(sums, marks, centred)
    whole = (centred**2).sum(axis=0)
    varies = whole > len(values) * (SAME * np.nan_to_num(np.abs(known).max(axis=0))) ** 2
    return np.where(varies, (sums**2 / count[:, None]).sum(axis=0) / np.where(varies, whole, 1.0), 0.0)


def _joint(marks: list[Whole]) -> Whole:
    """Groups of rows that share all marks (n,); −1 for those of rare groups or without a mark."""
    stacked = np.stack(marks, axis=1)
    _, joint = np.unique(stacked, axis=0, return_inverse=True)
    joint = joint.reshape(-1)
    count = np.bincount(joint, (stacked >= 0).all(axis=1))
    common = np.argsort(-count, kind="stable")[:MOST]
    common = np.sort(common[count[common] >= max(RARE * len(joint), FEWEST)])
    place = np.full(len(count), -1)
    place[common] = np.arange(len(common))
    return place[joint]


def _proper(jumping: list[int], values: Array, joint: Whole, age: Array) -> list[int]:
    """The settings proper: of the columns that jump, those that do not wear within a regime, and of these the tightest."""
    inside = joint >= 0
    left = 1 - _explained(joint[inside], values[inside][:, jumping])
    worn = np.array([_worn(values[inside, column], joint[inside], age[inside]) for column in jumping])
    left = np.where(worn > WORN, np.inf, left) if (worn <= WORN).any() else left
    return [column for column, share in zip(jumping, left, strict=True) if share <= max(10 * left.min(), 1e-4)]


def _worn(values: Array, joint: Whole, age: Array) -> float:
    """How strongly a column goes with age within regimes: a correlation."""
    count = np.maximum(np.bincount(joint), 1)
    within = np.nan_to_num(values - (np.bincount(joint, np.nan_to_num(values)) / count)[joint])
    size = np.linalg.norm(within) * np.linalg.norm(age - age.mean())
    rounding = len(values) ** 0.5 * SAME * np.abs(np.nan_to_num(values)).max()
    return float(abs(within @ (age - age.mean())) / size) if np.linalg.norm(within) > rounding and size > 0 else 0.0


def _around(values: Array, joint: Whole, columns: list[int]) -> Regimes:
    settings = values[:, columns]
    centres = np.stack([np.nanmean(settings[joint == k], axis=0) for k in range(joint.max() + 1)])
    spans = np.nanstd(settings, axis=0)
    off = np.sqrt(np.nansum(((settings - centres[joint]) / spans) ** 2, axis=1))[joint >= 0]
    return Regimes(tuple(columns), centres, spans, float(max(off.max() * 1.5, 0.05)))

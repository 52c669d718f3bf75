"""Remaining useful life: ours beside two baselines of the same run and published figures; FD001, bearings, batteries."""

from __future__ import annotations

import csv
import io
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twins.prognosis.remaining_life.crossvalidation import Ask, Trial, rmse, score, tried
from twins.prognosis.remaining_life.fleet import Array, Fleet, Layout, read_fleet
from twins.prognosis.remaining_life.model import Model, trained
from twins.prognosis.remaining_life.prediction import predicted

SAMPLES = Path(__file__).parents[4] / "shared" / "data"
PUBLISHED = {"CNN": 18.45, "LSTM": 16.14, "DCNN": 12.61, "DAST": 11.43, "STAR": 10.61}
CAP = 125.0
END_OF_LIFE_AH = 1.4


def main() -> dict[str, float]:
    """Prints tables and returns the figures."""
    if not SAMPLES.is_dir():
        print(f"the sample data is not at {SAMPLES}")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        return {**fd001(), **left_out("bearings", bearings(Path(folder))), **left_out("batteries", batteries(Path(folder)))}


def fd001() -> dict[str, float]:
    """C-MAPSS FD001: cross-validated on the engines that failed, then asked of the test engines."""
    layout = Layout("1", "2", headed=False)
    fleet, test = (read_fleet(SAMPLES / "cmapss" / f"{part}_FD001.txt.gz", layout) for part in ("train", "test"))
    truth = np.minimum(np.loadtxt(SAMPLES / "cmapss" / "RUL_FD001.txt"), CAP)
    begun = time.perf_counter()
    model = trained(fleet, layout, CAP, _silent, _never)
    took = time.perf_counter() - begun
    found = predicted(model, test)
    told = {"ours": np.array([each.rul for each in found])}
    told |= {name: learn(fleet, CAP)(test)[test.last] for name, learn in BASELINES.items()}
    held = _held_back(fleet, CAP, model)
    print(f"C-MAPSS FD001, {len(fleet.units)} engines, trained in {took:.0f} s")
    print(f"{'':34}{'RMSE held back':>16}{'RMSE test':>12}{'score test':>12}")
    for name, answer in told.items():
        print(f"{name:34}{held[name]:16.2f}{rmse(answer - truth):12.2f}{100 * score(answer - truth):12.0f}")
    for name, value in PUBLISHED.items():
        print(f"{name + ' (published)':34}{'':16}{value:12.2f}")
    covered = np.mean([each.low <= true <= each.high for each, true in zip(found, truth, strict=True)])
    print(f"90 % interval covers {model.card['cross_validation']['coverage']:.1%} held back, {covered:.1%} of the test")
    off = told["ours"] - truth
    return {"fd001_rmse": rmse(off), "fd001_score": 100 * score(off), "fd001_coverage": float(covered), "fd001_s": took}


def left_out(name: str, fleet: Fleet) -> dict[str, float]:
    """A few units, each left out in turn."""
    model = trained(fleet, Layout("unit", "time"), None, _silent, _never)
    held, figures = _held_back(fleet, None, model), model.card["cross_validation"]
    print(f"\n{name}: {len(fleet.units)} units, lives {fleet.lives.min():g} to {fleet.lives.max():g}, each left out in turn")
    for who, value in held.items():
        print(f"{who:34}RMSE {value:12.4g}")
    print(f"90 % interval covers {figures['coverage']:.1%}, its mean width {figures['mean_width']:.4g}")
    return {f"{name}_rmse": held["ours"], f"{name}_coverage": figures["coverage"]}


def _held_back(fleet: Fleet, cap: float | None, model: Model) -> dict[str, float]:
    """RMSE on the same questions."""
    found = {"ours": model.card["cross_validation"]["rmse"]}
    for name, learn in BASELINES.items():
        trial: Trial = tried(fleet, cap, lambda units, seed, learn=learn: _as_ask(learn(units, cap)), _silent, _never)
        found[name] = rmse(next(iter(trial.told.values())) - trial.truth)
    return found


def _as_ask(ask: Callable[[Fleet], Array]) -> Ask:
    return lambda fleet: {"": ask(fleet)}


def _silent(_done: float, _what: str) -> None:
    pass


def _never() -> bool:
    return False


# the baselines


@dataclass(frozen=True)
class Scaled:
    """Sensors that vary, standardised."""

    mean: Array
    spread: Array

    def __call__(self, fleet: Fleet) -> Array:
        """(n, sensors)."""
        varies = self.spread > 1e-9 * np.abs(self.mean)
        return np.nan_to_num((fleet.values - self.mean) / np.where(varies, self.spread, np.inf))


def boosted_on_smoothed_sensors(fleet: Fleet, cap: float | None) -> Callable[[Fleet], Array]:
    """LightGBM on sensors smoothed over several scales."""
    from lightgbm import LGBMRegressor

    scaled = _scaled(fleet)
    many = LGBMRegressor(
        n_estimators=500, learning_rate=0.03, num_leaves=31, min_child_samples=60, subsample=0.6, subsample_freq=1,
        colsample_bytree=0.2, reg_lambda=5, random_state=0, verbose=-1, n_jobs=1,
    )  # fmt: skip
    many.fit(_smoothed(fleet, scaled), fleet.remaining(cap))
    return lambda asked: np.clip(many.booster_.predict(_smoothed(asked, scaled)), 0, cap)


def ridge_on_last_values(fleet: Fleet, cap: float | None) -> Callable[[Fleet], Array]:
    """Linear regression on what the sensors say now, and the age."""
    from sklearn.linear_model import Ridge

    scaled = _scaled(fleet)
    line = Ridge(1.0).fit(np.column_stack([scaled(fleet), fleet.ages]), fleet.remaining(cap))
    return lambda asked: np.clip(line.predict(np.column_stack([scaled(asked), asked.ages])), 0, cap)


def usual_life(fleet: Fleet, cap: float | None) -> Callable[[Fleet], Array]:
    """What the units that failed lived on from that age, in the mean."""

    def ask(asked: Fleet) -> Array:
        rest = fleet.lives[None, :] - asked.ages[:, None]
        alive = rest >= 0
        left = np.where(alive, rest, 0.0).sum(axis=1) / np.maximum(alive.sum(axis=1), 1)
        return left if cap is None else np.minimum(left, cap)

    return ask


BASELINES: dict[str, Callable[[Fleet, float | None], Callable[[Fleet], Array]]] = {
    "boosting on smoothed sensors": boosted_on_smoothed_sensors,
    "ridge on the last values": ridge_on_last_values,
    "the usual life": usual_life,
}


def _scaled(fleet: Fleet) -> Scaled:
    return Scaled(np.nanmean(fleet.values, axis=0), np.nanstd(fleet.values, axis=0))


def _smoothed(fleet: Fleet, scaled: Scaled) -> Array:
    """Exponential and running means, differences, deviations: (n, many)."""
    values = scaled(fleet)
    values = values[:, values.std(axis=0) > 1e-6]
    parts = [_of_unit(values[a:b]) for a, b in zip(fleet.starts[:-1], fleet.starts[1:], strict=True)]
    return np.column_stack([fleet.ages, np.concatenate(parts)])


def _of_unit(x: Array) -> Array:
    mean30 = _running(x, 30)
    spread = np.sqrt(np.maximum(_running(x * x, 30) - mean30**2, 0))
    return np.hstack([_faded(x, 0.05), _faded(x, 0.15), mean30, _running(x, 10) - mean30, _running(x, len(x)), spread])


def _running(x: Array, width: int) -> Array:
    total = np.vstack([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    end = np.arange(1, len(x) + 1)
    start = np.maximum(end - width, 0)
    return (total[end] - total[start]) / (end - start)[:, None]


def _faded(x: Array, share: float) -> Array:
    from scipy.signal import lfilter

    fade = [1.0], [1.0, share - 1.0]
    return lfilter(*fade, x, axis=0) / lfilter(*fade, np.ones(len(x)))[:, None]


# the data


def bearings(folder: Path) -> Fleet:
    """FEMTO: six bearings run to failure, every 10 s."""
    columns = ("clock_s", "h_rms", "h_peak", "h_kurtosis", "v_rms", "v_peak", "v_kurtosis")
    rows = [["unit", "time", *columns[1:]]]
    for path in sorted((SAMPLES / "rul_bearing_femto").glob("Learning_set_*_?.csv")):
        with path.open() as file:
            rows += [[path.stem, *(row[column] for column in columns)] for row in csv.DictReader(file)]
    return _fleet(folder / "bearings.csv", rows)


def batteries(folder: Path) -> Fleet:
    """NASA B0005 and B0006 until the first discharge under 1.4 Ah, with every sample of each discharge."""
    rows: list[list[str]] = []
    for cell in ("B0005", "B0006"):
        with tarfile.open(SAMPLES / "rul_battery" / f"{cell}_discharge.tar.gz") as archive:
            file = archive.extractfile(archive.next())  # type: ignore[arg-type]
            found = list(csv.reader(io.TextIOWrapper(file)))  # type: ignore[type-var]
        rows = rows or [["unit", "time", *found[0][3:]]]
        end = next(int(row[0]) for row in found[1:] if float(row[3]) < END_OF_LIFE_AH)
        rows += [[cell, row[0], *row[3:]] for row in found[1:] if int(row[0]) <= end]
    return _fleet(folder / "batteries.csv", rows)


def _fleet(path: Path, rows: list[list[str]]) -> Fleet:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return read_fleet(path, Layout("unit", "time"))


if __name__ == "__main__":
    main()
